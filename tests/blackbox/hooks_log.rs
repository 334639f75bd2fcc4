//! The log of deliveries and the inbox, as the control API shows them.

use crate::support::receiver::{Reaction, Receiver, events};
use crate::support::{Answer, START, Server, settings};
use akol_mock::{ClockMode, Settings, Signature, Webhooks};
use hyper::StatusCode;
use serde_json::{Value, json};

const DELIVERIES: &str = "/__admin/webhooks/deliveries";

/// Settings with that receiver, and Standard Webhooks headers.
fn told(receiver: &Receiver) -> Settings {
    let urls = vec![receiver.url.clone()];
    Settings { webhooks: Webhooks { urls, signature: Signature::Standard, ..Webhooks::default() }, ..settings() }
}

/// Lets a call come in, which is answered at once, and gives its id.
async fn receive(server: &Server) -> String {
    let body = json!({"direction": "inbound", "scenario": "endless"});
    server.post("/__admin/calls", body).await.data()["id"].as_str().unwrap().to_owned()
}

async fn end(server: &Server, id: &str) {
    server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.data();
}

async fn list(server: &Server, query: &str) -> Vec<Value> {
    server.get(&format!("{DELIVERIES}{query}")).await.data().as_array().unwrap().clone()
}

async fn redeliver(server: &Server, id: &str) -> Answer {
    server.post(&format!("{DELIVERIES}/{id}/redeliver"), json!({})).await
}

fn words<'a>(deliveries: &'a [Value], key: &str) -> Vec<&'a str> {
    deliveries.iter().map(|delivery| delivery[key].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_delivery_shows_each_try_as_it_was_sent_and_answered() {
    let receiver = Receiver::scripted([Reaction::Status(503), Reaction::HangUp]).await;
    let server = Server::with(told(&receiver)).await;
    let call = receive(&server).await;
    server.advance_secs(1).await;
    let webhook = server.get("/__admin/webhooks").await.data()[0].clone();
    let shown = list(&server, "").await.remove(0);
    let sent = receiver.deliveries();
    assert_eq!(
        shown.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>(),
        [
            "id",
            "event",
            "callId",
            "webhookId",
            "url",
            "createdAt",
            "state",
            "nextAttemptAt",
            "body",
            "isBodyDropped",
            "attempts"
        ]
        .map(str::to_owned)
        .into()
    );
    assert_eq!(shown["id"], sent[0].header("webhook-id"));
    assert_eq!((&shown["event"], &shown["callId"]), (&json!("call.started"), &json!(call)));
    assert_eq!((&shown["webhookId"], &shown["url"]), (&webhook["id"], &json!(receiver.url)));
    assert_eq!((&shown["createdAt"], &shown["state"]), (&json!(START), &json!("retrying")));
    let instants = ["2026-11-22T12:00:01.000Z", "2026-11-22T12:00:06.000Z"];
    assert_eq!(shown["nextAttemptAt"], instants[1]);
    assert_eq!(shown["body"], sent[0].json());

    let attempts = shown["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    for (position, attempt) in attempts.iter().enumerate() {
        for (name, value) in attempt["headers"].as_object().unwrap() {
            assert_eq!(sent[position].header(name), value.as_str().unwrap(), "{name}");
        }
        let names: Vec<&String> = attempt["headers"].as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 6, "{names:?}");
        assert_eq!((&attempt["number"], &attempt["mischief"]), (&json!(position + 1), &json!([])));
        assert_eq!(attempt["nextAttemptAt"], instants[position]);
    }
    assert_eq!((&attempts[0]["status"], &attempts[0]["error"]), (&json!(503), &Value::Null));
    assert_eq!((&attempts[0]["at"], &attempts[0]["answeredAt"]), (&json!(START), &json!(START)));
    assert_eq!((&attempts[1]["status"], &attempts[1]["at"]), (&Value::Null, &json!(instants[0])));
    assert!(attempts[1]["error"].as_str().unwrap().contains("closed"), "{}", attempts[1]);

    server.advance_secs(5).await;
    let one = server.get(&format!("{DELIVERIES}/{}", shown["id"].as_str().unwrap())).await.data();
    assert_eq!((&one["state"], &one["nextAttemptAt"]), (&json!("received"), &Value::Null));
    assert_eq!((&one["attempts"][2]["status"], &one["attempts"][2]["nextAttemptAt"]), (&json!(200), &Value::Null));
}

#[tokio::test]
async fn the_body_is_shown_to_the_byte() {
    let receiver = Receiver::start().await;
    let server = Server::with(told(&receiver)).await;
    receive(&server).await;
    let sent = receiver.wait_for(1).await;
    let shown = server.get(DELIVERIES).await.body;
    let shown = std::str::from_utf8(&shown).unwrap();
    assert!(shown.contains(&format!(r#""body":{},"attempts""#, sent[0].text())), "{shown}");
}

#[tokio::test]
async fn deliveries_are_found_by_event_call_state_and_instant() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let server = Server::with(told(&receiver)).await;
    let first = receive(&server).await;
    server.advance_secs(0).await;
    server.advance(std::time::Duration::from_millis(500)).await;
    let second = receive(&server).await;
    end(&server, &second).await;
    server.advance_secs(0).await;
    assert_eq!(words(&list(&server, "").await, "event"), ["call.started", "call.started", "call.ended"]);
    assert_eq!(words(&list(&server, &format!("?callId={first}")).await, "state"), ["retrying"]);
    assert_eq!(words(&list(&server, "?state=received").await, "callId"), [second.clone(), second.clone()]);
    assert_eq!(words(&list(&server, "?event=call.started").await, "callId"), [first, second]);
    assert_eq!(words(&list(&server, "?since=2026-11-22T12:00:00.500Z").await, "event"), ["call.started", "call.ended"]);
    assert_eq!(words(&list(&server, "?limit=1").await, "event"), ["call.ended"]);
    assert!(list(&server, "?callId=call_none").await.is_empty());
    let wrong = server.get(&format!("{DELIVERIES}?event=call.x&state=lost&since=now&limit=4294967296&callId=")).await;
    assert_eq!(wrong.fields(), ["event", "state", "since", "limit", "callId"]);
    assert!(wrong.error().contains("waiting, under_way, retrying"), "{}", wrong.error());
}

#[tokio::test]
async fn without_a_receiver_events_are_kept_with_the_signatures_they_would_have_had() {
    let webhooks = Webhooks { signature: Signature::Standard, ..Webhooks::default() };
    let server = Server::as_set(Settings { webhooks, clock: ClockMode::Manual, ..settings() }).await;
    let call = receive(&server).await;
    server.advance_secs(10).await;
    end(&server, &call).await;
    let answer = server.get(DELIVERIES).await;
    let kept = answer.data().as_array().unwrap().clone();
    assert_eq!(words(&kept, "event"), ["call.started", "call.ended"]);
    assert_eq!(words(&kept, "state"), ["kept", "kept"]);
    let official = standardwebhooks::Webhook::new(&server.secret).unwrap();
    let text = std::str::from_utf8(&answer.body).unwrap();
    for delivery in &kept {
        assert!(
            delivery["url"].is_null() && delivery["webhookId"].is_null() && delivery["body"]["webhookId"].is_null()
        );
        let attempt = &delivery["attempts"][0];
        assert!(attempt["status"].is_null() && attempt["answeredAt"].is_null(), "{attempt}");
        let headers = attempt["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.as_str().unwrap().parse().unwrap()));
        let headers: hyper::HeaderMap = headers.collect();
        // The body's own bytes, out of the answer.
        let start = text.find(&format!(r#""body":{{"event":{}"#, delivery["event"])).unwrap() + r#""body":"#.len();
        let end = start + text[start..].find(r#","attempts":"#).unwrap();
        official.verify(&text.as_bytes()[start..end], &headers).unwrap();
    }
    assert!(kept[0]["body"]["data"].get("endedAt").is_none());
    assert_eq!(kept[1]["body"]["data"]["outcome"], "hung_up");
    let refused = redeliver(&server, kept[0]["id"].as_str().unwrap()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.error().contains("subscribe first"), "{}", refused.error());
}

#[tokio::test]
async fn a_delivery_is_sent_again_with_the_same_id_and_body() {
    let receiver = Receiver::scripted([Reaction::Status(200), Reaction::Status(500)]).await;
    let server = Server::with(told(&receiver)).await;
    receive(&server).await;
    server.advance_secs(1).await;
    let id = list(&server, "").await[0]["id"].as_str().unwrap().to_owned();
    let answer = redeliver(&server, &id).await;
    assert_eq!((answer.status, &answer.data()["id"]), (StatusCode::OK, &json!(id)));
    server.advance_secs(0).await;
    redeliver(&server, &id).await.data();
    server.advance_secs(60).await;
    let sent = receiver.deliveries();
    assert_eq!(events(&sent), ["call.started"; 3]);
    assert!(sent.iter().all(|one| one.body == sent[0].body && one.header("webhook-id") == id));
    let shown = server.get(&format!("{DELIVERIES}/{id}")).await.data();
    let statuses: Vec<&Value> = shown["attempts"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(500), &json!(200)]);
    assert_eq!(shown["state"], "received");
}

#[tokio::test]
async fn what_is_on_its_way_or_unknown_is_not_sent_again() {
    let receiver = Receiver::always(Reaction::Status(500)).await;
    let server = Server::with(told(&receiver)).await;
    let call = receive(&server).await;
    server.advance_secs(0).await;
    end(&server, &call).await;
    let ids = list(&server, "").await;
    for (position, why) in ["next try", "has not been sent yet"].into_iter().enumerate() {
        let refused = redeliver(&server, ids[position]["id"].as_str().unwrap()).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.error().contains(why), "{}", refused.error());
    }
    for answer in [redeliver(&server, "msg_none").await, server.get(&format!("{DELIVERIES}/msg_none")).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.error(), "No delivery \"msg_none\" in this workspace");
    }
}

#[tokio::test]
async fn the_same_seed_and_requests_leave_the_same_log() {
    let mut logs = Vec::new();
    for _ in 0..2 {
        let server = Server::start().await;
        let mischief = json!({"drop": 0.5});
        server.send_json(hyper::Method::PUT, "/__admin/webhooks/mischief", mischief).await.data();
        server.place("+15005550101").await;
        server.advance_secs(3_600).await;
        server.post("/__admin/webhooks/trigger", json!({"event": "call.missed"})).await.data();
        logs.push(server.get(DELIVERIES).await.body);
    }
    assert!(logs[0].len() > 1_000);
    assert_eq!(logs[0], logs[1]);
}
