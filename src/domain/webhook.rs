//! Webhooks: which events are sent to whom, in which order, and when again.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::call::{CallId, Direction, Outcome, Sentiment};
use super::phone_number::PhoneNumber;
use super::signature;
use super::vocabulary::vocabulary;
use crate::config::Signature;
use crate::rng::Seed;
use crate::time::Timestamp;

vocabulary! {
    /// What is told about a call.
    pub enum Event {
        /// A call connects.
        CallStarted = "call.started",
        /// A call ends.
        CallEnded = "call.ended",
        /// The person was handed to a human.
        CallTransferred = "call.transferred",
        /// An outbound call reached a voicemail.
        CallVoicemail = "call.voicemail",
        /// A call ended after a conversation.
        CallCompleted = "call.completed",
        /// Nobody answered.
        CallMissed = "call.missed",
        /// A call failed.
        CallFailed = "call.failed",
        /// The transcript can be fetched.
        TranscriptReady = "transcript.ready",
        /// The summary can be fetched.
        SummaryReady = "summary.ready",
    }
}

/// Who is told.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// `whk_…`
    pub id: String,
    /// Where deliveries go.
    pub url: Arc<str>,
    /// What they are signed with.
    pub secret: Arc<str>,
    /// What is told.
    pub events: Arc<[Event]>,
}

/// The body of a delivery.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    event: Event,
    timestamp: Timestamp,
    business_id: &'a str,
    webhook_id: &'a str,
    data: &'a EventData,
}

/// What an event says about its call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// Its id.
    pub call_id: CallId,
    /// Its campaign's id.
    pub campaign_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// Who called.
    pub from_number: PhoneNumber,
    /// Who was called.
    pub to_number: PhoneNumber,
    /// Who speaks.
    pub agent_id: String,
    /// When ringing began.
    pub started_at: Option<Timestamp>,
    /// The rest, left out while the call goes on.
    #[serde(flatten)]
    pub ending: Option<Ending>,
}

/// What is known only when a call has ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whole seconds from the answer to the end.
    pub duration: Option<u32>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// What it was about.
    pub summary: Option<String>,
    /// How the person felt.
    pub sentiment: Option<Sentiment>,
    /// What was said.
    pub transcript: Vec<super::dialogue::Line>,
}

/// The events of one call on their way to one subscription. One is under way at a time, so they arrive in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    subscription: u16,
    /// Whose events they are.
    pub call: CallId,
}

#[derive(Debug)]
struct Delivery {
    event: Event,
    /// The same for every try.
    id: String,
    body: Bytes,
    tries: usize,
}

/// One try to deliver an event: what the shell is to send.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// To be given back with the answer.
    pub lane: Lane,
    /// Where to.
    pub url: Arc<str>,
    /// What is sent.
    pub body: Bytes,
    /// What it tells of.
    pub event: Event,
    /// Which try it is, from 1.
    pub number: usize,
    id: String,
    secret: Arc<str>,
    signature: Signature,
}

impl Attempt {
    /// The headers that sign it, when it is sent at `now`.
    pub fn headers(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut headers = vec![("x-webhook-signature", signature::akol(&self.secret, &self.body))];
        if self.signature == Signature::Standard {
            let signature = signature::standard(&self.secret, &self.id, now, &self.body);
            headers.push(("webhook-id", self.id.clone()));
            headers.push(("webhook-timestamp", now.as_secs().to_string()));
            headers.push(("webhook-signature", signature));
        }
        headers
    }
}

/// Everything that is on its way to receivers.
#[derive(Debug)]
pub struct Outbox {
    seed: Seed,
    subscriptions: Vec<Subscription>,
    retries: Vec<Duration>,
    signature: Signature,
    /// The front of each queue is being delivered or waits for its next try.
    lanes: HashMap<Lane, VecDeque<Delivery>>,
    /// Tries that the shell has not taken yet.
    ready: Vec<Attempt>,
    /// Tries that have no answer yet.
    under_way: usize,
}

impl Outbox {
    /// Nothing on its way yet.
    pub fn new(subscriptions: Vec<Subscription>, retries: Vec<Duration>, signature: Signature, seed: Seed) -> Outbox {
        let seed = seed.child("events");
        Outbox { seed, subscriptions, retries, signature, lanes: HashMap::new(), ready: Vec::new(), under_way: 0 }
    }

    /// Whether anybody is told of `event`.
    pub fn wants(&self, event: Event) -> bool {
        self.subscriptions.iter().any(|subscription| subscription.events.contains(&event))
    }

    /// Sends `event` to everybody who is to be told of it.
    pub fn publish(&mut self, event: Event, business_id: &str, data: &EventData, now: Timestamp) {
        let mut free = Vec::new();
        let told = |(_, subscription): &(usize, &Subscription)| subscription.events.contains(&event);
        for (position, subscription) in self.subscriptions.iter().enumerate().filter(told) {
            let body = Body { event, timestamp: now, business_id, webhook_id: &subscription.id, data };
            // Plain strings, numbers and lists always serialize.
            let body = serde_json::to_vec(&body).unwrap_or_default().into();
            let seed = self.seed.nth(data.call_id.number()).child(event.as_str()).child(&subscription.id);
            let delivery = Delivery { id: format!("msg_{:016x}", seed.number()), event, body, tries: 0 };
            let lane = Lane { subscription: position as u16, call: data.call_id };
            let queue = self.lanes.entry(lane).or_default();
            queue.push_back(delivery);
            if queue.len() == 1 {
                free.push(lane);
            }
        }
        free.into_iter().for_each(|lane| self.attempt(lane));
    }

    /// Tries the first event of a lane, for the first time or again.
    pub fn attempt(&mut self, lane: Lane) {
        let Some(delivery) = self.lanes.get_mut(&lane).and_then(VecDeque::front_mut) else {
            return;
        };
        let subscription = &self.subscriptions[usize::from(lane.subscription)];
        delivery.tries += 1;
        self.under_way += 1;
        self.ready.push(Attempt {
            lane,
            url: Arc::clone(&subscription.url),
            body: delivery.body.clone(),
            event: delivery.event,
            number: delivery.tries,
            id: delivery.id.clone(),
            secret: Arc::clone(&subscription.secret),
            signature: self.signature,
        });
    }

    /// Takes note of a try's answer. Where it failed and is to be tried again: when.
    pub fn answered(&mut self, lane: Lane, received: bool, now: Timestamp) -> Option<Timestamp> {
        self.under_way = self.under_way.saturating_sub(1);
        let queue = self.lanes.get_mut(&lane)?;
        let tries = queue.front()?.tries;
        if let Some(wait) = self.retries.get(tries - 1).filter(|_| !received) {
            return Some(now + *wait);
        }
        queue.pop_front();
        if queue.is_empty() {
            self.lanes.remove(&lane);
        } else {
            self.attempt(lane);
        }
        None
    }

    /// The tries that are to be sent now. The shell takes them all, and says of each how it went.
    pub fn take_ready(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.ready)
    }

    /// How many tries have no answer yet.
    pub fn under_way(&self) -> usize {
        self.under_way
    }
}
