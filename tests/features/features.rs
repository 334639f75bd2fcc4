//! The library in a build in which serde_json keeps the order of fields, and all digits of numbers: nothing shows of that.

use std::io::{Read, Write};
use std::net::TcpStream;

use akol_mock::{Fault, MockServer, RequestPattern};
use serde_json::{Value, json};

const KEY: &str = "Idempotency-Key: 7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11\r\n";

fn server() -> MockServer {
    MockServer::builder().calls(0).start_time("2026-05-04T09:00:00Z".parse().unwrap()).start_blocking().unwrap()
}

/// Sends a request with JSON, and gives the status and the body of its answer.
fn post(server: &MockServer, path: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer any\r\nConnection: close\r\n{headers}");
    let request = format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A placement with the fields in that order.
fn placement(fields: [&str; 4], order: &str) -> String {
    let value = |field: &str| match field {
        "campaignId" => "\"cmp_xxx\"".to_owned(),
        "fromPhoneNumberId" => "\"pn_xxx\"".to_owned(),
        "toNumber" => "\"+15005550100\"".to_owned(),
        _ => order.to_owned(),
    };
    format!("{{{}}}", fields.map(|field| format!("\"{field}\": {}", value(field))).join(", "))
}

const ONE: [&str; 4] = ["toNumber", "order", "campaignId", "fromPhoneNumberId"];
const OTHER: [&str; 4] = ["order", "fromPhoneNumberId", "toNumber", "campaignId"];

#[test]
fn the_features_are_on() {
    let value: Value = serde_json::from_str("{\"b\": 18446744073709551617, \"a\": 1}").unwrap();
    assert_eq!(value.to_string(), "{\"b\":18446744073709551617,\"a\":1}");
}

#[test]
fn an_idempotency_key_knows_its_request_in_any_order_of_fields() {
    let server = server();
    let first = post(&server, "/api/v1/calls", KEY, &placement(ONE, "18446744073709551617"));
    assert_eq!(first.0, 201, "{}", first.1);
    for same in [placement(OTHER, "18446744073709551617"), placement(ONE, "18446744073709551617.0")] {
        assert_eq!(post(&server, "/api/v1/calls", KEY, &same), first, "{same}");
    }
    assert_eq!(post(&server, "/api/v1/calls", KEY, &placement(ONE, "18446744073709551616")).0, 422);
    // As every build writes it, so that documents of a state go from one to the other.
    let digest = "1d7c034f9d31ea51c9baa2afeef6ece161dc7c761dd86f10f6b87db28bd8cb3d";
    assert!(server.state().contains(digest), "{}", server.state());
}

#[test]
fn patterns_and_refusals_do_not_depend_on_the_order_of_fields() {
    let server = server();
    assert_eq!(post(&server, "/api/v1/calls", "", &placement(OTHER, "1.0")).0, 201);
    let like = |part: Value| server.requests_like(&RequestPattern::any().body(part)).len();
    assert_eq!(like(json!({"toNumber": "+15005550100", "order": 1})), 1);
    assert_eq!(like(serde_json::from_str("{\"order\": 1.00000000000000000001}").unwrap()), 0);
    let (status, refused) =
        post(&server, "/__admin/faults", "", "{\"z\": 1, \"a\": 1e2, \"effect\": {\"status\": 1e9}}");
    assert_eq!(status, 422);
    let places = ["a is unknown", "z is unknown", "effect.status is 1e9"].map(|part| refused.find(part));
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{refused}");
    assert_eq!(post(&server, "/api/v1/calls", "", "{\"x\": 1e400}").0, 400);
}

#[test]
fn a_state_goes_out_and_in() {
    let server = server();
    let varying =
        "{\"match\": {\"method\": \"GET\"}, \"effect\": {\"latency\": {\"median\": \"80ms\", \"sigma\": 0.4}}}";
    assert_eq!(post(&server, "/__admin/faults", "", varying).0, 201);
    let pattern = RequestPattern::of("POST", "/api/v1/calls").unwrap();
    let pattern = pattern.body(serde_json::from_str::<Value>("{\"b\": 18446744073709551617, \"a\": 1.50}").unwrap());
    server.add_fault(Fault::status(503).on(pattern).probability(0.25)).unwrap();
    assert_eq!(post(&server, "/api/v1/calls", KEY, &placement(ONE, "2")).0, 201);
    let state = server.state();
    assert!(state.contains("\"body\":{\"a\":1.50,\"b\":18446744073709551617}"), "{state}");
    let elsewhere = self::server();
    elsewhere.go_on_from_blocking(&state).unwrap();
    assert_eq!(elsewhere.state(), state);
}
