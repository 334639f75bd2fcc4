//! Bad input: bodies and their fields. Each is refused with a reason, and changes nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Answer, Server, placement};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// `POST /calls` with that body, announced as that.
async fn post_raw(server: &Server, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let mut request = server.request(Method::POST, "/api/v1/calls");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    server.send(request.body(body.into().into()).unwrap()).await
}

async fn post_json(server: &Server, body: impl Into<Vec<u8>>) -> Answer {
    post_raw(server, Some("application/json"), body).await
}

/// That nothing has come of what was refused, and the server still serves.
async fn assert_unchanged(server: &Server) {
    server.advance_secs(5).await;
    let calls = server.all_calls().await;
    assert_eq!((calls.len(), calls[0]["status"] == "RINGING"), (201, false));
    assert_eq!(server.post("/api/v1/calls", placement("+15557770040")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn broken_json_is_a_400() {
    let server = Server::start().await;
    let deep = "[".repeat(100_000);
    let deep_object = "{\"a\":".repeat(100_000);
    for body in [
        "",
        "   \r\n\t",
        "{",
        "{]",
        "{\"campaignId\": }",
        "{'campaignId': 'cmp_xxx'}",
        "{\"campaignId\": \"cmp_xxx\",}",
        "{} {}",
        "nul",
        "NaN",
        "campaignId=cmp_xxx&toNumber=%2B15551234567",
        "\u{feff}{}",
        "{\"campaignId\": \"\\ud800\"}",
        "{\"campaignId\": \"line\nbreak\"}",
        "{\"a\": 1e999}",
        &deep,
        &deep_object,
    ] {
        let answer = post_json(&server, body).await;
        let shown: String = body.chars().take(40).collect();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown:?}");
        assert!(answer.error().contains("body"), "{shown:?}: {}", answer.error());
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_a_400() {
    let server = Server::start().await;
    for body in [b"{\"campaignId\": \"\xff\"}".to_vec(), b"\xff\xfe{\0}\0".to_vec(), vec![0xc3], vec![0x80; 1_000]] {
        let answer = post_json(&server, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.error().contains("UTF-8"), "{}", answer.error());
    }
    assert_eq!(post_json(&server, vec![0; 100]).await.status, StatusCode::BAD_REQUEST);
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    let server = Server::start().await;
    for (body, kind) in [
        ("[]", "an array"),
        (r#"[{"campaignId":"cmp_xxx","toNumber":"+15551234567","fromPhoneNumberId":"pn_xxx"}]"#, "an array"),
        ("null", "null"),
        ("true", "a boolean"),
        ("42", "a number"),
        ("\"cmp_xxx\"", "a string"),
    ] {
        let answer = post_json(&server, body).await;
        assert_eq!(answer.fields(), ["body"], "{body}");
        assert!(answer.error().contains(kind), "{}", answer.error());
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn every_missing_or_wrong_field_is_named() {
    let server = Server::start().await;
    let all = ["campaignId", "toNumber", "fromPhoneNumberId"];
    assert_eq!(post_json(&server, "{}").await.fields(), all);
    assert_eq!(post_json(&server, r#"{"CampaignId": "cmp_xxx", "to_number": "+15551234567"}"#).await.fields(), all);
    for field in all {
        let mut missing = placement("+15551234567");
        missing.as_object_mut().unwrap().remove(field);
        let answer = server.post("/api/v1/calls", missing).await;
        assert_eq!(answer.fields(), [field]);
        assert!(answer.error().contains("is missing"), "{}", answer.error());
        for (wrong, named) in [
            (Value::Null, "is null"),
            (json!(15_551_234_567_u64), "is 15551234567"),
            (json!(true), "is true"),
            (json!(["cmp_xxx"]), "is an array"),
            (json!({"id": "cmp_xxx"}), "is an object"),
            (json!(""), "is \"\""),
        ] {
            let mut body = placement("+15551234567");
            body[field] = wrong;
            let answer = server.post("/api/v1/calls", body).await;
            assert_eq!(answer.fields(), [field]);
            assert!(answer.error().contains(named), "{named}: {}", answer.error());
        }
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn a_number_that_is_not_e164_in_form_is_refused() {
    let server = Server::start().await;
    for to in [
        "15551234567",
        "+1",
        "+0155512345",
        "+1 555 123 4567",
        "+1-555-123-4567",
        "(555) 123-4567",
        "0015551234567",
        "+1555123456789012",
        "++15551234567",
        "+1555١٢٣٤",
        "+15551234567\n",
        " +15551234567",
        "tel:+15551234567",
        "+",
        "sip:someone@example.com",
    ] {
        let answer = server.post("/api/v1/calls", placement(to)).await;
        assert_eq!(answer.fields(), ["toNumber"], "{to:?}");
        assert!(answer.error().contains("E.164"), "{}", answer.error());
    }
    for to in ["+15551234567", "+49", "+999999999999999"] {
        assert_eq!(server.post("/api/v1/calls", placement(to)).await.status, StatusCode::CREATED, "{to}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_announced_as_json_is_a_400() {
    let server = Server::start().await;
    let body = placement("+15551234567").to_string();
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
        Some("application/json; charset=latin1"),
        Some("text/json, application/json"),
    ] {
        let answer = post_raw(&server, content_type, body.as_str()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{content_type:?}");
        assert!(answer.error().contains("application/json"), "{}", answer.error());
    }
    assert_unchanged(&server).await;
    for content_type in ["application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"", "application/json;"] {
        let answer = post_raw(&server, Some(content_type), body.as_str()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{content_type}");
    }
}

#[tokio::test]
async fn an_answer_does_not_repeat_a_novel() {
    let server = Server::start().await;
    let novel = "é".repeat(200_000);
    for field in ["campaignId", "toNumber", "fromPhoneNumberId"] {
        let mut body = placement("+15551234567");
        body[field] = json!(novel);
        let answer = server.post("/api/v1/calls", body).await;
        assert!(answer.status.is_client_error());
        assert!(answer.body.len() < 1_000, "{field}: {} bytes", answer.body.len());
    }
    let long = "x".repeat(7_000);
    for path in [
        format!("/api/v1/calls/{long}"),
        format!("/api/v1/calls?status={long}"),
        format!("/api/v1/calls?businessId={long}"),
        format!("/api/v1/{long}"),
    ] {
        let answer = server.get(&path).await;
        assert!(answer.body.len() < 1_000, "{} bytes: {}", answer.body.len(), &path[..30]);
    }
    let answer = server.place_as(&long, placement("+15551234567")).await;
    assert!(answer.body.len() < 2_000, "{} bytes", answer.body.len());
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn an_unknown_id_is_a_404_whatever_it_looks_like() {
    let server = Server::start().await;
    for id in [
        "call_nobody",
        "call_",
        "call_0xxx",
        "CALL_XXX",
        "call_XXX",
        "call_zzzzzzzzzzzzzzzzzzzzzzzz",
        "biz_xxx",
        "undefined",
        "null",
        "%20",
        "call_xxx%20",
        "call_xxx%00",
        "call_xxx%2F",
        "..",
        "%2e%2e",
        "%F0%9F%93%9E",
        "call_xxx;v=1",
        "-1",
        "*",
    ] {
        for path in
            [format!("/api/v1/calls/{id}"), format!("/api/calls/{id}/audio"), format!("/api/v1/calls/{id}/transcript")]
        {
            let answer = server.get(&path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!answer.error().is_empty());
        }
        assert_eq!(server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.status, StatusCode::NOT_FOUND);
    }
    assert_unchanged(&server).await;
}

#[tokio::test]
async fn an_id_may_be_percent_encoded() {
    let server = Server::start().await;
    let plain = server.get("/api/v1/calls/call_xxx").await;
    for id in ["call%5Fxxx", "call%5fxxx", "%63%61%6C%6C%5F%78%78%78"] {
        assert_eq!(server.get(&format!("/api/v1/calls/{id}")).await.body, plain.body);
        assert_eq!(server.get(&format!("/api/v1/calls/{id}/transcript")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn broken_percent_encoding_is_a_400() {
    let server = Server::start().await;
    for broken in ["%", "%zz", "call_%4", "%C3", "%FF%FE", "call_xxx%", "%u0041", "%%", "%ED%A0%80"] {
        let paths = [
            format!("/api/v1/calls/{broken}"),
            format!("/api/v1/calls/{broken}/transcript"),
            format!("/api/v1/calls?status={broken}"),
            format!("/api/v1/calls?x={broken}"),
            format!("/api/v1/calls?{broken}=1"),
        ];
        for path in paths {
            let answer = server.get(&path).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
            assert!(answer.error().contains("percent-encoding"), "{}", answer.error());
        }
    }
    assert_unchanged(&server).await;
}
