//! Deliveries that fail: when they are tried again, what waits for them, and whom they do not concern.

use std::time::Duration;

use crate::support::receiver::{Delivery, Reaction, Receiver, events};
use crate::support::{START, Server, settings};
use akol_mock::{MockServer, Profile, Settings, Signature, Timestamp, Webhooks};
use serde_json::json;
use tokio::net::TcpSocket;

/// Settings with these receivers, told when calls connect and end.
fn told(receivers: &[&Receiver]) -> Settings {
    let urls = receivers.iter().map(|receiver| receiver.url.clone()).collect();
    let webhooks = Webhooks { urls, signature: Signature::Standard, ..Webhooks::default() };
    Settings { webhooks, ..settings() }
}

/// Lets a call come in, which is answered at once, and gives its id.
async fn receive(server: &Server) -> String {
    let body = json!({"direction": "inbound", "scenario": "endless"});
    server.post("/__admin/calls", body).await.data()["id"].as_str().unwrap().to_owned()
}

async fn end(server: &Server, id: &str) {
    server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.data();
}

/// Which events came when, in milliseconds since the start.
fn course(deliveries: &[Delivery]) -> Vec<(String, u128)> {
    let start: Timestamp = START.parse().unwrap();
    deliveries.iter().map(|one| (one.event(), one.at.unwrap().since(start).as_millis())).collect()
}

fn expected(course: &[(&str, u128)]) -> Vec<(String, u128)> {
    course.iter().map(|(event, at)| ((*event).to_owned(), *at)).collect()
}

#[tokio::test]
async fn tries_come_at_the_scheduled_instants_with_the_same_body_and_id_and_then_no_more() {
    let receiver = Receiver::always(Reaction::Status(500)).await;
    let mut settings = told(&[&receiver]);
    settings.webhooks.events = vec!["call.started".to_owned()];
    let server = Server::with(settings).await;
    receiver.look_at(&server.handle);
    receive(&server).await;
    server.advance_secs(24 * 60 * 60).await;

    let deliveries = receiver.deliveries();
    let tries = [0, 1_000, 6_000, 36_000, 156_000, 756_000].map(|at| ("call.started", at));
    assert_eq!(course(&deliveries), expected(&tries));
    for delivery in &deliveries {
        assert_eq!(delivery.body, deliveries[0].body);
        assert_eq!(delivery.header("webhook-id"), deliveries[0].header("webhook-id"));
        assert_eq!(delivery.header("x-webhook-signature"), deliveries[0].header("x-webhook-signature"));
        assert_eq!(delivery.header("webhook-timestamp"), delivery.at.unwrap().as_secs().to_string());
    }
}

#[tokio::test]
async fn an_event_waits_until_the_one_before_has_been_received() {
    let receiver = Receiver::scripted([Reaction::Status(500), Reaction::Status(503)]).await;
    let server = Server::with(told(&[&receiver])).await;
    receiver.look_at(&server.handle);
    let id = receive(&server).await;
    server.advance_secs(3).await;
    end(&server, &id).await;
    server.advance_secs(60).await;
    let tries = [("call.started", 0), ("call.started", 1_000), ("call.started", 6_000), ("call.ended", 6_000)];
    assert_eq!(course(&receiver.deliveries()), expected(&tries));
}

#[tokio::test]
async fn an_event_is_sent_when_the_one_before_has_been_given_up() {
    let receiver = Receiver::scripted([Reaction::Status(500); 6]).await;
    let server = Server::with(told(&[&receiver])).await;
    receiver.look_at(&server.handle);
    let id = receive(&server).await;
    server.advance_secs(10).await;
    end(&server, &id).await;
    server.advance_secs(755 - 10).await;
    assert_eq!(receiver.deliveries().len(), 5);
    server.advance_secs(60 * 60).await;
    let deliveries = receiver.deliveries();
    assert_eq!(course(&deliveries[5..]), expected(&[("call.started", 756_000), ("call.ended", 756_000)]));
    assert_ne!(deliveries[6].header("webhook-id"), deliveries[0].header("webhook-id"));
}

#[tokio::test]
async fn only_a_2xx_counts_as_received() {
    for (status, received) in
        [(200, true), (202, true), (204, true), (299, true), (300, false), (302, false), (307, false), (410, false)]
    {
        let receiver = Receiver::scripted([Reaction::Status(status)]).await;
        let server = Server::with(told(&[&receiver])).await;
        receive(&server).await;
        server.advance_secs(1).await;
        assert_eq!(receiver.deliveries().len(), if received { 1 } else { 2 }, "{status}");
    }
}

#[tokio::test]
async fn the_schedule_is_the_users() {
    let [short, none] = [Receiver::always(Reaction::Status(500)).await, Receiver::always(Reaction::HangUp).await];
    let mut settings = told(&[&short]);
    settings.webhooks.retries = vec![Duration::from_millis(1), Duration::from_millis(2_500)];
    let server = Server::with(settings).await;
    short.look_at(&server.handle);
    receive(&server).await;
    server.advance_secs(60).await;
    let tries = [0, 1, 2_501].map(|at| ("call.started", at));
    assert_eq!(course(&short.deliveries()), expected(&tries));

    let mut settings = told(&[&none]);
    settings.webhooks.retries = Vec::new();
    let server = Server::with(settings).await;
    receive(&server).await;
    server.advance_secs(24 * 60 * 60).await;
    assert_eq!(events(&none.deliveries()), ["call.started", "call.ended"]);
}

#[tokio::test]
async fn a_failing_call_holds_up_no_other_call() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let server = Server::with(told(&[&receiver])).await;
    receiver.look_at(&server.handle);
    let first = receive(&server).await;
    server.advance(Duration::from_millis(1)).await;
    let second = receive(&server).await;
    server.advance_secs(1).await;
    let told: Vec<String> =
        receiver.deliveries().iter().map(|one| one.json()["data"]["callId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, [first.clone(), second, first]);
}

#[tokio::test]
async fn garbage_and_silence_are_tried_again_like_any_failure_and_concern_nobody_else() {
    let odd = Receiver::scripted([Reaction::Garbage, Reaction::HangUp]).await;
    let well = Receiver::start().await;
    let server = Server::with(told(&[&odd, &well])).await;
    odd.look_at(&server.handle);
    well.look_at(&server.handle);
    let id = receive(&server).await;
    server.advance_secs(2).await;
    end(&server, &id).await;
    server.advance_secs(60).await;
    let tries = [("call.started", 0), ("call.started", 1_000), ("call.started", 6_000), ("call.ended", 6_000)];
    assert_eq!(course(&odd.deliveries()), expected(&tries));
    assert_eq!(course(&well.deliveries()), expected(&[("call.started", 0), ("call.ended", 2_000)]));
}

#[tokio::test]
async fn a_receiver_that_comes_up_later_gets_what_it_missed() {
    // The port is taken, and nobody listens at it yet.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let well = Receiver::start().await;
    let mut settings = told(&[&well]);
    settings.webhooks.urls.insert(0, format!("http://{address}/hooks"));
    let server = Server::with(settings).await;
    let id = receive(&server).await;
    server.advance_secs(2).await;
    end(&server, &id).await;
    assert_eq!(events(&well.wait_for(2).await), ["call.started", "call.ended"]);

    let late = Receiver::on(socket.listen(16).unwrap(), [], Reaction::Status(200));
    late.look_at(&server.handle);
    server.advance_secs(60).await;
    assert_eq!(course(&late.deliveries()), expected(&[("call.started", 6_000), ("call.ended", 6_000)]));
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_neither_answers_nor_another_receiver() {
    // More calls than a receiver is served at once, so that some wait in line for the one that hangs.
    const CALLS: usize = 100;
    let [stuck, well] = [Receiver::always(Reaction::Hang).await, Receiver::start().await];
    let server = Server::as_set(told(&[&stuck, &well])).await;
    let mut ids = Vec::new();
    for _ in 0..CALLS {
        ids.push(receive(&server).await);
    }
    for id in &ids {
        end(&server, id).await;
    }
    let deliveries = well.wait_for(2 * CALLS).await;
    for id in &ids {
        let mine: Vec<String> =
            deliveries.iter().filter(|one| one.json()["data"]["callId"] == **id).map(Delivery::event).collect();
        assert_eq!(mine, ["call.started", "call.ended"]);
    }
    assert!(events(&stuck.deliveries()).iter().all(|event| event == "call.started"));
}

#[tokio::test]
async fn a_manual_clock_stands_still_until_every_delivery_has_been_answered() {
    let stuck = Receiver::always(Reaction::Hang).await;
    let server = Server::with(told(&[&stuck])).await;
    let id = receive(&server).await;
    stuck.wait_for(1).await;
    let advancing = server.advance_secs(60 * 60);
    tokio::pin!(advancing);
    // Polled once here, it stands in wait; then the API is asked at its side.
    tokio::select! {
        biased;
        () = &mut advancing => panic!("a delivery is under way"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(server.handle.now(), START.parse().unwrap());
    assert_eq!(server.call(&id).await["status"], "IN_PROGRESS");
    assert_eq!(server.handle.now(), START.parse().unwrap());
}

#[tokio::test]
async fn production_does_not_start_with_an_address_that_akol_would_refuse() {
    let receiver = Receiver::start().await;
    for url in [receiver.url.clone(), receiver.url.replace("http:", "https:")] {
        let mut settings = Settings { profile: Profile::Production, ..told(&[&receiver]) };
        settings.webhooks.urls = vec![url.clone()];
        let refused = MockServer::builder().settings(settings).start().await.map(drop).unwrap_err().to_string();
        assert!(refused.contains(&url) && refused.contains("production"), "{refused}");
    }
    assert!(receiver.deliveries().is_empty());
}
