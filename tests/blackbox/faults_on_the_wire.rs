//! What fault rules do to API requests, down to the bytes and the end of the connection.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::ErrorKind;

use crate::support::program::request;
use crate::support::{Server, placement};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CALLS: &str = "/api/v1/calls";
const KEY: &str = "0b9f0a5e-7f0c-4a53-9a55-6f3c7b1f9d11";

async fn rule(server: &Server, rule: Value) -> String {
    let answer = server.post("/__admin/faults", rule).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.data()["id"].as_str().unwrap().to_owned()
}

async fn rules(server: &Server) -> Vec<Value> {
    server.get("/__admin/faults").await.data().as_array().unwrap().clone()
}

/// How many calls there have been to that number.
async fn calls_to(server: &Server, number: &str) -> usize {
    server.all_calls().await.iter().filter(|call| call["toNumber"] == number).count()
}

/// Sends bytes, and hears what comes until the end, which may be an error: an answer that is broken on purpose, and so the one that no
/// document describes.
async fn hear_broken(server: &Server, bytes: &str) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let end = stream.read_to_end(&mut heard).await;
    (heard, end.err().map(|error| error.kind()))
}

fn get_calls() -> String {
    request("GET", CALLS, "")
}

#[tokio::test]
async fn a_status_stands_in_for_the_request_as_often_as_it_is_told_to() {
    let server = Server::start().await;
    let id = rule(
        &server,
        json!({"match": {"method": "POST", "path": CALLS}, "times": 2, "effect": {"status": 503, "retryAfter": 7}}),
    )
    .await;
    for left in [Some(1), None] {
        let answer = server.post(CALLS, placement("+15557770001")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "7"));
        assert!(answer.error().contains(&id), "{}", answer.error());
        assert!(answer.header("x-request-id").starts_with("req_"));
        let remaining = rules(&server).await;
        assert_eq!(remaining.first().map(|rule| rule["left"].clone()), left.map(Value::from));
    }
    assert_eq!(calls_to(&server, "+15557770001").await, 0);
    assert_eq!(server.post(CALLS, placement("+15557770001")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_request_may_be_carried_out_though_its_answer_says_otherwise() {
    let server = Server::start().await;
    rule(&server, json!({"match": {"method": "POST"}, "times": 1, "effect": {"status": 500, "execute": true}})).await;
    let body = placement("+15557770002").to_string();
    let first = server.place_with_key(KEY, body.clone()).await;
    assert_eq!(first.status, StatusCode::INTERNAL_SERVER_ERROR);
    server.advance_secs(5).await;
    assert_eq!(calls_to(&server, "+15557770002").await, 1);
    let again = server.place_with_key(KEY, body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (StatusCode::CREATED, "true"));
    server.advance_secs(5).await;
    assert_eq!(calls_to(&server, "+15557770002").await, 1);
}

#[tokio::test]
async fn only_what_matches_is_struck_whichever_way_the_path_is_spelled() {
    let server = Server::start().await;
    rule(
        &server,
        json!({"match": {"path": "/api/v1/calls", "body": {"toNumber": "+15557770003"}}, "effect": {"status": 502}}),
    )
    .await;
    for (path, number, status) in
        [(CALLS, "+15557770003", 502), ("/api/calls", "+15557770003", 502), (CALLS, "+15557770004", 201)]
    {
        assert_eq!(server.post(path, placement(number)).await.status.as_u16(), status, "{path} {number}");
    }
    assert_eq!(server.get(CALLS).await.status, StatusCode::OK, "a GET has no body");
    assert_eq!(rules(&server).await[0]["hits"], 2);
}

#[tokio::test]
async fn the_control_api_is_never_struck() {
    let server = Server::start().await;
    rule(&server, json!({"effect": {"fault": "CONNECTION_RESET_BY_PEER"}})).await;
    assert_eq!(server.get("/__admin/health").await.status, StatusCode::OK);
    assert_eq!(server.get("/__admin/campaigns").await.status, StatusCode::OK);
    assert_eq!(rules(&server).await[0]["hits"], 0);
}

#[tokio::test]
async fn an_empty_response_ends_without_a_byte() {
    let server = Server::start().await;
    rule(&server, json!({"effect": {"fault": "EMPTY_RESPONSE"}})).await;
    assert_eq!(hear_broken(&server, &get_calls()).await, (Vec::new(), None));
}

#[tokio::test]
async fn a_malformed_chunk_comes_after_a_head_that_promises_chunks() {
    let server = Server::start().await;
    rule(&server, json!({"effect": {"fault": "MALFORMED_RESPONSE_CHUNK"}})).await;
    let (heard, end) = hear_broken(&server, &get_calls()).await;
    let body = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let head = std::str::from_utf8(&heard[..body]).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(head.contains("\r\ntransfer-encoding: chunked\r\n") && head.contains("\r\nx-request-id: req_"), "{head}");
    assert!(!head.contains("content-length"), "{head}");
    assert!(!heard[body].is_ascii_hexdigit() && heard.len() > body, "what follows is no chunk");
    assert_eq!(end, None);
}

#[tokio::test]
async fn random_data_is_no_http_and_the_same_each_time() {
    let server = Server::start().await;
    rule(&server, json!({"effect": {"fault": "RANDOM_DATA_THEN_CLOSE"}})).await;
    let (heard, end) = hear_broken(&server, &get_calls()).await;
    assert!(!heard.is_empty() && !heard.starts_with(b"HTTP/"), "{heard:?}");
    assert_eq!(end, None);
    assert_eq!(hear_broken(&server, &get_calls()).await.0, heard);
}

#[tokio::test]
async fn a_reset_is_an_error_to_the_client() {
    let server = Server::start().await;
    rule(&server, json!({"effect": {"fault": "CONNECTION_RESET_BY_PEER"}})).await;
    let (heard, end) = hear_broken(&server, &get_calls()).await;
    assert_eq!((heard.as_slice(), end), (b"".as_slice(), Some(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_connection_breaks_after_the_request_is_carried_out_unless_told_otherwise() {
    let server = Server::start().await;
    for (number, effect, placed) in [
        ("+15557770005", json!({"fault": "CONNECTION_RESET_BY_PEER"}), 1),
        ("+15557770006", json!({"fault": "EMPTY_RESPONSE", "execute": false}), 0),
    ] {
        let id = rule(&server, json!({"match": {"method": "POST"}, "times": 1, "effect": effect})).await;
        hear_broken(&server, &request("POST", CALLS, &placement(number).to_string())).await;
        server.advance_secs(5).await;
        assert_eq!(calls_to(&server, number).await, placed, "{id}");
    }
    assert_eq!(rules(&server).await, [] as [Value; 0]);
}

#[tokio::test]
async fn whoever_never_heard_the_answer_gets_it_by_asking_again() {
    let server = Server::start().await;
    rule(&server, json!({"match": {"method": "POST"}, "times": 1, "effect": {"fault": "EMPTY_RESPONSE"}})).await;
    let body = placement("+15557770007").to_string();
    let with_key =
        request("POST", CALLS, &body).replace("Host: a\r\n", &format!("Host: a\r\nIdempotency-Key: {KEY}\r\n"));
    assert_eq!(hear_broken(&server, &with_key).await.0, b"");
    let again = server.place_with_key(KEY, body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (StatusCode::CREATED, "true"));
    server.advance_secs(5).await;
    assert_eq!(calls_to(&server, "+15557770007").await, 1);
}

#[tokio::test]
async fn an_answer_that_is_held_back_is_the_same_answer() {
    let server = Server::start().await;
    let at_once = server.get(CALLS).await;
    rule(&server, json!({"effect": {"latency": "2ms"}})).await;
    rule(&server, json!({"effect": {"latency": {"median": "1ms", "sigma": 0.4}}})).await;
    let held_back = server.get(CALLS).await;
    assert_eq!((held_back.status, &held_back.body), (at_once.status, &at_once.body));
    assert_eq!(rules(&server).await.iter().map(|rule| rule["hits"].clone()).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn chance_strikes_the_same_requests_in_whatever_order_they_come() {
    let numbers: Vec<String> = (100..140).map(|number| format!("+15557770{number}")).collect();
    let mut struck = Vec::new();
    for order in [numbers.clone(), numbers.iter().rev().cloned().collect()] {
        let server = Server::start().await;
        rule(&server, json!({"match": {"method": "POST"}, "probability": 0.5, "effect": {"status": 503}})).await;
        let mut unlucky = Vec::new();
        for number in order {
            if server.post(CALLS, placement(&number)).await.status == StatusCode::SERVICE_UNAVAILABLE {
                unlucky.push(number);
            }
        }
        unlucky.sort_unstable();
        struck.push(unlucky);
    }
    assert_eq!(struck[0], struck[1]);
    assert!((8..32).contains(&struck[0].len()), "{struck:?}");
}
