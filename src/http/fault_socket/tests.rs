//! Connections that break, over real sockets.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::header::{DATE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::*;
use crate::http::body::Body;
use crate::http::client::Client;
use crate::http::listener;
use crate::http::maybe_ready::Answering;
use crate::http::request_body::RequestBody;
use crate::http::response::Reply;
use crate::http::shutdown::{Phase, Shutdown};

/// Far more than a socket takes in at once.
const LARGE: usize = 16 << 20;

/// Answers by the path: breaks, or says a lot, or a little.
fn answer(request: Request<RequestBody>, _: &Client) -> Answering<Response<Body>> {
    let text = Reply::json(StatusCode::CREATED, "{}").with(DATE, HeaderValue::from_static("today"));
    let reply = match request.uri().path() {
        "/empty" => text.broken(Breakage::EmptyResponse),
        "/malformed" => text.broken(Breakage::MalformedResponseChunk),
        "/random" => text.broken(Breakage::RandomDataThenClose),
        "/reset" => text.broken(Breakage::ConnectionResetByPeer),
        "/large" => Reply::json(StatusCode::OK, vec![b'x'; LARGE]),
        _ => text,
    };
    Answering::Now(reply.into_response(false))
}

/// A server that runs until the sender is dropped.
async fn server() -> (SocketAddr, watch::Sender<Phase>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, shutdown) = Shutdown::channel();
    tokio::spawn(listener::serve(listener, answer, Arc::new(|_, _, _| Vec::new()), shutdown));
    (address, stop)
}

fn requests(paths: &[&str]) -> Vec<u8> {
    paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).collect::<String>().into_bytes()
}

/// Sends the requests in one go, and hears what comes until the end, which may be an error.
async fn hear(address: SocketAddr, paths: &[&str]) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&requests(paths)).await.unwrap();
    let mut heard = Vec::new();
    let end = stream.read_to_end(&mut heard).await;
    (heard, end.err().map(|error| error.kind()))
}

#[tokio::test]
async fn an_empty_response_is_an_end_without_a_byte() {
    let (address, _stop) = server().await;
    assert_eq!(hear(address, &["/empty"]).await, (Vec::new(), None));
}

#[tokio::test]
async fn a_malformed_chunk_follows_the_head_of_an_answer() {
    let (address, _stop) = server().await;
    let (heard, end) = hear(address, &["/malformed"]).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: today\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(heard, [head.as_bytes(), GARBAGE].concat());
    assert_eq!(end, None);
    assert!(!GARBAGE[0].is_ascii_hexdigit(), "a chunk would begin with its length");
}

#[tokio::test]
async fn random_data_is_no_http_and_always_the_same() {
    let (address, _stop) = server().await;
    for _ in 0..2 {
        assert_eq!(hear(address, &["/random"]).await, (GARBAGE.to_vec(), None));
    }
}

#[tokio::test]
async fn a_reset_is_an_error_to_the_client() {
    let (address, _stop) = server().await;
    let (heard, end) = hear(address, &["/reset"]).await;
    assert_eq!((heard.as_slice(), end), (b"".as_slice(), Some(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn answers_before_the_broken_one_arrive_whole_and_those_after_it_not_at_all() {
    let (address, _stop) = server().await;
    let before = hear_one(address, "/small").await;
    assert!(before.ends_with(b"{}"));
    for (path, last) in [("/empty", b"".as_slice()), ("/random", GARBAGE)] {
        let (heard, end) = hear(address, &["/small", "/small", path, "/small"]).await;
        assert_eq!((heard, end), ([&before, before.as_slice(), last].concat(), None), "{path}");
    }
}

#[tokio::test]
async fn a_large_answer_before_the_broken_one_arrives_whole_however_late_it_is_read() {
    let (address, _stop) = server().await;
    for path in ["/empty", "/random"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&requests(&["/large", path])).await.unwrap();
        // By then the server has filled what the socket takes.
        hear_one(address, "/small").await;
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        let body = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        let garbage = if path == "/random" { GARBAGE.len() } else { 0 };
        assert_eq!(heard.len(), body + LARGE + garbage, "{path}");
    }
}

#[tokio::test]
async fn other_connections_are_served_on() {
    let (address, _stop) = server().await;
    let mut other = TcpStream::connect(address).await.unwrap();
    for path in ["/empty", "/malformed", "/random", "/reset"] {
        hear(address, &[path]).await;
        other.write_all(&requests(&["/small"])).await.unwrap();
        let expected = hear_one(address, "/small").await;
        let mut answer = vec![0; expected.len()];
        other.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, expected, "after {path}");
    }
}

/// The answer to one request on a connection of its own.
async fn hear_one(address: SocketAddr, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&requests(&[path])).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    heard
}
