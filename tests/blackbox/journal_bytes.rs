//! `--journal-bytes`: what all journals and finished deliveries of a server may take together.

use crate::support::space::Space;
use crate::support::{Server, settings};
use akol_mock::{Settings, Webhooks};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const REQUESTS: &str = "/__admin/requests";
const DELIVERIES: &str = "/__admin/webhooks/deliveries";
const LONG: usize = 60_000;

/// A server whose journals may take so many KiB.
async fn server(kibibytes: u64) -> Server {
    Server::with(Settings { journal_bytes: kibibytes << 10, ..settings() }).await
}

/// Sends requests of [`LONG`] bodies, which are refused.
async fn send(space: &Space, count: usize) {
    for _ in 0..count {
        let body = json!({"toNumber": "x".repeat(LONG), "mark": space.name}).to_string();
        let request = space.request(Method::POST, "/api/v1/calls").header("content-type", "application/json");
        let answer = space.send(request.body(Full::from(Bytes::from(body))).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// Of which requests the body has been dropped, oldest first.
async fn dropped(space: &Space) -> Vec<bool> {
    let list = space.list(REQUESTS).await;
    let is_dropped = |shown: &Value| {
        let is_dropped = shown["isBodyDropped"].as_bool().unwrap();
        assert_eq!(shown["body"].is_null(), is_dropped);
        assert!(shown["bodyLength"].as_u64().unwrap() > LONG as u64, "how long it was is still known");
        assert_eq!(
            (&shown["answer"]["isBodyDropped"], shown["answer"]["body"].is_null()),
            (&json!(is_dropped), is_dropped)
        );
        is_dropped
    };
    list.iter().map(is_dropped).collect()
}

async fn count(space: &Space, pattern: Value) -> u64 {
    space.post("/__admin/requests/count", pattern).await.data()["count"].as_u64().unwrap()
}

#[tokio::test]
async fn the_oldest_bodies_of_all_workspaces_make_room() {
    let server = server(512).await;
    let [one, other] = ["one", "other"].map(|name| server.as_workspace(name));
    send(&one, 4).await;
    send(&other, 3).await;
    assert_eq!((dropped(&one).await, dropped(&other).await), (vec![false; 4], vec![false; 3]));
    send(&other, 2).await;
    assert!(dropped(&one).await[0], "the oldest of all");
    assert_eq!((dropped(&one).await[2..].to_vec(), dropped(&other).await), (vec![false; 2], vec![false; 5]));
    send(&one, 7).await;
    let kept = [dropped(&one).await, dropped(&other).await].concat().iter().filter(|is_dropped| !**is_dropped).count();
    assert!((7..=8).contains(&kept), "{kept}");
    assert_eq!(dropped(&one).await[..4], [true; 4]);
    assert_eq!(dropped(&one).await.last(), Some(&false));
}

#[tokio::test]
async fn a_body_that_was_dropped_is_like_no_pattern_and_near_misses_say_so() {
    let server = server(128).await;
    let space = server.as_workspace("a");
    send(&space, 3).await;
    let kept = dropped(&space).await.iter().filter(|is_dropped| !**is_dropped).count() as u64;
    assert!((1..3).contains(&kept));
    let pattern = json!({"body": {"mark": "a"}});
    assert_eq!((count(&space, json!({})).await, count(&space, pattern).await), (3, kept));
    let missed = space.post(&format!("{REQUESTS}/wait"), json!({"body": {"mark": "b"}, "timeout": "0s"})).await;
    assert_eq!(missed.status, StatusCode::REQUEST_TIMEOUT);
    let misses = missed.json()["nearMisses"].as_array().unwrap().clone();
    let difference = |miss: &Value| miss["differences"][0].clone();
    let said = misses.iter().map(difference).find(|difference| difference["field"] == "body").unwrap();
    assert_eq!(said["found"], "dropped to make room for newer ones (--journal-bytes)");
}

#[tokio::test]
async fn when_there_are_no_bodies_the_oldest_requests_make_room() {
    let server = server(64).await;
    let space = server.as_workspace("a");
    for number in 1..=150 {
        space.get(&format!("/api/v1/calls/call_{number}")).await;
    }
    let kept = space.list(REQUESTS).await;
    assert!((20..150).contains(&kept.len()), "{}", kept.len());
    let first = 150 - kept.len() + 1;
    let paths: Vec<String> = (first..=150).map(|number| format!("/api/v1/calls/call_{number}")).collect();
    assert_eq!(kept.iter().map(|shown| shown["path"].as_str().unwrap()).collect::<Vec<_>>(), paths);
    // Whoever comes back hears of the gap.
    let another = server.as_workspace("b");
    another.get("/api/v1/calls").await.data();
    assert_eq!(another.list(REQUESTS).await.len(), 1);
}

#[tokio::test]
async fn bodies_of_finished_deliveries_make_room_and_cannot_be_sent_again() {
    // Nobody listens there.
    let urls = vec!["http://127.0.0.1:9/".to_owned()];
    let webhooks = Webhooks { urls, retries: Vec::new(), ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, journal_bytes: 256 << 10, ..settings() }).await;
    let space = server.as_workspace("a");
    space.place("+15005550105").await;
    space.advance("1h").await;
    let before = space.list(DELIVERIES).await.remove(0);
    assert_eq!((&before["state"], &before["isBodyDropped"]), (&json!("given_up"), &json!(false)));
    assert_eq!(before["body"]["event"], "call.ended");
    send(&server.as_workspace("b"), 5).await;
    let after = space.list(DELIVERIES).await.remove(0);
    assert_eq!((&after["body"], &after["isBodyDropped"]), (&Value::Null, &json!(true)));
    assert_eq!((&after["id"], &after["attempts"]), (&before["id"], &before["attempts"]));
    let id = before["id"].as_str().unwrap();
    assert_eq!(space.get(&format!("{DELIVERIES}/{id}")).await.data(), after);
    let refused = space.post(&format!("{DELIVERIES}/{id}/redeliver"), json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.error().contains("--journal-bytes"), "{}", refused.error());
    let wait = json!({"body": {"event": "call.ended"}, "timeout": "0s"});
    let missed = space.post(&format!("{DELIVERIES}/wait"), wait).await;
    let found = &missed.json()["nearMisses"][0]["differences"][0]["found"];
    assert_eq!(found, "dropped to make room for newer ones (--journal-bytes)");
}

#[tokio::test]
async fn a_state_keeps_what_was_dropped_so() {
    let urls = vec!["http://127.0.0.1:9/".to_owned()];
    let webhooks = Webhooks { urls, retries: Vec::new(), ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, journal_bytes: 256 << 10, ..settings() }).await;
    let space = server.as_workspace("a");
    space.place("+15005550105").await;
    space.advance("1h").await;
    space.delete(REQUESTS).await.data();
    send(&space, 5).await;
    let (requests, deliveries) = (space.list(REQUESTS).await, space.list(DELIVERIES).await);
    assert!(requests[0]["isBodyDropped"] == true && deliveries[0]["isBodyDropped"] == true);
    let state = space.get("/__admin/state").await.data();
    let other = server.as_workspace("b");
    other.send_json(Method::PUT, "/__admin/state", state.clone()).await.data();
    space.reset().await;
    assert_eq!(other.list(REQUESTS).await, requests);
    assert_eq!(other.list(DELIVERIES).await, deliveries);
    assert_eq!(other.get("/__admin/state").await.data(), state);
    // What is there has not been dropped.
    let mut wrong = state;
    wrong["journal"]["requests"][0]["body"] = json!("here");
    let refused = other.send_json(Method::PUT, "/__admin/state", wrong.clone()).await;
    assert_eq!(refused.fields(), ["journal.requests[0].isBodyDropped"]);
    wrong["journal"]["requests"][0]["body"] = json!("");
    wrong["world"]["webhooks"]["deliveries"][0]["state"] = json!("waiting");
    let refused = other.send_json(Method::PUT, "/__admin/state", wrong).await;
    assert_eq!(refused.fields(), ["world.webhooks.deliveries[0].content"]);
}

#[tokio::test]
async fn a_reset_and_a_workspace_that_is_dropped_give_back_their_room() {
    let server = server(512).await;
    let [one, other] = ["one", "other"].map(|name| server.as_workspace(name));
    for _ in 0..3 {
        send(&one, 7).await;
        one.reset().await;
        send(&one, 7).await;
        assert_eq!(dropped(&one).await, [false; 7]);
        other.delete("/__admin/workspaces/one").await.data();
    }
    send(&other, 7).await;
    assert_eq!(dropped(&other).await, [false; 7]);
}

#[tokio::test]
async fn a_long_list_is_sent_while_it_is_written() {
    let server = server(64 << 10).await;
    let space = server.as_workspace("a");
    send(&space, 1).await;
    let short = space.get(REQUESTS).await;
    assert_eq!(short.header("content-length"), short.body.len().to_string());
    send(&space, 4).await;
    let long = space.get(REQUESTS).await;
    // Nobody knows beforehand how long it is.
    assert_eq!((long.header("content-length"), long.data().as_array().unwrap().len()), ("", 5));
    let waited = space.post(&format!("{REQUESTS}/wait"), json!({"count": 5})).await;
    assert_eq!((waited.header("content-length"), waited.data()), ("", long.data()));
    for _ in 0..200 {
        space.post("/__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_xxx"})).await.data();
    }
    let deliveries = space.get(DELIVERIES).await;
    assert_eq!((deliveries.header("content-length"), deliveries.data().as_array().unwrap().len()), ("", 200));
    let waited = space.post(&format!("{DELIVERIES}/wait"), json!({"count": 200})).await;
    assert_eq!((waited.header("content-length"), waited.data()), ("", deliveries.data()));
}
