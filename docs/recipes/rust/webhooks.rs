//! Verify that my app handles webhooks that come twice or out of order.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::world::{World, json_of, serve};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The app: what it knows of calls from their webhooks.
#[derive(Default)]
struct Calls {
    received: HashSet<(String, String)>,
    /// When the last thing happened to a call, and what.
    latest: HashMap<String, (String, String)>,
    seconds: u64,
}

impl Calls {
    /// Takes in one delivery, and gives the status to answer it with.
    fn receive(&mut self, signature: &str, body: &[u8]) -> u16 {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body);
        let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return 401;
        }
        let event: Value = serde_json::from_slice(body).unwrap();
        let (call, name) = (text(&event["data"]["callId"]), text(&event["event"]));
        if self.received.insert((call.clone(), name.clone())) {
            let this = (text(&event["timestamp"]), name);
            // What happened before may arrive after: the latest is what happened last.
            let latest = self.latest.entry(call).or_default();
            *latest = this.max(latest.clone());
            self.seconds += event["data"]["duration"].as_u64().unwrap_or(0);
        }
        200
    }

    /// An app that takes everything in as it comes.
    fn receive_trusting(&mut self, _: &str, body: &[u8]) -> u16 {
        let event: Value = serde_json::from_slice(body).unwrap();
        self.latest.insert(text(&event["data"]["callId"]), (text(&event["timestamp"]), text(&event["event"])));
        self.seconds += event["data"]["duration"].as_u64().unwrap_or(0);
        200
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

type Receive = fn(&mut Calls, &str, &[u8]) -> u16;

/// What the app knows of a call after deliveries that misbehave, and the call as Akol knows it.
fn call_with(mischief: Value, receive: Receive) -> (Calls, Value) {
    let (world, calls) = (World::new(), Arc::new(Mutex::new(Calls::default())));
    let of_app = Arc::clone(&calls);
    let url = serve(move |signature, body| receive(&mut of_app.lock().unwrap(), signature, body));
    world.control("POST", "/webhooks", json!({"url": url, "secret": SECRET}));
    world.control("PUT", "/webhooks/mischief", mischief);
    let call = json!({"campaignId": "cmp_xxx", "toNumber": "+15005550101", "fromPhoneNumberId": "pn_xxx"});
    let placed = json_of(world.akol.post("/calls", &call).unwrap());
    // Returns when the call is over and every delivery has been answered.
    world.advance(Duration::from_secs(600));
    let call = world.akol.get(&format!("/calls/{}", text(&placed["data"]["id"])))["data"].clone();
    (std::mem::take(&mut calls.lock().unwrap()), call)
}

/// Whether the app knows of the call what Akol does.
fn knows_the_truth(mischief: &Value, receive: Receive) -> bool {
    let (calls, call) = call_with(mischief.clone(), receive);
    let last = &calls.latest[&text(&call["id"])];
    *last == (text(&call["endedAt"]), "call.ended".to_owned()) && call["durationSeconds"] == calls.seconds
}

#[test]
fn the_app_knows_the_truth_whatever_comes_twice_or_late() {
    for mischief in [json!({"duplicate": 1}), json!({"reorder": 1}), json!({"duplicate": 1, "reorder": 1})] {
        assert!(knows_the_truth(&mischief, Calls::receive), "{mischief}");
        assert!(!knows_the_truth(&mischief, Calls::receive_trusting), "{mischief} does not catch it");
    }
}

#[test]
fn the_app_believes_nothing_that_is_not_signed() {
    let (calls, _) = call_with(json!({"badSignature": 1}), Calls::receive);
    assert!(calls.latest.is_empty());
}
