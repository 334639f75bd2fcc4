//! What a world tells, to whom, and what it remembers of that.

use bytes::Bytes;

use super::{Due, World, rank};
use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId, Outcome, Status};
use crate::calls::facet::{Facet, Filter};
use crate::calls::plan::Script;
use crate::calls::store::Slot;
use crate::content::dialogue::Line;
use crate::error::Error;
use crate::webhooks::{
    Attempt, AttemptKey, Body, Content, Delivery, DeliveryNumber, Ending, Event, EventData, Known, Mischief,
    NewSubscription, Outbox, Subscription, Telling, Told, TryReport,
};

/// How many calls are looked at in one go for one that an event fits.
const PAGE: u64 = 100;

impl World {
    /// The deliveries that are to be sent now. The shell says of each how it went, with [`World::delivery_answered`].
    pub fn take_deliveries(&mut self) -> Vec<Attempt> {
        self.outbox.take_ready()
    }

    /// How many deliveries have been taken or are ready, and have no answer yet.
    pub fn deliveries_under_way(&self) -> usize {
        self.outbox.under_way()
    }

    /// The deliveries of [`World::take_deliveries`], without taking them.
    pub fn ready_deliveries(&self) -> &[Attempt] {
        self.outbox.ready()
    }

    /// Takes some of the deliveries of [`World::take_deliveries`]: those of which `is_theirs` says so.
    pub fn take_deliveries_if(&mut self, is_theirs: impl FnMut(&Attempt) -> bool) -> Vec<Attempt> {
        self.outbox.take_ready_if(is_theirs)
    }

    /// What came of a try. Where it is made again by itself: when.
    pub fn delivery_answered(&mut self, key: AttemptKey, report: TryReport) -> Option<Timestamp> {
        let again = self.outbox.answered(key, report, self.now);
        self.empty_outbox();
        again
    }

    /// Everything about webhooks that can be asked.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Has [`World::take_changed_deliveries`] know from here on, or no more.
    pub fn note_changed_deliveries(&mut self, is_wanted: bool) {
        self.outbox.note_changes(is_wanted);
    }

    /// The deliveries that were made or changed since this was last asked, in the order of their making.
    pub fn take_changed_deliveries(&mut self) -> Vec<(DeliveryNumber, Delivery)> {
        self.outbox.take_changes()
    }

    /// The same, to be changed.
    pub fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Says which age is given to deliveries that come to their end from here on.
    pub fn set_age(&mut self, age: u64) {
        self.outbox.set_age(age);
    }

    /// Makes a subscription, which is told of what happens from here on.
    pub fn subscribe(&mut self, new: NewSubscription) -> Result<&Subscription, Error> {
        self.outbox.subscribe(new)
    }

    /// Deletes a subscription, to which nothing more is sent, and gives it back.
    pub fn unsubscribe(&mut self, id: &str) -> Result<Subscription, Error> {
        let deleted = self.outbox.unsubscribe(id, self.now)?;
        self.empty_outbox();
        Ok(deleted)
    }

    /// Lets deliveries misbehave like that from here on.
    pub fn set_mischief(&mut self, mischief: Mischief) {
        self.outbox.set_mischief(mischief);
    }

    /// Sends a delivery again that has come to its end.
    pub fn redeliver(&mut self, id: &str) -> Result<DeliveryNumber, Error> {
        self.outbox.redeliver(id, self.now)
    }

    /// Tells `event` of that call now, whatever has become of the call; of the newest that it fits where there is no id, else of the
    /// newest. Keeps it for reading where nobody has subscribed to anything.
    pub fn trigger(&mut self, event: Event, call_id: Option<&str>) -> Result<Vec<DeliveryNumber>, Error> {
        let slot = match call_id {
            Some(id) => self.find(id)?,
            None => self.newest_for(event).ok_or(Error::NothingToTell { event })?,
        };
        let is_unheard = self.outbox.subscriptions().len() == 0;
        match is_unheard {
            true => Ok(vec![self.keep(slot, event, true)]),
            false if self.outbox.is_full() => {
                let (most, bytes) = (Outbox::MOST_UNFINISHED, Outbox::MOST_UNFINISHED_BYTES >> 20);
                let there = format!("{most} deliveries that are not over, or {bytes} MiB of them,");
                Err(Error::too_many("event", there, "let the clock go on, or delete webhooks"))
            }
            false if self.outbox.wants(event) => Ok(self.inform(slot, event, true)),
            false => Err(Error::NobodyWants { event }),
        }
    }

    /// Whether the call has come to what `event` tells.
    pub fn has_come_to(&self, event: Event, call: CallId) -> bool {
        self.call_store.find(call).is_some_and(|slot| fits(event, self.call_store.get(slot)))
    }

    /// Tells of what has just happened whoever is to be told of it.
    pub(super) fn publish(&mut self, slot: Slot, event: Event) {
        if self.outbox.keeps(event) {
            self.keep(slot, event, false);
        } else if self.outbox.wants(event) {
            self.inform(slot, event, false);
        }
    }

    /// A delivery's time has come.
    pub(super) fn look_after(&mut self, delivery: DeliveryNumber) {
        self.outbox.due(delivery, self.now);
        self.empty_outbox();
    }

    /// The body of a delivery, as it was sent or would have been.
    pub fn body_of(&self, delivery: &Delivery) -> Bytes {
        let known = match &delivery.content {
            Content::Body(body) => return body.clone(),
            Content::Dropped => return Bytes::new(),
            Content::Known(known) => *known,
        };
        // Calls are never forgotten.
        let Some(slot) = self.call_store.find(delivery.call) else { return Bytes::new() };
        let call = as_known(self.call_store.get(slot), known);
        let (event, timestamp) = (delivery.event, delivery.created_at);
        let data = self.event_data(&call, event, timestamp);
        Body { event, timestamp, business_id: self.business_id(&call), webhook_id: None, data: &data }.to_bytes()
    }

    /// Keeps an event for reading, as there is nobody to tell.
    fn keep(&mut self, slot: Slot, event: Event, is_triggered: bool) -> DeliveryNumber {
        let call = self.call_store.get(slot);
        let known = Known { rung: call.has_rung, answered: call.answered_at.is_some(), ended: call.ended_at.is_some() };
        let told = Told { event, call: call.id, origin: self.origin(call), is_triggered };
        let kept = self.outbox.keep(told, known, self.now);
        self.outbox.tell_moments(&mut self.moments);
        kept
    }

    fn inform(&mut self, slot: Slot, event: Event, is_triggered: bool) -> Vec<DeliveryNumber> {
        let call = self.call_store.get(slot);
        let data = self.event_data(call, event, self.now);
        let directory = &self.fixtures.directory;
        let business_id = &directory.business_of(call.campaign).id;
        let told = Told { event, call: call.id, origin: self.origin(call), is_triggered };
        let made = self.outbox.publish(&Telling { told, business_id, data: &data }, self.now);
        self.empty_outbox();
        made
    }

    /// Enters into the agenda what the outbox waits for, and takes note of what has happened in it.
    fn empty_outbox(&mut self) {
        for (at, delivery) in self.outbox.take_alarms() {
            self.agenda.enter(at, rank::of_delivery(delivery, &self.outbox), Due::Delivery(delivery));
        }
        self.outbox.tell_moments(&mut self.moments);
    }

    fn business_id(&self, call: &Call) -> &str {
        &self.fixtures.directory.business_of(call.campaign).id
    }

    /// What `event` says of a call at `now`.
    fn event_data(&self, call: &Call, event: Event, now: Timestamp) -> EventData {
        let directory = &self.fixtures.directory;
        let campaign = directory.campaign(call.campaign);
        let (from_number, to_number) = self.numbers(call);
        EventData {
            call_id: call.id,
            campaign_id: campaign.id.clone(),
            direction: call.direction,
            from_number,
            to_number,
            agent_id: directory.agent(campaign.agent).id.clone(),
            started_at: call.started_at(),
            ending: event.is_of_ending().then(|| self.ending(call, now)),
        }
    }

    fn ending(&self, call: &Call, now: Timestamp) -> Ending {
        let story = self.story(call);
        Ending {
            ended_at: call.ended_at,
            duration: call.duration_seconds(),
            outcome: call.outcome,
            summary: story.filing().summary.map(|summary| summary.to_string()),
            sentiment: call.sentiment,
            transcript: story.transcript(now).into_iter().map(Line::written).collect(),
        }
    }

    /// The newest call that has come to what `event` tells, else the newest.
    fn newest_for(&self, event: Event) -> Option<Slot> {
        let facets = facets_of(event);
        let fitting = facets.iter().filter_map(|facet| self.newest(Some(*facet), |call| fits(event, call)));
        // As the list has it: by start, then by id.
        let newest = fitting.max_by_key(|call| (call.rings_at, std::cmp::Reverse(call.id)));
        let newest = newest.or_else(|| self.newest(None, |_| true))?;
        self.call_store.find(newest.id)
    }

    /// The first call of the list that has `facet` and suits.
    fn newest(&self, facet: Option<Facet>, suits: impl Fn(&Call) -> bool) -> Option<&Call> {
        let filter = Filter { facets: facet.into_iter().collect(), ..Filter::default() };
        let mut start = 0;
        loop {
            let (total, page) = self.list(&filter, start..start + PAGE);
            if let Some(found) = page.into_iter().find(|call| suits(call)) {
                return Some(found);
            }
            start += PAGE;
            if start >= total {
                return None;
            }
        }
    }
}

/// Which calls may have come to what `event` tells.
fn facets_of(event: Event) -> Vec<Facet> {
    let statuses = |statuses: &[Status]| statuses.iter().copied().map(Facet::Status).collect();
    match event {
        Event::CallStarted => statuses(&[Status::InProgress, Status::Completed, Status::Voicemail, Status::Failed]),
        Event::CallEnded => statuses(&[Status::Completed, Status::Voicemail, Status::Failed]),
        Event::TranscriptReady | Event::SummaryReady => {
            statuses(&[Status::Completed, Status::Voicemail, Status::Failed])
        }
        Event::CallTransferred => vec![Facet::Outcome(Outcome::Transferred)],
        Event::CallVoicemail => vec![Facet::Outcome(Outcome::VoicemailLeft)],
        Event::CallCompleted => statuses(&[Status::Completed]),
        Event::CallMissed => vec![Facet::Outcome(Outcome::NoAnswer)],
        Event::CallFailed => vec![Facet::Outcome(Outcome::Busy), Facet::Outcome(Outcome::Failed)],
    }
}

/// Whether a call has come to what `event` tells.
fn fits(event: Event, call: &Call) -> bool {
    match event {
        Event::CallStarted => call.answered_at.is_some(),
        Event::CallTransferred => call.outcome == Some(Outcome::Transferred),
        Event::CallVoicemail => call.outcome == Some(Outcome::VoicemailLeft),
        _ => call.ended_at.is_some() && events_of_ending(call).any(|told| told == event),
    }
}

/// What is told when a call has ended, in this order.
pub(super) fn events_of_ending(call: &Call) -> impl Iterator<Item = Event> + use<> {
    let kind = match (call.status, call.outcome) {
        (Status::Completed, _) => Some(Event::CallCompleted),
        (Status::Failed, Some(Outcome::NoAnswer)) => Some(Event::CallMissed),
        // Documented: of a call that failed to connect, and not of one that broke after the answer.
        (Status::Failed, Some(Outcome::Busy | Outcome::Failed)) if call.answered_at.is_none() => {
            Some(Event::CallFailed)
        }
        _ => None,
    };
    let has_words = call.answered_at.is_some() && call.plan.script != Script::Silence;
    let words = [Event::TranscriptReady, Event::SummaryReady].map(|event| has_words.then_some(event));
    std::iter::once(Event::CallEnded).chain(kind).chain(words.into_iter().flatten())
}

/// A call as it was when only that was known of it.
fn as_known(call: &Call, known: Known) -> Call {
    let ended =
        |call: Call| if known.ended { call } else { Call { ended_at: None, outcome: None, sentiment: None, ..call } };
    Call {
        has_rung: call.has_rung && known.rung,
        answered_at: call.answered_at.filter(|_| known.answered),
        ..ended(call.clone())
    }
}
