//! Receivers that close connections as they like: nothing is lost by that, and nothing counts as failed.

use crate::support::receiver::{Reaction, Receiver};
use crate::support::{Server, settings};
use akol_mock::{ClockMode, Settings, Speed, Webhooks};
use serde_json::{Value, json};

const CALLS: usize = 20;

/// Settings under which each event of these calls is tried once.
fn tried_once(receiver: &Receiver) -> Settings {
    let events = ["call.started", "call.ended"].map(str::to_owned).to_vec();
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], events, retries: Vec::new(), ..Webhooks::default() };
    Settings { webhooks, ..settings() }
}

/// Holds that each event came once, and was received at the first try.
async fn all_received(server: &Server, receiver: &Receiver) {
    let deliveries = server.get("/__admin/webhooks/deliveries").await.data().clone();
    let deliveries = deliveries.as_array().unwrap();
    assert_eq!(deliveries.len(), 2 * CALLS);
    for delivery in deliveries {
        let attempts = delivery["attempts"].as_array().unwrap();
        assert!(delivery["state"] == "received" && attempts.len() == 1 && attempts[0]["number"] == 1, "{delivery:#}");
    }
    let told: Vec<Value> =
        receiver.deliveries().iter().map(|one| json!([one.json()["event"], one.json()["data"]["callId"]])).collect();
    let mut different = told.clone();
    different.sort_by_key(ToString::to_string);
    different.dedup();
    assert_eq!((told.len(), different.len()), (2 * CALLS, 2 * CALLS), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_closes_unannounced_loses_nothing_while_the_clock_is_advanced() {
    for status in [200, 204] {
        let receiver = Receiver::always(Reaction::StatusThenClose(status)).await;
        let server = Server::with(tried_once(&receiver)).await;
        for _ in 0..CALLS {
            server.place("+15005550101").await;
        }
        server.advance_secs(15 * 60).await;
        all_received(&server, &receiver).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_closes_unannounced_loses_nothing_while_the_clock_runs() {
    let receiver = Receiver::always(Reaction::StatusThenClose(204)).await;
    let settings = Settings { clock: ClockMode::Real, speed: Speed::times(1_000), ..tried_once(&receiver) };
    let server = Server::as_set(settings).await;
    for _ in 0..CALLS {
        server.place("+15005550101").await;
    }
    let wanted = json!({"event": "call.ended", "state": "received", "count": CALLS, "timeout": "20s"});
    server.post("/__admin/webhooks/deliveries/wait", wanted).await.data();
    all_received(&server, &receiver).await;
}
