//! What the recipes share: a server of its own for each test, whose clock stands still.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use akol_mock::{ClockMode, LogFormat, MockServer, Settings};
use serde_json::{Value, json};
use ureq::http::{Request, Response};
use ureq::{Agent, Body, Error};

/// What an app has anyway: a client that knows where Akol is, and its token there.
pub struct Akol {
    agent: Agent,
    url: String,
}

impl Akol {
    fn new(url: String) -> Akol {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        Akol { agent: config.into(), url }
    }

    pub fn get(&self, path: &str) -> Value {
        json_of(self.agent.get(format!("{}{path}", self.url)).header("Authorization", "Bearer app").call().unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Response<Body>, Error> {
        self.send("POST", path, body, &[])
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Result<Response<Body>, Error> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header("Authorization", "Bearer app").header("Content-Type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.agent.run(request.body(body.to_string())?)
    }
}

/// The body of an answer.
pub fn json_of(answer: Response<Body>) -> Value {
    serde_json::from_reader(answer.into_body().into_reader()).unwrap()
}

/// One server: `akol` is for the app, the rest for the test.
pub struct World {
    pub akol: Akol,
    control: Akol,
    /// Stops when it is dropped.
    _server: MockServer,
}

impl World {
    pub fn new() -> World {
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            clock: ClockMode::Manual,
            start_time: "2026-05-04T09:00:00Z".parse().ok(),
            calls: 0,
            log_format: LogFormat::Off,
            ..Settings::default()
        };
        let server = MockServer::builder().settings(settings).start_blocking().unwrap();
        let url = |path| format!("http://{}{path}", server.address());
        World { akol: Akol::new(url("/api/v1")), control: Akol::new(url("/__admin")), _server: server }
    }

    /// Tells the control API something.
    pub fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.control.send(method, path, &body, &[]).unwrap();
        let (status, json) = (answer.status(), json_of(answer));
        assert!(status.is_success(), "{json}");
        json["data"].clone()
    }

    /// What an app is given to wait with.
    pub fn sleep(&self, time: Duration) {
        self.advance(time);
    }

    /// Lets time pass: returns when all that falls due has happened, with what it was.
    pub fn advance(&self, time: Duration) -> Value {
        self.control("POST", "/clock/advance", json!({"by": format!("{}s", time.as_secs())}))
    }

    pub fn now(&self) -> jiff::Timestamp {
        instant(&self.control.get("/clock")["data"]["now"])
    }

    /// The journal of all tries to place a call, oldest first.
    pub fn placements(&self) -> Vec<Value> {
        self.control.get("/requests?method=POST&path=/api/v1/calls")["data"].as_array().unwrap().clone()
    }
}

pub fn instant(text: &Value) -> jiff::Timestamp {
    text.as_str().unwrap().parse().unwrap()
}

/// Serves `receive(signature, body) -> status` on a free port, and gives the URL.
pub fn serve(receive: impl Fn(&str, &[u8]) -> u16 + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(|connection| answer(connection.unwrap(), &receive)));
    url
}

/// Answers the one request of a connection. An app has a framework for this.
fn answer(connection: TcpStream, receive: impl Fn(&str, &[u8]) -> u16) {
    let mut reader = BufReader::new(&connection);
    let head: Vec<String> = reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        let headers = head.iter().filter_map(|line| line.split_once(": "));
        headers.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap()
    };
    let mut body = vec![0; header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let status = receive(header("x-webhook-signature"), &body);
    write!(&connection, "HTTP/1.1 {status} \r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
}
