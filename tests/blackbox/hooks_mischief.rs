//! Mischief: deliveries that misbehave as they are told to.

use crate::support::receiver::{Delivery, Receiver, events};
use crate::support::{Answer, Server, settings};
use akol_mock::{ClockMode, Settings, Signature, Webhooks};
use hyper::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

const MISCHIEF: &str = "/__admin/webhooks/mischief";

async fn put(server: &Server, mischief: Value) -> Answer {
    server.send_json(Method::PUT, MISCHIEF, mischief).await
}

/// What a receiver gets of one call that is transferred, and the server that sent it. Its clock shows the machine's time, as checks of
/// signatures want it.
async fn told(mischief: Value) -> (Server, Vec<Delivery>) {
    let receiver = Receiver::start().await;
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], signature: Signature::Standard, ..Webhooks::default() };
    let server = Server::as_set(Settings { webhooks, clock: ClockMode::Manual, ..settings() }).await;
    receiver.look_at(&server.handle);
    put(&server, mischief).await.data();
    server.place("+15005550101").await;
    server.advance_secs(200).await;
    (server, receiver.deliveries())
}

#[tokio::test]
async fn mischief_is_replaced_as_a_whole() {
    let server = Server::start().await;
    let none = json!({"duplicate": 0, "reorder": 0, "drop": 0, "badSignature": 0, "staleTimestamp": 0, "delay": null});
    assert_eq!(server.get(MISCHIEF).await.data(), none);
    let some = json!({"duplicate": 0.25, "reorder": 1, "drop": 0.000001, "badSignature": 0.5, "staleTimestamp": 1, "delay": "2s"});
    assert_eq!(put(&server, some.clone()).await.data(), some);
    assert_eq!(server.get(MISCHIEF).await.data(), some);
    let answer =
        put(&server, json!({"drop": 1.5, "reorder": "0.5", "duplicate": -0.1, "delay": "soon", "late": 1})).await;
    assert_eq!(answer.fields(), ["late", "duplicate", "reorder", "drop", "delay"]);
    for delay in [json!(2), json!("-2s"), json!("25h"), json!("1us"), json!("1mo")] {
        assert_eq!(put(&server, json!({"delay": delay})).await.fields(), ["delay"], "{delay}");
    }
    assert_eq!(server.get(MISCHIEF).await.data(), some, "nothing is partly applied");
    assert_eq!(put(&server, json!({"delay": "PT1M30S"})).await.data()["delay"], "90s");
    assert_eq!(put(&server, json!({})).await.data(), none);
}

#[tokio::test]
async fn duplicates_come_right_after_what_they_repeat() {
    let (_, told) = told(json!({"duplicate": 1})).await;
    let expected = ["call.started", "call.started", "call.transferred", "call.transferred", "call.ended", "call.ended"];
    assert_eq!(events(&told), expected);
    for pair in told.chunks(2) {
        assert_eq!(pair[0].body, pair[1].body);
        assert_eq!(pair[0].header("webhook-id"), pair[1].header("webhook-id"));
    }
}

#[tokio::test]
async fn reordered_events_come_after_those_that_follow() {
    let (_, told) = told(json!({"reorder": 1})).await;
    assert_eq!(events(&told), ["call.ended", "call.transferred", "call.started"]);
}

#[tokio::test]
async fn dropped_events_never_come_but_stand_in_the_log() {
    let (server, told) = told(json!({"drop": 1})).await;
    assert!(told.is_empty());
    let log = server.get("/__admin/webhooks/deliveries").await.data();
    let states: Vec<&Value> = log.as_array().unwrap().iter().map(|delivery| &delivery["state"]).collect();
    assert_eq!(states, ["dropped"; 3]);
}

#[tokio::test]
async fn bad_signatures_do_not_verify() {
    let (server, told) = told(json!({"badSignature": 1})).await;
    assert_eq!(told.len(), 3);
    let official = Webhook::new(&server.secret).unwrap();
    assert!(told.iter().all(|delivery| official.verify(&delivery.body, &delivery.headers).is_err()));
    let log = server.get("/__admin/webhooks/deliveries").await.data();
    assert_eq!(log[0]["attempts"][0]["mischief"], json!(["badSignature"]));
}

#[tokio::test]
async fn stale_deliveries_are_signed_well_and_ten_minutes_old() {
    let (server, told) = told(json!({"staleTimestamp": 1})).await;
    let official = Webhook::new(&server.secret).unwrap();
    for delivery in &told {
        let sent = delivery.at.unwrap();
        let then = sent - std::time::Duration::from_secs(600);
        assert_eq!(delivery.json()["timestamp"], then.to_string());
        assert_eq!(delivery.header("webhook-timestamp"), then.as_secs().to_string());
        assert!(official.verify(&delivery.body, &delivery.headers).is_err(), "a receiver refuses it as too old");
        let signature = official.sign(delivery.header("webhook-id"), then.as_secs(), &delivery.body).unwrap();
        assert_eq!(delivery.header("webhook-signature"), signature);
    }
}

#[tokio::test]
async fn a_delay_lets_every_event_come_that_much_later() {
    let (_, delayed) = told(json!({"delay": "2s"})).await;
    assert_eq!(events(&delayed), ["call.started", "call.transferred", "call.ended"]);
    for delivery in &delayed {
        let happened: akol_mock::Timestamp = delivery.json()["timestamp"].as_str().unwrap().parse().unwrap();
        assert_eq!(delivery.at.unwrap(), happened + std::time::Duration::from_secs(2));
    }
}

#[tokio::test]
async fn what_is_drawn_is_the_same_for_the_same_seed() {
    let some = json!({"duplicate": 0.5, "reorder": 0.5, "drop": 0.3, "badSignature": 0.5, "staleTimestamp": 0.5});
    let mut runs = Vec::new();
    for _ in 0..2 {
        let receiver = Receiver::start().await;
        let webhooks = Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() };
        let server = Server::with(Settings { webhooks, ..settings() }).await;
        put(&server, some.clone()).await.data();
        for number in ["+15005550101", "+15005550102", "+15005550100", "+12125550001"] {
            server.place(number).await;
        }
        server.advance_secs(3_600).await;
        let log = server.get("/__admin/webhooks/deliveries").await.data().to_string();
        runs.push(log.replace(&receiver.url, "URL"));
    }
    assert!(runs[0].contains("\"mischief\":[\""), "{}", runs[0]);
    assert_eq!(runs[0], runs[1]);
}
