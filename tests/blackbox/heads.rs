//! Heads that are refused before they have come to their end, and what refusals of the control API say, whoever makes them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Server, in_time};

const CALL: &str = "/api/v1/calls/call_xxx";
const HEAD: &str = "Host: localhost\r\nAuthorization: Bearer test\r\nConnection: close\r\n";

/// hyper looks at a head that comes in pieces only when its end has come, which may be never.
#[tokio::test]
async fn a_malformed_head_is_refused_before_its_end_has_come() {
    let server = Server::start().await;
    for path in [CALL, "/__admin/campaigns"] {
        let line = format!("GET {path} HTTP/1.1\r\n");
        for (pieces, status, says) in [
            (&[&*line, "Ho", "st : a\r\n"][..], 400, "space before its colon"),
            (&[&line, "Host: a\r\nA: b\r\n", " folded\r\n"], 400, "begins with a space"),
            (&[&line, "Host: a\r\nA: ", "b\0\r\nC: d"], 400, "\\x00"),
            (&[&line, "A", "b\n"], 400, "no colon"),
            (&[&line, "Content-Length: 1\r\n", "Content-Length: 2\r\n"], 400, "at once"),
            (&[&line, "Content-Length: ", "99999999999999999999\r\n"], 413, "more than any"),
            (&[&line, "Transfer-Encoding: ", "gzip\r\n"], 501, "gzip"),
            (&["G", &format!("ET {path} HTTP/1.2\r\n")], 505, "HTTP/1.2"),
            (&["GE", &format!("T {path}\r\n")], 400, "has no version"),
            (&["\r", "\n", &format!("G(T {path} HTTP/1.1\r\n")], 400, "no method"),
        ] {
            // Also behind another request.
            for first in [None, Some(&*format!("GET {path} HTTP/1.1\r\n{}\r\n", HEAD.replace("close", "keep-alive")))] {
                let pieces: Vec<&[u8]> = first.iter().chain(pieces).map(|piece| piece.as_bytes()).collect();
                let answers = in_time(server.raw_in_parts(&pieces)).await;
                let answer = answers.last().unwrap();
                assert_eq!(answers.len(), 1 + usize::from(first.is_some()), "{pieces:?}");
                assert!(answer.status.as_u16() == status && answer.error().contains(says), "{pieces:?}: {answer:?}");
                assert_eq!(answer.header("connection"), "close", "{pieces:?}");
                let is_kept = answer.header("cache-control") != "no-store";
                assert_eq!(is_kept, path == CALL, "{pieces:?}");
            }
        }
    }
    let broken = server.raw_and_done(format!("GET {CALL} HTTP/1.1\r\nHost: a").as_bytes()).await;
    assert!(broken.len() == 1 && broken[0].status == 400 && broken[0].error().contains("broke off"), "{broken:?}");
}

#[tokio::test]
async fn a_head_that_comes_in_pieces_is_taken_however_it_is_cut() {
    let server = Server::start().await;
    let head =
        format!("GET {CALL} HTTP/1.1\r\n{HEAD}Content-Length: 0\r\nContent-Length: 00\r\nA:\r\nX-Own: b\r\n\r\n");
    let head = head.into_bytes();
    for cut in 1..head.len() {
        let answers = in_time(server.raw_in_parts(&[&head[..cut], &head[cut..]])).await;
        assert!(answers.len() == 1 && answers[0].status == 200, "{cut}: {answers:?}");
    }
    let bytes: Vec<&[u8]> = head.chunks(1).collect();
    assert_eq!(in_time(server.raw_in_parts(&bytes)).await[0].status, 200);
}

/// Whatever refuses it, hyper, the server or the route: nobody is to keep an answer of the control API.
#[tokio::test]
async fn no_refusal_of_the_control_api_is_to_be_kept() {
    let server = Server::start().await;
    let with = |line: &str, headers: &str| format!("{line}\r\n{HEAD}{headers}\r\n").into_bytes();
    let get = |headers: &str| with("GET /__admin/campaigns HTTP/1.1", headers);
    let put = |headers: &str| with("POST /__admin/faults HTTP/1.1", headers);
    for (bytes, status) in [
        (with("GET /__admin/campaigns HTTP/1.2", ""), 505),
        (with("GET /__admin/camp aigns HTTP/1.1", ""), 400),
        (with("GET /__admin/campaigns", ""), 400),
        (with("GET http://localhost/__admin/campaigns#a HTTP/1.1", ""), 400),
        (with(&format!("GET /__admin/{} HTTP/1.1", "x".repeat(70_000)), ""), 414),
        (with(&format!("GET /__admin/{} HTTP/1.1", "x".repeat(10_000)), ""), 414),
        (with("GET /__admin/%zz HTTP/1.1", ""), 400),
        (with("GET /__admin HTTP/1.1", ""), 404),
        (with("BREW /__admin/campaigns HTTP/1.1", ""), 405),
        (get("A : b\r\n"), 400),
        (get("Host: b\r\n"), 400),
        (get(&"A: b\r\n".repeat(200)), 431),
        (get(&format!("A: {}\r\n", "b".repeat(20_000))), 431),
        (get("Expect: miracles\r\n"), 417),
        (put("Transfer-Encoding: gzip\r\n"), 501),
        (put("Content-Length: 99999999999999999999\r\n"), 413),
        (put("Content-Length: 9999999999\r\n"), 413),
        (put("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400),
    ] {
        let sent = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]).into_owned();
        let answers = in_time(server.raw(&bytes)).await;
        let [answer] = &*answers else { panic!("{sent:?}: {answers:?}") };
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (status, "no-store"), "{sent:?}");
        answer.error();
    }
}
