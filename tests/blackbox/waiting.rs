//! Waiting for requests and deliveries: answered the moment that they come, or with what came nearest.

use crate::support::receiver::{Reaction, Receiver};
use crate::support::space::Space;
use crate::support::{Answer, Server, in_time, placement, settings};
use akol_mock::{Settings, Webhooks};
use hyper::StatusCode;
use serde_json::{Value, json};

const REQUESTS: &str = "/__admin/requests/wait";
const DELIVERIES: &str = "/__admin/webhooks/deliveries/wait";

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

/// Starts to wait. What is done after this may come before the wait or after it, and must not be missed either way.
fn start(space: &Space, path: &'static str, mut wanted: Value) -> tokio::task::JoinHandle<Answer> {
    wanted["timeout"] = json!("30s");
    let space = space.clone();
    tokio::spawn(async move { space.post(path, wanted).await })
}

async fn came(waiting: tokio::task::JoinHandle<Answer>) -> Vec<Value> {
    let answer = in_time(waiting).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.data().as_array().unwrap().clone()
}

/// The 408 of a wait in vain: its text, and the near misses.
async fn in_vain(space: &Space, path: &str, mut wanted: Value) -> (String, Vec<Value>) {
    wanted["timeout"] = json!("1ms");
    let answer = space.post(path, wanted).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{answer:?}");
    (answer.error(), answer.json()["nearMisses"].as_array().unwrap().clone())
}

#[tokio::test]
async fn a_request_is_heard_of_the_moment_it_comes() {
    let (_server, space) = space().await;
    for round in 1..=30_u64 {
        let path = format!("/api/v1/calls/call_{round}");
        let waiting = start(&space, REQUESTS, json!({"path": path, "status": 404}));
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        let answer = space.get(&path).await;
        let heard = came(waiting).await;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0]["id"], answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn as_many_are_waited_for_as_are_wanted() {
    let (_server, space) = space().await;
    let waiting = start(&space, REQUESTS, json!({"body": {"toNumber": "+15005550105"}, "count": 3}));
    for number in ["+15005550105", "+15005550104", "+15005550105", "+15005550129"] {
        space.post("/api/v1/calls", placement(number)).await;
    }
    assert!(!waiting.is_finished());
    space.place("+15005550105").await;
    let heard = came(waiting).await;
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|request| request["body"]["toNumber"] == "+15005550105"));
    // What has come counts for whoever waits later.
    assert_eq!(space.wait_for_request(json!({"count": 5})).await.len(), 5);
}

#[tokio::test]
async fn who_waits_in_vain_is_shown_what_came_nearest_and_how_it_differs() {
    let (_server, space) = space().await;
    let (error, misses) = in_vain(&space, REQUESTS, json!({"method": "POST"})).await;
    assert!(error.contains("Waited 1ms for requests: 0 of 1 came"), "{error}");
    assert!(misses.is_empty());
    space.get("/api/v1/calls").await.data();
    space.post("/api/v1/calls", placement("+15005550129")).await;
    space.place("+15005550105").await;
    let wanted = json!({
        "method": "POST", "path": "/api/v1/calls", "status": 201,
        "body": {"toNumber": "+15005550129", "note": {"lines": [1]}},
    });
    let (error, misses) = in_vain(&space, REQUESTS, wanted).await;
    assert!(error.contains("3 in all"), "{error}");
    let differences: Vec<_> = misses.iter().map(|miss| miss["differences"].clone()).collect();
    let note = json!({"field": "body.note", "expected": {"lines": [1]}});
    assert_eq!(
        differences,
        [
            json!([note, {"field": "body.toNumber", "expected": "+15005550129", "found": "+15005550105"}]),
            json!([{"field": "status", "expected": 201, "found": 429}, note]),
            json!([
                {"field": "method", "expected": "POST", "found": "GET"},
                {"field": "status", "expected": 201, "found": 200},
                {"field": "body", "expected": {"toNumber": "+15005550129", "note": {"lines": [1]}}},
            ]),
        ]
    );
    assert_eq!(misses[1]["request"]["answer"]["status"], 429);
    let (error, misses) = in_vain(&space, REQUESTS, json!({"status": 201, "count": 2})).await;
    assert!(error.contains("1 of 2 came"), "{error}");
    assert_eq!(misses.len(), 2);
}

#[tokio::test]
async fn no_more_than_three_near_misses_are_shown_the_newest_of_equals_first() {
    let (_server, space) = space().await;
    for number in 1..=5 {
        space.get(&format!("/api/v1/calls/call_{number}")).await;
    }
    let (_, misses) = in_vain(&space, REQUESTS, json!({"status": 200})).await;
    let paths: Vec<_> = misses.iter().map(|miss| miss["request"]["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/api/v1/calls/call_5", "/api/v1/calls/call_4", "/api/v1/calls/call_3"]);
}

#[tokio::test]
async fn a_delivery_is_heard_of_whatever_becomes_of_it() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let (_server, space) = space().await;
    space.subscribe(&receiver.url, &["call.started", "call.ended"]).await;
    let retrying = start(&space, DELIVERIES, json!({"state": "retrying", "status": 500}));
    let received = start(&space, DELIVERIES, json!({"state": "received", "status": 200}));
    let id = space.receive().await;
    assert_eq!(came(retrying).await[0]["callId"], json!(id));
    assert!(!received.is_finished());
    space.advance("1s").await;
    let heard = came(received).await;
    assert_eq!((&heard[0]["event"], heard[0]["attempts"].as_array().unwrap().len()), (&json!("call.started"), 2));
    let ended = start(&space, DELIVERIES, json!({"event": "call.ended", "body": {"data": {"outcome": "hung_up"}}}));
    space.end(&id).await;
    assert_eq!(came(ended).await[0]["callId"], json!(id));
}

#[tokio::test]
async fn a_delivery_that_has_only_set_out_is_heard_of_too() {
    let receiver = Receiver::always(Reaction::Hang).await;
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, ..settings() }).await;
    let space = server.as_workspace("a");
    for count in 1..=20 {
        let waiting = start(&space, DELIVERIES, json!({"event": "call.voicemail", "count": count}));
        // Nothing happens to a call, and the receiver never answers: that it is told is all.
        space.post("/__admin/webhooks/trigger", json!({"event": "call.voicemail"})).await.data();
        assert_eq!(came(waiting).await.len(), count);
    }
    let delayed = start(&space, DELIVERIES, json!({"event": "call.transferred", "state": "waiting"}));
    space.send_json(hyper::Method::PUT, "/__admin/webhooks/mischief", json!({"delay": "1h"})).await.data();
    space.post("/__admin/webhooks/trigger", json!({"event": "call.transferred"})).await.data();
    came(delayed).await;
}

#[tokio::test]
async fn who_waits_in_vain_for_a_delivery_is_shown_the_nearest() {
    let (_server, space) = space().await;
    let id = space.receive().await;
    space.end(&id).await;
    let wanted = json!({"event": "call.ended", "state": "received", "body": {"data": {"outcome": "completed"}}});
    let (error, misses) = in_vain(&space, DELIVERIES, wanted).await;
    assert!(error.contains("0 of 1 came") && error.contains("of the others, 2 in all"), "{error}");
    assert_eq!(
        misses[0]["differences"],
        json!([
            {"field": "state", "expected": "received", "found": "kept"},
            {"field": "body.data.outcome", "expected": "completed", "found": "hung_up"},
        ])
    );
    assert_eq!(misses[0]["delivery"]["event"], "call.ended");
    assert_eq!(
        misses[1]["differences"][0],
        json!({"field": "event", "expected": "call.ended", "found": "call.started"})
    );
}

#[tokio::test]
async fn what_is_there_already_is_not_waited_for() {
    let (_server, space) = space().await;
    space.receive().await;
    let none = json!({"timeout": "0s"});
    assert_eq!(space.post(DELIVERIES, none.clone()).await.data().as_array().unwrap().len(), 1);
    assert_eq!(space.post(REQUESTS, none.clone()).await.status, StatusCode::REQUEST_TIMEOUT);
    space.get("/api/v1/calls").await.data();
    assert_eq!(space.post(REQUESTS, none).await.data().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wait_that_makes_no_sense_is_refused() {
    let (_server, space) = space().await;
    for (path, body, fields) in [
        (REQUESTS, json!({"count": 0}), vec!["count"]),
        (REQUESTS, json!({"count": 1.5}), vec!["count"]),
        (REQUESTS, json!({"count": -1, "timeout": "soon"}), vec!["count", "timeout"]),
        (REQUESTS, json!({"timeout": "11m"}), vec!["timeout"]),
        (REQUESTS, json!({"timeout": 5}), vec!["timeout"]),
        (REQUESTS, json!({"event": "call.ended"}), vec!["event"]),
        (REQUESTS, json!({"status": 1}), vec!["status"]),
        (DELIVERIES, json!({"event": "call.begun", "state": "lost", "status": 99}), vec!["event", "state", "status"]),
        (DELIVERIES, json!({"callId": "", "method": "GET"}), vec!["method", "callId"]),
    ] {
        let answer = space.post(path, body.clone()).await;
        assert_eq!(answer.fields(), fields, "{path} {body}");
    }
}

#[tokio::test]
async fn what_comes_counts_though_the_journal_has_forgotten_it() {
    let server = Server::with(Settings { journal_size: 3, ..settings() }).await;
    let space = server.as_workspace("a");
    space.get("/api/v1/calls/call_old").await;
    let requests = start(&space, REQUESTS, json!({"path": "/api/v1/calls/call_*", "status": 404, "count": 9}));
    let deliveries = start(&space, DELIVERIES, json!({"event": "call.ended", "count": 9}));
    // As long as it takes: they may begin to wait only now.
    in_time(async {
        for number in 0.. {
            space.get(&format!("/api/v1/calls/call_{number}")).await;
            let id = space.receive().await;
            space.end(&id).await;
            if requests.is_finished() && deliveries.is_finished() {
                break;
            }
        }
    })
    .await;
    let heard = came(requests).await;
    assert!(heard.len() >= 9);
    assert!(heard.is_sorted_by_key(|request| request["at"].as_str().unwrap().to_owned()));
    assert!(heard.iter().all(|request| request["answer"]["status"] == 404));
    let heard = came(deliveries).await;
    assert!(heard.len() >= 9 && heard.iter().all(|delivery| delivery["event"] == "call.ended"));
}

#[tokio::test]
async fn what_there_is_no_room_for_counts_and_the_answer_says_that_it_is_not_shown() {
    let server = Server::with(Settings { journal_size: 3, journal_bytes: 256 << 10, ..settings() }).await;
    let space = server.as_workspace("a");
    let wanted = json!({"method": "POST", "path": "/api/v1/calls/call_*/end", "count": 12});
    let requests = start(&space, REQUESTS, wanted);
    let large = json!({"text": "x".repeat(60_000)});
    // As long as it takes: it may begin to wait only now.
    in_time(async {
        while !requests.is_finished() {
            space.post("/api/v1/calls/call_none/end", large.clone()).await;
        }
    })
    .await;
    let answer = in_time(requests).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    // Four have room with those who wait, three in the journal.
    let shown = answer.data().as_array().unwrap().len();
    assert!((1..=7).contains(&shown), "{shown}");
    let json = answer.json();
    let warnings = json["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|one| one.as_str().unwrap().contains("are not shown")), "{warnings:?}");
}

#[tokio::test]
async fn a_body_with_one_wrong_field_is_nearer_than_none() {
    let (_server, space) = space().await;
    space.post("/api/v1/calls", placement("+15005550105")).await;
    space.get("/api/v1/calls/call_xxx").await;
    for (wanted, nearest) in [
        (json!({"body": {"campaignId": "cmp_xxy"}}), "POST"),
        (json!({"body": {"campaignId": "cmp_xxy", "toNumber": "+15005550106"}}), "POST"),
        (json!({"path": "/api/v1/calls/call_xxy", "body": {"fromPhoneNumberId": "pn_xxx"}}), "POST"),
        (json!({"method": "GET", "path": "/api/v1/calls/call_xxy"}), "GET"),
    ] {
        let (_, misses) = in_vain(&space, REQUESTS, wanted.clone()).await;
        assert_eq!(misses[0]["request"]["method"], nearest, "{wanted}: {misses:?}");
    }
}
