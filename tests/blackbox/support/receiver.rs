//! A receiver of webhooks that writes down what comes, in the order in which it comes, and answers as it is told.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use akol_mock::{Timestamp, Workspace};
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::contract;

/// How a receiver reacts to a delivery.
#[derive(Clone, Copy, Debug)]
pub enum Reaction {
    /// Answers with that status.
    Status(u16),
    /// Answers with that status, and closes the connection without having announced it.
    StatusThenClose(u16),
    /// Reads the delivery and never says a word.
    Hang,
    /// Answers with something that is not HTTP.
    Garbage,
    /// Begins an answer and closes the connection, so that it has plainly seen the delivery.
    HangUp,
}

/// One delivery as it came in.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The request line: method, target and version.
    pub request_line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What the emulator's clock showed, if the receiver was given a look at it.
    pub at: Option<Timestamp>,
}

impl Delivery {
    /// A header as text, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body as it was sent.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The event that it tells of.
    pub fn event(&self) -> String {
        self.json()["event"].as_str().unwrap().to_owned()
    }
}

/// The events of deliveries, in their order.
pub fn events(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(Delivery::event).collect()
}

/// A receiver on a free port, for as long as its test runs.
pub struct Receiver {
    pub url: String,
    notes: Arc<Notes>,
}

/// What a receiver does with a delivery before it answers, and how it answers then.
type Thought = Box<dyn Fn(Delivery) -> Pin<Box<dyn Future<Output = Reaction> + Send>> + Send + Sync>;

struct Notes {
    /// What it does with each, where it does anything.
    thought: OnceLock<Thought>,
    /// How the next deliveries are met, one each.
    script: Mutex<VecDeque<Reaction>>,
    /// How all others are met.
    otherwise: Reaction,
    clock: OnceLock<Workspace>,
    /// What came that is not what the document of Akol's API describes.
    objections: Mutex<Vec<String>>,
    deliveries: watch::Sender<Vec<Delivery>>,
}

impl Receiver {
    /// Answers everything with 200.
    pub async fn start() -> Receiver {
        Receiver::scripted([]).await
    }

    /// Meets every delivery in the same way.
    pub async fn always(reaction: Reaction) -> Receiver {
        Receiver::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), [], reaction)
    }

    /// Meets the first deliveries as the script says, and answers all others with 200.
    pub async fn scripted<const N: usize>(script: [Reaction; N]) -> Receiver {
        Receiver::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), script, Reaction::Status(200))
    }

    /// A receiver at an address of the test's choice.
    pub fn on<const N: usize>(listener: TcpListener, script: [Reaction; N], otherwise: Reaction) -> Receiver {
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let notes = Arc::new(Notes {
            thought: OnceLock::new(),
            script: Mutex::new(script.into()),
            otherwise,
            clock: OnceLock::new(),
            objections: Mutex::default(),
            deliveries: watch::Sender::new(Vec::new()),
        });
        let shared = Arc::clone(&notes);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Receiver { url, notes }
    }

    /// From here on deliveries are noted with the time on that clock.
    pub fn look_at(&self, clock: &Workspace) {
        self.notes.clock.set(clock.clone()).unwrap();
    }

    /// From here on `think` says how each delivery is answered. It may take its time, and do what it likes meanwhile.
    pub fn answer_with<F>(&self, think: impl Fn(Delivery) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Reaction> + Send + 'static,
    {
        let thought: Thought = Box::new(move |delivery| Box::pin(think(delivery)));
        assert!(self.notes.thought.set(thought).is_ok(), "it has been told how to answer already");
    }

    /// What has come so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.notes.deliveries.borrow().clone()
    }

    /// Waits until that many deliveries have come, and gives all that have.
    pub async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        let mut deliveries = self.notes.deliveries.subscribe();
        let come = deliveries.wait_for(|deliveries| deliveries.len() >= count);
        match tokio::time::timeout(Duration::from_secs(20), come).await {
            Ok(deliveries) => deliveries.unwrap().clone(),
            Err(_) => panic!("{count} deliveries did not come, only {:?}", events(&self.deliveries())),
        }
    }
}

/// Fails the test in which something came that is not documented: the tasks that receive cannot.
impl Drop for Receiver {
    fn drop(&mut self) {
        let objections = self.notes.objections.lock().unwrap();
        if !std::thread::panicking() {
            assert!(objections.is_empty(), "what was delivered is not what OpenAPI says:\n{}", objections.join("\n"));
        }
    }
}

async fn serve(stream: TcpStream, notes: Arc<Notes>) {
    let mut stream = BufReader::new(stream);
    while let Some(mut delivery) = read(&mut stream).await {
        let method = delivery.request_line.split(' ').next().unwrap_or_default();
        let objections = contract::delivery(method, &delivery.headers, &delivery.body);
        notes.objections.lock().unwrap().extend(objections);
        delivery.at = notes.clock.get().map(Workspace::now);
        // Chosen before the delivery is shown, so that a test that has seen it finds the script one shorter.
        let scripted = notes.script.lock().unwrap().pop_front().unwrap_or(notes.otherwise);
        notes.deliveries.send_modify(|deliveries| deliveries.push(delivery.clone()));
        let reaction = match notes.thought.get() {
            Some(think) => think(delivery).await,
            None => scripted,
        };
        let answer = match reaction {
            Reaction::Status(204) | Reaction::StatusThenClose(204) => "HTTP/1.1 204 Whatever\r\n\r\n".to_owned(),
            Reaction::Status(status) | Reaction::StatusThenClose(status) => {
                format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 2\r\n\r\nok")
            }
            Reaction::Garbage => "\u{1}\u{2} this is no HTTP\r\n\r\n".to_owned(),
            Reaction::HangUp => "H".to_owned(),
            Reaction::Hang => std::future::pending().await,
        };
        let closes = matches!(reaction, Reaction::Garbage | Reaction::HangUp | Reaction::StatusThenClose(_));
        if stream.write_all(answer.as_bytes()).await.is_err() || closes {
            return;
        }
    }
}

/// The next request of a connection; `None` at its end.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Delivery> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.trim_end().lines();
    let request_line = lines.next()?.to_owned();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
    }
    let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Delivery { request_line, headers, body: body.into(), at: None })
}
