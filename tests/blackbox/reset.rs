//! Resets: back to the start, and nothing from before shows after.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::receiver::{Reaction, Receiver, events};
use crate::support::space::{Space, plot};
use crate::support::{START, Server, in_time};
use akol_mock::NotAdvanced;
use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::sync::watch;

const KEY: &str = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

#[tokio::test]
async fn after_a_reset_everything_is_as_at_the_start_to_the_byte() {
    let (server, space) = space().await;
    let paths = [
        "/api/v1/calls?limit=100",
        "/__admin/clock",
        "/__admin/settings",
        "/__admin/campaigns",
        "/__admin/faults",
        "/__admin/webhooks",
        "/__admin/webhooks/deliveries",
        "/__admin/webhooks/mischief",
    ];
    let mut shown = Vec::new();
    for round in 0..3 {
        let mut bodies = Vec::new();
        for path in paths {
            bodies.push(space.get(path).await.body);
        }
        let first = space.place_with_key(KEY, "+15551234567").await;
        bodies.push(first.body.clone());
        bodies.push(first.header("x-request-id").to_owned().into());
        assert_eq!(first.header("idempotent-replayed"), "", "round {round}");
        shown.push(bodies);
        let receiver = Receiver::always(Reaction::Status(500)).await;
        space.subscribe(&receiver.url, &["call.started", "call.ended"]).await;
        space.receive().await;
        space.advance("40d").await;
        let clock = json!({"mode": "real", "speed": 1000});
        space.send_json(Method::PUT, "/__admin/clock", clock).await.data();
        space.send_json(Method::PATCH, "/__admin/settings", json!({"rateLimit": 1_000})).await.data();
        space.send_json(Method::PUT, "/__admin/webhooks/mischief", json!({"drop": 1})).await.data();
        space.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"status": "PAUSED"})).await.data();
        space.fault(json!({"match": {"method": "DELETE"}, "effect": {"status": 500}})).await;
        let answer = space.post("/__admin/reset", json!({})).await.data();
        assert_eq!(answer, json!({"workspace": "a", "now": START}));
        assert!(space.list("/__admin/requests").await.is_empty());
    }
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], shown[2]);
    let untouched = server.as_workspace("b").get(paths[0]).await.body;
    assert_eq!(shown[0][0], untouched);
}

#[tokio::test]
async fn an_answer_that_is_held_back_is_void_and_its_key_is_free() {
    let (_server, space) = space().await;
    space.fault(json!({"match": {"method": "POST"}, "effect": {"latency": "5m"}})).await;
    let placer = space.clone();
    let placing = tokio::spawn(async move { placer.place_with_key(KEY, "+15005550105").await });
    space.wait_for_request(json!({"method": "POST"})).await;
    assert_eq!(space.calls().await, 202);
    // While it is held back the key is taken.
    space.delete("/__admin/faults").await.data();
    let again = space.place_with_key(KEY, "+15005550105").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.error().contains("still being answered"), "{}", again.error());
    space.reset().await;
    let void = in_time(placing).await.unwrap();
    assert_eq!(void.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(void.error().contains("was reset"), "{}", void.error());
    assert_eq!(space.calls().await, 201);
    assert_eq!(space.list("/__admin/requests").await.len(), 1, "only that one since");
    let placed = space.place_with_key(KEY, "+15005550105").await;
    assert_eq!((placed.status, placed.header("idempotent-replayed")), (StatusCode::CREATED, ""));
}

#[tokio::test]
async fn steps_and_retries_that_were_due_never_come() {
    let (_server, space) = space().await;
    let receiver = Receiver::always(Reaction::Status(500)).await;
    space.subscribe(&receiver.url, &["call.started"]).await;
    space.receive().await;
    space.place("+15005550100").await;
    space.wait_for_delivery(json!({"state": "retrying"})).await;
    space.reset().await;
    let sent = receiver.deliveries().len();
    assert_eq!(space.advance("31d").await["events"], json!([]));
    assert_eq!(receiver.deliveries().len(), sent);
    assert!(space.list("/__admin/webhooks/deliveries").await.is_empty());
}

#[tokio::test]
async fn an_answer_to_a_delivery_from_before_is_none_to_its_namesake() {
    let (_server, space) = space().await;
    let receiver = Receiver::start().await;
    let (open, gate) = watch::channel(false);
    let is_first = Arc::new(AtomicBool::new(true));
    receiver.answer_with(move |_| {
        let (mut gate, was_first) = (gate.clone(), is_first.swap(false, Ordering::SeqCst));
        async move {
            let _ = gate.wait_for(|open| *open).await;
            Reaction::Status(if was_first { 500 } else { 200 })
        }
    });
    let mut ids = Vec::new();
    for _ in 0..2 {
        space.subscribe(&receiver.url, &["call.started"]).await;
        space.receive().await;
        receiver.wait_for(ids.len() + 1).await;
        let delivery = space.list("/__admin/webhooks/deliveries").await.remove(0);
        assert_eq!(delivery["state"], "under_way");
        ids.push(delivery["id"].clone());
        if ids.len() == 1 {
            space.reset().await;
            assert!(space.list("/__admin/webhooks/deliveries").await.is_empty());
        }
    }
    assert_eq!(ids[0], ids[1], "the same seed makes the same message");
    open.send(true).unwrap();
    let delivery = space.wait_for_delivery(json!({"state": "received"})).await.remove(0);
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(delivery["attempts"][0]["status"], 200);
    assert_eq!(space.advance("10m").await["events"], json!([]));
    assert_eq!(events(&receiver.deliveries()), ["call.started"; 2]);
}

#[tokio::test]
async fn an_advance_under_way_is_over_before_the_reset_is() {
    let (_server, space) = space().await;
    for round in 0..10 {
        let receiver = Receiver::always(Reaction::Hang).await;
        space.subscribe(&receiver.url, &["call.ended"]).await;
        space.place("+15005550105").await;
        let mover = space.clone();
        let advancing =
            tokio::spawn(async move { mover.post("/__admin/clock/advance", json!({"by": "1h"})).await.status });
        receiver.wait_for(1).await;
        space.reset().await;
        assert_eq!(space.now().await, START, "round {round}");
        // The clock is free at once.
        space.place("+15005550105").await;
        assert_eq!(plot(&space.advance("1m").await), ["ringing", "ended", "call.ended kept"], "round {round}");
        assert_eq!(in_time(advancing).await.unwrap(), StatusCode::CONFLICT);
        space.reset().await;
    }
}

#[tokio::test]
async fn a_reset_waits_for_no_advance_that_nobody_goes_on_with() {
    let server = Server::start().await;
    let (receiver, space) = (Receiver::always(Reaction::Hang).await, server.as_workspace("a"));
    let handle = server.server.workspace("a").unwrap();
    space.subscribe(&receiver.url, &["call.ended"]).await;
    space.place("+15005550105").await;
    let mut advance = Box::pin(handle.advance(Duration::from_secs(60)));
    tokio::select! {
        over = &mut advance => panic!("{over:?}"),
        _ = receiver.wait_for(1) => {}
    }
    in_time(handle.reset()).await;
    assert_eq!(handle.now().to_string(), START);
    space.place("+15005550105").await;
    let mut next = Box::pin(handle.advance(Duration::from_secs(1)));
    // What is left of the first neither shows in the next nor ends it.
    assert_eq!(in_time(advance).await, Err(NotAdvanced::Reset));
    assert_eq!(in_time(&mut next).await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn a_receiver_may_reset_the_world_that_tells_it() {
    let (_server, space) = space().await;
    let receiver = Receiver::start().await;
    let resetter = space.clone();
    receiver.answer_with(move |_| {
        let space = resetter.clone();
        async move {
            space.reset().await;
            Reaction::Status(200)
        }
    });
    space.subscribe(&receiver.url, &["call.ended"]).await;
    space.place("+15005550105").await;
    let advance = space.post("/__admin/clock/advance", json!({"by": "1h"})).await;
    assert_eq!(advance.status, StatusCode::CONFLICT);
    assert!(advance.error().contains("was reset"), "{}", advance.error());
    in_time(async { while !space.list("/__admin/webhooks").await.is_empty() {} }).await;
    assert_eq!((space.now().await.as_str(), space.calls().await), (START, 201));
}

#[tokio::test]
async fn whoever_waits_is_told_of_the_reset() {
    let (_server, space) = space().await;
    let mut stream = space.events(None).await;
    let mut waiting = Vec::new();
    for path in ["/__admin/requests/wait", "/__admin/webhooks/deliveries/wait"] {
        let space = space.clone();
        waiting.push(tokio::spawn(async move {
            // Until it has begun before the reset.
            loop {
                let answer = space.post(path, json!({"timeout": "50ms"})).await;
                if answer.status != StatusCode::REQUEST_TIMEOUT {
                    return answer;
                }
            }
        }));
    }
    in_time(async {
        while waiting.iter().any(|one| !one.is_finished()) {
            space.reset().await;
        }
    })
    .await;
    for answer in waiting {
        let answer = in_time(answer).await.unwrap();
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.error().contains("was reset"), "{}", answer.error());
    }
    let notice = stream.next().await.unwrap();
    assert_eq!((notice.id, notice.name.as_str()), (Some(0), "notice"));
    assert!(stream.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_the_midst_of_a_crowd_a_reset_is_a_clean_cut() {
    let (server, space) = space().await;
    let receiver = Receiver::scripted([Reaction::Status(500), Reaction::HangUp, Reaction::Status(503)]).await;
    let other = server.as_workspace("b");
    let kept = other.place("+15005550107").await;
    for _ in 0..15 {
        space.subscribe(&receiver.url, &["call.started", "call.ended"]).await;
        let mut crowd = Vec::new();
        for number in 0..12 {
            let space = space.clone();
            crowd.push(tokio::spawn(async move {
                match number % 3 {
                    0 => space.post("/__admin/calls", json!({"direction": "inbound"})).await,
                    1 => space.post("/api/v1/calls", crate::support::placement("+15005550101")).await,
                    _ => space.post("/__admin/clock/advance", json!({"by": "10s"})).await,
                }
            }));
        }
        space.receive().await;
        space.reset().await;
        for one in crowd {
            let status = in_time(one).await.unwrap().status.as_u16();
            assert!([200, 201, 409, 503].contains(&status), "{status}");
        }
        space.reset().await;
        assert_eq!((space.now().await.as_str(), space.calls().await), (START, 201));
        assert!(space.list("/__admin/webhooks/deliveries").await.is_empty());
        assert_eq!(space.advance("1h").await["events"], json!([]));
        space.reset().await;
    }
    assert_eq!(other.call(&kept).await["status"], "RINGING");
    assert_eq!(other.now().await, START);
}
