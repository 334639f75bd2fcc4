//! The outbox: everything that is on its way to receivers.
//!
//! The events of one call to one receiver form a *lane*. The front of a lane is under way, or waits for its next try; the rest wait
//! behind it. So a call's events arrive in order, and calls do not wait for each other.

mod answering;
mod awaited;
mod ids;
mod restoring;
mod room;
mod sending;

pub use restoring::Surroundings;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashSet;

use self::ids::webhook_id;
use super::attempt::{Attempt, Headers, sign};
use super::body::EventData;
use super::delivery::{
    Addressee, AttemptKey, Content, Delivery, DeliveryNumber, DeliveryOrder, DeliveryState, Known, MessageId,
};
use super::event::Event;
use super::log::Log;
use super::mischief::Mischief;
use super::subscription::{NewSubscription, Subscription};
use crate::account::settings::Profile;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::calls::call::CallId;
use crate::error::Error;
use crate::event::{Moment, What};
use crate::webhooks::signature;
use crate::webhooks::signature::Signature;
use crate::webhooks::url::WebhookUrl;

/// How webhooks are set for a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSettings {
    /// Who is told from the start, each of `events`, signed with `secret`.
    pub urls: Vec<Arc<str>>,
    /// What those who do not say what they want are told, and what is kept while there is nobody to tell.
    pub events: Arc<[Event]>,
    /// What deliveries are signed with unless a subscription has a secret of its own.
    pub secret: Arc<str>,
    /// The waits before each further try, on the emulator's clock.
    pub retries: Vec<Duration>,
    /// Which signature headers are sent.
    pub signature: Signature,
    /// Which URLs may subscribe.
    pub profile: Profile,
    /// How many deliveries are remembered after they have come to their end.
    pub remembered: usize,
}

/// The events of one call on their way to one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lane {
    subscription: u32,
    call: CallId,
}

/// What happened to which call.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// What happened.
    pub event: Event,
    /// The call.
    pub call: CallId,
    /// What everything random about the call grows from: the id that it would have in the workspace `default`.
    pub origin: CallId,
    /// Whether somebody asked for it, and it did not come about by itself.
    pub is_triggered: bool,
}

/// Something to be told.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// What happened.
    pub told: Told,
    /// Whose call it is.
    pub business_id: &'a str,
    /// The call.
    pub data: &'a EventData,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    /// What messages are drawn from, and what subscriptions are.
    messages: Seed,
    receivers: Seed,
    /// What moves the ids of both, and the secrets.
    id_key: IdKey,
    settings: HookSettings,
    /// By number, so in the order in which they were made.
    subscriptions: BTreeMap<u32, Subscription>,
    /// How many subscriptions were ever made.
    subscribed: u32,
    mischief: Mischief,
    log: Log,
    lanes: HashMap<Lane, VecDeque<DeliveryNumber>>,
    /// How often an event of a call was told again, by the subscription's number: only those that were.
    repeats: BTreeMap<(CallId, Event, Option<u32>), u64>,
    /// Tries that the shell has not taken yet.
    ready: Vec<Attempt>,
    /// Tries that have no answer yet.
    under_way: HashSet<AttemptKey>,
    /// When deliveries are to be looked at again; for the world's agenda.
    alarms: Vec<(Timestamp, DeliveryNumber)>,
    /// What has happened since this was last asked.
    moments: Vec<Moment>,
}

impl Outbox {
    /// Nothing on its way yet.
    pub fn new(settings: HookSettings, seed: Seed, id_key: IdKey) -> Outbox {
        let mut outbox = Outbox::empty(settings, seed, id_key);
        for url in outbox.settings.urls.clone() {
            let url = WebhookUrl::parse(&url, outbox.settings.profile).map_or(url, |url| url.as_str().into());
            let (secret, events) = (Arc::clone(&outbox.settings.secret), Arc::clone(&outbox.settings.events));
            outbox.add(url, Some(secret), events);
        }
        outbox
    }

    /// Nobody to tell yet.
    fn empty(settings: HookSettings, seed: Seed, id_key: IdKey) -> Outbox {
        Outbox {
            id_key,
            messages: seed.child("events"),
            receivers: seed.child("webhook"),
            subscriptions: BTreeMap::new(),
            subscribed: 0,
            mischief: Mischief::default(),
            log: Log::new(settings.remembered),
            lanes: HashMap::new(),
            repeats: BTreeMap::new(),
            ready: Vec::new(),
            under_way: HashSet::new(),
            alarms: Vec::new(),
            moments: Vec::new(),
            settings,
        }
    }

    /// What moves its ids and secrets.
    pub fn id_key(&self) -> IdKey {
        self.id_key
    }

    /// What is signed with where a subscription has no secret of its own.
    pub fn secret(&self) -> &str {
        &self.settings.secret
    }

    /// Who is told, in the order of making.
    pub fn subscriptions(&self) -> impl ExactSizeIterator<Item = &Subscription> {
        self.subscriptions.values()
    }

    /// Whether a subscription can be made. Names every field that is wrong.
    pub fn check(&self, new: &NewSubscription) -> Result<(), Error> {
        new.check(self.settings.profile, self.settings.signature)?;
        let most = Outbox::MOST_SUBSCRIPTIONS;
        if self.subscriptions.len() >= most {
            let there = format!("{most} webhooks");
            return Err(Error::too_many("url", there, "delete one (DELETE /__admin/webhooks/:id)"));
        }
        Ok(())
    }

    /// Makes a subscription. From here on it is told of what happens.
    pub fn subscribe(&mut self, new: NewSubscription) -> Result<&Subscription, Error> {
        self.check(&new)?;
        // It has just been checked.
        let url = new.written_url(self.settings.profile).unwrap_or_else(|_| new.url.as_str().into());
        let events = new.events.map_or_else(|| Arc::clone(&self.settings.events), Arc::from);
        Ok(self.add(url, new.secret.map(Arc::from), events))
    }

    fn add(&mut self, url: Arc<str>, secret: Option<Arc<str>>, events: Arc<[Event]>) -> &Subscription {
        let number = self.subscribed;
        self.subscribed += 1;
        let seed = self.id_key.seed(self.receivers.nth(u64::from(number)));
        let subscription = Subscription {
            number,
            id: webhook_id(seed.number()).into(),
            url,
            secret: secret.unwrap_or_else(|| signature::secret(seed).into()),
            events,
        };
        self.subscriptions.entry(number).or_insert(subscription)
    }

    /// Deletes a subscription and gives it back. Nothing more is sent to it; a try that is under way is still answered.
    pub fn unsubscribe(&mut self, id: &str, now: Timestamp) -> Result<Subscription, Error> {
        let number = self.subscriptions.values().find(|subscription| &*subscription.id == id).map(|one| one.number);
        let deleted = number.and_then(|number| self.subscriptions.remove(&number));
        let deleted = deleted.ok_or_else(|| Error::not_found("webhook", id))?;
        self.lanes.retain(|lane, _| lane.subscription != deleted.number);
        // Its number is never given again, so nothing is told to it again either.
        self.repeats.retain(|(_, _, subscription), _| *subscription != Some(deleted.number));
        let is_theirs = |delivery: &Delivery| {
            !delivery.state.is_final() && delivery.to.as_ref().is_some_and(|to| to.number == deleted.number)
        };
        let theirs = self.log.iter().filter(|(_, delivery)| is_theirs(delivery));
        let mut theirs: Vec<DeliveryOrder> = theirs.map(|(number, delivery)| delivery.order(number)).collect();
        theirs.sort_unstable();
        for (.., delivery) in theirs {
            self.take_back(delivery, now);
        }
        Ok(deleted)
    }

    /// Whether anybody is told of `event`.
    pub fn wants(&self, event: Event) -> bool {
        self.subscriptions.values().any(|subscription| subscription.wants(event))
    }

    /// Whether `event` is kept for reading: while nobody has subscribed to anything.
    pub fn keeps(&self, event: Event) -> bool {
        self.subscriptions.is_empty() && self.settings.events.contains(&event)
    }

    /// Keeps an event for reading. Its body is made when somebody reads it.
    pub fn keep(&mut self, told: Told, known: Known, now: Timestamp) -> DeliveryNumber {
        let id = self.id_of(told, None, INBOX);
        let mut delivery = delivery(id, told, now, Content::Known(known));
        delivery.state = DeliveryState::Kept;
        self.moments.push(Moment { at: now, call: told.call, what: What::Kept(id, told.event) });
        self.log.add(delivery)
    }

    /// The headers that a kept event would have been sent with.
    pub fn headers_of_kept(&self, delivery: &Delivery, body: &[u8]) -> Headers {
        sign(&self.settings.secret, self.settings.signature, &delivery.id.to_string(), body, delivery.created_at)
    }

    /// Every delivery that is remembered, in the order of their making.
    pub fn deliveries(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.log.iter().map(|(_, delivery)| delivery)
    }

    /// The newest of the deliveries that are remembered and match, that many at most; the oldest first, those of one instant by their calls.
    pub fn newest(&self, most: usize, matches: impl Fn(&Delivery) -> bool) -> Vec<Arc<Delivery>> {
        let mut found: Vec<(DeliveryOrder, &Arc<Delivery>)> = Vec::new();
        for (number, delivery) in self.log.shared().rev().filter(|(_, delivery)| matches(delivery)) {
            // Of the last instant all are looked at: which of them are the newest, their calls decide.
            if found.len() >= most && found.last().is_none_or(|(last, _)| last.0 != delivery.created_at) {
                break;
            }
            found.push((delivery.order(number), delivery));
        }
        found.sort_unstable_by_key(|(order, _)| *order);
        let surplus = found.len().saturating_sub(most);
        found.into_iter().skip(surplus).map(|(_, delivery)| Arc::clone(delivery)).collect()
    }

    /// The place of a try among all: by its delivery's, then by how many were made before.
    pub fn order_of(&self, key: AttemptKey) -> Option<(DeliveryOrder, u32)> {
        self.log.get(key.delivery).map(|delivery| (delivery.order(key.delivery), key.attempt))
    }

    /// The delivery of that number, if it is remembered.
    pub fn delivery(&self, number: DeliveryNumber) -> Option<&Delivery> {
        self.log.get(number)
    }

    /// The delivery with that id.
    pub fn find(&self, id: &str) -> Result<&Delivery, Error> {
        let found = self.number_of(id).and_then(|number| self.log.get(number));
        found.ok_or_else(|| Error::not_found("delivery", id))
    }

    fn number_of(&self, id: &str) -> Option<DeliveryNumber> {
        id.parse().ok().and_then(|id| self.log.find(id))
    }

    /// How deliveries misbehave.
    pub fn mischief(&self) -> Mischief {
        self.mischief
    }

    /// Lets deliveries misbehave like that from here on.
    pub fn set_mischief(&mut self, mischief: Mischief) {
        self.mischief = mischief;
    }

    /// The tries that are to be sent now. The shell takes them all, and says of each how it went.
    pub fn take_ready(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.ready)
    }

    /// How many tries have no answer yet.
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The tries that have no answer yet, in no order.
    pub fn tries_under_way(&self) -> impl Iterator<Item = AttemptKey> {
        self.under_way.iter().copied()
    }

    /// The tries that the shell has not taken yet, in the order in which they were begun.
    pub fn ready(&self) -> &[Attempt] {
        &self.ready
    }

    /// Takes those of the tries that the shell has not taken yet of which `is_theirs` says so.
    pub fn take_ready_if(&mut self, mut is_theirs: impl FnMut(&Attempt) -> bool) -> Vec<Attempt> {
        self.ready.extract_if(.., |attempt| is_theirs(attempt)).collect()
    }

    /// How many deliveries were ever made.
    pub fn made(&self) -> DeliveryNumber {
        DeliveryNumber(self.log.made())
    }

    /// When which deliveries are to be looked at again, with [`Outbox::due`].
    pub fn take_alarms(&mut self) -> Vec<(Timestamp, DeliveryNumber)> {
        std::mem::take(&mut self.alarms)
    }

    /// From here on notes which deliveries change, or no more.
    pub fn note_changes(&mut self, is_wanted: bool) {
        self.log.note_changes(is_wanted);
    }

    /// Whether it notes which deliveries change.
    pub fn notes_changes(&self) -> bool {
        self.log.notes_changes()
    }

    /// The deliveries that were made or changed since this was last asked, as they are now, in the order of their making; those that have been
    /// forgotten since, too.
    pub fn take_changes(&mut self) -> Vec<(DeliveryNumber, Delivery)> {
        self.log.take_changes()
    }

    /// Every delivery that is remembered, with its number, the oldest first.
    pub fn numbered(&self) -> impl Iterator<Item = (DeliveryNumber, &Delivery)> {
        self.log.iter()
    }

    /// What has happened since this was last asked, in order.
    #[cfg(test)]
    pub fn take_moments(&mut self) -> Vec<Moment> {
        std::mem::take(&mut self.moments)
    }

    /// Adds to `moments` what has happened since this was last asked, in order.
    pub fn tell_moments(&mut self, moments: &mut Vec<Moment>) {
        moments.append(&mut self.moments);
    }
}

/// What stands for the receiver of an event that is kept.
const INBOX: &str = "inbox";

/// A delivery that nothing has been done with.
fn delivery(id: MessageId, told: Told, created_at: Timestamp, content: Content) -> Delivery {
    Delivery {
        id,
        event: told.event,
        call: told.call,
        origin: told.origin,
        to: None,
        created_at,
        content,
        state: DeliveryState::Waiting,
        next_attempt_at: None,
        tries: Vec::new(),
        is_held: false,
        tricks: Vec::new(),
    }
}

impl From<&Subscription> for Addressee {
    fn from(subscription: &Subscription) -> Addressee {
        Addressee {
            number: subscription.number,
            id: Arc::clone(&subscription.id),
            url: Arc::clone(&subscription.url),
            secret: Arc::clone(&subscription.secret),
        }
    }
}
