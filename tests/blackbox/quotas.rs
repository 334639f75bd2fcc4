//! Quotas: requests a minute, call minutes a month.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use crate::support::{Answer, Server, placement, settings};
use akol_mock::{Auth, Settings};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

/// The documentation's words.
const TOO_MANY: &str = r#"{"success":false,"error":"Too many requests. Please try again later."}"#;

async fn limited(requests: u32) -> Server {
    Server::with(Settings { rate_limit: Some(requests), ..settings() }).await
}

async fn get_as(server: &Server, token: &str) -> Answer {
    let request = Request::builder().uri(format!("{}/api/v1/calls/call_xxx", server.base));
    server.send(request.header("authorization", format!("Bearer {token}")).body(Default::default()).unwrap()).await
}

fn assert_too_many(answer: &Answer, retry_after: u64) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.body, TOO_MANY);
    assert_eq!(answer.header("retry-after"), retry_after.to_string());
}

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_again_to_the_second() {
    let server = limited(5).await;
    for _ in 0..5 {
        assert_eq!(get_as(&server, "a").await.status, StatusCode::OK);
        server.advance_secs(4).await;
    }
    // The minute began with the first request, 20 seconds ago.
    assert_too_many(&get_as(&server, "a").await, 40);
    server.advance_secs(39).await;
    assert_too_many(&get_as(&server, "a").await, 1);
    server.advance_secs(1).await;
    for _ in 0..5 {
        assert_eq!(get_as(&server, "a").await.status, StatusCode::OK);
    }
    assert_too_many(&get_as(&server, "a").await, 60);
}

#[tokio::test]
async fn a_wait_is_rounded_up_so_that_it_is_long_enough() {
    let server = limited(1).await;
    get_as(&server, "a").await;
    server.advance(Duration::from_millis(59_001)).await;
    assert_too_many(&get_as(&server, "a").await, 1);
    server.advance(Duration::from_millis(998)).await;
    assert_too_many(&get_as(&server, "a").await, 1);
    server.advance(Duration::from_millis(1)).await;
    assert_eq!(get_as(&server, "a").await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_token_has_a_limit_of_its_own() {
    let server = limited(2).await;
    for token in ["a", "b", "c"] {
        for _ in 0..2 {
            assert_eq!(get_as(&server, token).await.status, StatusCode::OK);
        }
        assert_too_many(&get_as(&server, token).await, 60);
    }
}

#[tokio::test]
async fn who_needs_no_token_is_counted_by_address() {
    let server = Server::with(Settings { auth: Auth::Off, rate_limit: Some(2), ..settings() }).await;
    let anonymous =
        || Request::builder().uri(format!("{}/api/v1/calls", server.base)).body(Default::default()).unwrap();
    for _ in 0..2 {
        assert_eq!(server.send(anonymous()).await.status, StatusCode::OK);
    }
    assert_too_many(&server.send(anonymous()).await, 60);
    assert_eq!(get_as(&server, "a").await.status, StatusCode::OK);
}

#[tokio::test]
async fn refused_requests_count_too_but_those_over_the_limit_prolong_nothing() {
    let server = limited(3).await;
    for path in ["/api/v1/nothing", "/api/v1/calls?limit=0", "/api/v1/calls/call_nobody"] {
        assert!(server.get(path).await.status.is_client_error());
    }
    for _ in 0..20 {
        assert_too_many(&server.get("/api/v1/calls").await, 60);
    }
    server.advance_secs(60).await;
    assert_eq!(server.get("/api/v1/calls").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_over_the_limit_changes_nothing() {
    let server = limited(1).await;
    assert_eq!(server.post("/api/v1/calls", placement("+15557770030")).await.status, StatusCode::CREATED);
    assert_too_many(&server.post("/api/v1/calls", placement("+15557770031")).await, 60);
    let health = server.get("/__admin/health").await.json();
    assert_eq!(health["data"]["calls"], 202);
}

#[tokio::test]
async fn the_control_api_is_not_counted() {
    let server = limited(1).await;
    for _ in 0..10 {
        assert_eq!(server.get("/__admin/campaigns").await.status, StatusCode::OK);
    }
    assert_eq!(server.get("/api/v1/calls").await.status, StatusCode::OK);
    assert_too_many(&server.get("/api/v1/calls").await, 60);
    assert_eq!(server.get("/__admin/campaigns").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_limit_nobody_is_counted() {
    let server = Server::start().await;
    for _ in 0..300 {
        assert_eq!(get_as(&server, "a").await.status, StatusCode::OK);
    }
}

/// A world without a past, whose account has that many minutes a month.
async fn with_minutes(minutes: u64, overage: bool) -> Server {
    Server::with(Settings { calls: 0, minute_limit: Some(minutes), overage, ..settings() }).await
}

/// Places a call and ends it when it has lasted that many seconds.
async fn talk(server: &Server, seconds: u64) {
    let id = server.place("+15005550107").await;
    let call = server.advance_until(&id, |call| call["status"] == "IN_PROGRESS").await;
    // Answered at some instant within the last half second: a whole second less is surely less.
    assert_eq!(call["durationSeconds"], json!(null));
    server.advance(Duration::from_millis(seconds * 1_000 - 500)).await;
    server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await;
    let lasted = server.call(&id).await["durationSeconds"].as_u64().unwrap();
    assert!((seconds - 1..=seconds).contains(&lasted), "{lasted}");
}

#[tokio::test]
async fn begun_minutes_count_whole_and_when_all_are_used_no_call_is_placed() {
    let server = with_minutes(4, false).await;
    talk(&server, 20).await;
    talk(&server, 90).await;
    // Three are used; one is left, and a call may then be as long as it likes.
    talk(&server, 200).await;
    let answer = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.error().contains("7 of 4"), "{}", answer.error());
    assert_eq!(server.all_calls().await.len(), 4);
}

#[tokio::test]
async fn minutes_count_when_a_call_ends_and_unanswered_calls_cost_none() {
    let server = with_minutes(1, false).await;
    for to in ["+15005550104", "+15005550105", "+15005550106"] {
        server.place(to).await;
    }
    server.advance_secs(120).await;
    let long = server.place("+15005550107").await;
    server.advance_secs(600).await;
    let second = server.place("+15005550107").await;
    server.advance_secs(60).await;
    server.post(&format!("/api/v1/calls/{long}/end"), json!({})).await;
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(server.call(&second).await["status"], "IN_PROGRESS", "a call that goes on is not cut");
}

#[tokio::test]
async fn the_wait_for_new_minutes_is_the_rest_of_the_month() {
    let server = with_minutes(1, false).await;
    talk(&server, 30).await;
    let refused = server.post("/api/v1/calls", placement("+15005550100")).await;
    let month_end = "2026-12-01T00:00:00Z".parse().unwrap();
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    let exact = akol_mock::Timestamp::since(month_end, server.handle.now());
    assert_eq!(wait, exact.as_millis().div_ceil(1_000) as u64);
    server.advance_secs(wait - 1).await;
    let still = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert_eq!((still.status, still.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    server.advance_secs(1).await;
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_call_counts_in_the_month_in_which_it_ends() {
    let start = "2026-11-30T23:59:00Z".parse().unwrap();
    let settings = Settings { calls: 0, minute_limit: Some(1), start_time: Some(start), ..settings() };
    let server = Server::with(settings).await;
    talk(&server, 90).await;
    assert!(server.handle.now() > "2026-12-01T00:00:00Z".parse().unwrap());
    let answer = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.error().contains("2 of 1") && answer.error().contains("2027-01-01"), "{}", answer.error());
}

#[tokio::test]
async fn the_past_calls_of_this_month_count() {
    let server = Server::with(Settings { minute_limit: Some(1), ..settings() }).await;
    let used: u64 = server
        .all_calls_of("&startDate=2026-11-01")
        .await
        .iter()
        .map(|call| call["durationSeconds"].as_u64().unwrap().div_ceil(60))
        .sum();
    let answer = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert!(answer.error().contains(&format!("({used} of 1)")), "{used}: {}", answer.error());
}

#[tokio::test]
async fn with_overage_calls_go_on() {
    let server = with_minutes(1, true).await;
    for _ in 0..3 {
        talk(&server, 90).await;
    }
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn with_no_minutes_every_call_that_is_placed_is_refused_from_the_start() {
    let server = with_minutes(0, false).await;
    let refused = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.error().contains("(0 of 0)") && refused.headers.contains_key("retry-after"), "{refused:?}");
    let received = json!({"direction": "inbound", "scenario": "endless"});
    assert_eq!(server.post("/__admin/calls", received).await.status, StatusCode::CREATED);

    // A state takes it along.
    let state = server.get("/__admin/state").await.json();
    let other = with_minutes(1, false).await;
    other.send_json(Method::PUT, "/__admin/state", state).await.data();
    assert_eq!(other.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::TOO_MANY_REQUESTS);

    let settings = |change| server.send_json(Method::PATCH, "/__admin/settings", change);
    settings(json!({"overage": true})).await.data();
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::CREATED);
    settings(json!({"overage": false, "minuteLimit": 1})).await.data();
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn paused_and_used_up_are_told_apart() {
    let server = with_minutes(1, false).await;
    talk(&server, 30).await;
    server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"status": "PAUSED"})).await;
    let paused = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert!(paused.error().contains("paused") && !paused.headers.contains_key("retry-after"), "{paused:?}");
    server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"status": "RUNNING"})).await;
    let used_up = server.post("/api/v1/calls", placement("+15005550100")).await;
    assert!(used_up.error().contains("minutes") && used_up.headers.contains_key("retry-after"), "{used_up:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_at_once_as_many_are_served_as_are_allowed() {
    let server = std::sync::Arc::new(limited(20).await);
    let requests: Vec<_> = (0..80)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { get_as(&server, "a").await.status })
        })
        .collect();
    let mut served = 0;
    for request in requests {
        served += usize::from(request.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(served, 20);
}
