//! HTTP/2 frame by frame: what is malformed there ends its stream or the connection, and what is not read of a body ends its stream alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::http2::HELLO;
use crate::support::{Server, in_time};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

/// How a block of headers begins whose status is 400, and one whose status is 404, by the table of RFC 7541.
const STATUS_400: u8 = 0x80 | 12;
const STATUS_404: u8 = 0x80 | 13;

/// What came, frame by frame: type, stream and payload.
type Frames = Vec<(u8, u32, Vec<u8>)>;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Headers without any compression.
fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    headers.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// What comes back to a block of headers and what follows it, until the server has answered a ping behind all that, or closes.
async fn heard(server: &Server, headers: &[(&str, &str)], ends: bool, then: &[u8]) -> Frames {
    let mut stream = server.connect().await;
    let flags = if ends { 5 } else { 4 };
    let ping = frame(PING, 0, 0, b"all done");
    stream.write_all(&[HELLO, &frame(HEADERS, flags, 1, &block(headers)), then, &ping].concat()).await.unwrap();
    let mut frames = Vec::new();
    let mut is_pinged = false;
    let is_over = |frames: &Frames| {
        frames.iter().any(|(kind, stream, _)| (*kind == RST_STREAM && *stream == 1) || *kind == GOAWAY)
    };
    let is_answered =
        |frames: &Frames| frames.iter().any(|(kind, stream, _)| (*kind == HEADERS || *kind == DATA) && *stream == 1);
    while !(is_pinged && (is_over(&frames) || (is_answered(&frames) && ends))) {
        let mut head = [0; 9];
        if in_time(stream.read_exact(&mut head)).await.is_err() {
            break;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        if in_time(stream.read_exact(&mut payload)).await.is_err() {
            break;
        }
        is_pinged |= head[3] == PING && head[4] == 1;
        frames.push((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload));
    }
    frames
}

const GET: [(&str, &str); 5] = [
    (":method", "GET"),
    (":scheme", "http"),
    (":path", "/api/v1/calls/call_xxx"),
    (":authority", "localhost"),
    ("authorization", "Bearer test"),
];

#[tokio::test]
async fn what_is_malformed_is_refused() {
    let server = Server::start().await;
    let with = |more: &[(&'static str, &'static str)]| [&GET[..], more].concat();
    let without = |name: &str| GET.into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>();
    let instead = |name: &'static str, value: &'static str| {
        GET.map(|(known, given)| (known, if known == name { value } else { given })).to_vec()
    };
    for (case, headers) in [
        ("no path", without(":path")),
        ("no method", without(":method")),
        ("no scheme", without(":scheme")),
        ("no authority", without(":authority")),
        ("two methods", [&[(":method", "GET")][..], &GET].concat()),
        ("an unknown pseudo-header", [&[(":colour", "blue")][..], &GET].concat()),
        ("a pseudo-header at the end", [&GET[1..], &GET[..1]].concat()),
        ("an empty path", instead(":path", "")),
        ("a path without a slash", instead(":path", "calls")),
        ("another scheme", instead(":scheme", "ftp")),
        ("an authority with a user", instead(":authority", "me@localhost")),
        ("an authority that is none", instead(":authority", "a b")),
        ("a capital letter", with(&[("X-Own", "a")])),
        ("a name that is none", with(&[("x own", "a")])),
        ("a value with a line's end", with(&[("x-own", "a\r\nx: b")])),
        ("a header of the connection", with(&[("connection", "close")])),
        ("a transfer coding", with(&[("transfer-encoding", "chunked")])),
        ("a TE", with(&[("te", "gzip")])),
        ("another host", with(&[("host", "other")])),
        ("two tokens", with(&[("authorization", "Bearer other")])),
        ("another expectation", with(&[("expect", "miracles")])),
    ] {
        let frames = heard(&server, &headers, true, b"").await;
        let is_refused = frames.iter().any(|(kind, stream, payload)| match *kind {
            RST_STREAM => *stream == 1,
            GOAWAY => true,
            // All other statuses than the usual are written out.
            HEADERS => payload[0] == STATUS_400 || payload[0] & 0x80 == 0,
            _ => false,
        });
        let is_taken = frames.iter().any(|(kind, _, payload)| *kind == HEADERS && payload[0] == 0x88);
        assert!(is_refused && !is_taken, "{case}: {frames:?}");
    }
    let frames = heard(&server, &GET, true, b"").await;
    assert!(
        frames.iter().any(|(kind, _, payload)| *kind == HEADERS && payload[0] == 0x88),
        "as it is, it is taken: {frames:?}"
    );
}

/// RFC 9113, 8.1.1: the parser ends such a stream itself, before this server hears of it. `docs/limits.md` says so.
#[tokio::test]
async fn what_the_parser_finds_malformed_ends_its_stream() {
    let server = Server::start().await;
    for (name, value) in [(":authority", "a b"), (":path", ""), ("content-length", "99999999999999999999")] {
        let others = GET.into_iter().filter(|(known, _)| *known != name);
        // Pseudo-headers come first.
        let headers: Vec<_> = match name.starts_with(':') {
            true => [(name, value)].into_iter().chain(others).collect(),
            false => others.chain([(name, value)]).collect(),
        };
        let frames = heard(&server, &headers, true, b"").await;
        let ends =
            frames.iter().any(|(kind, stream, code)| (*kind, *stream, &code[..]) == (RST_STREAM, 1, &[0, 0, 0, 1]));
        assert!(ends && !frames.iter().any(|(kind, _, _)| *kind == GOAWAY), "{name}: {value}: {frames:?}");
    }
    let frames = heard(&server, &[&GET[..], &[("X-Own", "a")]].concat(), true, b"").await;
    assert!(frames.iter().any(|(kind, _, _)| *kind == GOAWAY), "a name with a capital ends all: {frames:?}");
}

/// RFC 9113, 8.1: with `NO_ERROR`, as the answer is whole and nothing but the rest of the body is not wanted.
#[tokio::test]
async fn a_body_that_is_left_unread_ends_its_stream_alone() {
    let server = Server::start().await;
    let mut headers = GET
        .map(|(name, value)| match name {
            ":method" => (name, "POST"),
            ":path" => (name, "/api/v1/nothing"),
            _ => (name, value),
        })
        .to_vec();
    headers.push(("content-length", "33554432"));
    let frames = heard(&server, &headers, false, &frame(DATA, 0, 1, b"{")).await;
    let of_answer: Vec<_> = frames.iter().filter(|(_, stream, _)| *stream == 1).collect();
    assert!(matches!(of_answer[0], (HEADERS, _, block) if block[0] == STATUS_404), "{frames:?}");
    assert!(
        frames.iter().any(|(kind, stream, code)| (*kind, *stream, &code[..]) == (RST_STREAM, 1, &[0; 4])),
        "{frames:?}"
    );
    assert!(!frames.iter().any(|(kind, _, _)| *kind == GOAWAY), "{frames:?}");
}
