//! Webhooks as a receiver sees them: which events come, in which order, with which bodies and signatures.

use crate::support::receiver::{Delivery, Receiver, events};
use crate::support::{Server, settings};
use akol_mock::{ClockMode, Settings, Signature, Webhooks};
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use standardwebhooks::Webhook;

/// Longer than any scenario takes that ends by itself, in seconds.
const LONG_ENOUGH: u64 = 15 * 60;

/// Settings with these receivers, told of everything.
fn told_of_all(receivers: &[&Receiver]) -> Settings {
    let urls = receivers.iter().map(|receiver| receiver.url.clone()).collect();
    let events = Webhooks::EVENTS.map(str::to_owned).to_vec();
    Settings { webhooks: Webhooks { urls, events, ..Webhooks::default() }, ..settings() }
}

/// Settings with that receiver, told of these events.
fn told_of(receiver: &Receiver, events: &[&str]) -> Settings {
    let mut settings = told_of_all(&[receiver]);
    settings.webhooks.events = events.iter().map(ToString::to_string).collect();
    settings
}

/// Lets a call come in, and gives its id. It is answered at once.
async fn receive(server: &Server) -> String {
    let body = json!({"direction": "inbound", "scenario": "endless"});
    server.post("/__admin/calls", body).await.data()["id"].as_str().unwrap().to_owned()
}

async fn end(server: &Server, id: &str) {
    server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.data();
}

/// Places a call and lets it take its course; gives it as it is in the end, and what the receiver was told.
async fn course_of(number: &str) -> (Value, Vec<Delivery>) {
    let receiver = Receiver::start().await;
    let server = Server::with(told_of_all(&[&receiver])).await;
    receiver.look_at(&server.handle);
    let id = server.place(number).await;
    server.advance_secs(LONG_ENOUGH).await;
    (server.call(&id).await, receiver.deliveries())
}

/// The data of an event while the call goes on, from what the API says of the call: exactly these keys in this order.
fn data_of_started(call: &Value) -> String {
    format!(
        r#""callId":{},"campaignId":{},"direction":{},"fromNumber":{},"toNumber":{},"agentId":{},"startedAt":{}"#,
        call["id"],
        call["campaignId"],
        call["direction"],
        call["fromNumber"],
        call["toNumber"],
        call["agentId"],
        call["startedAt"]
    )
}

/// The same when the call has ended.
fn data_of_ended(call: &Value) -> String {
    format!(
        r#"{},"endedAt":{},"duration":{},"outcome":{},"summary":{},"sentiment":{},"transcript":{}"#,
        data_of_started(call),
        call["endedAt"],
        call["durationSeconds"],
        call["outcome"],
        call["summary"],
        call["sentiment"],
        call["transcript"]
    )
}

/// The whole body, to the byte.
fn body(delivery: &Delivery, call: &Value, data: &str) -> String {
    let told = delivery.json();
    let webhook_id = told["webhookId"].as_str().unwrap();
    assert!(webhook_id.starts_with("whk_") && webhook_id.len() > 4, "{webhook_id}");
    let (event, at, business_id) = (&told["event"], delivery.at.unwrap(), &call["businessId"]);
    format!(
        r#"{{"event":{event},"timestamp":"{at}","businessId":{business_id},"webhookId":"{webhook_id}","data":{{{data}}}}}"#
    )
}

#[tokio::test]
async fn each_scenario_tells_its_events_in_order_with_the_documented_bodies() {
    const TALKED: [&str; 3] = ["call.completed", "transcript.ready", "summary.ready"];
    let after_talk = |first: &[&'static str]| [first, &TALKED].concat();
    for (number, expected) in [
        ("+15005550100", after_talk(&["call.started", "call.ended"])),
        ("+15005550101", after_talk(&["call.started", "call.transferred", "call.ended"])),
        ("+15005550102", vec!["call.started", "call.voicemail", "call.ended", "transcript.ready", "summary.ready"]),
        ("+15005550103", after_talk(&["call.started", "call.ended"])),
        ("+15005550104", vec!["call.ended", "call.missed"]),
        ("+15005550105", vec!["call.ended", "call.failed"]),
        ("+15005550106", vec!["call.ended", "call.failed"]),
        ("+15005550108", vec!["call.ended", "call.missed"]),
    ] {
        let (call, deliveries) = course_of(number).await;
        assert_eq!(events(&deliveries), expected, "{number}");
        let ended_from = deliveries.iter().position(|delivery| delivery.event() == "call.ended").unwrap();
        for (position, delivery) in deliveries.iter().enumerate() {
            let data = if position < ended_from { data_of_started(&call) } else { data_of_ended(&call) };
            assert_eq!(delivery.text(), body(delivery, &call, &data), "{number}");
        }
        assert_eq!(deliveries[ended_from].json()["timestamp"], call["endedAt"], "{number}");
    }
}

#[tokio::test]
async fn the_handover_and_the_machine_are_told_while_the_call_goes_on() {
    for number in ["+15005550101", "+15005550102"] {
        let (_, deliveries) = course_of(number).await;
        let [started, told, ended] = [0, 1, 2].map(|position: usize| deliveries[position].at.unwrap());
        assert!(started < told && told < ended, "{number}: {started} {told} {ended}");
    }
}

#[tokio::test]
async fn a_call_that_is_ended_over_the_api_is_told_of_as_it_was_then() {
    let receiver = Receiver::start().await;
    let server = Server::with(told_of(&receiver, &["call.started", "call.ended"])).await;
    receiver.look_at(&server.handle);
    let (in_progress, queued) = (receive(&server).await, server.place("+15005550107").await);
    server.advance_secs(0).await;
    end(&server, &queued).await;
    server.advance_secs(21).await;
    end(&server, &in_progress).await;
    server.advance_secs(0).await;

    let deliveries = receiver.deliveries();
    assert_eq!(events(&deliveries), ["call.started", "call.ended", "call.ended"]);
    let (never_rang, hung_up) = (server.call(&queued).await, server.call(&in_progress).await);
    assert_eq!(deliveries[1].text(), body(&deliveries[1], &never_rang, &data_of_ended(&never_rang)));
    assert_eq!(deliveries[2].text(), body(&deliveries[2], &hung_up, &data_of_ended(&hung_up)));
    let told = deliveries[2].json();
    assert_eq!((&told["data"]["duration"], &told["data"]["outcome"]), (&json!(21), &json!("hung_up")));
    assert!(!told["data"]["transcript"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_is_told_of_once_however_often_it_is_ended() {
    let receiver = Receiver::start().await;
    let server = Server::with(told_of_all(&[&receiver])).await;
    let id = receive(&server).await;
    end(&server, &id).await;
    let again = server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await;
    assert_eq!(again.status, 409);
    server.advance_secs(LONG_ENOUGH * 10).await;
    let expected = ["call.started", "call.ended", "call.completed", "transcript.ready", "summary.ready"];
    assert_eq!(events(&receiver.deliveries()), expected);
}

#[tokio::test]
async fn a_delivery_is_a_post_of_json_to_the_very_url() {
    let receiver = Receiver::start().await;
    let mut settings = told_of(&receiver, &["call.started"]);
    settings.webhooks.urls[0].push_str("/a?team=1&x=%20");
    let server = Server::with(settings).await;
    receive(&server).await;
    let delivery = &receiver.wait_for(1).await[0];
    assert_eq!(delivery.request_line, "POST /hooks/a?team=1&x=%20 HTTP/1.1");
    assert_eq!(delivery.header("content-type"), "application/json");
}

#[tokio::test]
async fn only_the_events_that_were_asked_for_come() {
    for wanted in Webhooks::EVENTS {
        let receiver = Receiver::start().await;
        let server = Server::with(told_of(&receiver, &[wanted])).await;
        for number in ["+15005550101", "+15005550102", "+15005550104", "+15005550106"] {
            server.place(number).await;
        }
        server.advance_secs(LONG_ENOUGH).await;
        let told = events(&receiver.deliveries());
        assert!(!told.is_empty() && told.iter().all(|event| event == wanted), "{wanted}: {told:?}");
    }
}

#[tokio::test]
async fn out_of_the_box_the_four_documented_events_come() {
    let receiver = Receiver::start().await;
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, ..settings() }).await;
    for number in ["+15005550101", "+15005550102", "+15005550104", "+15005550106"] {
        server.place(number).await;
    }
    server.advance_secs(LONG_ENOUGH).await;
    let mut told = events(&receiver.deliveries());
    told.sort();
    told.dedup();
    assert_eq!(told, ["call.ended", "call.started", "call.transferred", "call.voicemail"]);
}

/// Whether the signature is that of the body, as a user would check it: in hex, keyed with the secret as it stands.
fn is_signed(delivery: &Delivery, secret: &str) -> bool {
    let signature = delivery.header("x-webhook-signature");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&delivery.body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    signature == expected
}

#[tokio::test]
async fn every_delivery_is_signed_with_the_secret_as_it_stands() {
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for secret in [None, Some(given.to_owned())] {
        let receiver = Receiver::start().await;
        let mut settings = told_of_all(&[&receiver]);
        settings.webhooks.secret = secret.clone();
        let server = Server::with(settings).await;
        assert_eq!(server.secret == given, secret.is_some());
        assert!(server.secret.starts_with("whsec_") && server.secret.len() == 38, "{}", server.secret);
        server.place("+15005550101").await;
        server.advance_secs(LONG_ENOUGH).await;
        let deliveries = receiver.deliveries();
        assert_eq!(deliveries.len(), 6);
        assert!(deliveries.iter().all(|delivery| is_signed(delivery, &server.secret)));
        assert!(deliveries.iter().all(|delivery| !delivery.headers.contains_key("webhook-signature")));
    }
}

#[tokio::test]
async fn standard_headers_pass_the_standards_own_check() {
    let receiver = Receiver::scripted([crate::support::receiver::Reaction::Status(500)]).await;
    let mut settings = told_of_all(&[&receiver]);
    settings.webhooks.signature = Signature::Standard;
    // The check wants a timestamp of the last minutes.
    settings.clock = ClockMode::Manual;
    let server = Server::as_set(settings).await;
    receiver.look_at(&server.handle);
    let id = receive(&server).await;
    server.advance_secs(5).await;
    end(&server, &id).await;
    server.advance_secs(0).await;

    let deliveries = receiver.deliveries();
    assert_eq!(deliveries.len(), 6, "{:?}", events(&deliveries));
    let official = Webhook::new(&server.secret).unwrap();
    for delivery in &deliveries {
        official.verify(&delivery.body, &delivery.headers).unwrap();
        assert!(official.verify(b"{}", &delivery.headers).is_err());
        assert!(is_signed(delivery, &server.secret), "Akol's own header comes as well");
        assert_eq!(delivery.header("webhook-timestamp"), delivery.at.unwrap().as_secs().to_string());
    }
    let ids: Vec<&str> = deliveries.iter().map(|delivery| delivery.header("webhook-id")).collect();
    assert_eq!(ids[0], ids[1], "a further try has the id of the first");
    assert!((1..6).all(|one| (one + 1..6).all(|other| ids[one] != ids[other])), "{ids:?}");
}

#[tokio::test]
async fn two_receivers_are_both_told_each_under_its_own_id() {
    let [one, other] = [Receiver::start().await, Receiver::start().await];
    let server = Server::with(told_of_all(&[&one, &other])).await;
    server.place("+15005550101").await;
    server.advance_secs(LONG_ENOUGH).await;
    let [told_one, told_other] = [one.deliveries(), other.deliveries()];
    assert_eq!(told_one.len(), 6);
    let id = |delivery: &Delivery| delivery.json()["webhookId"].as_str().unwrap().to_owned();
    let (one_id, other_id) = (id(&told_one[0]), id(&told_other[0]));
    assert_ne!(one_id, other_id);
    let texts = |deliveries: &[Delivery]| deliveries.iter().map(|one| one.text().to_owned()).collect::<Vec<_>>();
    let renamed: Vec<String> = texts(&told_one).iter().map(|text| text.replace(&one_id, &other_id)).collect();
    assert_eq!(renamed, texts(&told_other));
}

#[tokio::test]
async fn one_url_given_twice_is_told_twice() {
    let receiver = Receiver::start().await;
    let mut settings = told_of(&receiver, &["call.started"]);
    settings.webhooks.urls.push(receiver.url.clone());
    let server = Server::with(settings).await;
    receive(&server).await;
    server.advance_secs(LONG_ENOUGH).await;
    let ids: Vec<Value> = receiver.deliveries().iter().map(|delivery| delivery.json()["webhookId"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn the_same_seed_tells_the_same_bytes() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let receiver = Receiver::start().await;
        let mut settings = told_of_all(&[&receiver]);
        settings.webhooks.signature = Signature::Standard;
        let server = Server::with(settings).await;
        server.place("+15005550101").await;
        server.advance_secs(LONG_ENOUGH).await;
        let told = receiver.deliveries().into_iter().map(|mut delivery| {
            delivery.headers.remove("host");
            (delivery.headers, delivery.body)
        });
        runs.push(told.collect::<Vec<_>>());
    }
    assert_eq!(runs[0].len(), 6);
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_campaign_that_is_paused_meanwhile_still_tells_how_its_calls_end() {
    let receiver = Receiver::start().await;
    let server = Server::with(told_of(&receiver, &["call.ended"])).await;
    server.place("+15005550100").await;
    let paused = server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"status": "PAUSED"})).await;
    assert_eq!(paused.status, 200);
    server.advance_secs(LONG_ENOUGH).await;
    assert_eq!(events(&receiver.deliveries()), ["call.ended"]);
}
