//! Steps that a test makes a call take, if the lifecycle allows them.

use super::{Due, Step, World};
use crate::base::vocabulary::NotOneOf;
use crate::calls::call::{Call, Direction, Outcome, Status};
use crate::calls::lifecycle::Cause;
use crate::calls::plan::{Brief, Plan, Script};
use crate::calls::scenario::{Answer, Scenario, Talk};
use crate::calls::store::Slot;
use crate::error::Error;
use crate::webhooks::Event;

impl World {
    /// Makes a call enter `to` now. An end has the outcome that is given, or the one that fits best.
    pub fn force(&mut self, id: &str, to: Status, outcome: Option<Outcome>) -> Result<Slot, Error> {
        let slot = self.find(id)?;
        let call = self.call_store.get(slot);
        if call.status.is_final() {
            return Err(Error::AlreadyEnded { id: id.to_owned(), status: call.status });
        }
        let allowed = allowed(call);
        if !allowed.contains(&to) {
            let allowed = NotOneOf::of(allowed.iter().map(|status| status.as_str())).to_string();
            return Err(Error::CallTransition { id: id.to_owned(), from: call.status, to, allowed });
        }
        let outcomes = outcomes(call, to);
        if let Some(outcome) = outcome.filter(|outcome| !outcomes.contains(outcome)) {
            let message = match outcomes {
                [] => format!("is {outcome}, must be left out: a call that becomes {to} has none yet"),
                _ => {
                    let outcomes = NotOneOf::of(outcomes.iter().map(|outcome| outcome.as_str()));
                    format!("is {outcome}, must be {outcomes} for a call that goes from {} to {to}", call.status)
                }
            };
            return Err(Error::invalid("outcome", message));
        }
        let planned = Some(call.plan.ends).filter(|ends| outcomes.contains(ends));
        let outcome = outcome.or(planned).or(outcomes.first().copied());
        match (to, outcome) {
            (_, Some(outcome)) => self.force_end(slot, to, outcome),
            (Status::Ringing, None) => self.take_step(slot, Step::Ring),
            (_, None) => self.force_answer(slot),
        }
        Ok(slot)
    }

    /// Takes back what is due for a call, and lets that step happen in its place.
    fn take_step(&mut self, slot: Slot, step: Step) {
        if let Some(ticket) = self.live.remove(slot) {
            self.agenda.cancel(ticket);
        }
        self.go_on(slot, step);
    }

    fn force_answer(&mut self, slot: Slot) {
        if !self.call_store.get(slot).has_rung {
            self.ring_now(slot);
        }
        if self.call_store.get(slot).plan.answer == Answer::Nobody {
            let plan = self.plan_of_talk(self.call_store.get(slot));
            self.call_store.change(slot, |call| call.plan = plan);
        }
        self.take_step(slot, Step::Answer);
    }

    fn force_end(&mut self, slot: Slot, to: Status, outcome: Outcome) {
        let event = match outcome {
            Outcome::Transferred => Some(Event::CallTransferred),
            Outcome::VoicemailLeft => Some(Event::CallVoicemail),
            _ => None,
        };
        if let Some(event) = event.filter(|event| !self.was_told(slot, *event)) {
            self.hand_over(slot, event);
        }
        let cause = match (to, self.call_store.get(slot).status) {
            (Status::Failed, Status::Ringing) => Cause::Unreachable,
            (Status::Failed, _) => Cause::Dropped,
            (Status::Voicemail, _) => Cause::MessageLeft,
            _ => Cause::Finished,
        };
        self.end(slot, cause, outcome);
    }

    /// Lets the phone of a queued call ring, at the present instant rather than the planned one.
    fn ring_now(&mut self, slot: Slot) {
        self.take_step(slot, Step::Ring);
    }

    /// Whether it has been told as planned that a call was handed over, or has reached a machine: whichever of the two `event` is.
    fn was_told(&self, slot: Slot, event: Event) -> bool {
        let plan = &self.call_store.get(slot).plan;
        let planned = match (plan.answer, plan.ends) {
            (Answer::Machine, _) => Some(Event::CallVoicemail),
            (_, Outcome::Transferred) => Some(Event::CallTransferred),
            _ => None,
        };
        let next = self.live.get(slot).and_then(|ticket| self.agenda.get(ticket));
        planned == Some(event) && matches!(next, Some(Due::Call(_, Step::Finish)))
    }

    /// A plan for a call that was to be answered by nobody, and is answered all the same.
    fn plan_of_talk(&self, call: &Call) -> Plan {
        let business = self.fixtures.directory.business_of(call.campaign);
        let talks = |scenario: &&Scenario| {
            scenario.answer == Answer::Person && scenario.ends == Outcome::Completed && scenario.talk != Talk::Endless
        };
        let silence = Plan {
            ring: call.plan.ring,
            answer: Answer::Person,
            talk: business.max_call_duration,
            ends: Outcome::Completed,
            script: Script::Silence,
            is_whole: true,
        };
        let Some(scenario) = self.fixtures.scenarios.iter().find(talks) else { return silence };
        let nth = u32::from(call.returning);
        let brief = Brief { scenario, business, direction: call.direction, person: call.person, nth };
        let mut stream = self.seed.child("forced").nth(self.origin(call).number()).stream();
        Plan::draw(&brief, &self.fixtures.dialogues, self.seed, &mut stream)
    }
}

/// Where a live call can be made to go.
fn allowed(call: &Call) -> &'static [Status] {
    use Status::{Completed, Failed, InProgress, Ringing, Voicemail};
    match (call.status, call.has_rung, call.direction) {
        (Ringing, false, _) => &[Ringing, InProgress, Failed],
        (Ringing, true, _) => &[InProgress, Failed],
        // The agent has no machine that answers for it.
        (InProgress, _, Direction::Inbound) => &[Completed, Failed],
        (InProgress, _, Direction::Outbound) => &[Completed, Voicemail, Failed],
        (Completed | Failed | Voicemail, _, _) => &[],
    }
}

/// How a live call can end that is made to enter `to`; the first is taken where none is given and none was planned.
fn outcomes(call: &Call, to: Status) -> &'static [Outcome] {
    match (to, call.status) {
        (Status::Completed, _) => &[Outcome::Completed, Outcome::Transferred, Outcome::HungUp],
        (Status::Voicemail, _) => &[Outcome::VoicemailLeft],
        (Status::Failed, Status::Ringing) => &[Outcome::NoAnswer, Outcome::Busy, Outcome::Failed, Outcome::Canceled],
        (Status::Failed, _) => &[Outcome::Failed],
        (Status::Ringing | Status::InProgress, _) => &[],
    }
}
