//! What takes real time, tried out where that time can be stopped: on the runtime of the test.

mod departures;
mod http2;
mod shutdown;

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::config::{ClockMode, LogFormat, Webhooks};

/// What is answered to a request that announces a body and never sends it.
async fn answer_without_body(address: SocketAddr, line: &str) -> String {
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = "Host: a\r\nAuthorization: Bearer test\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9";
    client.write_all(format!("{line} HTTP/1.1\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn who_announces_a_body_and_never_sends_it_is_not_waited_for_for_ever() {
    let (address, _stop, _end) = running().await;
    // The machine's own clock stands still too, and jumps to the next deadline whenever nothing else is to be done.
    tokio::time::pause();
    let answer = answer_without_body(address, "POST /api/v1/calls").await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("No more of the request body came for 30 s"),
        "{answer}"
    );
    let answer = answer_without_body(address, "POST /api/v1/nothing").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

/// Where a server is, what stops it, and its end.
async fn running() -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    running_with(Settings::default()).await
}

/// The same with other settings.
async fn running_with(settings: Settings) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), log_format: LogFormat::Off, ..settings };
    let server = Server::bind(&settings).await.unwrap();
    let address = server.address();
    let (stop, stopped) = watch::channel(false);
    (address, stop, tokio::spawn(server.run(stopped, "")))
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let (address, _stop, _end) = running().await;
    tokio::time::pause();
    for beginning in [b"".as_slice(), b"PRI * HTTP", b"GET / HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning).await.unwrap();
        // What comes may be settings, a ping and a farewell; a client of HTTP/2 that lives would answer.
        let mut heard = Vec::new();
        let early = timeout(Duration::from_secs(29), client.read_to_end(&mut heard)).await;
        assert!(early.is_err(), "{beginning:?}: {early:?}");
        timeout(Duration::from_secs(40), client.read_to_end(&mut heard)).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn who_begins_a_head_and_does_not_end_it_is_told_so() {
    let (address, _stop, _end) = running().await;
    tokio::time::pause();
    for (path, kept, is_control) in
        [("/api/v1/calls", false, false), ("/__admin/health", false, true), ("/__admin/health", true, true)]
    {
        for beginning in
            [format!("GET {path} HTTP/1.1\r\nHost: a\r\nX"), format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r")]
        {
            let mut client = TcpStream::connect(address).await.unwrap();
            if kept {
                ask(&mut client).await;
            }
            client.write_all(beginning.as_bytes()).await.unwrap();
            let mut heard = String::new();
            timeout(Duration::from_secs(45), client.read_to_string(&mut heard)).await.unwrap().unwrap();
            assert!(heard.starts_with("HTTP/1.1 408 ") && heard.contains("within 30 s"), "{heard}");
            assert!(heard.contains("connection: close\r\n"), "{heard}");
            assert_eq!(heard.contains("cache-control: no-store\r\n"), is_control, "{heard}");
        }
    }
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"P").await.unwrap();
    assert!(all_of(client).await.starts_with("HTTP/1.1 408 "), "what may be the beginning of HTTP/2");
    let mut client = TcpStream::connect(address).await.unwrap();
    ask(&mut client).await;
    client.write_all(b"\r\n").await.unwrap();
    assert_eq!(all_of(client).await, "", "that is no beginning");
}

/// Asks for a call on that connection, and reads the answer.
async fn ask(client: &mut TcpStream) {
    const ASKED: &[u8] = b"GET /api/v1/calls/call_zzz HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer test\r\n\r\n";
    client.write_all(ASKED).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert!(client.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(answer.starts_with(b"HTTP/1.1 404 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn who_goes_on_asking_is_not_let_go_before_saying_nothing_for_too_long() {
    let (address, _stop, _end) = running().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    tokio::time::pause();
    for _ in 0..5 {
        ask(&mut client).await;
        tokio::time::advance(Duration::from_secs(29)).await;
    }
    ask(&mut client).await;
    let mut heard = Vec::new();
    let early = timeout(Duration::from_secs(29), client.read_to_end(&mut heard)).await;
    assert!(early.is_err(), "{early:?}");
    timeout(Duration::from_secs(12), client.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert!(heard.is_empty());
}

#[tokio::test]
async fn a_process_that_was_stopped_keeps_its_connections() {
    let (address, _stop, _end) = running().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    ask(&mut client).await;
    tokio::time::pause();
    for _ in 0..2 {
        // All timers elapse at once.
        tokio::time::advance(Duration::from_secs(45)).await;
        ask(&mut client).await;
    }
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_not_waited_for_longer() {
    let (address, _stop, _end) = running().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    ask(&mut client).await;
    tokio::time::pause();
    let mut bytes = 0;
    let mut heard = [0; 13];
    while timeout(Duration::ZERO, client.read_exact(&mut heard)).await.is_err() {
        client.write_all(b"G").await.unwrap();
        bytes += 1;
        assert!(bytes < 60, "it goes on for ever");
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(bytes > 29 && &heard == b"HTTP/1.1 408 ", "{bytes}");
}

#[tokio::test]
async fn an_answer_may_go_on_for_ever() {
    let (address, _stop, _end) = running().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET /__admin/events HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::pause();
    let mut heard = Vec::new();
    let end = timeout(Duration::from_secs(600), client.read_to_end(&mut heard)).await;
    assert!(end.is_err(), "{end:?}: {}", String::from_utf8_lossy(&heard));
    assert!(heard.starts_with(b"HTTP/1.1 200 "));
}

/// Asks for more than sockets hold for each other, the documentation's viewer, and reads the beginning of the answer.
async fn ask_for_a_lot(client: &mut TcpStream) -> Vec<u8> {
    let page = "GET /docs/viewer.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    client.write_all(page.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(4_096);
    while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        assert!(client.read_buf(&mut answer).await.unwrap() > 0);
    }
    answer
}

/// Lets a little more time pass than from one look at a connection to the next, and the connection look. A longer step would count as no more.
async fn step() {
    tokio::time::advance(Duration::from_secs(11)).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// How many bytes of an answer's body have not come.
fn missing(answer: &[u8]) -> usize {
    let head = String::from_utf8_lossy(&answer[..answer.len().min(1_000)]).into_owned();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()).expect(&head);
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    length.parse::<usize>().unwrap() - (answer.len() - body)
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all_of_an_answer() {
    let (address, _stop, _end) = running().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut answer = ask_for_a_lot(&mut client).await;
    tokio::time::pause();
    while missing(&answer) > 0 {
        step().await;
        step().await;
        for _ in 0..8 {
            answer.reserve(64 << 10);
            if missing(&answer) > 0 {
                assert!(client.read_buf(&mut answer).await.unwrap() > 0, "{} bytes are missing", missing(&answer));
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    let (address, _stop, _end) = running().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut answer = ask_for_a_lot(&mut client).await;
    tokio::time::pause();
    for _ in 0..5 {
        step().await;
    }
    // What the sockets hold still comes, or a reset in its place.
    let _ = client.read_to_end(&mut answer).await;
    assert!(missing(&answer) > 0);
}

#[tokio::test]
async fn who_says_nothing_does_not_keep_a_server_from_ending() {
    let (address, stop, end) = running().await;
    let mut clients = Vec::new();
    for beginning in [b"".as_slice(), b"PRI * HTTP"] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning).await.unwrap();
        clients.push(client);
    }
    tokio::time::pause();
    // By then they have been heard.
    answer_without_body(address, "GET /nothing").await;
    stop.send(true).unwrap();
    timeout(GRACE + LAST_ANSWERS, end).await.unwrap().unwrap();
}

/// A whole request with a body, on a connection that is kept.
fn request(line: &str, body: &str) -> String {
    let head = "Host: a\r\nAuthorization: Bearer any\r\nContent-Type: application/json\r\nContent-Length: ";
    format!("{line} HTTP/1.1\r\n{head}{}\r\n\r\n{body}", body.len())
}

/// A connection over which that has been sent and read: the server has answered another request since.
async fn having_sent(address: SocketAddr, sent: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(sent.as_bytes()).await.unwrap();
    ask(&mut TcpStream::connect(address).await.unwrap()).await;
    client
}

/// All that comes over a connection until the server ends it.
async fn all_of(mut client: TcpStream) -> String {
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    heard
}
