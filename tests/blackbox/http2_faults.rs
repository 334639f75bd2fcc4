//! Connection faults over HTTP/2, where one connection carries many answers: two of them take one answer, and two take them all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::ErrorKind;

use crate::support::http2::{HELLO, Http2, answer};
use crate::support::{Server, in_time, placement};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CALL: &str = "/api/v1/calls/call_xxx";
const CALLS: &str = "/api/v1/calls";

async fn rule(server: &Server, path: &str, effect: Value) {
    let rule = json!({"match": {"path": path}, "times": 1, "effect": effect});
    assert_eq!(server.post("/__admin/faults", rule).await.status, StatusCode::CREATED);
}

fn get(server: &Server, path: &str) -> Request<Full<Bytes>> {
    server.request(Method::GET, path).body(Full::default()).unwrap()
}

fn post(server: &Server, to: &str) -> Request<Full<Bytes>> {
    let request = server.request(Method::POST, CALLS).header("content-type", "application/json");
    request.body(Full::from(placement(to).to_string())).unwrap()
}

/// What the journal has of the newest request to that path.
async fn newest(server: &Server, path: &str) -> Value {
    server.get(&format!("/__admin/requests?path={path}&limit=1")).await.data()[0].clone()
}

#[tokio::test]
async fn an_empty_response_resets_the_stream_of_one_answer() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    rule(&server, CALLS, json!({"fault": "EMPTY_RESPONSE"})).await;
    let error = in_time(client.sender.clone().send_request(post(&server, "+15557770095"))).await.unwrap_err();
    assert!(format!("{error:?}").contains("INTERNAL_ERROR"), "{error:?}");
    assert_eq!(client.send(get(&server, CALL)).await.status, StatusCode::OK, "the connection goes on");
    assert_eq!(newest(&server, CALLS).await["answer"]["broken"], "EMPTY_RESPONSE");
    assert_eq!(server.all_calls().await.len(), 202, "it has been carried out");
}

#[tokio::test]
async fn a_malformed_answer_is_shorter_than_its_head_says() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    for method in [Method::GET, Method::HEAD] {
        rule(&server, CALL, json!({"fault": "MALFORMED_RESPONSE_CHUNK"})).await;
        let request = server.request(method.clone(), CALL).body(Full::default()).unwrap();
        let response = in_time(client.sender.clone().send_request(request)).await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["content-length"]),
            (StatusCode::OK, &"84".parse().unwrap())
        );
        let error = in_time(response.into_body().collect()).await.unwrap_err();
        assert!(format!("{error:?}").contains("PROTOCOL_ERROR"), "{method}: {error:?}");
        assert_eq!(client.send(get(&server, CALL)).await.status, StatusCode::OK, "the connection goes on");
    }
}

/// Both faults that take the connection, while another request waits for its answer on it.
#[tokio::test]
async fn a_connection_that_breaks_takes_all_that_is_under_way_on_it() {
    let server = Server::start().await;
    for fault in ["RANDOM_DATA_THEN_CLOSE", "CONNECTION_RESET_BY_PEER"] {
        let client = Http2::connect(&server).await;
        let other = Http2::connect(&server).await;
        let audio = "/api/v1/calls/call_xxx/audio";
        rule(&server, audio, json!({"latency": "60s"})).await;
        let waiting = get(&server, audio);
        let mut sender = client.sender.clone();
        let waiting = tokio::spawn(async move { sender.send_request(waiting).await });
        server.post("/__admin/requests/wait", json!({"path": audio, "timeout": "30s"})).await.data();

        rule(&server, CALL, json!({"fault": fault})).await;
        assert!(in_time(client.sender.clone().send_request(get(&server, CALL))).await.is_err(), "{fault}");
        assert!(in_time(waiting).await.unwrap().is_err(), "{fault}");
        assert!(in_time(client.end).await.unwrap().is_err(), "{fault}");
        assert_eq!(other.send(get(&server, CALL)).await.status, StatusCode::OK, "other connections go on");
        server.send_json(Method::DELETE, "/__admin/requests", json!({})).await;
    }
}

/// The whole request for [`CALL`] in one frame, with nothing but what has to be.
fn plain_get() -> Vec<u8> {
    let literal = |name: &[u8], value: &[u8]| [&[0, name.len() as u8], name, &[value.len() as u8], value].concat();
    let block = [
        literal(b":method", b"GET"),
        literal(b":scheme", b"http"),
        literal(b":path", CALL.as_bytes()),
        literal(b":authority", b"localhost"),
        literal(b"authorization", b"Bearer test"),
    ]
    .concat();
    // Headers, and the end of both them and the stream, of the first stream.
    [&[0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1], block.as_slice()].concat()
}

async fn hear(server: &Server) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = server.connect().await;
    stream.write_all(&[HELLO, &plain_get()].concat()).await.unwrap();
    let mut heard = Vec::new();
    let end = in_time(stream.read_to_end(&mut heard)).await;
    (heard, end.err().map(|error| error.kind()))
}

#[tokio::test]
async fn random_data_is_no_frame_and_a_reset_is_one_of_the_socket() {
    let server = Server::start().await;
    rule(&server, CALL, json!({"fault": "RANDOM_DATA_THEN_CLOSE"})).await;
    let (heard, end) = hear(&server).await;
    let garbage = b"~\xf4zq%\x01]/w\x9c;x_\xfe!kv\0jy\xb7?mh@u\x83*gt^\xd5{ps#no\xc2`lr";
    assert!(heard.ends_with(garbage), "{heard:?}");
    assert_eq!(end, None);
    assert!(u32::from_be_bytes([0, garbage[0], garbage[1], garbage[2]]) > 1 << 14, "no frame may be that long");
    rule(&server, CALL, json!({"fault": "CONNECTION_RESET_BY_PEER"})).await;
    let (_, end) = hear(&server).await;
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn answers_before_the_broken_one_have_come() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let whole = client.sender.clone().send_request(get(&server, CALL)).await.unwrap();
    let whole = answer(whole).await.unwrap();
    rule(&server, CALLS, json!({"fault": "RANDOM_DATA_THEN_CLOSE"})).await;
    assert!(in_time(client.sender.clone().send_request(get(&server, CALLS))).await.is_err());
    assert_eq!(whole.data()["id"], "call_xxx");
    assert_eq!(newest(&server, CALLS).await["answer"]["broken"], "RANDOM_DATA_THEN_CLOSE");
}
