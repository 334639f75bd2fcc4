//! What comes of a try: received, tried again, or given up.

use super::Outbox;
use super::sending::lane_of;
use crate::base::time::Timestamp;
use crate::event::{DeliveryMoment, DeliveryResult, Moment, What};
use crate::webhooks::delivery::{AttemptKey, DeliveryNumber, DeliveryState, TryAnswer, TryReport};
use crate::webhooks::mischief::Trick;

/// What is to be done with a delivery after a try.
enum Next {
    /// The same once more, as mischief wants it.
    Again,
    /// Another try at that instant.
    Retry(Timestamp),
    /// Nothing.
    Finish,
}

impl Outbox {
    /// Takes note of a try's answer. Where it failed and is to be tried again: when.
    pub fn answered(&mut self, key: AttemptKey, report: TryReport, now: Timestamp) -> Option<Timestamp> {
        let number = key.delivery;
        let leads = self.log.get(number).and_then(lane_of).is_some_and(|lane| self.leads(number, lane));
        let delivery = self.log.get_mut(number)?;
        let position = (key.attempt as usize).checked_sub(1)?;
        let was_received = delivery.was_received();
        let one = delivery.tries.get_mut(position).filter(|one| one.answer.is_none())?;
        self.under_way.remove(&key);
        one.headers = report.headers;
        one.hint.clone_from(&report.hint);
        one.answer = Some((report.answer.clone(), now));
        let is_first_received = report.answer.is_received() && !was_received;
        let next = if !leads || was_received {
            Next::Finish
        } else if is_first_received && self.mischief.plays(Trick::Duplicate, delivery.id.seed(self.id_key), key.attempt)
        {
            Next::Again
        } else if is_first_received {
            Next::Finish
        } else {
            self.settings.retries.get(position).map_or(Next::Finish, |wait| Next::Retry(now + *wait))
        };
        let again = match next {
            Next::Retry(at) => Some(at),
            Next::Again | Next::Finish => None,
        };
        one.next_attempt_at = again;
        let moment = delivery.moment(key.attempt, report.answer.into(), again);
        let moment = DeliveryMoment { hint: report.hint, ..moment };
        self.moments.push(Moment { at: now, call: delivery.call, what: What::Delivery(Box::new(moment)) });
        match next {
            Next::Again => {
                delivery.tricks.push(Trick::Duplicate);
                self.send(number, now);
            }
            Next::Retry(at) => {
                delivery.state = DeliveryState::Retrying;
                delivery.next_attempt_at = Some(at);
                self.alarms.push((at, number));
            }
            Next::Finish => self.finish(number, leads, now),
        }
        again
    }

    /// A delivery comes to its end, and lets those behind it go on.
    fn finish(&mut self, number: DeliveryNumber, leads: bool, now: Timestamp) {
        let Some(delivery) = self.log.get_mut(number) else { return };
        let is_subscribed = delivery.to.as_ref().is_some_and(|to| self.subscriptions.contains_key(&to.number));
        delivery.state = match delivery.was_received() {
            true => DeliveryState::Received,
            false if is_subscribed => DeliveryState::GivenUp,
            // Its receiver was deleted meanwhile.
            false => DeliveryState::Dropped,
        };
        let lane = lane_of(delivery).filter(|_| leads);
        self.log.finish(number);
        if let Some(lane) = lane {
            if let Some(queue) = self.lanes.get_mut(&lane) {
                queue.pop_front();
            }
            self.advance(lane, now);
        }
    }
}

impl From<TryAnswer> for DeliveryResult {
    fn from(answer: TryAnswer) -> DeliveryResult {
        match answer {
            TryAnswer::Answered(status) => DeliveryResult::Answered(status),
            TryAnswer::Failed(why) => DeliveryResult::Failed(why),
        }
    }
}
