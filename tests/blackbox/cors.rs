//! Akol's API and web pages of other origins: told nothing by default, and what `--cors-origin` tells them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Answer, Server, placement, settings};
use akol_mock::Settings;
use hyper::{Method, StatusCode};
use serde_json::json;

const HOME: &str = "http://localhost:3000";
const CALL: &str = "/api/v1/calls/call_xxx";
const CALLS: &str = "/api/v1/calls";

async fn allowing(origins: &[&str]) -> Server {
    let cors_origins = origins.iter().map(ToString::to_string).collect();
    Server::with(Settings { cors_origins, rate_limit: Some(20), ..settings() }).await
}

/// A request as a browser sends it for a page: without a token where none is among the headers.
async fn send(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = hyper::Request::builder().method(method).uri(format!("{}{path}", server.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Default::default()).unwrap()).await
}

async fn ask(server: &Server, path: &str, origin: &str) -> Answer {
    let asked = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,idempotency-key,traceparent"),
    ];
    send(server, Method::OPTIONS, path, &asked).await
}

fn is_silent(answer: &Answer) -> bool {
    !answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn without_the_option_there_is_no_cors() {
    let server = Server::start().await;
    let refused = ask(&server, CALLS, HOME).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let read = send(&server, Method::GET, CALL, &[("origin", HOME), ("authorization", "Bearer any")]).await;
    assert_eq!(read.status, StatusCode::OK);
    for answer in [refused, read] {
        assert!(is_silent(&answer) && !answer.headers.contains_key("vary"), "{answer:?}");
    }
    assert_eq!(server.get("/__admin/requests").await.data().as_array().unwrap().len(), 2, "both were requests");
}

#[tokio::test]
async fn a_preflight_needs_no_token_is_not_counted_and_not_in_the_journal() {
    let server = allowing(&["http://localhost:4000", HOME]).await;
    for path in [CALLS, CALL, "/api/calls/call_xxx/end", "/api/v1/nothing", "/api/v1/calls/%"] {
        // More often than the rate limit lets anybody.
        for _ in 0..21 {
            let allowed = ask(&server, path, HOME).await;
            assert_eq!((allowed.status, allowed.body.len()), (StatusCode::NO_CONTENT, 0), "{path}");
            assert_eq!(allowed.header("access-control-allow-origin"), HOME);
            assert_eq!(allowed.header("access-control-allow-headers"), "authorization,idempotency-key,traceparent");
            assert_eq!(allowed.header("access-control-allow-methods"), "GET, HEAD, POST, PUT, PATCH, DELETE");
            assert_eq!((allowed.header("access-control-max-age"), allowed.header("vary")), ("600", "origin"));
            assert!(allowed.header("x-request-id").starts_with("req_"));
        }
    }
    assert_eq!(server.get("/__admin/requests").await.data(), json!([]));
    assert_eq!(server.get(CALL).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_reads_answers_and_refusals() {
    let server = allowing(&[HOME]).await;
    let token = ("authorization", "Bearer any");
    for (method, path, headers, status) in [
        (Method::GET, CALL, &[token][..], 200),
        (Method::HEAD, CALL, &[token], 200),
        (Method::GET, "/api/v1/calls/call_xxx/audio", &[token, ("range", "bytes=0-3")], 206),
        (Method::GET, "/api/v1/calls/call_xxx/audio", &[token, ("range", "bytes=99999999-")], 416),
        (Method::GET, CALL, &[], 401),
        (Method::GET, CALL, &[("authorization", "Bearer forbidden")], 403),
        (Method::GET, "/api/v1/calls/call_nobody", &[token], 404),
        (Method::GET, "/api/v1/nothing", &[token], 404),
        (Method::PUT, CALLS, &[token], 405),
        (Method::OPTIONS, CALLS, &[token], 405),
        (Method::POST, "/api/v1/calls/call_xxx/end", &[token], 409),
        (Method::POST, CALLS, &[token], 400),
        (Method::GET, "/api/v1/calls?limit=0", &[token], 422),
        (Method::GET, "/api/v1/calls?limit=0", &[("x-long", &"x".repeat(20_000))], 431),
    ] {
        let answer = send(&server, method.clone(), path, &[headers, &[("origin", HOME)]].concat()).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (HOME, "origin"), "{status}");
        let exposed = answer.header("access-control-expose-headers").split(", ").collect::<Vec<_>>();
        // Those that a page may read unless told otherwise, and those that speak to the browser alone.
        let others = ["content-type", "vary", "content-length"];
        for name in answer.headers.keys().map(|name| name.as_str()) {
            let is_readable = others.contains(&name) || name.starts_with("access-control-") || exposed.contains(&name);
            assert!(is_readable, "{name} of a {status}");
        }
        for name in ["x-request-id", "retry-after", "etag", "idempotent-replayed"] {
            assert!(exposed.contains(&name), "{name}");
        }
    }
    server.send_json(Method::PATCH, "/__admin/settings", json!({"rateLimit": 1})).await;
    server.get(CALL).await;
    let limited = send(&server, Method::GET, CALL, &[("authorization", "Bearer test"), ("origin", HOME)]).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("access-control-allow-origin"), HOME);
}

#[tokio::test]
async fn what_a_fault_rule_answers_can_be_read_too() {
    let server = allowing(&[HOME]).await;
    server.post("/__admin/faults", json!({"effect": {"status": 503, "retryAfter": 7}})).await;
    let request = server.request(Method::POST, CALLS).header("content-type", "application/json").header("origin", HOME);
    let answer = server.send(request.body(placement("+15557770096").to_string().into()).unwrap()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "7"));
    assert_eq!(answer.header("access-control-allow-origin"), HOME);
    let journal = server.get("/__admin/requests").await.data();
    assert_eq!(journal[0]["answer"]["headers"]["access-control-allow-origin"], HOME, "as it was sent");
}

#[tokio::test]
async fn a_page_of_another_origin_is_told_nothing() {
    let server = allowing(&[HOME]).await;
    for origin in ["http://evil.example", "null", "http://localhost:3001", "https://localhost:3000"] {
        let refused = ask(&server, CALLS, origin).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{origin}");
        let read = send(&server, Method::GET, CALL, &[("origin", origin), ("authorization", "Bearer any")]).await;
        for answer in [refused, read] {
            assert!(is_silent(&answer), "{origin}: {answer:?}");
            assert_eq!(answer.header("vary"), "origin", "or a cache might give it to a page that may read it");
        }
    }
}

#[tokio::test]
async fn a_star_lets_every_page_in() {
    let server = allowing(&["*"]).await;
    for origin in [HOME, "null", "http://evil.example"] {
        let allowed = ask(&server, CALLS, origin).await;
        let read = send(&server, Method::GET, CALL, &[("origin", origin), ("authorization", "Bearer any")]).await;
        assert_eq!((allowed.status, read.status), (StatusCode::NO_CONTENT, StatusCode::OK));
        for answer in [allowed, read] {
            assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), ("*", ""), "{origin}");
        }
    }
}

#[tokio::test]
async fn neither_api_lets_pages_into_the_other() {
    let server = allowing(&[HOME]).await;
    let refused = send(&server, Method::GET, "/__admin/campaigns", &[("origin", HOME)]).await;
    assert!(refused.status == StatusCode::FORBIDDEN && is_silent(&refused), "{refused:?}");
    let admin = Server::with(Settings { admin_origins: vec![HOME.to_owned()], ..settings() }).await;
    let refused = ask(&admin, CALLS, HOME).await;
    assert!(refused.status == StatusCode::UNAUTHORIZED && is_silent(&refused), "{refused:?}");
}
