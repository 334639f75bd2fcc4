//! `POST /calls/:id/end`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use crate::support::{Answer, Server};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

async fn end(server: &Server, id: &str) -> Answer {
    server
        .send(server.request(Method::POST, &format!("/api/v1/calls/{id}/end")).body(Default::default()).unwrap())
        .await
}

#[tokio::test]
async fn a_call_in_progress_is_completed_and_counts_as_hung_up() {
    let server = Server::start().await;
    let id = server.place("+15005550107").await;
    server.advance_until(&id, |call| call["status"] == "IN_PROGRESS").await;
    server.advance(Duration::from_millis(20_500)).await;
    let before = server.call(&id).await;
    let answer = end(&server, &id).await;
    assert_eq!(answer.status, StatusCode::OK);
    let call = answer.data();
    assert_eq!((&call["status"], &call["outcome"]), (&json!("COMPLETED"), &json!("hung_up")));
    assert_eq!(call["endedAt"], server.handle.now().to_string());
    let seconds = call["durationSeconds"].as_u64().unwrap();
    assert!((20..=21).contains(&seconds), "{seconds}");
    assert_eq!(call["transcript"], before["transcript"]);
    assert!(call["sentiment"].is_string() && call["summary"].is_string());
    assert_eq!(server.call(&id).await, call);
}

#[tokio::test]
async fn a_call_that_rings_fails_and_counts_as_canceled() {
    let server = Server::start().await;
    let id = server.place("+15005550108").await;
    server.advance_secs(30).await;
    let started = server.call(&id).await["startedAt"].clone();
    let call = end(&server, &id).await.data();
    assert!(started.is_string());
    assert_canceled(&call, &started, &server);
}

#[tokio::test]
async fn a_queued_call_fails_and_never_rings() {
    let server = Server::start().await;
    let id = server.place("+15005550100").await;
    let call = end(&server, &id).await.data();
    assert_canceled(&call, &Value::Null, &server);
    server.advance_secs(600).await;
    assert_eq!(server.call(&id).await, call);
}

fn assert_canceled(call: &Value, started: &Value, server: &Server) {
    assert_eq!((&call["status"], &call["outcome"]), (&json!("FAILED"), &json!("canceled")));
    assert_eq!((&call["startedAt"], &call["endedAt"]), (started, &json!(server.handle.now().to_string())));
    assert_eq!((&call["durationSeconds"], &call["transcript"], &call["tags"]), (&json!(0), &json!([]), &json!([])));
    assert!(call["sentiment"].is_null() && call["summary"].is_null());
}

#[tokio::test]
async fn a_call_that_has_ended_stays_as_it_is() {
    let server = Server::start().await;
    let mut ids = vec!["call_xxx".to_owned()];
    for to in ["+15005550100", "+15005550102", "+15005550104"] {
        ids.push(server.place(to).await);
    }
    server.advance_secs(600).await;
    for id in &ids {
        let before = server.call(id).await;
        let answer = end(&server, id).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.error().contains(before["status"].as_str().unwrap()), "{}", answer.error());
        assert_eq!(server.call(id).await, before);
    }
}

#[tokio::test]
async fn an_unknown_call_cannot_be_ended() {
    let server = Server::start().await;
    for id in ["call_nobody", "call_", "xxx", "cmp_xxx"] {
        let answer = end(&server, id).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.error().contains(id), "{}", answer.error());
    }
}

#[tokio::test]
async fn nothing_that_was_planned_happens_after_the_end() {
    let server = Server::start().await;
    for to in ["+15005550100", "+15005550101", "+15005550102", "+15005550107"] {
        let id = server.place(to).await;
        server.advance_until(&id, |call| call["status"] == "IN_PROGRESS").await;
        server.advance_secs(2).await;
        let call = end(&server, &id).await.data();
        server.advance_secs(2 * 60 * 60).await;
        assert_eq!(server.call(&id).await, call);
    }
}

#[tokio::test]
async fn an_inbound_call_can_be_ended_too() {
    let server = Server::start().await;
    let received = server.post("/__admin/calls", json!({"direction": "inbound", "scenario": "endless"})).await.data();
    server.advance_secs(88).await;
    let call = end(&server, received["id"].as_str().unwrap()).await.data();
    assert_eq!((&call["outcome"], &call["durationSeconds"]), (&json!("hung_up"), &json!(88)));
}

#[tokio::test]
async fn of_many_who_end_a_call_at_once_one_succeeds() {
    let server = std::sync::Arc::new(Server::start().await);
    let id = server.place("+15005550107").await;
    server.advance_secs(60).await;
    let tries: Vec<_> = (0..30)
        .map(|_| {
            let (server, id) = (std::sync::Arc::clone(&server), id.clone());
            tokio::spawn(async move { end(&server, &id).await.status })
        })
        .collect();
    let mut ended = 0;
    for one in tries {
        let status = one.await.unwrap();
        ended += usize::from(status == StatusCode::OK);
        assert!(status == StatusCode::OK || status == StatusCode::CONFLICT);
    }
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_body_is_not_asked_for_and_not_read() {
    let server = Server::start().await;
    for body in ["", "{}", "{\"reason\": \"bored\"}", "no JSON"] {
        let id = server.place("+15005550108").await;
        let request = server.request(Method::POST, &format!("/api/calls/{id}/end")).body(body.to_owned().into());
        assert_eq!(server.send(request.unwrap()).await.status, StatusCode::OK, "{body:?}");
    }
}
