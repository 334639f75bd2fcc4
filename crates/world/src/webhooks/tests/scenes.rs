//! Outboxes for tests, and what happens to them, in few words.

use std::time::Duration;

use super::super::*;
use crate::account::settings::Profile;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::calls::call::{CallId, Direction};
use crate::webhooks::signature::Signature;

pub const MILLISECOND: Duration = Duration::from_millis(1);

/// Settings with that many receivers of everything.
pub fn settings(receivers: usize, retries: &[Duration], signature: Signature) -> HookSettings {
    HookSettings {
        urls: vec!["https://receiver.example/".into(); receivers],
        events: Event::ALL.into(),
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
        retries: retries.to_vec(),
        signature,
        profile: Profile::Lenient,
        remembered: 1_000,
    }
}

/// One receiver, told of everything.
pub fn outbox(retries: &[Duration], signature: Signature) -> Outbox {
    Outbox::new(settings(1, retries, signature), Seed::new(1), IdKey::NONE)
}

/// Receivers, each told of these events.
pub fn told_of(wanted: &[&[Event]], retries: &[Duration], signature: Signature) -> Outbox {
    let mut outbox = Outbox::new(settings(0, retries, signature), Seed::new(1), IdKey::NONE);
    for events in wanted {
        let url = "https://receiver.example/".to_owned();
        outbox.subscribe(NewSubscription { url, events: Some(events.to_vec()), secret: None }).unwrap();
    }
    outbox
}

pub fn data(call: u64) -> EventData {
    EventData {
        call_id: CallId::from_seed(Seed::new(call)),
        campaign_id: "cmp_xxx".to_owned(),
        direction: Direction::Outbound,
        from_number: "+15557654321".parse().unwrap(),
        to_number: "+15551234567".parse().unwrap(),
        agent_id: "agt_xxx".to_owned(),
        started_at: None,
        ending: None,
    }
}

/// That it happened to a call by itself.
pub fn told(event: Event, call: CallId) -> Told {
    Told { event, call, origin: call, is_triggered: false }
}

/// Something happens to a call.
pub fn tell(outbox: &mut Outbox, event: Event, call: u64, now: Timestamp) {
    let data = data(call);
    outbox.publish(&Telling { told: told(event, data.call_id), business_id: "biz_xxx", data: &data }, now);
}

pub fn report(status: u16) -> TryReport {
    TryReport { headers: vec![("x-test".into(), "yes".into())], answer: TryAnswer::Answered(status), hint: None }
}

/// Everything that is ready is received at once, until there is no more. Gives it in the order of sending.
pub fn receive_all(outbox: &mut Outbox, now: Timestamp) -> Vec<Attempt> {
    let mut received = Vec::new();
    loop {
        let attempts = outbox.take_ready();
        if attempts.is_empty() {
            return received;
        }
        for attempt in attempts {
            outbox.answered(attempt.key, report(200), now);
            received.push(attempt);
        }
    }
}

pub fn events(attempts: &[Attempt]) -> Vec<&'static str> {
    attempts.iter().map(|attempt| attempt.event.as_str()).collect()
}

/// How all deliveries stand, the oldest first.
pub fn states(outbox: &Outbox) -> Vec<&'static str> {
    outbox.deliveries().map(|delivery| delivery.state.as_str()).collect()
}
