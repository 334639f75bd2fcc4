//! The outbox against a model that is one list of events for each call and receiver.

mod mischief;
mod records;
mod room;
mod scenes;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use scenes::*;
use serde_json::Value;

use super::*;
use crate::account::settings::Profile;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::calls::call::CallId;
use crate::webhooks::signature::Signature;

const RETRIES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
const CALLS: u64 = 3;

/// What the two receivers are told.
const WANTED: [&[Event]; 2] = [Event::ALL, &[Event::CallStarted, Event::CallEnded]];

#[derive(Clone, Debug)]
enum Command {
    Publish {
        call: u64,
        event: Event,
    },
    Answer {
        which: prop::sample::Index,
        received: bool,
    },
    /// Time goes by until the next retry.
    Retry,
    /// Time goes by.
    Pass {
        millis: u64,
    },
}

fn command() -> impl Strategy<Value = Command> {
    let event = prop::sample::select(Event::ALL.to_vec());
    prop_oneof![
        3 => (0..CALLS, event).prop_map(|(call, event)| Command::Publish { call, event }),
        4 => (any::<prop::sample::Index>(), prop::bool::weighted(0.4))
            .prop_map(|(which, received)| Command::Answer { which, received }),
        2 => Just(Command::Retry),
        1 => (1_u64..900).prop_map(|millis| Command::Pass { millis }),
    ]
}

/// Receiver and call: what a lane stands for.
type Place = (usize, u64);

/// The events of one lane that have not been received or given up.
#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    tries: usize,
    is_under_way: bool,
    again_at: Option<Timestamp>,
}

struct Model {
    now: Timestamp,
    outbox: Outbox,
    lanes: BTreeMap<Place, Waiting>,
    under_way: Vec<(Place, AttemptKey)>,
    retries: BTreeMap<(Timestamp, Place), DeliveryNumber>,
    /// The id of each event, the same for every try.
    ids: BTreeMap<(Place, Event), String>,
}

impl Model {
    fn new() -> Model {
        Model {
            now: Timestamp::from_millis(1_000),
            outbox: told_of(&WANTED, &RETRIES, Signature::Standard),
            lanes: BTreeMap::new(),
            under_way: Vec::new(),
            retries: BTreeMap::new(),
            ids: BTreeMap::new(),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Publish { call, event } => {
                // A call tells of each event once.
                if self.ids.keys().any(|((_, told), what)| *told == call && *what == event) {
                    return;
                }
                for receiver in (0..WANTED.len()).filter(|receiver| WANTED[*receiver].contains(&event)) {
                    self.lanes.entry((receiver, call)).or_default().events.push_back(event);
                    self.ids.insert(((receiver, call), event), String::new());
                }
                tell(&mut self.outbox, event, call, self.now);
            }
            Command::Answer { which, received } if !self.under_way.is_empty() => {
                let position = which.index(self.under_way.len());
                let (place, key) = self.under_way.swap_remove(position);
                let waiting = self.lanes.get_mut(&place).unwrap();
                waiting.is_under_way = false;
                let wait = RETRIES.get(waiting.tries - 1).filter(|_| !received);
                waiting.again_at = wait.map(|wait| self.now + *wait);
                if wait.is_none() {
                    waiting.events.pop_front();
                    waiting.tries = 0;
                }
                let status = if received { 204 } else { 503 };
                assert_eq!(self.outbox.answered(key, report(status), self.now), waiting.again_at);
                if let Some(again) = waiting.again_at {
                    self.retries.insert((again, place), key.delivery);
                }
                let alarms: Vec<Timestamp> = self.outbox.take_alarms().into_iter().map(|(at, _)| at).collect();
                assert_eq!(alarms, Vec::from_iter(waiting.again_at));
            }
            Command::Retry => {
                if let Some(((again, place), delivery)) = self.retries.pop_first() {
                    self.now = again;
                    self.lanes.get_mut(&place).unwrap().again_at = None;
                    self.outbox.due(delivery, again);
                }
            }
            Command::Pass { millis } => {
                // Never past a retry: the agenda does not let it.
                let target = self.now + Duration::from_millis(millis);
                self.now = self.retries.keys().next().map_or(target, |(again, _)| target.min(*again));
            }
            Command::Answer { .. } => {}
        }
        self.check_what_is_sent();
    }

    /// Whatever is first in its lane, and neither under way nor waiting for its retry, is sent now; nothing else is.
    fn check_what_is_sent(&mut self) {
        for attempt in self.outbox.take_ready() {
            let body: Value = serde_json::from_slice(&attempt.body).unwrap();
            let call = (0..CALLS).find(|call| data(*call).call_id.to_string() == body["data"]["callId"]).unwrap();
            let receiver = self.outbox.subscriptions().position(|one| *one.id == body["webhookId"]).unwrap();
            let waiting = self.lanes.get_mut(&(receiver, call)).unwrap();
            assert!(!waiting.is_under_way, "two under way in one lane");
            assert_eq!(waiting.again_at, None, "sent before its time");
            let event = waiting.events.front().expect("something waits");
            assert_eq!(body["event"], event.as_str(), "out of order");
            assert_eq!((attempt.event, attempt.number as usize), (*event, waiting.tries + 1));
            waiting.is_under_way = true;
            waiting.tries += 1;
            assert!(waiting.tries <= 1 + RETRIES.len());
            let id = self.ids.get_mut(&((receiver, call), *event)).unwrap();
            assert!(id.is_empty() || **id == *attempt.id, "another id for the same event");
            *id = attempt.id.to_string();
            self.under_way.push(((receiver, call), attempt.key));
        }
        for (place, waiting) in &self.lanes {
            let is_seen_to = waiting.events.is_empty() || waiting.is_under_way || waiting.again_at.is_some();
            assert!(is_seen_to, "{place:?} is forgotten: {waiting:?}");
        }
        assert_eq!(self.outbox.under_way(), self.under_way.len());
        assert_eq!(self.outbox.held_bytes(), self.outbox.counted_bytes());
    }
}

proptest! {
    #[test]
    fn events_arrive_in_order_one_at_a_time_and_are_tried_again_when_they_should_be(
        commands in prop::collection::vec(command(), 0..120), which: prop::sample::Index,
    ) {
        let mut model = Model::new();
        for command in commands {
            model.obey(command);
        }
        // In the end everything has been received or given up, and nothing is kept.
        while !model.under_way.is_empty() || !model.retries.is_empty() {
            model.obey(Command::Retry);
            model.obey(Command::Answer { which, received: false });
        }
        prop_assert!(model.outbox.deliveries().all(|delivery| delivery.state.is_final()));
        prop_assert_eq!(model.outbox.deliveries().count(), model.ids.len());
        let mut ids: Vec<&String> = model.ids.values().collect();
        prop_assert!(ids.iter().all(|id| !id.is_empty()), "every event was tried");
        let count = ids.len();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), count, "two events have one id");
    }
}

#[test]
fn an_event_is_tried_once_and_then_once_for_each_retry() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let start = Timestamp::from_millis(0);
    tell(&mut outbox, Event::CallFailed, 0, start);
    let mut instants = vec![start];
    while let Some(attempt) = outbox.take_ready().pop() {
        let now = *instants.last().unwrap();
        if let Some(again) = outbox.answered(attempt.key, report(500), now) {
            instants.push(again);
            outbox.due(attempt.key.delivery, again);
        }
    }
    assert_eq!(instants.iter().map(|at| at.as_millis()).collect::<Vec<_>>(), [0, 1_000, 6_000, 36_000]);
}

#[test]
fn nobody_is_told_what_nobody_wants() {
    let mut outbox = told_of(&[&[Event::CallStarted]], &[], Signature::Akol);
    assert!(!outbox.wants(Event::CallEnded) && !outbox.keeps(Event::CallEnded));
    tell(&mut outbox, Event::CallEnded, 0, Timestamp::from_millis(0));
    assert!(outbox.take_ready().is_empty());
    assert_eq!(outbox.deliveries().count(), 0);
}

#[test]
fn the_standard_headers_come_only_when_they_are_asked_for() {
    let names = |signature| {
        let mut outbox = outbox(&[], signature);
        tell(&mut outbox, Event::CallFailed, 0, Timestamp::from_millis(0));
        outbox.take_ready()[0].headers(Timestamp::from_millis(0)).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(Signature::Akol), ["x-webhook-signature"]);
    assert_eq!(
        names(Signature::Standard),
        ["x-webhook-signature", "webhook-id", "webhook-timestamp", "webhook-signature"]
    );
}
