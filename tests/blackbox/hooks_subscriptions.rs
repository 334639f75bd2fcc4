//! Subscriptions at run time, and events on request.

use crate::support::receiver::{Reaction, Receiver, events};
use crate::support::{Answer, Server, settings};
use akol_mock::{Profile, Settings, Signature, Webhooks};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const WEBHOOKS: &str = "/__admin/webhooks";

async fn subscribe(server: &Server, body: Value) -> Answer {
    server.post(WEBHOOKS, body).await
}

async fn delete(server: &Server, id: &str) -> Answer {
    let request = server.request(Method::DELETE, &format!("{WEBHOOKS}/{id}"));
    server.send(request.body(Default::default()).unwrap()).await
}

async fn trigger(server: &Server, body: Value) -> Answer {
    server.post("/__admin/webhooks/trigger", body).await
}

async fn receive(server: &Server) -> String {
    let body = json!({"direction": "inbound", "scenario": "endless"});
    server.post("/__admin/calls", body).await.data()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_subscription_is_told_from_its_making_until_it_is_deleted() {
    let receiver = Receiver::start().await;
    let server = Server::start().await;
    receive(&server).await;
    let made = subscribe(&server, json!({"url": receiver.url, "events": ["call.started"]})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let webhook = made.data();
    assert_eq!(webhook["events"], json!(["call.started"]));
    assert_eq!(server.get(WEBHOOKS).await.data(), json!([webhook]));
    receive(&server).await;
    server.advance_secs(0).await;
    let told = receiver.deliveries();
    assert_eq!(events(&told), ["call.started"]);
    assert_eq!(told[0].json()["webhookId"], webhook["id"]);
    // Its own secret, which a script can read here.
    let secret = webhook["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 38 && secret != server.secret, "{secret}");

    let id = webhook["id"].as_str().unwrap();
    assert_eq!(delete(&server, id).await.data(), webhook);
    receive(&server).await;
    server.advance_secs(0).await;
    assert_eq!(receiver.deliveries().len(), 1);
    let gone = delete(&server, id).await;
    assert_eq!((gone.status, gone.error()), (StatusCode::NOT_FOUND, format!("No webhook {id:?} in this workspace")));
    let next = subscribe(&server, json!({"url": receiver.url})).await.data();
    assert_ne!(next["id"], webhook["id"]);
    assert_ne!(next["secret"], webhook["secret"]);
}

#[tokio::test]
async fn what_is_left_out_is_as_the_server_was_set() {
    let receiver = Receiver::start().await;
    let webhooks =
        Webhooks { urls: vec![receiver.url.clone()], events: vec!["call.missed".to_owned()], ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, ..settings() }).await;
    subscribe(&server, json!({"url": receiver.url})).await.data();
    subscribe(&server, json!({"url": receiver.url, "events": ["*"], "secret": "mine"})).await.data();
    let all = server.get(WEBHOOKS).await.data();
    assert_eq!(all[0]["secret"], json!(server.secret));
    assert_eq!((&all[0]["events"], &all[1]["events"]), (&json!(["call.missed"]), &json!(["call.missed"])));
    assert_eq!((&all[2]["secret"], &all[2]["events"]), (&json!("mine"), &json!(Webhooks::EVENTS)));
    let all = subscribe(&server, json!({"url": receiver.url, "events": "*"})).await.data();
    assert_eq!(all["events"], json!(Webhooks::EVENTS));
    let in_any_order = json!({"url": receiver.url, "events": ["call.ended", "call.started", "call.ended"]});
    assert_eq!(subscribe(&server, in_any_order).await.data()["events"], json!(["call.started", "call.ended"]));
}

#[tokio::test]
async fn a_subscription_that_makes_no_sense_is_refused_and_not_made() {
    let webhooks = Webhooks { signature: Signature::Standard, ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, profile: Profile::Production, ..settings() }).await;
    for (body, fields) in [
        (json!({}), vec!["url"]),
        (
            json!({"url": 7, "events": "call.started", "secret": 1, "name": "x"}),
            vec!["name", "url", "events", "secret"],
        ),
        (json!({"url": "http://example.com/", "secret": "short"}), vec!["url", "secret"]),
        (json!({"url": "https://localhost/", "events": []}), vec!["events", "url"]),
        (json!({"url": "https://example.com/", "events": ["call.begun"]}), vec!["events"]),
        (json!({"url": "nonsense", "events": [7]}), vec!["events", "url"]),
    ] {
        assert_eq!(subscribe(&server, body.clone()).await.fields(), fields, "{body}");
    }
    let answer = subscribe(&server, json!({"url": "http://example.com/"})).await;
    assert!(answer.error().contains("https:// only"), "{}", answer.error());
    assert_eq!(server.get(WEBHOOKS).await.data(), json!([]));
    let made = subscribe(&server, json!({"url": "https://example.com/hooks"})).await.data();
    standardwebhooks::Webhook::new(made["secret"].as_str().unwrap()).unwrap();
}

#[tokio::test]
async fn what_waits_for_a_deleted_subscription_is_dropped() {
    let receiver = Receiver::always(Reaction::Status(500)).await;
    let server = Server::start().await;
    let webhook = subscribe(&server, json!({"url": receiver.url})).await.data();
    let call = receive(&server).await;
    server.advance_secs(0).await;
    server.post(&format!("/api/v1/calls/{call}/end"), json!({})).await.data();
    delete(&server, webhook["id"].as_str().unwrap()).await.data();
    server.advance_secs(24 * 60 * 60).await;
    assert_eq!(receiver.deliveries().len(), 1);
    let log = server.get("/__admin/webhooks/deliveries?state=dropped").await.data();
    assert_eq!(log.as_array().unwrap().len(), 2, "{log}");
}

#[tokio::test]
async fn an_event_is_triggered_whatever_state_its_call_is_in() {
    let receiver = Receiver::start().await;
    let server = Server::start().await;
    subscribe(&server, json!({"url": receiver.url})).await.data();
    let call = server.place("+15005550101").await;
    let made = trigger(&server, json!({"event": "call.ended", "callId": call})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    server.advance_secs(0).await;
    let told = receiver.deliveries();
    assert_eq!(events(&told), ["call.ended"]);
    let delivery = &made.data()[0];
    assert_eq!((&delivery["body"], &delivery["callId"]), (&told[0].json(), &json!(call)));
    assert_eq!(told[0].json()["data"]["endedAt"], Value::Null);
    assert_eq!(told[0].json()["data"]["transcript"], json!([]));
    // The call goes its own way.
    server.advance_secs(3_600).await;
    assert_eq!(events(&receiver.deliveries())[1..], ["call.started", "call.transferred", "call.ended"]);
}

#[tokio::test]
async fn without_a_call_id_the_newest_call_that_the_event_fits_is_told_of() {
    let server = Server::start().await;
    let made = trigger(&server, json!({"event": "call.missed"})).await.data();
    assert_eq!((&made[0]["state"], &made[0]["url"]), (&json!("kept"), &Value::Null));
    let newest = server.get("/api/v1/calls?outcome=no_answer&limit=1").await.data();
    assert_eq!(made[0]["callId"], newest[0]["id"]);
    assert_eq!(made[0]["body"]["data"]["outcome"], "no_answer");
}

#[tokio::test]
async fn what_cannot_be_triggered_is_refused() {
    let server = Server::start().await;
    assert_eq!(trigger(&server, json!({"event": "call.begun", "call": 1})).await.fields(), ["call", "event"]);
    let unknown = trigger(&server, json!({"event": "call.ended", "callId": "call_none"})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    subscribe(&server, json!({"url": "http://127.0.0.1:9/", "events": ["call.started"]})).await.data();
    let unwanted = trigger(&server, json!({"event": "call.ended"})).await;
    assert_eq!(unwanted.status, StatusCode::CONFLICT);
    assert!(unwanted.error().contains("POST /__admin/webhooks"), "{}", unwanted.error());
}
