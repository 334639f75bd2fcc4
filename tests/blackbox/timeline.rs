//! The timeline of one call: all that befell it, in order.

use crate::support::receiver::{Reaction, Receiver};
use crate::support::space::{Space, line};
use crate::support::{Server, placement, settings};
use akol_mock::Settings;
use hyper::StatusCode;
use serde_json::{Value, json};

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

async fn entries(space: &Space, id: &str) -> Vec<Value> {
    let timeline = space.get(&format!("/__admin/calls/{id}/timeline")).await.data();
    assert_eq!(timeline["callId"], json!(id));
    timeline["entries"].as_array().unwrap().clone()
}

/// What befell a call, without the instants, which must be in order.
async fn plot(space: &Space, id: &str) -> Vec<String> {
    let entries = entries(space, id).await;
    assert!(entries.is_sorted_by_key(|entry| entry["at"].as_str().unwrap()), "{entries:?}");
    entries.iter().map(|entry| line(entry).split_once(' ').unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn a_call_is_told_from_the_request_to_the_last_delivery() {
    let receiver = Receiver::scripted([Reaction::Status(200), Reaction::Status(200), Reaction::Status(500)]).await;
    let (_server, space) = space().await;
    space.subscribe(&receiver.url, &["call.started", "call.transferred", "call.ended"]).await;
    let id = space.place("+15005550101").await;
    let other = space.place("+15005550105").await;
    space.call(&id).await;
    space.advance("10m").await;
    space.get(&format!("/api/calls/{id}/transcript")).await.data();
    let told = plot(&space, &id).await;
    let kept: Vec<&str> = told.iter().map(|line| line.split(" next").next().unwrap()).collect();
    let mut expected = vec![
        "POST 201",
        "queued",
        "GET 200",
        "ringing",
        "answered",
        "call.started",
        "transferred",
        "call.transferred",
        "ended",
        "call.ended",
        "GET 200",
    ];
    // Whichever delivery met the 500 was made twice.
    let twice = kept.iter().position(|line| line.ends_with(" 500"));
    if let Some(twice) = twice {
        expected.insert(twice, kept[twice].split(' ').next().unwrap());
    }
    let bare: Vec<_> = kept
        .iter()
        .map(|line| if line.starts_with("call.") { line.split(' ').next().unwrap() } else { line })
        .collect();
    assert_eq!(bare, expected);
    assert!(plot(&space, &other).await.contains(&"call.ended 200".to_owned()) || twice.is_none());
}

#[tokio::test]
async fn calls_of_the_past_have_their_steps() {
    let (_server, space) = space().await;
    assert_eq!(plot(&space, "call_xxx").await, ["ringing", "answered", "ended"]);
    let steps = entries(&space, "call_xxx").await;
    let instants: Vec<_> = steps.iter().map(|step| step["at"].as_str().unwrap()).collect();
    assert_eq!(instants, ["2026-04-18T14:21:42.000Z", "2026-04-18T14:21:42.000Z", "2026-04-18T14:23:10.000Z"]);
    let statuses: Vec<_> = steps.iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["RINGING", "IN_PROGRESS", "COMPLETED"]);
    for call in space.list("/api/v1/calls?limit=100").await {
        let id = call["id"].as_str().unwrap();
        let expected: &[&str] = match call["outcome"].as_str().unwrap() {
            "no_answer" | "busy" | "failed" | "canceled" => &["ringing", "ended"],
            _ => &["ringing", "answered", "ended"],
        };
        let entries = entries(&space, id).await;
        let steps: Vec<_> = entries.iter().map(|entry| entry["step"].as_str().unwrap()).collect();
        assert_eq!(steps, expected, "{call}");
        let last = entries.last().unwrap();
        assert_eq!((&last["at"], &last["outcome"]), (&call["endedAt"], &call["outcome"]), "{call}");
    }
}

#[tokio::test]
async fn a_call_that_comes_in_has_no_request() {
    let (_server, space) = space().await;
    let id = space.receive().await;
    space.end(&id).await;
    let expected = ["queued", "ringing", "answered", "call.started kept", "POST 200", "ended", "call.ended kept"];
    assert_eq!(plot(&space, &id).await, expected);
}

#[tokio::test]
async fn a_call_that_is_ended_before_it_rings_never_rang() {
    let (_server, space) = space().await;
    let id = space.place("+15005550100").await;
    space.end(&id).await;
    assert_eq!(plot(&space, &id).await, ["POST 201", "queued", "POST 200", "ended", "call.ended kept"]);
}

#[tokio::test]
async fn faults_and_refusals_are_part_of_it() {
    let (_server, space) = space().await;
    let id = space.place("+15005550105").await;
    space.advance("1m").await;
    space.fault(json!({"match": {"path": format!("/api/v1/calls/{id}")}, "effect": {"status": 503}})).await;
    space.get(&format!("/api/v1/calls/{id}")).await;
    space.post(&format!("/api/v1/calls/{id}/end"), json!({})).await;
    space.get("/api/v1/calls").await;
    let entries = entries(&space, &id).await;
    let last: Vec<_> = entries[entries.len() - 2..].iter().map(|entry| (&entry["status"], &entry["faults"])).collect();
    assert_eq!(last, [(&json!(503), &json!(["flt_1"])), (&json!(409), &json!([]))]);
}

#[tokio::test]
async fn an_answer_that_never_reached_its_client_still_made_the_call() {
    let (_server, space) = space().await;
    space.fault(json!({"times": 1, "effect": {"status": 500, "execute": true}})).await;
    assert_eq!(space.post("/api/v1/calls", placement("+15005550105")).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    space.advance("1m").await;
    let id = space.list("/api/v1/calls?limit=1").await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(plot(&space, &id).await, ["POST 500", "queued", "ringing", "ended", "call.ended kept"]);
}

#[tokio::test]
async fn what_the_journal_has_forgotten_is_missing_but_for_the_calls_own_steps() {
    let server = Server::with(Settings { journal_size: 1, ..settings() }).await;
    let space = server.as_workspace("a");
    let id = space.place("+15005550103").await;
    space.get("/api/v1/calls").await.data();
    space.advance("5m").await;
    let told = plot(&space, &id).await;
    assert_eq!(told, ["queued", "ringing", "answered", "call.started kept", "ended", "call.ended kept"]);
    space.delete("/__admin/requests").await.data();
    assert_eq!(plot(&space, &id).await, told);
}

#[tokio::test]
async fn there_is_none_of_a_call_that_is_not_there() {
    let (server, space) = space().await;
    let id = server.as_workspace("b").place("+15005550105").await;
    for id in [id.as_str(), "call_1", "nonsense"] {
        let answer = space.get(&format!("/__admin/calls/{id}/timeline")).await;
        assert_eq!((answer.status, answer.error().contains(id)), (StatusCode::NOT_FOUND, true));
    }
}

#[tokio::test]
async fn a_request_that_was_answered_again_belongs_to_the_call_of_its_first_answer() {
    let server = Server::start().await;
    let key = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";
    let body = crate::support::placement("+15557770079").to_string();
    let first = server.place_with_key(key, body.clone()).await;
    server.place_with_key(key, body).await;
    let id = first.data()["id"].as_str().unwrap().to_owned();
    let timeline = server.get(&format!("/__admin/calls/{id}/timeline")).await.data();
    let requests = timeline["entries"].as_array().unwrap().iter().filter(|entry| entry["type"] == "request");
    assert_eq!(requests.count(), 2, "{timeline}");
}
