//! Bad input below the level of clients: bytes as no library would send them, and more of them than anybody should.

use crate::support::{Answer, Server, placement};
use hyper::StatusCode;

const MIB: usize = 1 << 20;

/// A request with all that it takes to be let in.
fn request(first_line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("{first_line}\r\nHost: akol\r\nAuthorization: Bearer test\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    request("POST /api/v1/calls HTTP/1.1", &format!("Content-Type: application/json\r\n{headers}"), body)
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in body.chunks(size) {
        chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunks.extend(chunk);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    chunks
}

/// A placement, filled up with a field that is ignored until it has that many bytes.
fn placement_of(bytes: usize) -> Vec<u8> {
    let plain = placement("+15557770050").to_string();
    let filled = format!("{},\"note\":\"\"}}", plain.trim_end_matches('}'));
    let note = "n".repeat(bytes - filled.len());
    let filled = filled.replace("\"note\":\"\"", &format!("\"note\":\"{note}\""));
    assert_eq!(filled.len(), bytes);
    filled.into_bytes()
}

async fn only(server: &Server, bytes: &[u8]) -> Answer {
    let mut answers = server.raw(bytes).await;
    assert_eq!(
        answers.len(),
        1,
        "{answers:?} to {:?}",
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(40)..])
    );
    answers.remove(0)
}

async fn assert_unchanged(server: &Server) {
    assert_eq!(server.all_calls().await.len(), 201);
    assert_eq!(server.post("/api/v1/calls", placement("+15557770051")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_body_of_a_mebibyte_is_taken_and_a_byte_more_is_not() {
    let server = Server::start().await;
    let fits = placement_of(MIB);
    let announced = format!("Content-Length: {}\r\n", fits.len());
    assert_eq!(only(&server, &post(&announced, &fits)).await.status, StatusCode::CREATED);
    let in_chunks = post("Transfer-Encoding: chunked\r\n", &chunked(&fits, 10_000));
    assert_eq!(only(&server, &in_chunks).await.status, StatusCode::CREATED);

    let too_long = placement_of(MIB + 1);
    let announced = format!("Content-Length: {}\r\n", too_long.len());
    for bytes in [
        post(&announced, &too_long),
        post("Transfer-Encoding: chunked\r\n", &chunked(&too_long, 10_000)),
        post("Transfer-Encoding: chunked\r\n", &chunked(&too_long, MIB + 1)),
    ] {
        let answer = only(&server, &bytes).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.error().contains("1048576 bytes"), "{}", answer.error());
        assert!(!answer.header("x-request-id").is_empty());
    }
    assert_eq!(server.all_calls().await.len(), 203);
}

/// A client that sends everything before it listens must not find its connection reset, which would take the answer with it.
#[tokio::test]
async fn whoever_sends_far_too_much_still_hears_why_it_was_refused() {
    let server = Server::start().await;
    for size in [2 * MIB, 5 * MIB] {
        let body = vec![b' '; size];
        let announced = post(&format!("Content-Length: {size}\r\n"), &body);
        let in_chunks = post("Transfer-Encoding: chunked\r\n", &chunked(&body, 65_536));
        for bytes in [announced, in_chunks] {
            for _ in 0..5 {
                let answer = server.raw_patiently(&bytes).await.remove(0);
                assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
            }
        }
    }
    assert_unchanged(&server).await;
}

/// What is refused by its head alone: the body comes all the same, later, and must not break the connection.
#[tokio::test]
async fn a_refusal_that_needs_no_body_keeps_the_connection() {
    let server = Server::start().await;
    for (first_line, status) in [
        ("POST /api/v1/nothing HTTP/1.1", 404),
        ("PUT /api/v1/calls HTTP/1.1", 405),
        ("GET /api/v1/calls/call_nobody HTTP/1.1", 404),
        ("GET /api/v1/calls/call_xxx HTTP/1.1", 200),
    ] {
        let head =
            format!("{first_line}\r\nHost: akol\r\nAuthorization: Bearer test\r\nContent-Length: 300000\r\n\r\n");
        let body = vec![b'x'; 300_000];
        let next = request("GET /api/v1/calls/call_xxx/transcript HTTP/1.1", "", b"");
        let statuses: Vec<u16> = server
            .raw_in_parts(&[head.as_bytes(), &[&body, next.as_slice()].concat()])
            .await
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        assert_eq!(statuses, [status, 200], "{first_line}");
    }
}

#[tokio::test]
async fn headers_and_targets_that_are_too_long_are_refused() {
    let server = Server::start().await;
    let long = "x".repeat(20_000);
    let answer = only(&server, &request("GET /api/v1/calls HTTP/1.1", &format!("X-Long: {long}\r\n"), b"")).await;
    assert_eq!(answer.status.as_u16(), 431);
    assert!(answer.error().contains("16384 bytes"), "{}", answer.error());
    let answer = only(&server, &request(&format!("GET /api/v1/calls?x={long} HTTP/1.1"), "", b"")).await;
    assert_eq!(answer.status.as_u16(), 414);
    assert!(answer.error().contains("8192 bytes"), "{}", answer.error());
    let many: String = (0..90).map(|position| format!("X-{position}: {}\r\n", "x".repeat(200))).collect();
    assert_eq!(only(&server, &request("GET /api/v1/calls HTTP/1.1", &many, b"")).await.status.as_u16(), 431);
    let enormous = "x".repeat(MIB);
    for bytes in [
        request("GET /api/v1/calls HTTP/1.1", &format!("X-Long: {enormous}\r\n"), b""),
        request(&format!("GET /{enormous} HTTP/1.1"), "", b""),
        request("GET /api/v1/calls HTTP/1.1", &"X: y\r\n".repeat(1_000), b""),
    ] {
        for answer in server.raw(&bytes).await {
            assert!([431, 414].contains(&answer.status.as_u16()), "{answer:?}");
            assert!(!answer.error().is_empty() && !answer.header("x-request-id").is_empty());
        }
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn what_is_no_http_is_a_400_or_nothing_at_all() {
    let server = Server::start().await;
    for bytes in [
        b"\r\n\r\n\r\nhello\r\n\r\n".as_slice(),
        b"GET\r\n\r\n",
        b"GET /api/v1/calls\r\n\r\n",
        b"GET /api/v1/calls HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /api/v1/calls HTTP/1.1\r\nHost a\r\n\r\n",
        b"GET /api/v1/calls HTTP/1.1\r\nHo st: a\r\n\r\n",
        b"GET /api/v1/calls HTTP/1.1\r\nX: \0\r\n\r\n",
        b"GET /api v1/calls HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\xffT /api/v1/calls HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"POST /api/v1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /api/v1/calls HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    ] {
        for answer in server.raw_and_done(bytes).await {
            assert!(
                [400, 501, 505].contains(&answer.status.as_u16()),
                "{}: {answer:?}",
                String::from_utf8_lossy(bytes)
            );
            assert!(!answer.error().is_empty() && !answer.header("x-request-id").is_empty());
        }
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn what_is_no_http_is_told_so_even_behind_a_request() {
    let server = Server::start().await;
    for first in ["/api/v1/calls/call_xxx", "/api/v1/calls/call_nobody", "/api/v1/calls/%"] {
        let request =
            format!("GET {first} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n\r\nno HTTP at all\r\n\r\n");
        let answers = server.raw(request.as_bytes()).await;
        assert_eq!(answers.len(), 2, "{answers:?}");
        assert_eq!(answers[1].status, StatusCode::BAD_REQUEST);
        assert!(!answers[1].error().is_empty() && !answers[1].header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn odd_bytes_in_a_target_break_nothing() {
    let server = Server::start().await;
    for byte in (0x21..=0xff_u8).filter(|byte| *byte != b' ' && *byte != b'#' && *byte != b'?') {
        for (before, after) in [
            ("GET /api/v1/calls/call_", ""),
            ("GET /api/v1/calls?x=", ""),
            ("GET ", "/api/v1/calls"),
            ("", " /api/v1/calls"),
        ] {
            let first = [before.as_bytes(), &[byte], after.as_bytes(), b" HTTP/1.1\r\n"].concat();
            let rest = b"Host: akol\r\nAuthorization: Bearer test\r\nConnection: close\r\n\r\n";
            for answer in server.raw_and_done(&[&first, rest.as_slice()].concat()).await {
                let status = answer.status.as_u16();
                assert!([200, 400, 401, 404, 405].contains(&status), "{byte:#x} after {before:?}: {answer:?}");
                assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
            }
        }
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn odd_bytes_in_headers_break_nothing() {
    let server = Server::start().await;
    let body = placement("nonsense").to_string();
    for name in ["Idempotency-Key", "X-Akol-Scenario", "Content-Type", "Range", "If-None-Match", "If-Range", "Accept"] {
        for value in [b"\xff\xfe".as_slice(), b"\t", b"", b"%00", b"bytes=-", b"\"", b"\x80", "é".as_bytes()] {
            let rest = format!("\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            for first_line in ["POST /api/v1/calls", "GET /api/v1/calls/call_xxx/audio"] {
                let head = format!(
                    "{first_line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer t\r\n{name}: "
                );
                let answer = only(&server, &[head.as_bytes(), value, rest.as_bytes()].concat()).await;
                assert!(answer.status.as_u16() < 500, "{name}: {value:?}: {answer:?}");
                assert!(!answer.header("x-request-id").is_empty());
            }
        }
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn broken_chunks_are_a_400() {
    let server = Server::start().await;
    for body in [b"zz\r\n{}\r\n0\r\n\r\n".as_slice(), b"2\r\n{}XX0\r\n\r\n", b"ffffffffffffffffff\r\n{}", b"-1\r\n\r\n"]
    {
        let answer = only(&server, &post("Transfer-Encoding: chunked\r\n", body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", String::from_utf8_lossy(body));
        assert!(answer.error().contains("body"), "{}", answer.error());
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_places_no_call() {
    let server = Server::start().await;
    let body = placement("+15557770052").to_string();
    let announced = format!("Content-Length: {}\r\n", body.len() + 1);
    for bytes in [post(&announced, body.as_bytes()), post("Transfer-Encoding: chunked\r\n", b"5\r\n{\"cam")] {
        let answers = server.raw_and_done(&bytes).await;
        assert_eq!(answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>(), [400]);
        assert!(answers[0].error().contains("broke off"), "{}", answers[0].error());
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn requests_sent_in_one_go_are_answered_in_order() {
    let server = Server::start().await;
    let keep =
        |target: &str| format!("GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n\r\n").into_bytes();
    let mut bytes = Vec::new();
    for _ in 0..50 {
        bytes.extend(keep("/api/v1/calls/call_xxx"));
        bytes.extend(keep("/api/v1/calls/call_nobody"));
    }
    bytes.extend(request("GET /api/v1/nothing HTTP/1.1", "", b""));
    let statuses: Vec<u16> = server.raw(&bytes).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [[200, 404].repeat(50), vec![404]].concat());
}

#[tokio::test]
async fn an_absolute_target_is_understood_and_old_http_too() {
    let server = Server::start().await;
    let absolute = request("GET http://akol.example/api/v1/calls/call_xxx HTTP/1.1", "", b"");
    assert_eq!(only(&server, &absolute).await.status, StatusCode::OK);
    let old = b"GET /api/v1/calls/call_xxx HTTP/1.0\r\nAuthorization: Bearer t\r\n\r\n";
    assert_eq!(only(&server, old).await.status, StatusCode::OK);
    let traced = only(&server, &request("TRACE /api/v1/calls HTTP/1.1", "", b"")).await;
    assert_eq!(traced.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn who_asks_before_sending_is_told_to_go_on_or_spared_the_sending() {
    let server = Server::start().await;
    let body = placement("+15557770053").to_string();
    let go_on = post(&format!("Expect: 100-continue\r\nContent-Length: {}\r\n", body.len()), b"");
    let answers = server.raw_in_parts(&[&go_on, body.as_bytes()]).await;
    assert_eq!(answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>(), [100, 201]);

    let in_vain = post(&format!("Expect: 100-continue\r\nContent-Length: {}\r\n", 2 * MIB), b"");
    assert_eq!(only(&server, &in_vain).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = request("POST /api/v1/nothing HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 9\r\n", b"");
    assert_eq!(only(&server, &unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_says_that_nothing_more_will_come_is_answered_all_the_same() {
    let server = Server::start().await;
    let body = placement("+15557770054").to_string();
    let head = "Host: akol\r\nAuthorization: Bearer test\r\nContent-Type: application/json\r\n";
    let place = format!("POST /api/v1/calls HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let in_chunks = format!("POST /api/v1/calls HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n");
    let in_chunks = [in_chunks.as_bytes(), &chunked(&placement_of(300_000), 1_000)].concat();
    let list = format!("GET /api/v1/calls?limit=100 HTTP/1.1\r\n{head}\r\n");
    for _ in 0..20 {
        for (bytes, status) in [(place.as_bytes(), 201), (&in_chunks, 201), (list.as_bytes(), 200)] {
            let answers = server.raw_and_done(bytes).await;
            assert_eq!(answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>(), [status]);
        }
    }
}

#[tokio::test]
async fn a_request_has_one_host() {
    let server = Server::start().await;
    let get = |hosts: &str| {
        let head = "Authorization: Bearer test\r\nConnection: close\r\n";
        format!("GET /api/v1/calls/call_xxx HTTP/1.1\r\n{hosts}{head}\r\n").into_bytes()
    };
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let answer = only(&server, &get(hosts)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hosts:?}");
        assert!(answer.error().contains("Host"), "{}", answer.error());
    }
    assert_eq!(only(&server, &get("Host: a\r\n")).await.status, StatusCode::OK);
}
