//! How events set out: into their lanes, out of them one at a time, and again beside them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Lane, Outbox, Telling, Told, delivery};
use crate::base::time::Timestamp;
use crate::error::Error;
use crate::event::{DeliveryResult, Moment, What};
use crate::webhooks::attempt::{Attempt, STALE};
use crate::webhooks::body::{Body, dated};
use crate::webhooks::delivery::{Addressee, AttemptKey, Content, Delivery, DeliveryNumber, DeliveryState, Try};
use crate::webhooks::event::Event;
use crate::webhooks::mischief::Trick;
use crate::webhooks::signature::Signature;
use crate::webhooks::subscription::Subscription;

impl Outbox {
    /// Sends an event to everybody who is to be told of it. Gives the deliveries, in the order of the subscriptions.
    pub fn publish(&mut self, telling: &Telling<'_>, now: Timestamp) -> Vec<DeliveryNumber> {
        let told: Vec<Subscription> = self
            .subscriptions
            .values()
            .filter(|subscription| subscription.wants(telling.told.event))
            .cloned()
            .collect();
        told.iter().map(|subscription| self.publish_to(subscription, telling, now)).collect()
    }

    fn publish_to(&mut self, subscription: &Subscription, telling: &Telling<'_>, now: Timestamp) -> DeliveryNumber {
        let Telling { told, business_id, data } = *telling;
        let Told { event, call, is_triggered, .. } = told;
        let mischief = self.mischief;
        let id = self.id_of(told, Some(subscription.number), &self.origin_of(subscription));
        let luck = id.seed(self.id_key);
        let webhook_id = Some(&*subscription.id);
        let body = Body { event, timestamp: now, business_id, webhook_id, data }.to_bytes();
        let mut delivery = delivery(id, told, now, Content::Body(body));
        delivery.to = Some(Addressee::from(subscription));
        let lane = Lane { subscription: subscription.number, call };
        if self.is_full() || mischief.plays(Trick::Drop, luck, 1) {
            let number = self.log.add(delivery);
            self.drop_delivery(number, now);
            self.let_go(lane, now);
            return number;
        }
        if let Some(delay) = mischief.delay {
            delivery.next_attempt_at = Some(now + delay.duration());
            delivery.tricks.push(Trick::Delay);
        }
        // What is held goes after the event that follows; who is not told of the end may never be told of another.
        delivery.is_held = !is_triggered
            && !event.is_of_ending()
            && subscription.wants(Event::CallEnded)
            && mischief.plays(Trick::Reorder, luck, 1);
        let number = self.log.add(delivery);
        let queue = self.lanes.entry(lane).or_default();
        queue.push_back(number);
        let is_first = queue.len() == 1;
        if is_first || self.front_is_held(lane) {
            self.advance(lane, now);
        }
        number
    }

    /// A delivery's time has come: its delay or the wait for its next try is over.
    pub fn due(&mut self, number: DeliveryNumber, now: Timestamp) {
        if let Some(lane) = self.log.get(number).and_then(lane_of)
            && self.leads(number, lane)
        {
            self.advance(lane, now);
        }
    }

    /// Sends a delivery again that has come to its end, beside its lane: it neither waits for others nor holds them up.
    pub fn redeliver(&mut self, id: &str, now: Timestamp) -> Result<DeliveryNumber, Error> {
        let number = self.number_of(id).ok_or_else(|| Error::not_found("delivery", id))?;
        let delivery = self.find(id)?;
        let is_subscribed = |to: &Addressee| self.subscriptions.contains_key(&to.number);
        let why = match (delivery.state, &delivery.to) {
            (DeliveryState::Kept, _) | (_, None) => Some("there is nobody to send it to; subscribe first"),
            (DeliveryState::UnderWay, _) => Some("it is under way right now; wait for its answer"),
            (DeliveryState::Waiting, _) => Some("it has not been sent yet, and will be by itself"),
            (DeliveryState::Retrying, _) => {
                Some("it waits for its next try, which comes by itself; let the clock go on")
            }
            _ if delivery.content == Content::Dropped => {
                Some("its body has been dropped to make room (--journal-bytes); trigger the event anew")
            }
            _ if self.is_full() => {
                Some("too many others wait for their receivers; let the clock go on, or delete webhooks")
            }
            (_, Some(to)) if !is_subscribed(to) => Some("its webhook has been deleted; subscribe again for new events"),
            _ => None,
        };
        if let Some(why) = why {
            return Err(Error::NotRedeliverable { id: id.to_owned(), why });
        }
        self.log.reopen(number);
        self.send(number, now);
        Ok(number)
    }

    /// Takes back what a subscription that is no more was to be sent.
    pub(super) fn take_back(&mut self, number: DeliveryNumber, now: Timestamp) {
        let ready = self.ready.len();
        self.ready.retain(|attempt| attempt.key.delivery != number || !self.under_way.remove(&attempt.key));
        let taken = ready - self.ready.len();
        let Some(delivery) = self.log.get_mut(number) else { return };
        if taken > 0 {
            delivery.tries.pop();
        } else if delivery.state == DeliveryState::UnderWay {
            return;
        }
        if delivery.was_received() {
            // Only the repetition is taken back.
            delivery.state = DeliveryState::Received;
            self.log.finish(number);
        } else {
            self.drop_delivery(number, now);
        }
    }

    fn drop_delivery(&mut self, number: DeliveryNumber, now: Timestamp) {
        let Some(delivery) = self.log.get_mut(number) else { return };
        delivery.state = DeliveryState::Dropped;
        delivery.next_attempt_at = None;
        delivery.is_held = false;
        let moment = What::Delivery(Box::new(delivery.moment(0, DeliveryResult::Dropped, None)));
        self.moments.push(Moment { at: now, call: delivery.call, what: moment });
        self.log.finish(number);
    }

    /// Tries the front of a lane, unless it is under way, held back or waits for its time.
    pub(super) fn advance(&mut self, lane: Lane, now: Timestamp) {
        let Some(queue) = self.lanes.get_mut(&lane) else { return };
        let Some(mut front) = queue.front().copied() else {
            self.lanes.remove(&lane);
            return;
        };
        while self.log.get(front).is_some_and(|delivery| delivery.is_held) {
            let Some(next) = take_newer(queue, front) else { return };
            if let Some(delivery) = self.log.get_mut(front) {
                delivery.is_held = false;
                delivery.tricks.push(Trick::Reorder);
            }
            queue.push_front(next);
            front = next;
        }
        let Some(delivery) = self.log.get(front) else { return };
        match delivery.next_attempt_at {
            _ if delivery.state == DeliveryState::UnderWay => {}
            Some(at) if at > now => self.alarms.push((at, front)),
            _ => self.send(front, now),
        }
    }

    /// Nothing holds back the events of a lane any more, as the one that they let go first is not sent.
    fn let_go(&mut self, lane: Lane, now: Timestamp) {
        let was_held = self.front_is_held(lane);
        for number in self.lanes.get(&lane).into_iter().flatten() {
            if let Some(delivery) = self.log.get_mut(*number) {
                delivery.is_held = false;
            }
        }
        if was_held {
            self.advance(lane, now);
        }
    }

    /// Makes the next try of a delivery.
    pub(super) fn send(&mut self, number: DeliveryNumber, now: Timestamp) {
        let (mischief, signature, id_key) = (self.mischief, self.settings.signature, self.id_key);
        let Some(delivery) = self.log.get_mut(number) else { return };
        if !delivery.to.as_ref().is_some_and(|to| self.subscriptions.contains_key(&to.number)) {
            return;
        }
        let attempt = delivery.tried() + 1;
        let plays = |trick: &Trick| mischief.plays(*trick, delivery.id.seed(id_key), attempt);
        let drawn = [Trick::BadSignature, Trick::StaleTimestamp].into_iter().filter(plays);
        let tricks: Vec<Trick> = delivery.tricks.iter().copied().chain(drawn).collect();
        let Some(ready) = to_send(number, delivery, attempt, &tricks, signature) else { return };
        self.under_way.insert(ready.key);
        self.ready.push(ready);
        delivery.tricks.clear();
        delivery.tries.push(Try {
            at: now,
            headers: Vec::new(),
            answer: None,
            hint: None,
            next_attempt_at: None,
            mischief: tricks,
        });
        delivery.state = DeliveryState::UnderWay;
        delivery.next_attempt_at = None;
    }

    /// Whether a delivery is the front of its lane.
    pub(super) fn leads(&self, number: DeliveryNumber, lane: Lane) -> bool {
        self.lanes.get(&lane).and_then(VecDeque::front) == Some(&number)
    }

    fn front_is_held(&self, lane: Lane) -> bool {
        let front = self.lanes.get(&lane).and_then(VecDeque::front);
        front.and_then(|number| self.log.get(*number)).is_some_and(|delivery| delivery.is_held)
    }
}

/// What the shell is to send of that try of a delivery, on which these tricks are played; `None` where there is nobody to send it to.
pub(super) fn to_send(
    number: DeliveryNumber,
    delivery: &Delivery,
    attempt: u32,
    tricks: &[Trick],
    signature: Signature,
) -> Option<Attempt> {
    let (Some(to), Content::Body(body)) = (&delivery.to, &delivery.content) else { return None };
    let is_stale = tricks.contains(&Trick::StaleTimestamp);
    Some(Attempt {
        key: AttemptKey { delivery: number, attempt },
        url: Arc::clone(&to.url),
        body: if is_stale { dated(body, delivery.event, delivery.created_at - STALE) } else { body.clone() },
        event: delivery.event,
        call: delivery.call,
        number: attempt,
        id: delivery.id.to_string().into(),
        secret: Arc::clone(&to.secret),
        signature,
        is_forged: tricks.contains(&Trick::BadSignature),
        is_stale,
    })
}

/// The lane that a delivery belongs to; `None` where there is nobody to send it to.
pub(super) fn lane_of(delivery: &Delivery) -> Option<Lane> {
    delivery.to.as_ref().map(|to| Lane { subscription: to.number, call: delivery.call })
}

/// Takes the first delivery out of a lane that was made after `front`.
fn take_newer(queue: &mut VecDeque<DeliveryNumber>, front: DeliveryNumber) -> Option<DeliveryNumber> {
    let position = queue.iter().position(|number| *number > front)?;
    queue.remove(position)
}
