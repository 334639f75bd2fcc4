//! Connections that end with an answer: it says so, and the client can read it though it is still sending.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use akol_mock::{Auth, Settings};
use hyper::StatusCode;

use crate::support::{Server, in_time, settings};

const MIB: usize = 1 << 20;
const TOKEN: &str = "Authorization: Bearer test\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// A request whose head announces more than is read of an unwanted body, and whose body does not come.
fn announcing(first_line: &str, headers: &str) -> Vec<u8> {
    let length = 32 * MIB;
    format!("{first_line}\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{{").into_bytes()
}

fn chunked(first_line: &str, chunks: &str) -> Vec<u8> {
    format!("{first_line}\r\nHost: localhost\r\n{TOKEN}{JSON}Transfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes()
}

/// What is heard of a server that closes, which has to be one answer with that status that says so.
async fn assert_closing(server: &Server, bytes: &[u8], status: u16) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let mut answers = in_time(server.raw(bytes)).await;
    let answer = answers.pop().unwrap_or_else(|| panic!("no answer to {shown}"));
    assert_eq!((answers.len(), answer.status.as_u16()), (0, status), "{shown}");
    let said: Vec<_> = answer.headers.get_all("connection").iter().collect();
    assert_eq!(said, ["close"], "{shown}");
    assert!(!answer.header("x-request-id").is_empty(), "{shown}");
}

#[tokio::test]
async fn an_answer_says_that_the_connection_ends_where_a_body_is_left_unread() {
    let server = Server::start().await;
    let limit_in_chunks = format!("{:x}\r\n{}\r\n0\r\n\r\n", MIB + 1, "x".repeat(MIB + 1));
    for (bytes, status) in [
        (announcing("POST /api/v1/calls HTTP/1.1", &format!("{TOKEN}{JSON}")), 413),
        (chunked("POST /api/v1/calls HTTP/1.1", &limit_in_chunks), 413),
        (chunked("POST /api/v1/calls HTTP/1.1", "zz\r\n"), 400),
        (chunked("GET /api/v1/calls HTTP/1.1", "zz\r\n"), 400),
        (chunked("POST /api/v1/nothing HTTP/1.1", "zz\r\n"), 404),
        (announcing("POST /api/v1/nothing HTTP/1.1", &format!("{TOKEN}Expect: 100-continue\r\n")), 404),
        (announcing("POST /api/v1/calls HTTP/1.1", JSON), 401),
        (announcing("POST /api/v1/calls HTTP/1.1", "Authorization: Bearer forbidden\r\n"), 403),
        (announcing("POST /api/v1/nothing HTTP/1.1", TOKEN), 404),
        (announcing("DELETE /api/v1/calls HTTP/1.1", TOKEN), 405),
        (announcing("GET /api/v1/calls/call_xxx HTTP/1.1", TOKEN), 200),
        (announcing("GET /api/v1/calls/call_xxx/audio HTTP/1.1", TOKEN), 200),
        (announcing("POST /api/v1/calls HTTP/1.1", &format!("{TOKEN}X-Long: {}\r\n", "x".repeat(17_000))), 431),
        (announcing(&format!("POST /api/v1/calls?{} HTTP/1.1", "x".repeat(9_000)), TOKEN), 414),
        (announcing("POST /__admin/faults HTTP/1.1", JSON), 413),
        (announcing("POST /__admin/nothing HTTP/1.1", JSON), 404),
        (announcing("PUT /__admin/faults HTTP/1.1", JSON), 405),
        (announcing("GET /__admin/health HTTP/1.1", ""), 200),
        (announcing("POST /__admin/faults?workspace=*** HTTP/1.1", JSON), 422),
        (announcing("POST /__admin/faults HTTP/1.1", "Origin: http://evil.example\r\n"), 403),
        (announcing("GET /docs HTTP/1.1", ""), 200),
        (announcing("GET /openapi.json HTTP/1.1", ""), 200),
        (announcing("POST /nothing HTTP/1.1", ""), 404),
        (announcing("POST /api/v1/nothing HTTP/1.0", &format!("{TOKEN}Connection: keep-alive\r\n")), 404),
        (announcing("POST /api/v1/nothing HTTP/1.1", &format!("{TOKEN}Upgrade: h2c\r\nConnection: upgrade\r\n")), 404),
    ] {
        assert_closing(&server, &bytes, status).await;
    }
}

#[tokio::test]
async fn so_it_does_whoever_refuses() {
    let unread = announcing("POST /api/v1/calls HTTP/1.1", &format!("{TOKEN}{JSON}"));
    let limited = Server::with(Settings { rate_limit: Some(1), ..settings() }).await;
    limited.get("/api/v1/calls").await;
    assert_closing(&limited, &unread, 429).await;
    let strict = Server::with(Settings { auth: Auth::Strict(vec!["secret".to_owned()]), ..settings() }).await;
    assert_closing(&strict, &unread, 401).await;
    let guarded = Server::with(Settings { admin_token: Some("boss".to_owned()), ..settings() }).await;
    assert_closing(&guarded, &announcing("POST /__admin/faults HTTP/1.1", JSON), 401).await;
    let asked = "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n";
    let origins = vec!["http://localhost:3000".to_owned()];
    let pages = Server::with(Settings { cors_origins: origins.clone(), admin_origins: origins, ..settings() }).await;
    for path in ["/api/v1/calls", "/__admin/faults"] {
        assert_closing(&pages, &announcing(&format!("OPTIONS {path} HTTP/1.1"), asked), 204).await;
    }
}

/// A short body that does not come is waited for for a moment, as it would be a pity about the connection.
#[tokio::test]
async fn a_short_body_that_does_not_come_ends_the_connection_too() {
    let server = Server::start().await;
    let head = format!("POST /api/v1/calls HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: 200\r\n\r\n{{");
    assert_closing(&server, head.as_bytes(), 401).await;
}

#[tokio::test]
async fn a_body_that_is_read_to_its_end_keeps_the_connection() {
    let server = Server::start().await;
    let last = format!("GET /api/v1/calls/call_xxx HTTP/1.1\r\nHost: a\r\n{TOKEN}Connection: close\r\n\r\n");
    let body = "x".repeat(MIB);
    let in_chunks = format!("{MIB:x};extension=1\r\n{body}\r\n0\r\nTrailer: 1\r\n\r\n");
    for (first_line, status) in [
        ("POST /api/v1/nothing HTTP/1.1", 404),
        ("PUT /api/v1/calls HTTP/1.1", 405),
        ("GET /api/v1/calls/call_xxx HTTP/1.1", 200),
        ("POST /api/v1/calls HTTP/1.1", 400),
        ("GET /__admin/health HTTP/1.1", 200),
        ("POST /__admin/nothing HTTP/1.1", 404),
        ("GET /openapi.json HTTP/1.1", 200),
        ("POST /nothing HTTP/1.1", 404),
    ] {
        let head = format!("{first_line}\r\nHost: a\r\n{TOKEN}");
        for request in [
            format!("{head}Content-Length: {MIB}\r\n\r\n{body}{last}"),
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{in_chunks}{last}"),
        ] {
            let answers = server.raw(request.as_bytes()).await;
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            assert_eq!(statuses, [status, 200], "{first_line}");
            assert!(!answers[0].headers.contains_key("connection"), "{first_line}");
        }
    }
}

/// A client that sends everything before it listens must not find its connection reset, which would take the answer with it.
#[tokio::test]
async fn whoever_is_still_sending_can_read_the_answer() {
    let server = Server::start().await;
    let body = vec![b' '; 5 * MIB];
    for (head, status) in [
        (format!("POST /api/v1/calls HTTP/1.1\r\nHost: a\r\n{TOKEN}Content-Length: {}\r\n\r\n", body.len()), 413),
        (format!("POST /api/v1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()), 401),
        (format!("POST /nothing HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: {}\r\n\r\n", body.len()), 404),
        ("no HTTP at all\r\n\r\n".to_owned(), 400),
    ] {
        for _ in 0..5 {
            let answers = server.raw_patiently(&[head.as_bytes(), &body].concat()).await;
            let statuses: Vec<StatusCode> = answers.iter().map(|answer| answer.status).collect();
            assert_eq!(statuses, [status], "{head}");
        }
    }
}
