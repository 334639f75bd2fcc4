//! A receiver of webhooks that takes everything, and says when asked how much that was and in what time.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::process::Process;
use crate::request::Request as Question;

/// What has come so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received {
    /// How many deliveries.
    pub count: u64,
    /// How many bytes their bodies had.
    pub bytes: u64,
    /// From the first to the last.
    pub took: Duration,
}

impl Received {
    /// What that receiver has.
    pub fn by(receiver: &Process) -> Received {
        let text = receiver.get(&Question::new("GET", "/", &[], "")).text();
        let numbers: Vec<u64> = text.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [count, bytes, micros] = numbers[..] else { panic!("the receiver says {text}") };
        Received { count, bytes, took: Duration::from_micros(micros) }
    }

    /// Waits until nothing comes any more.
    pub fn settled(receiver: &Process) -> Received {
        const QUIET: Duration = Duration::from_millis(500);
        let mut before = Received::by(receiver);
        loop {
            std::thread::sleep(QUIET);
            let now = Received::by(receiver);
            if now.count == before.count && now.count > 0 {
                return now;
            }
            before = now;
        }
    }
}

#[derive(Default)]
struct Tally {
    received: Received,
    first: Option<Instant>,
}

/// Receives, for ever.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tally = Arc::new(Mutex::new(Tally::default()));
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        println!("receiver listening on http://{}", listener.local_addr().expect("it has an address"));
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let tally = Arc::clone(&tally);
            let service = service_fn(move |request| receive(Arc::clone(&tally), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                // A sender that breaks off is no failure.
                let _ = connection.await;
            });
        }
    });
}

async fn receive(tally: Arc<Mutex<Tally>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_delivery = request.method() == Method::POST;
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut tally = tally.lock().expect("nobody panics");
    if is_delivery {
        let now = Instant::now();
        let first = *tally.first.get_or_insert(now);
        tally.received.count += 1;
        tally.received.bytes += body.len() as u64;
        tally.received.took = now - first;
        return Ok(Response::new(Full::default()));
    }
    let Received { count, bytes, took } = tally.received;
    Ok(Response::new(Full::from(format!("{count} {bytes} {}", took.as_micros()))))
}
