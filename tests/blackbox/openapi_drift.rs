//! Odd values for all that Akol's API takes. What becomes of each is told by nobody here: every request is held to the document, so
//! that the document allows what the server takes, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use hyper::header::CONTENT_TYPE;
use hyper::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::contract::CALLS;
use crate::support::{Server, placement};

/// Texts for any parameter.
const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "01",
    "-1",
    "+1",
    "1.0",
    "1e2",
    "20",
    "99",
    "100",
    "101",
    "1 ",
    " 1",
    "٣",
    "9007199254740991",
    "9007199254740992",
    "99999999999999999999",
    "null",
    "true",
    "inbound",
    "INBOUND",
    "outbound",
    "RINGING",
    "ringing",
    "IN_PROGRESS",
    "completed",
    "COMPLETED",
    "hung_up",
    "hung-up",
    "positive",
    "call_xxx",
    "cmp_xxx",
    "biz_xxx",
    "agt_xxx",
    "pn_xxx",
    "nobody",
    "%",
    "a,b",
    "é",
];

/// Dates and instants, and what only looks like one.
const DATES: &[&str] = &[
    "2026-04-18",
    "2026-4-18",
    "20260418",
    "2026-04-31",
    "2026-02-29",
    "2028-02-29",
    "2026-00-01",
    "2026-13-01",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-2026-04-18",
    "2026-04-18 ",
    "2026-04-18T",
    "2026-W16-6",
    "2026-108",
    "2026-04-18T14:21:42Z",
    "2026-04-18T14:21:42z",
    "2026-04-18t14:21:42Z",
    "2026-04-18 14:21:42Z",
    "2026-04-18T14:21:42",
    "2026-04-18T14:21Z",
    "2026-04-18T14Z",
    "2026-04-18T142142Z",
    "2026-04-18T24:00:00Z",
    "2026-04-18T14:60:00Z",
    "2026-04-18T23:59:60Z",
    "2026-04-18T14:21:61Z",
    "2026-04-18T14:21:42.Z",
    "2026-04-18T14:21:42.1Z",
    "2026-04-18T14:21:42,5Z",
    "2026-04-18T14:21:42.123456789Z",
    "2026-04-18T14:21:42.1234567891Z",
    "2026-04-18T14:21:42+02:00",
    "2026-04-18T14:21:42+0200",
    "2026-04-18T14:21:42+02",
    "2026-04-18T14:21:42+2:00",
    "2026-04-18T14:21:42-05:30",
    "2026-04-18T14:21:42+23:59",
    "2026-04-18T14:21:42+24:00",
    "2026-04-18T14:21:42+25:59",
    "2026-04-18T14:21:42+26:00",
    "2026-04-18T14:21:42+02:60",
    "2026-04-18T14:21:42+02:00:30",
    "2026-04-18T14:21:42-00:00",
    "2026-04-18T14:21:42Z[UTC]",
    "2026-04-18T14:21:42+02:00[Europe/Berlin]",
    "0001-01-01T00:00:00Z",
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00+12:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "2026-02-30T00:00:00Z",
];

#[tokio::test]
async fn odd_filters_are_judged_alike_by_server_and_document() {
    let server = Server::start().await;
    let (mut taken, mut refused) = (0, 0);
    for parameter in CALLS.root()["paths"]["/calls"]["get"]["parameters"].as_array().unwrap() {
        let name = CALLS.resolve(parameter)["name"].as_str().unwrap();
        for text in TEXTS.iter().chain(DATES) {
            let value = utf8_percent_encode(text, NON_ALPHANUMERIC);
            match server
                .get(&format!("/api/v1/calls?limit=1&{name}={value}").replace("limit=1&limit", "limit"))
                .await
                .status
            {
                StatusCode::OK => taken += 1,
                StatusCode::UNPROCESSABLE_ENTITY => refused += 1,
                other => panic!("{other} to {name}={text}"),
            }
        }
    }
    assert!(taken > 300 && refused > 600, "{taken} taken, {refused} refused");
}

#[tokio::test]
async fn odd_fields_are_judged_alike_by_server_and_document() {
    let server = Server::start().await;
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(15_551_234_567_u64),
        json!(1.5),
        json!([]),
        json!({}),
        json!(["cmp_xxx"]),
        json!(""),
        json!(" "),
        json!("cmp_xxx"),
        json!("pn_xxx"),
        json!("\u{0}"),
        json!("é"),
        json!("x".repeat(5_000)),
        json!("+15551234567"),
        json!("15551234567"),
        json!("+05551234567"),
        json!("+1"),
        json!("+12"),
        json!("+1 555 123 4567"),
        json!("+123456789012345"),
        json!("+1234567890123456"),
        json!("+1555123456a"),
        json!("+1555123456\u{663}"),
        json!("++15551234567"),
        json!("+15551234567 "),
        json!("+15551234567\n"),
        json!("tel:+15551234567"),
    ];
    for field in ["campaignId", "toNumber", "fromPhoneNumberId", "note"] {
        for value in values.iter().map(Some).chain([None]) {
            let mut call = placement("+15551234567");
            match value {
                Some(value) => call[field] = value.clone(),
                None => drop(call.as_object_mut().unwrap().remove(field)),
            }
            server.post("/api/v1/calls", call).await;
        }
    }
    for body in ["[]", "null", "true", "1", "\"x\"", "", "{", "{}"] {
        let request = server.request(Method::POST, "/api/v1/calls").header(CONTENT_TYPE, "application/json");
        server.send(request.body(body.into()).unwrap()).await;
    }
}

#[tokio::test]
async fn odd_headers_are_judged_alike_by_server_and_document() {
    let server = Server::start().await;
    for key in [
        "",
        "1",
        "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11",
        "7F2C1F8E-3B0A-4A53-9D0C-5F1F6F1F3C12",
        "7f2c1f8e3b0a4a539d0c5f1f6f1f3c13",
        "{7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c14}",
        "urn:uuid:7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c15",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c1",
        "7f2c1f8-e3b0a-4a53-9d0c-5f1f6f1f3c11",
        "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c1g",
    ] {
        server.place_with_key(key, placement("+15551234567").to_string()).await;
    }
    let of_fixtures = &CALLS.root()["components"]["parameters"]["Scenario"]["schema"]["enum"];
    let names = of_fixtures.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    for name in names.chain(["", "Completed", "lucky", "completed "]) {
        server.place_as(name, placement("+15551234567")).await;
    }
    for kind in [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "application/json; charset=latin1",
        "application/json; x=y",
        "application/json;",
        "application/problem+json",
        "text/json",
        "application/jsonx",
        "application/json, text/plain",
        "",
        "json",
    ] {
        let request = server.request(Method::POST, "/api/v1/calls").header(CONTENT_TYPE, kind);
        server.send(request.body(placement("+15551234567").to_string().into()).unwrap()).await;
    }
}
