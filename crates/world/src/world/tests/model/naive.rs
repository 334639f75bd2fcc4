//! The model: how things stand is worked out from the plan of each call and the instants of the commands, from scratch each time.

use std::cmp::Reverse;
use std::time::Duration;

use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId, Outcome, Status};
use crate::calls::plan::{Plan, Script};
use crate::calls::scenario::Answer;
use crate::webhooks::{Delivery, Event, TryAnswer};

pub const RETRIES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Whether the receiver takes that try. As arbitrary as it is repeatable.
pub fn is_received(call: CallId, event: Event, attempt: u32) -> bool {
    let number = call.number().wrapping_mul(31).wrapping_add(event as u64 * 7).wrapping_add(u64::from(attempt) * 13);
    number % 5 < 3
}

pub struct Naive {
    pub now: Timestamp,
    pub is_paused: bool,
    pub calls: Vec<NaiveCall>,
    /// What was sent again on request, and when.
    pub again: Vec<(CallId, Event, Timestamp)>,
}

#[derive(Debug)]
pub struct NaiveCall {
    pub person: u8,
    pub id: CallId,
    /// When it was ended over the API.
    pub cut_at: Option<Timestamp>,
    rings_at: Timestamp,
    plan: Plan,
}

/// How a call stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Standing {
    status: Status,
    outcome: Option<Outcome>,
    started_at: Option<Timestamp>,
    answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    seconds: Option<u32>,
}

impl Standing {
    pub fn of(call: &Call) -> Standing {
        Standing {
            status: call.status,
            outcome: call.outcome,
            started_at: call.started_at(),
            answered_at: call.answered_at,
            ended_at: call.ended_at,
            seconds: call.duration_seconds(),
        }
    }
}

impl NaiveCall {
    pub fn new(person: u8, call: &Call) -> NaiveCall {
        NaiveCall { person, id: call.id, cut_at: None, rings_at: call.rings_at, plan: call.plan }
    }

    fn planned_answer(&self) -> Option<Timestamp> {
        (self.plan.answer != Answer::Nobody).then(|| self.rings_at + self.plan.ring)
    }

    fn planned_end(&self) -> Timestamp {
        self.rings_at + self.plan.ring + self.plan.talk
    }

    /// How it stands at `now`.
    pub fn at(&self, now: Timestamp) -> Standing {
        let end = self.cut_at.unwrap_or(self.planned_end());
        let by = now.min(end);
        let answered_at = self.planned_answer().filter(|answered| *answered <= by);
        let ended_at = (end <= now).then_some(end);
        let (status, outcome) = match (ended_at, self.cut_at, answered_at) {
            (None, _, None) => (Status::Ringing, None),
            (None, _, Some(_)) => (Status::InProgress, None),
            (Some(_), Some(_), None) => (Status::Failed, Some(Outcome::Canceled)),
            (Some(_), Some(_), Some(_)) => (Status::Completed, Some(Outcome::HungUp)),
            (Some(_), None, _) => (
                match self.plan.ends {
                    Outcome::Completed | Outcome::Transferred | Outcome::HungUp => Status::Completed,
                    Outcome::VoicemailLeft => Status::Voicemail,
                    _ => Status::Failed,
                },
                Some(self.plan.ends),
            ),
        };
        Standing {
            status,
            outcome,
            started_at: (self.rings_at <= by).then_some(self.rings_at),
            answered_at,
            ended_at,
            seconds: ended_at.map(|ended| answered_at.map_or(0, |answered| ended.since(answered).as_secs() as u32)),
        }
    }

    /// What is told of it by `now`, and when, in order.
    fn events(&self, now: Timestamp) -> Vec<(Event, Timestamp)> {
        let standing = self.at(now);
        let mut events = Vec::new();
        if let Some(answered) = standing.answered_at {
            events.push((Event::CallStarted, answered));
            let third = self.plan.talk / 3;
            let told = match (self.plan.answer, self.plan.ends) {
                (Answer::Machine, _) => Some((Event::CallVoicemail, Duration::from_secs(4).min(third))),
                (_, Outcome::Transferred) => {
                    Some((Event::CallTransferred, self.plan.talk - Duration::from_secs(3).min(third)))
                }
                _ => None,
            };
            let by = standing.ended_at.unwrap_or(now);
            events.extend(told.map(|(event, after)| (event, answered + after)).filter(|(_, at)| *at <= by));
        }
        if let Some(ended) = standing.ended_at {
            let second = match (standing.status, standing.outcome) {
                (Status::Completed, _) => Some(Event::CallCompleted),
                (_, Some(Outcome::NoAnswer)) => Some(Event::CallMissed),
                (_, Some(Outcome::Busy | Outcome::Failed)) if standing.answered_at.is_none() => Some(Event::CallFailed),
                _ => None,
            };
            let is_spoken = standing.answered_at.is_some() && self.plan.script != Script::Silence;
            let words = [Event::TranscriptReady, Event::SummaryReady].into_iter().filter(|_| is_spoken);
            events.extend([Event::CallEnded].into_iter().chain(second).chain(words).map(|event| (event, ended)));
        }
        events
    }
}

/// A delivery: what was told of whom, and when each try was made and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    call: CallId,
    event: Event,
    tries: Vec<(Timestamp, u16)>,
    /// Whether it is not tried any more by itself.
    pub is_over: bool,
}

impl Told {
    pub fn of(delivery: &Delivery) -> Told {
        let tries = delivery.tries.iter().map(|one| match &one.answer {
            Some((TryAnswer::Answered(status), _)) => (one.at, *status),
            other => panic!("{other:?}"),
        });
        Told { call: delivery.call, event: delivery.event, tries: tries.collect(), is_over: delivery.state.is_final() }
    }
}

impl Naive {
    pub fn new(now: Timestamp) -> Naive {
        Naive { now, is_paused: false, calls: Vec::new(), again: Vec::new() }
    }

    /// Queued calls by their ids, then the others, newest first.
    pub fn list(&self) -> Vec<CallId> {
        let key = |call: &NaiveCall| {
            let standing = call.at(self.now);
            let listed_by = standing.started_at.or(standing.ended_at);
            (listed_by.is_some(), listed_by.map(Reverse), call.id.to_string())
        };
        let mut calls: Vec<&NaiveCall> = self.calls.iter().collect();
        calls.sort_by_key(|call| key(call));
        calls.into_iter().map(|call| call.id).collect()
    }

    /// The minutes of the calls that have ended, in the month of `now`.
    pub fn minutes(&self) -> u64 {
        let ended = self.calls.iter().map(|call| call.at(self.now));
        let this_month =
            ended.filter(|call| call.ended_at.is_some_and(|ended| ended.month_start() == self.now.month_start()));
        this_month.map(|call| u64::from(call.seconds.unwrap().div_ceil(60))).sum()
    }

    /// Every delivery.
    pub fn told(&self) -> Vec<Told> {
        self.calls.iter().flat_map(|call| self.told_of(call)).collect()
    }

    pub fn delivery(&self, call: CallId, event: Event) -> Option<Told> {
        self.told().into_iter().find(|told| told.call == call && told.event == event)
    }

    /// One event after the other: each is tried until it is received or given up, and only then the next.
    fn told_of(&self, call: &NaiveCall) -> Vec<Told> {
        let mut free_at = Timestamp::MIN;
        let tell = |(event, at): (Event, Timestamp)| {
            let mut told = Told { call: call.id, event, tries: Vec::new(), is_over: false };
            let mut at = at.max(free_at);
            for wait in RETRIES.into_iter().map(Some).chain([None]) {
                if at > self.now {
                    free_at = Timestamp::MAX;
                    return told;
                }
                let is_received = is_received(call.id, event, told.tries.len() as u32 + 1);
                told.tries.push((at, if is_received { 200 } else { 500 }));
                match wait {
                    Some(wait) if !is_received => at = at + wait,
                    _ => break,
                }
            }
            (told.is_over, free_at) = (true, at);
            for (_, _, at) in self.again.iter().filter(|again| (again.0, again.1) == (call.id, event)) {
                let is_received = is_received(call.id, event, told.tries.len() as u32 + 1);
                told.tries.push((*at, if is_received { 200 } else { 500 }));
            }
            told
        };
        call.events(self.now).into_iter().map(tell).collect()
    }
}
