//! Webhooks and faults through the library: what a test does to them is what the control API does, and what it sees is the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use akol_mock::ClockMode::Real;
use akol_mock::{
    Delivery, DeliveryResult, DeliveryState, Event, Fault, Mischief, MockServer, Moment, Place, Settings, Speed, Trick,
};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::receiver::{Reaction, Receiver, events};
use crate::support::{Server, settings};

fn told(receiver: &Receiver) -> Settings {
    let mut settings = settings();
    settings.webhooks.urls = vec![receiver.url.clone()];
    settings
}

/// What the control API shows of a delivery, in the words of the library.
fn as_shown(delivery: &Delivery) -> Value {
    let attempts = delivery.attempts.iter().zip(1..).map(|(attempt, number)| {
        let (status, error) = match &attempt.answer {
            Some(DeliveryResult::Answered(status)) => (Some(*status), None),
            Some(DeliveryResult::Failed(why)) => (None, Some(why.to_string())),
            _ => (None, None),
        };
        let headers = attempt.headers.iter().map(|(name, value)| (name.clone(), json!(value)));
        let mut shown = json!({
            "number": number, "at": attempt.at, "headers": Value::Object(headers.collect()), "status": status, "error": error,
            "answeredAt": attempt.answered_at, "nextAttemptAt": attempt.next_attempt_at, "mischief": attempt.mischief,
        });
        if let Some(hint) = &attempt.hint {
            shown["hint"] = json!(hint);
        }
        shown
    });
    json!({
        "id": delivery.id, "event": delivery.event, "callId": delivery.call_id, "webhookId": delivery.webhook_id,
        "url": delivery.url, "createdAt": delivery.created_at, "state": delivery.state,
        "nextAttemptAt": delivery.next_attempt_at, "body": delivery.json::<Value>().unwrap(),
        "attempts": attempts.collect::<Vec<_>>(), "isBodyDropped": delivery.is_body_dropped,
    })
}

#[tokio::test]
async fn deliveries_are_seen_as_the_control_api_shows_them() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let silent = Server::start().await;
    let heard = Server::with(told(&receiver)).await;
    for server in [&silent, &heard] {
        server.place("+15005550102").await;
        let advance = server.server.advance(Duration::from_secs(600)).await.unwrap();
        let noted = advance.events.iter().filter(|event| matches!(event, Moment::Delivery { .. })).count();
        let deliveries = server.server.deliveries();
        assert_eq!(deliveries.len(), 3);
        assert_eq!(noted, if deliveries[0].state == DeliveryState::Kept { 3 } else { 4 }, "{advance:?}");
        let shown: Vec<Value> = deliveries.iter().map(as_shown).collect();
        assert_eq!(json!(shown), server.get("/__admin/webhooks/deliveries").await.data());
    }
    let (sent, seen) = (receiver.deliveries(), heard.server.deliveries());
    assert_eq!(sent[0].body, seen[0].body);
    assert_eq!(Some(sent[0].header("x-webhook-signature")), seen[0].header("X-Webhook-Signature"));
}

#[tokio::test]
async fn subscriptions_come_and_go() {
    let (receiver, server) = (Receiver::start().await, Server::start().await);
    let test = &server.server;
    let webhook = test.subscribe_to(&[Event::CallEnded], &receiver.url).unwrap();
    let shown = json!([{"id": webhook.id, "url": webhook.url, "events": webhook.events, "secret": webhook.secret}]);
    assert_eq!(server.get("/__admin/webhooks").await.data(), shown);
    let call = test.place(Place::to("+15005550104")).unwrap();
    test.advance(Duration::from_secs(600)).await.unwrap();
    test.assert_delivered(&call.id, Event::CallEnded);
    let first = &test.deliveries()[0];
    assert_eq!((first.state, first.webhook_id.as_ref()), (DeliveryState::Received, Some(&webhook.id)));
    test.redeliver(&first.id).unwrap();
    test.advance(Duration::from_secs(1)).await.unwrap();
    assert_eq!(events(&receiver.deliveries()), ["call.ended", "call.ended"]);
    assert_eq!(test.trigger(Event::CallMissed, None).unwrap_err().status, 409, "nobody has subscribed to that");
    test.unsubscribe(&webhook.id).unwrap();
    assert_eq!(test.unsubscribe(&webhook.id).unwrap_err().status, 404);
    assert_eq!(test.subscribe_to(&[], &receiver.url).unwrap_err().status, 422);
}

#[tokio::test]
async fn mischief_is_what_the_control_api_would_set() {
    let (server, by_http) = (Server::start().await, Server::start().await);
    let mischief = Mischief::none()
        .duplicate(0.5)
        .reorder(0.25)
        .drop(1e-7)
        .bad_signature(f64::NAN)
        .stale_timestamp(2.0)
        .delay(Duration::from_secs(2));
    server.server.set_mischief(mischief);
    let change = json!({"duplicate": 0.5, "reorder": 0.25, "staleTimestamp": 1, "delay": "2s"});
    let set = by_http.send_json(Method::PUT, "/__admin/webhooks/mischief", change).await.data();
    assert_eq!(server.get("/__admin/webhooks/mischief").await.data(), set);
}

#[tokio::test]
async fn a_receiver_is_tested_with_wrong_signatures() {
    let receiver = Receiver::start().await;
    let server = Server::with(told(&receiver)).await;
    server.server.set_mischief(Mischief::none().bad_signature(1.0));
    server.server.trigger(Event::CallEnded, "call_xxx").unwrap();
    server.advance_secs(1).await;
    let delivery = &server.server.deliveries()[0];
    assert_eq!(delivery.attempts[0].mischief, [Trick::BadSignature]);
    assert_eq!(delivery.state, DeliveryState::Received);
}

#[tokio::test]
async fn faults_are_those_of_the_control_api() {
    let (server, by_http) = (Server::start().await, Server::start().await);
    let test = &server.server;
    let fault = test.add_fault(Fault::status(503).retry_after(2).times(2).probability(0.5).execute(true)).unwrap();
    let effect = json!({"status": 503, "retryAfter": 2, "execute": true});
    let rule = json!({"times": 2, "probability": 0.5, "effect": effect});
    by_http.post("/__admin/faults", rule).await.data();
    test.add_fault(Fault::latency(Duration::from_millis(1))).unwrap();
    by_http.post("/__admin/faults", json!({"effect": {"latency": "1ms"}})).await.data();
    assert_eq!(server.get("/__admin/faults").await.data(), by_http.get("/__admin/faults").await.data());
    assert!(test.remove_fault(&fault));
    test.clear_faults();
    assert_eq!(server.get("/__admin/faults").await.data(), json!([]));
    for (odd, named) in [
        (Fault::status(399), "399"),
        (Fault::status(503).times(0), "times"),
        (Fault::latency(Duration::from_secs(301)), "5m"),
    ] {
        let refused = test.add_fault(odd).unwrap_err();
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY.as_u16());
        assert!(refused.message.contains(named), "{}", refused.message);
    }
}

#[tokio::test]
async fn deliveries_are_waited_for_while_the_clock_runs() {
    let receiver = Receiver::start().await;
    let builder = MockServer::builder().clock(Real).speed(Speed::times(1_000)).webhook_url(&receiver.url);
    let server = builder.start().await.unwrap();
    let call = server.place(Place::to("+15005550104")).unwrap();
    let is_received = |delivery: &Delivery| delivery.state == DeliveryState::Received && delivery.call_id == call.id;
    let received = server.wait_for_deliveries(is_received, 1, Duration::from_secs(20)).await.unwrap();
    assert_eq!(received[0].event, Event::CallEnded);
    let missed = server.wait_for_deliveries(is_received, 2, Duration::ZERO).await.unwrap_err();
    assert_eq!((missed.wanted, missed.found), (2, 1));
    assert!(missed.to_string().contains("-> received, answered 200"), "{missed}");
}

#[tokio::test]
async fn an_assertion_about_a_delivery_shows_all_of_them() {
    let receiver = Receiver::always(Reaction::Status(500)).await;
    let server = Server::with(told(&receiver)).await;
    let call = server.server.place(Place::to("+15005550104")).unwrap();
    server.advance_secs(60).await;
    let failing = AssertUnwindSafe(|| server.server.assert_delivered(&call.id, Event::CallEnded));
    let said = catch_unwind(failing).expect_err("it has not been received").downcast::<String>().unwrap();
    let expected = format!("expected call.ended of call {} to be delivered, but it was not\n", call.id);
    assert!(said.starts_with(&expected), "{said}");
    for part in [receiver.url.as_str(), "-> retrying, answered 500", "seed 42"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
