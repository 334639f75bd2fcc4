//! Malformed requests of every kind: each is told what is wrong with it, in the envelope and with its id; nothing hangs, and no byte stream is
//! read in two ways.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::support::program::Program;
use crate::support::{Answer, Server, in_time, placement};

const CALL: &str = "/api/v1/calls/call_xxx";
/// What every request below has that is to be refused for something else.
const HEAD: &str = "Host: localhost\r\nAuthorization: Bearer test\r\nConnection: close\r\n";

fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\n{HEAD}{headers}\r\n").into_bytes()
}

fn place(headers: &str, body: &str) -> Vec<u8> {
    format!("POST /api/v1/calls HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n{headers}\r\n{body}").into_bytes()
}

/// The one answer to bytes behind which the client waits, and says nothing more.
async fn only(server: &Server, bytes: &[u8]) -> Answer {
    let mut answers = in_time(server.raw(bytes)).await;
    assert_eq!(answers.len(), 1, "to {:?}", String::from_utf8_lossy(bytes));
    answers.remove(0)
}

async fn assert_refused(server: &Server, cases: &[(Vec<u8>, u16, &str)]) {
    for (bytes, status, says) in cases {
        let sent = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
        let answer = only(server, bytes).await;
        assert_eq!(answer.status.as_u16(), *status, "{sent:?}: {:?}", answer.body);
        assert!(answer.error().contains(says), "{sent:?}: {}", answer.error());
        assert_eq!(answer.header("connection"), "close", "{sent:?}");
        assert!(!answer.header("x-request-id").is_empty(), "{sent:?}");
    }
    assert_eq!(server.all_calls().await.len(), 201, "no call was placed");
}

#[tokio::test]
async fn a_request_line_is_told_what_is_wrong_with_it() {
    let server = Server::start().await;
    let line = |line: &str| format!("{line}\r\n{HEAD}\r\n").into_bytes();
    assert_refused(
        &server,
        &[
            (b"hello\r\n\r\n".to_vec(), 400, "is \"hello\""),
            (line("GET"), 400, "is \"GET\""),
            (line("GET /api/v1/calls"), 400, "has no version"),
            (line("GET  HTTP/1.1"), 400, "no target"),
            (line("GET /api/v1/calls HTTP/0.9"), 505, "HTTP/0.9"),
            (line("GET /api/v1/calls HTTP/1.2"), 505, "HTTP/1.2"),
            (line("GET /api/v1/calls HTTP/2.0"), 505, "HTTP/2.0"),
            (line("GET /api/v1/calls HTTP/3.0"), 505, "HTTP/3.0"),
            (line("GET /api/v1/calls HTTP/11"), 400, "no version"),
            (line("GET /api/v1/calls http/1.1"), 400, "no version"),
            (line("GET /api v1/calls HTTP/1.1"), 400, "percent-encoded"),
            (line("GET /api\tv1/calls HTTP/1.1"), 400, "\\t"),
            (line("GET /api\0v1/calls HTTP/1.1"), 400, "\\x00"),
            (line(" GET /api/v1/calls HTTP/1.1"), 400, "no method"),
            (line("G(T /api/v1/calls HTTP/1.1"), 400, "G(T"),
            (line("GET api/v1/calls HTTP/1.1"), 400, "target"),
            (line("GET localhost HTTP/1.1"), 400, "has no path"),
            (line("GET * HTTP/1.1"), 400, "only OPTIONS"),
            (line("GET ftp://localhost/api/v1/calls HTTP/1.1"), 400, "\"ftp\", must be http or https"),
            (line(&format!("GET {CALL}#top HTTP/1.1")), 400, "fragment"),
            (line(&format!("GET http://localhost{CALL}#top HTTP/1.1")), 400, "fragment"),
            (line("CONNECT localhost:443 HTTP/1.1"), 501, "no proxy"),
            (line("GET /api/v1/calls/%zz HTTP/1.1"), 400, "percent-encoding"),
            (line("GET /api/v1/%zz HTTP/1.1"), 400, "percent-encoding"),
            (line("GET /__admin/calls%2 HTTP/1.1"), 400, "percent-encoding"),
            (line("GET /%ff HTTP/1.1"), 400, "percent-encoding"),
            (line("get /api/v1/calls HTTP/1.1"), 405, "GET, HEAD, POST"),
            (line("BREW /api/v1/calls HTTP/1.1"), 405, "GET, HEAD, POST"),
            (line("TRACE /api/v1/calls HTTP/1.1"), 405, "GET, HEAD, POST"),
            (line("GET //api/v1/calls HTTP/1.1"), 404, "nothing at"),
            (line("GET /api/v1/../v1/calls HTTP/1.1"), 404, "nothing at"),
            (line("GET /api/v1/calls/call_xxx/../call_xxx HTTP/1.1"), 404, "nothing at"),
            (line("GET /api/v1/calls;a=b HTTP/1.1"), 404, "nothing at"),
            (line(&format!("GET /api/v1/calls?{} HTTP/1.1", "x".repeat(60_000))), 414, "8192"),
            (line(&format!("GET /api/v1/calls?{} HTTP/1.1", "x".repeat(70_000))), 414, "too long"),
            (line(&format!("{} / HTTP/1.1", "G".repeat(9_000))), 404, "nothing at"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_header_is_told_what_is_wrong_with_it() {
    let server = Server::start().await;
    let many: String = (0..200).map(|number| format!("X-{number}: y\r\n")).collect();
    assert_refused(
        &server,
        &[
            (get(CALL, "A: b\r\n folded\r\n"), 400, "begins with a space"),
            (get(CALL, "A: b\r\n\tfolded\r\n"), 400, "begins with a space"),
            (get(CALL, "A\r\n"), 400, "no colon"),
            (get(CALL, "A : b\r\n"), 400, "space before its colon"),
            (get(CALL, "Transfer-Encoding : chunked\r\n"), 400, "space before its colon"),
            (get(CALL, ": b\r\n"), 400, "no name"),
            (get(CALL, "A(: b\r\n"), 400, "\"A(\" is no name"),
            (get(CALL, "Ä: b\r\n"), 400, "is no name"),
            (get(CALL, "A: b\0c\r\n"), 400, "\\x00"),
            (place("Content-Length: 18446744073709551614\r\n", ""), 413, "\"18446744073709551614\""),
            (place("Content-Length: 18446744073709551615\r\n", ""), 413, "\"18446744073709551615\""),
            (place("Content-Length: 18446744073709551616\r\n", ""), 413, "\"18446744073709551616\""),
            (place("Content-Length: 18446744073709551613\r\n", ""), 413, "1048576 bytes"),
            (get(CALL, "A: b\rX: c\r\n"), 400, "\\r"),
            (get(CALL, "A: b\u{7f}\r\n"), 400, "\\x7f"),
            (get(CALL, &many), 431, "100"),
            (get(CALL, &"X: y\r\n".repeat(200)), 431, "100"),
            (get(CALL, &format!("X: {}\r\n", "y".repeat(20_000))), 431, "16384"),
            (get(CALL, "Expect: miracles\r\n"), 417, "\"miracles\", must be 100-continue"),
            (place("Content-Length: 2\r\nExpect: 200-ok\r\n", "{}"), 417, "\"200-ok\""),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_header_that_may_stand_once_stands_once() {
    let server = Server::start().await;
    let twice =
        |name: &str, value: &str| get(CALL, &format!("{name}: {value}\r\n{}: {value}\r\n", name.to_uppercase()));
    for name in
        ["Content-Type", "Range", "If-Range", "Origin", "User-Agent", "Idempotency-Key", "X-Akol-Scenario", "Referer"]
    {
        let refused = format!("The header {name} is given 2 times");
        assert_refused(&server, &[(twice(name, "x"), 400, &refused)]).await;
    }
    assert_refused(
        &server,
        &[
            (get(CALL, "Authorization: Bearer test\r\n"), 400, "Authorization is given 2 times"),
            (get(CALL, "Host: localhost\r\n"), 400, "one Host header; this one has 2"),
            (get("/__admin/campaigns", "Host: evil.example\r\n"), 400, "one Host header; this one has 2"),
            (
                get("/__admin/campaigns", "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n"),
                400,
                "Sec-Fetch-Site is given 2",
            ),
            (get("/docs", "User-Agent: a\r\nUser-Agent: b\r\n"), 400, "User-Agent is given 2"),
        ],
    )
    .await;
    for list in ["Accept", "If-None-Match", "Cookie", "X-Forwarded-For", "Via", "Cache-Control", "X-Own"] {
        assert_eq!(only(&server, &twice(list, "x")).await.status, 200, "{list}");
    }
    let body = "{}";
    let same = place("Content-Length: 2\r\nContent-Length: 2\r\n", body);
    assert_eq!(only(&server, &same).await.status, 422, "the same length twice is one");
}

#[tokio::test]
async fn a_body_comes_as_it_is_or_in_chunks() {
    let server = Server::start().await;
    let call = placement("+15557770060").to_string();
    let chunked = format!("{:x}\r\n{call}\r\n0\r\n\r\n", call.len());
    let length = format!("Content-Length: {}\r\n", call.len());
    let coded = |lines: &str| place(lines, &chunked);
    assert_refused(
        &server,
        &[
            (coded("Transfer-Encoding: gzip\r\n"), 501, "\"gzip\""),
            (coded("Transfer-Encoding: identity\r\n"), 501, "\"identity\""),
            (coded("Transfer-Encoding: gzip, chunked\r\n"), 501, "\"gzip\""),
            (coded("Transfer-Encoding: xchunked\r\n"), 501, "\"xchunked\""),
            (coded("Transfer-Encoding: chunked;a=b\r\n"), 501, "\"chunked;a=b\""),
            (coded("Transfer-Encoding: chunked, chunked\r\n"), 400, "more than once"),
            (coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, "more than once"),
            (coded("Transfer-Encoding: chunked,\r\n"), 400, "ends with a comma"),
            (coded("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"), 400, "ends with a comma"),
            (coded("Transfer-Encoding: chunked, gzip\r\n"), 400, "not at its end"),
            (coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400, "not at its end"),
            (
                coded("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
                400,
                "both Transfer-Encoding and Content-Length",
            ),
            (
                coded("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                400,
                "both Transfer-Encoding and Content-Length",
            ),
            (place(&format!("Content-Encoding: gzip\r\n{length}"), &call), 415, "\"gzip\""),
            (place(&format!("Content-Encoding: identity, br\r\n{length}"), &call), 415, "\"br\""),
        ]
        .map(|(bytes, status, says)| (bytes, status, says)),
    )
    .await;
    let refused = only(&server, &place(&format!("Content-Encoding: gzip\r\n{length}"), &call)).await;
    assert_eq!(refused.header("accept-encoding"), "identity");
    let admin = format!("POST /__admin/faults HTTP/1.1\r\n{HEAD}Content-Encoding: x\r\nContent-Length: 2\r\n\r\n{{}}");
    assert_eq!(only(&server, admin.as_bytes()).await.status, 415);
    for taken in [
        place(&format!("Content-Encoding: identity\r\n{length}"), &call),
        coded("Transfer-Encoding: Chunked\r\n"),
        coded("Transfer-Encoding:   chunked  \r\n"),
    ] {
        assert_eq!(only(&server, &taken).await.status, 201, "{:?}", String::from_utf8_lossy(&taken));
    }
}

#[tokio::test]
async fn chunks_and_lengths_are_read_in_one_way() {
    let server = Server::start().await;
    let chunks = |body: &str| (place("Transfer-Encoding: chunked\r\n", body), 400, "body");
    let length = |value: &str, says| (place(&format!("Content-Length: {value}\r\n"), "{}"), 400, says);
    let trailers = format!("0\r\n{}\r\n", "T: u\r\n".repeat(2_000));
    let extension = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(20_000));
    assert_refused(
        &server,
        &[
            chunks("zz\r\n{}\r\n0\r\n\r\n"),
            chunks("2\n{}\n0\n\n"),
            chunks("2\r\n{}0\r\n\r\n"),
            chunks("2\r\n{}XX0\r\n\r\n"),
            chunks("0x2\r\n{}\r\n0\r\n\r\n"),
            chunks("+2\r\n{}\r\n0\r\n\r\n"),
            chunks("-2\r\n{}\r\n0\r\n\r\n"),
            chunks("\r\n{}\r\n0\r\n\r\n"),
            chunks("ffffffffffffffff1\r\n{}\r\n0\r\n\r\n"),
            chunks("2;a\n{}\r\n0\r\n\r\n"),
            chunks(&trailers),
            chunks(&extension),
            length("-2", "Content-Length is \"-2\""),
            length("+2", "Content-Length is \"+2\""),
            length("0x2", "Content-Length is \"0x2\""),
            length("2, 2", "Content-Length is \"2, 2\""),
            length("2 2", "Content-Length is \"2 2\""),
            length("", "Content-Length is \"\""),
            length("2\r\nContent-Length: 3", "\"2\" and \"3\" at once"),
            (
                format!("POST /api/v1/calls HTTP/1.0\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                    .into_bytes(),
                400,
                "HTTP/1.0 has no Transfer-Encoding",
            ),
        ],
    )
    .await;
}

/// Wherever two readers might find the end of a body at two places, nothing behind it is taken for a request.
#[tokio::test]
async fn no_request_is_smuggled_in_behind_another() {
    let server = Server::start().await;
    let hidden = format!("GET {CALL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer test\r\n\r\n");
    let head = "POST /api/v1/calls HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer test\r\n";
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, identity\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding\r\n : chunked\r\nContent-Length: 5\r\n",
        "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Expect: miracles\r\nContent-Length: 300\r\n",
        "Host: other\r\nContent-Length: 300\r\n",
    ] {
        // Also where it is not the first of its connection.
        for first in ["", hidden.as_str()] {
            let sent = format!("{first}{head}{lines}\r\n0\r\n\r\n{hidden}{hidden}");
            let statuses: Vec<u16> =
                in_time(server.raw(sent.as_bytes())).await.iter().map(|answer| answer.status.as_u16()).collect();
            let wanted = if first.is_empty() { 1 } else { 2 };
            let refused = statuses.last().is_some_and(|status| (400..=501).contains(status));
            assert!(statuses.len() == wanted && refused, "{lines:?}: {statuses:?}");
        }
    }
}

#[tokio::test]
async fn another_protocol_is_told_that_this_is_http() {
    let server = Server::start().await;
    assert_refused(
        &server,
        &[
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400, "TLS"),
            (b"\x16\x03\x01".to_vec(), 400, "TLS"),
            (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec(), 400, "SSH"),
            (b"SSH-2.0-Go\r\n".to_vec(), 400, "SSH"),
            (b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n".to_vec(), 400, "PROXY protocol"),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec(), 400, "PROXY protocol"),
            (b"EHLO localhost\r\n".to_vec(), 400, "SMTP"),
            (b"*1\r\n$4\r\nPING\r\n".to_vec(), 400, "Redis"),
            (b"PING\r\n".to_vec(), 400, "\"PING\""),
            (b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_vec(), 400, "preface"),
            (b"\x80\x2e\x01\x03\x01".to_vec(), 400, "no method"),
            (vec![0; 64], 400, "no method"),
        ],
    )
    .await;
}

#[tokio::test]
async fn options_of_everything_are_the_methods_that_there_are() {
    let server = Server::start().await;
    let answer = only(&server, format!("OPTIONS * HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    assert_eq!(answer.header("allow"), "DELETE, GET, HEAD, PATCH, POST, PUT");
}

#[tokio::test]
async fn the_log_names_each_client_that_speaks_tls_once() {
    let program = Program::start(&["--clock", "manual"]);
    for source in ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.1"] {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
        let mut stream = socket.connect(program.address).await.unwrap();
        stream.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
        let mut heard = String::new();
        in_time(stream.read_to_string(&mut heard)).await.unwrap();
        assert!(heard.starts_with("HTTP/1.1 400 "), "{heard}");
    }
    let log = program.stop().stderr;
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("TLS")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("127.0.0.1") && lines[0].contains("http://") && lines[1].contains("127.0.0.2"), "{log}");
}

#[tokio::test]
async fn the_journal_has_the_host_of_an_absolute_target() {
    let server = Server::start().await;
    let sent = format!("GET http://other.example:80{CALL} HTTP/1.1\r\n{HEAD}\r\n");
    assert_eq!(only(&server, sent.as_bytes()).await.status, 200);
    let journal = server.get("/__admin/requests").await.data();
    assert_eq!(journal[0]["headers"]["host"], json!("other.example:80"), "{journal}");
    assert_eq!(journal[0]["path"], json!(CALL), "{journal}");
}

#[tokio::test]
async fn the_host_that_counts_is_the_one_of_the_target() {
    let server = Server::start().await;
    let get = |target: &str, hosts: &str| {
        format!("GET {target} HTTP/1.1\r\n{hosts}Authorization: Bearer test\r\nConnection: close\r\n\r\n").into_bytes()
    };
    let own = "Host: localhost\r\n";
    for (path, guarded) in [("/__admin/campaigns", 403), (CALL, 200), ("/openapi.json", 200)] {
        for (bytes, status) in [
            (get(path, own), 200),
            (get(&format!("http://127.0.0.1{path}"), "Host: evil.example\r\n"), 200),
            (get(&format!("https://localhost{path}"), own), 200),
            (get(&format!("http://evil.example{path}"), own), guarded),
            (get(&format!("http://me@localhost{path}"), own), 400),
            (get(&format!("http://evil.example{path}"), ""), 400),
            (get(&format!("http://localhost{path}"), &format!("{own}{own}")), 400),
            (get(&format!("http://localhost{path}"), "Host: a b\r\n"), 400),
            (get(path, "Host: \r\n"), 200),
            (get(path, ""), 400),
            (get(path, "Host: a b\r\n"), 400),
            (get(path, "Host: http://localhost\r\n"), 400),
            (get(path, "Host: localhost:99999\r\n"), 400),
            (get(path, "Host: me@localhost\r\n"), 400),
            (get(path, "Host: [::1\r\n"), 400),
            (get(path, "Host: [::1]:2565\r\n"), 200),
        ] {
            let answer = only(&server, &bytes).await;
            assert_eq!(answer.status.as_u16(), status, "{}: {:?}", String::from_utf8_lossy(&bytes), answer.body);
            if status == 400 {
                assert!(answer.error().contains("Host"), "{}", answer.error());
            }
        }
    }
    let old = b"GET http://evil.example/__admin/campaigns HTTP/1.0\r\n\r\n";
    assert_eq!(only(&server, old).await.status, 403);
}
