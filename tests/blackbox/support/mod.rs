//! A server of one's own for each test, on a free port and a clock that stands still, and a client for it.

pub mod contract;
pub mod events;
pub mod http2;
pub mod markdown;
pub mod program;
pub mod raw;
pub mod receiver;
pub mod space;

use std::time::Duration;

use akol_mock::{ClockMode, LogFormat, MockServer, Settings, Workspace};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use contract::Asked;

/// When the clocks of all tests start: a Sunday noon.
pub const START: &str = "2026-11-22T12:00:00.000Z";

/// Quiet settings on a free port.
pub fn settings() -> Settings {
    Settings { listen: ([127, 0, 0, 1], 0).into(), log_format: LogFormat::Off, ..Settings::default() }
}

/// A server that runs until it is dropped.
pub struct Server {
    pub base: String,
    pub handle: Workspace,
    pub secret: String,
    client: Client<HttpConnector, Full<Bytes>>,
    pub server: MockServer,
}

impl Server {
    /// A server as it is out of the box, but that its clock stands at [`START`].
    pub async fn start() -> Server {
        Server::with(settings()).await
    }

    /// A server with other settings, but that its clock stands, from [`START`] on unless they say when.
    pub async fn with(settings: Settings) -> Server {
        let start_time = settings.start_time.or_else(|| START.parse().ok());
        Server::as_set(Settings { clock: ClockMode::Manual, start_time, ..settings }).await
    }

    /// A server with just these settings.
    pub async fn as_set(settings: Settings) -> Server {
        let server = MockServer::builder().settings(settings).start().await.unwrap();
        let (base, handle) = (format!("http://{}", server.address()), server.handle());
        let secret = server.webhook_secret();
        let client = Client::builder(TokioExecutor::new()).build_http();
        Server { base, handle, secret, client, server }
    }

    /// Moves the clock, with all that falls due on the way.
    pub async fn advance(&self, span: Duration) {
        self.handle.advance(span).await.unwrap();
    }

    /// Moves the clock by whole seconds.
    pub async fn advance_secs(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds)).await;
    }

    /// A request with a bearer token, to be completed.
    pub fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        Request::builder().method(method).uri(format!("{}{path}", self.base)).header(AUTHORIZATION, "Bearer test")
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        exchange(&self.client, request).await
    }

    /// `GET`, with a bearer token.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Full::default()).unwrap()).await
    }

    /// `POST` of JSON, with a bearer token.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::POST, path, body).await
    }

    /// JSON by another method, with a bearer token.
    pub async fn send_json(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(Full::from(body.to_string())).unwrap()).await
    }

    /// `POST /calls` with an `Idempotency-Key`.
    pub async fn place_with_key(&self, key: &str, body: impl Into<String>) -> Answer {
        let request = self.request(Method::POST, "/api/v1/calls").header(CONTENT_TYPE, "application/json");
        self.send(request.header("idempotency-key", key).body(Full::from(body.into())).unwrap()).await
    }

    /// `POST /calls` with an `X-Akol-Scenario`.
    pub async fn place_as(&self, scenario: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, "/api/v1/calls").header(CONTENT_TYPE, "application/json");
        self.send(request.header("x-akol-scenario", scenario).body(Full::from(body.to_string())).unwrap()).await
    }

    /// Every call, in the order of the list.
    pub async fn all_calls(&self) -> Vec<Value> {
        self.all_calls_of("").await
    }

    /// Every call that a query such as `&status=FAILED` selects, page by page.
    pub async fn all_calls_of(&self, query: &str) -> Vec<Value> {
        let mut calls = Vec::new();
        for page in 1.. {
            let answer = self.get(&format!("/api/v1/calls?limit=100&page={page}{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
            calls.extend(answer.data().as_array().unwrap().iter().cloned());
            if answer.json()["pagination"]["hasNext"] == false {
                assert_eq!(answer.json()["pagination"]["total"], calls.len(), "{query}");
                break;
            }
        }
        calls
    }

    /// Advances the clock by steps of half a second until the call shows what is wanted, and gives it as it is then.
    pub async fn advance_until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..4 * 3_600 {
            let call = self.call(id).await;
            if wanted(&call) {
                return call;
            }
            self.advance(Duration::from_millis(500)).await;
        }
        panic!("{id} never came to what is waited for: {}", self.call(id).await);
    }

    /// Sends bytes as they are, and reads until the server closes. Reads while it sends, as clients do.
    pub async fn raw(&self, bytes: &[u8]) -> Vec<Answer> {
        let (mut from_server, mut to_server) = self.connect().await.into_split();
        // The server may have answered, and stopped listening, before it has heard everything.
        let (_, heard) = tokio::join!(to_server.write_all(bytes), read_to_end(&mut from_server, bytes));
        heard
    }

    /// As [`Server::raw`], and says that nothing more will come.
    pub async fn raw_and_done(&self, bytes: &[u8]) -> Vec<Answer> {
        let (mut from_server, mut to_server) = self.connect().await.into_split();
        let send = async {
            to_server.write_all(bytes).await?;
            to_server.shutdown().await
        };
        let (_, heard) = tokio::join!(send, read_to_end(&mut from_server, bytes));
        heard
    }

    /// Sends everything before it listens.
    pub async fn raw_patiently(&self, bytes: &[u8]) -> Vec<Answer> {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_to_end(&mut stream, bytes).await
    }

    /// Sends a first part, and the next when the server has had the time to answer another request.
    pub async fn raw_in_parts(&self, parts: &[&[u8]]) -> Vec<Answer> {
        let mut stream = self.connect().await;
        for part in parts {
            stream.write_all(part).await.unwrap();
            self.get("/__admin/health").await;
        }
        read_to_end(&mut stream, &parts.concat()).await
    }

    /// A connection on which nothing has been said.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.base.trim_start_matches("http://")).await.unwrap()
    }

    /// Places a call in the documentation's campaign, and gives its id.
    pub async fn place(&self, to: &str) -> String {
        let answer = self.post("/api/v1/calls", placement(to)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.data()["id"].as_str().unwrap().to_owned()
    }

    /// A call as it is now.
    pub async fn call(&self, id: &str) -> Value {
        let answer = self.get(&format!("/api/v1/calls/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.data()
    }
}

/// Sends a request, and reads the whole answer, which has to be one that the documents allow.
async fn exchange(client: &Client<HttpConnector, Full<Bytes>>, request: Request<Full<Bytes>>) -> Answer {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let asked = Asked::new(&head, body.clone());
    let (parts, body) = client.request(Request::from_parts(head, Full::from(body))).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = Answer { status: parts.status, headers: parts.headers, body };
    contract::check(Some(&asked), &answer);
    answer
}

/// What `future` comes to; fails the test rather than hang where it comes to nothing.
pub async fn in_time<F: Future>(future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(output) => output,
        Err(_) => panic!("what is waited for never comes"),
    }
}

/// All that comes back to what was sent.
async fn read_to_end(from_server: &mut (impl AsyncRead + Unpin), sent: &[u8]) -> Vec<Answer> {
    let mut heard = Vec::new();
    // A connection that is reset has said what it had to say, or nothing.
    let end = from_server.read_to_end(&mut heard).await;
    assert!(end.is_ok() || heard.is_empty(), "broke off after {:?}", String::from_utf8_lossy(&heard));
    let answers = raw::answers(&heard);
    contract::check_all(sent, &answers);
    answers
}

/// The body that places a call in the documentation's campaign.
pub fn placement(to: &str) -> Value {
    json!({"campaignId": "cmp_xxx", "toNumber": to, "fromPhoneNumberId": "pn_xxx"})
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header as text, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The whole body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// What is in the envelope.
    pub fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json["success"], true, "{json}");
        json["data"].clone()
    }

    /// The refusal's text; checks its envelope.
    pub fn error(&self) -> String {
        let json = self.json();
        assert_eq!(json["success"], false, "{json}");
        let has_fields = json.get("errors").is_some();
        assert_eq!(has_fields, self.status == StatusCode::UNPROCESSABLE_ENTITY, "only a 422 names fields: {json}");
        json["error"].as_str().unwrap().to_owned()
    }

    /// The fields that a 422 names.
    pub fn fields(&self) -> Vec<String> {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{self:?}");
        self.error();
        let json = self.json();
        json["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}
