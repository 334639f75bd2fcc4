//! How a call goes on by itself, and how it ends.

use std::time::Duration;

use super::{Due, Step, World, rank};
use crate::calls::call::{Outcome, Status};
use crate::calls::lifecycle::{Cause, next};
use crate::calls::scenario::Answer;
use crate::calls::store::Slot;
use crate::error::Error;
use crate::event::CallStep;
use crate::webhooks::Event;
use crate::world::webhooks::events_of_ending;

/// How long before a call's end the person is handed over, at most.
const HANDOVER: Duration = Duration::from_secs(3);
/// How long it takes to hear that a machine has picked up, at most.
const MACHINE_HEARD: Duration = Duration::from_secs(4);

impl World {
    /// Ends a call that is queued, ringing or in progress.
    pub fn end_call(&mut self, id: &str) -> Result<Slot, Error> {
        let slot = self.find(id)?;
        let outcome = match self.call_store.get(slot).status {
            Status::Ringing => Outcome::Canceled,
            _ => Outcome::HungUp,
        };
        if !self.end(slot, Cause::Ended, outcome) {
            return Err(Error::AlreadyEnded { id: id.to_owned(), status: self.call_store.get(slot).status });
        }
        Ok(slot)
    }

    /// The next step of a call that nobody has interfered with.
    pub(super) fn go_on(&mut self, slot: Slot, step: Step) {
        // Its entry in the agenda has been taken out. Each step but the last enters another.
        let plan = self.call_store.get(slot).plan;
        match step {
            Step::Ring => {
                let now = self.now;
                self.call_store.change(slot, |call| {
                    call.has_rung = true;
                    call.rings_at = now;
                });
                self.note_step(slot, CallStep::Ringing);
                let after = if plan.answer == Answer::Nobody { Step::Finish } else { Step::Answer };
                self.schedule(slot, plan.ring, after);
            }
            Step::Answer => {
                let now = self.now;
                let Some(status) = next(self.call_store.get(slot).status, Cause::Answered) else {
                    self.live.remove(slot);
                    return;
                };
                self.call_store.change(slot, |call| {
                    call.status = status;
                    call.answered_at = Some(now);
                });
                self.note_step(slot, CallStep::Answered);
                self.publish(slot, Event::CallStarted);
                match (plan.answer, plan.ends) {
                    (Answer::Machine, _) => self.schedule(slot, MACHINE_HEARD.min(plan.talk / 3), Step::Tell),
                    (_, Outcome::Transferred) => {
                        self.schedule(slot, plan.talk - HANDOVER.min(plan.talk / 3), Step::Tell);
                    }
                    _ => self.schedule(slot, plan.talk, Step::Finish),
                }
            }
            Step::Tell => {
                let event = if plan.answer == Answer::Machine { Event::CallVoicemail } else { Event::CallTransferred };
                self.hand_over(slot, event);
                let left = plan.talk.saturating_sub(self.call_store.get(slot).connected(self.now));
                self.schedule(slot, left, Step::Finish);
            }
            Step::Finish => {
                self.live.remove(slot);
                let cause =
                    if plan.answer == Answer::Nobody { Cause::Unreachable } else { Cause::of_ending(plan.ends) };
                self.end(slot, cause, plan.ends);
            }
        }
    }

    /// Tells that a call was handed over, or has reached a machine.
    pub(super) fn hand_over(&mut self, slot: Slot, event: Event) {
        let step = if event == Event::CallVoicemail { CallStep::Voicemail } else { CallStep::Transferred };
        self.note_step(slot, step);
        self.publish(slot, event);
    }

    pub(super) fn schedule(&mut self, slot: Slot, wait: Duration, step: Step) {
        let rank = rank::of_step(self.origin(self.call_store.get(slot)));
        let ticket = self.agenda.enter(self.now + wait, rank, Due::Call(slot, step));
        self.live.insert(slot, ticket);
    }

    /// Ends a call, if the lifecycle lets `cause` end it; says whether it did.
    pub(super) fn end(&mut self, slot: Slot, cause: Cause, outcome: Outcome) -> bool {
        let Some(status) = next(self.call_store.get(slot).status, cause) else {
            return false;
        };
        if let Some(ticket) = self.live.remove(slot) {
            self.agenda.cancel(ticket);
        }
        let now = self.now;
        let fixtures = std::sync::Arc::clone(&self.fixtures);
        self.call_store.change(slot, |call| {
            call.status = status;
            call.outcome = Some(outcome);
            call.ended_at = Some(now);
            if !call.has_rung {
                call.rings_at = now;
            }
            call.sentiment = fixtures.sentiment(call);
        });
        self.note_step(slot, CallStep::Ended);
        self.count_minutes(slot);
        for event in events_of_ending(self.call_store.get(slot)) {
            self.publish(slot, event);
        }
        true
    }

    /// Counts an ended call's minutes. A call of the fixtures may lie in this world's future: it is shown, but not counted.
    pub(super) fn count_minutes(&mut self, slot: Slot) {
        let call = self.call_store.get(slot);
        if let (Some(ended), Some(seconds)) = (call.ended_at, call.duration_seconds())
            && ended <= self.now
        {
            self.minutes.count(ended, seconds);
        }
    }
}
