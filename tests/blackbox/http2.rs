//! HTTP/2 by prior knowledge, on the port of HTTP/1: all that is said over the one is said over the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::http2::{HELLO, Http2, answer};
use crate::support::{Answer, Server, in_time, placement};
use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full};
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CALL: &str = "/api/v1/calls/call_xxx";
const AUDIO: &str = "/api/v1/calls/call_xxx/audio";
const CALLS: &str = "/api/v1/calls";

/// A request as it is sent over either.
fn request(server: &Server, method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Full<Bytes>> {
    let mut request = server.request(method.clone(), path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::from(body.to_owned())).unwrap()
}

async fn get(client: &Http2<Full<Bytes>>, server: &Server, path: &str) -> Answer {
    client.send(request(server, &Method::GET, path, &[], "")).await
}

/// The headers of an answer, without what is another one each time.
fn lasting(headers: &HeaderMap) -> Vec<(String, String)> {
    let lasting = headers.iter().filter(|(name, _)| *name != "x-request-id");
    let mut lasting: Vec<_> =
        lasting.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    lasting.sort();
    lasting
}

#[tokio::test]
async fn every_answer_is_that_of_http1() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let json = ("content-type", "application/json");
    let ends = request(&server, &Method::GET, AUDIO, &[], "");
    let tag = client.send(ends).await.header("etag").to_owned();
    let key = ("idempotency-key", "0b9f0a5e-7f0c-4a53-9a55-6f3c7b1f9d12");
    let place = placement("+15557770090").to_string();
    for (method, path, headers, body, status) in [
        (Method::GET, CALL, &[][..], "", 200),
        (Method::GET, "/api/v1/calls?limit=5", &[], "", 200),
        (Method::GET, "/api/calls/call_xxx/transcript", &[], "", 200),
        (Method::HEAD, CALL, &[], "", 200),
        (Method::HEAD, "/api/v1/calls/call_nobody", &[], "", 404),
        (Method::GET, AUDIO, &[], "", 200),
        (Method::HEAD, AUDIO, &[], "", 200),
        (Method::GET, AUDIO, &[("range", "bytes=5-9")], "", 206),
        (Method::GET, AUDIO, &[("range", "bytes=5-9,20-29")], "", 206),
        (Method::GET, AUDIO, &[("range", "bytes=99999999-")], "", 416),
        (Method::GET, AUDIO, &[("if-none-match", &tag)], "", 304),
        (Method::HEAD, AUDIO, &[("if-none-match", &tag)], "", 304),
        (Method::GET, AUDIO, &[("range", "bytes=5-9"), ("if-range", "\"other\"")], "", 200),
        (Method::POST, CALLS, &[json, key], &place, 201),
        (Method::POST, CALLS, &[json, key], &place, 201),
        (Method::POST, CALLS, &[json], "{", 400),
        (Method::POST, CALLS, &[json], "{}", 422),
        (Method::POST, "/api/v1/calls/call_xxx/end", &[], "", 409),
        (Method::PUT, CALLS, &[], "", 405),
        (Method::GET, "/api/v1/nothing", &[], "", 404),
        (Method::GET, "/nothing", &[], "", 404),
        (Method::GET, CALL, &[("authorization", "Bearer revoked")], "", 400),
        (Method::GET, "/__admin/campaigns", &[], "", 200),
        (Method::GET, "/__admin/metrics?workspace=%", &[], "", 400),
    ] {
        let old = server.send(request(&server, &method, path, headers, body)).await;
        let new = client.send(request(&server, &method, path, headers, body)).await;
        assert_eq!(new.status.as_u16(), status, "{method} {path}: {new:?}");
        assert_eq!(old.status, new.status, "{method} {path}");
        assert_eq!(old.body, new.body, "{method} {path}");
        let replayed = |answer: &Answer| {
            let headers = lasting(&answer.headers);
            headers.into_iter().filter(|(name, _)| name != "idempotent-replayed").collect::<Vec<_>>()
        };
        // Over HTTP/1 the first one is placed, and over HTTP/2 it is told again.
        assert_eq!(replayed(&old), replayed(&new), "{method} {path}");
        for name in ["connection", "transfer-encoding", "keep-alive"] {
            assert!(!new.headers.contains_key(name), "{name}");
        }
        assert!(new.header("x-request-id").starts_with("req_"));
    }
}

#[tokio::test]
async fn the_journal_takes_it_in_alike() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let json = [("content-type", "application/json")];
    let body = placement("+15557770091").to_string();
    server.send(request(&server, &Method::POST, CALLS, &json, &body)).await;
    client.send(request(&server, &Method::POST, CALLS, &json, &body)).await;
    let journal = server.get("/__admin/requests").await.data();
    let [first, second] = journal.as_array().unwrap().as_slice() else { panic!("{journal}") };
    for field in ["method", "path", "query", "body", "bodyLength"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    let host = server.base.trim_start_matches("http://");
    for entry in [first, second] {
        assert_eq!(entry["headers"]["host"], host, "{entry}");
        assert_eq!(entry["headers"]["authorization"], first["headers"]["authorization"]);
        assert_eq!(entry["answer"]["status"], 201);
    }
}

#[tokio::test]
async fn a_connection_carries_many_requests_at_once() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let asked = (0..400).map(|number| {
        let mut sender = client.sender.clone();
        let request = request(
            &server,
            &Method::POST,
            CALLS,
            &[("content-type", "application/json")],
            &placement(&format!("+1555888{number:04}")).to_string(),
        );
        tokio::spawn(async move { answer(sender.send_request(request).await.unwrap()).await.unwrap().status })
    });
    for status in asked.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), StatusCode::CREATED);
    }
    assert_eq!(server.all_calls().await.len(), 601);
}

#[tokio::test]
async fn a_client_is_told_its_limits() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream.write_all(HELLO).await.unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "settings come first");
    let mut settings = vec![0; usize::from(head[2])];
    stream.read_exact(&mut settings).await.unwrap();
    let settings: Vec<(u16, u32)> = settings
        .chunks(6)
        .map(|one| (u16::from_be_bytes([one[0], one[1]]), u32::from_be_bytes([one[2], one[3], one[4], one[5]])))
        .collect();
    assert!(settings.contains(&(3, 250)), "streams at once: {settings:?}");
    assert!(settings.contains(&(6, 65_536)), "headers: {settings:?}");
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let long = "x".repeat(20_000);
    let refused = client.send(request(&server, &Method::GET, CALLS, &[("x-long", &long)], "")).await;
    assert_eq!(refused.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert!(refused.error().contains("16384 bytes"), "{}", refused.error());
    let names: Vec<String> = (0..100).map(|number| format!("x-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "y")).collect();
    let refused = client.send(request(&server, &Method::GET, CALLS, &many, "")).await;
    assert_eq!(refused.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert!(refused.error().contains("more than 100"), "{}", refused.error());
    let refused = get(&client, &server, &format!("/api/v1/calls?x={long}")).await;
    assert_eq!(refused.status, StatusCode::URI_TOO_LONG);
    // Of what is longer than hyper takes, nobody knows more than that.
    let far_too_long = request(&server, &Method::GET, CALLS, &[("x-long", &"x".repeat(70_000))], "");
    let refused = client.send_below_the_document(far_too_long).await;
    assert_eq!((refused.status, refused.body.len()), (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, 0));

    let json = [("content-type", "application/json")];
    for body in [" ".repeat((1 << 20) + 1), " ".repeat(5 << 20)] {
        let refused = client.send(request(&server, &Method::POST, CALLS, &json, &body)).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(refused.error().contains("1048576 bytes"), "{}", refused.error());
    }
    assert_eq!(get(&client, &server, CALL).await.status, StatusCode::OK, "and the connection goes on");
}

#[tokio::test]
async fn the_guard_looks_at_the_authority() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let to = async |authority: &str, headers: &[(&str, &str)]| {
        let mut request = Request::builder().uri(format!("http://{authority}/__admin/campaigns"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        client.send(request.body(Full::default()).unwrap()).await
    };
    assert_eq!(to("127.0.0.1:2565", &[]).await.status, StatusCode::OK);
    assert_eq!(to("127.0.0.1:2565", &[("host", "127.0.0.1:2565")]).await.status, StatusCode::OK);
    assert_eq!(to("localhost:2565", &[("origin", "http://localhost:2565")]).await.status, StatusCode::OK);
    assert_eq!(to("localhost:2565", &[("origin", "http://localhost:3000")]).await.status, StatusCode::FORBIDDEN);
    let refused = to("evil.example:2565", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.error().contains("evil.example:2565"), "{}", refused.error());
    let refused = to("evil.example", &[("host", "localhost")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.error().contains(":authority"), "{}", refused.error());
    for second in ["localhost", "evil.example"] {
        let two = Request::builder().uri("http://localhost/__admin/campaigns");
        let two = two.header("host", "localhost").header("host", second).body(Full::default()).unwrap();
        let refused = client.send_below_the_document(two).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.error().contains("one Host header at most; this one has 2"), "{}", refused.error());
    }
}

#[tokio::test]
async fn events_come_as_they_happen() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let request = request(&server, &Method::GET, "/__admin/events", &[], "");
    let mut events = client.sender.clone().send_request(request).await.unwrap().into_body();
    let mut heard = String::new();
    for wanted in [": connected", "\"step\":\"queued\"", "\"step\":\"ringing\""] {
        while !heard.contains(wanted) {
            let piece = in_time(events.frame()).await.unwrap().unwrap().into_data().unwrap();
            heard.push_str(std::str::from_utf8(&piece).unwrap());
        }
        match wanted {
            ": connected" => drop(server.place("+15005550100").await),
            _ => server.advance_secs(3).await,
        }
    }
    drop(events);
    assert_eq!(get(&client, &server, CALL).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_under_way_is_answered_before_the_server_ends() {
    let server = Server::start().await;
    let client = Http2::of(&server).await;
    let (mut body, coming) = Channel::<Bytes>::new(1);
    let begin = server.request(Method::POST, CALLS).header("content-type", "application/json").body(coming).unwrap();
    let mut sender = client.sender.clone();
    let answered = tokio::spawn(async move { answer(sender.send_request(begin).await.unwrap()).await.unwrap() });
    body.send_data(Bytes::from_static(b"{")).await.unwrap();
    // By then the server has heard of it.
    let mut sender = client.sender.clone();
    let (_, nothing) = Channel::<Bytes>::new(1);
    let ask = server.request(Method::GET, CALL).body(nothing).unwrap();
    sender.send_request(ask).await.unwrap();

    let address = server.base.trim_start_matches("http://").to_owned();
    let Server { server, handle, .. } = server;
    let stopping = tokio::spawn(server.stop());
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let rest = placement("+15557770092").to_string();
    body.send_data(Bytes::from(rest[1..].to_owned())).await.unwrap();
    drop(body);
    assert_eq!(in_time(answered).await.unwrap().status, StatusCode::CREATED);
    in_time(stopping).await.unwrap();
    in_time(client.end).await.unwrap().unwrap();
    assert_eq!(handle.calls().len(), 202);
}

#[tokio::test]
async fn a_request_that_its_client_gives_up_changes_nothing() {
    let server = Server::start().await;
    let client = Http2::of(&server).await;
    let (mut body, coming) = Channel::<Bytes>::new(1);
    let begin = server.request(Method::POST, CALLS).header("content-type", "application/json").body(coming).unwrap();
    let mut sender = client.sender.clone();
    let asking = tokio::spawn(async move { sender.send_request(begin).await });
    body.send_data(Bytes::from_static(b"{")).await.unwrap();
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    let (_, nothing) = Channel::<Bytes>::new(1);
    let ask = server.request(Method::GET, CALL).body(nothing).unwrap();
    let answered = client.sender.clone().send_request(ask).await.unwrap();
    assert_eq!(answer(answered).await.unwrap().status, StatusCode::OK);
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn what_is_no_http2_behind_the_preface_ends_the_connection_and_nothing_else() {
    let server = Server::start().await;
    for rest in [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(),
        &[0xff; 64],
        b"\0\0\x05\x01\x05\0\0\0\x01\xff\xff\xff\xff\xff",
    ] {
        let mut stream = server.connect().await;
        stream.write_all(&[HELLO, rest].concat()).await.unwrap();
        let mut heard = Vec::new();
        // The end may be a reset, as something may be left unread.
        let _ = in_time(stream.read_to_end(&mut heard)).await;
        let goes_away = |frame: &[u8]| frame[3] == 7;
        assert!(frames(&heard).into_iter().any(goes_away), "{heard:?}");
    }
    assert_eq!(server.get(CALL).await.status, StatusCode::OK);
}

/// Each frame that came, its head included.
fn frames(mut heard: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let [high, middle, low, ..] = *heard {
        let length = 9 + (usize::from(high) << 16) + (usize::from(middle) << 8) + usize::from(low);
        let (frame, rest) = heard.split_at(length.min(heard.len()));
        frames.push(frame);
        heard = rest;
    }
    frames
}

#[tokio::test]
async fn odd_methods_are_refused_as_ever() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    for (method, path, status) in [("OPTIONS", "*", 204), ("TRACE", CALLS, 405), ("BREW", CALLS, 405)] {
        let uri = format!("{}{path}", server.base);
        let uri = if path == "*" { "*".parse::<hyper::Uri>().unwrap() } else { uri.parse().unwrap() };
        let mut request = Request::builder().method(method).uri(uri).header("authorization", "Bearer t");
        if path == "*" {
            // Such a target has no authority.
            request = request.header("host", "localhost");
        }
        let answer = client.sender.clone().send_request(request.body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
    }
}

#[tokio::test]
async fn an_offer_to_change_to_http2_is_not_taken_up() {
    let server = Server::start().await;
    let head =
        "Host: akol\r\nAuthorization: Bearer test\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\n";
    let body = placement("+15557770093").to_string();
    let bytes = format!(
        "GET {CALL} HTTP/1.1\r\n{head}Connection: Upgrade, HTTP2-Settings\r\n\r\n\
         POST {CALLS} HTTP/1.1\r\n{head}Connection: Upgrade, HTTP2-Settings\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}GET {CALL} HTTP/1.1\r\n{head}Connection: close\r\n\r\n",
        body.len()
    );
    let answers = server.raw(bytes.as_bytes()).await;
    assert_eq!(answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>(), [200, 201, 200]);
}

#[tokio::test]
async fn latency_of_one_answer_does_not_hold_back_the_others() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let rule = json!({"match": {"path": AUDIO}, "effect": {"latency": "60s"}});
    assert_eq!(server.post("/__admin/faults", rule).await.status, StatusCode::CREATED);
    let slow = request(&server, &Method::GET, AUDIO, &[], "");
    let mut sender = client.sender.clone();
    let slow = tokio::spawn(async move { sender.send_request(slow).await });
    let wait = json!({"path": AUDIO, "timeout": "30s"});
    assert_eq!(server.post("/__admin/requests/wait", wait).await.status, StatusCode::OK);
    assert_eq!(get(&client, &server, CALL).await.status, StatusCode::OK);
    assert!(!slow.is_finished());
    // A reset of the workspace voids it.
    let reset: Value = server.post("/__admin/reset", json!({})).await.data();
    assert_eq!(reset["workspace"], "default");
    let voided = in_time(slow).await.unwrap().unwrap();
    assert_eq!(voided.status(), StatusCode::SERVICE_UNAVAILABLE);
}
