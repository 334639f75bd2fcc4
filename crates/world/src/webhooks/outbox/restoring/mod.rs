//! The outbox, out into a document and in from one.

mod deliveries;
mod subscriptions;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::sending::to_send;
use super::{HookSettings, Lane, Outbox};
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::calls::call::CallId;
use crate::error::FieldError;
use crate::snapshot::{
    Checked, Count, HooksRecord, LaneRecord, Millis, OutboxRecord, RepeatRecord, Tally, within, wrong,
};
use crate::webhooks::delivery::{Delivery, DeliveryNumber, DeliveryState};
use crate::webhooks::log::Log;
use crate::webhooks::signature::LONGEST_SECRET;

/// What a document says beside its outbox.
pub struct Surroundings<'a> {
    /// What is random grows from here.
    pub seed: Seed,
    /// What moves the ids of the world.
    pub id_key: IdKey,
    /// How webhooks are set for the server: profile and size of the log are its own.
    pub settings: HookSettings,
    /// The origins of the calls that there are.
    pub origin_of: &'a dyn Fn(CallId) -> Option<CallId>,
    /// Which deliveries the agenda comes back to.
    pub is_awaited: &'a dyn Fn(DeliveryNumber) -> bool,
}

impl Outbox {
    /// As a document has it. What is under way is there as such: whoever restores it sends it again.
    pub fn record(&self) -> OutboxRecord {
        let mut lanes: Vec<LaneRecord> = self.lanes.iter().map(lane_record).collect();
        lanes.sort_by_key(|lane| (lane.subscription, lane.call_id));
        let repeat = |((call_id, event, subscription), count): (&(CallId, _, Option<u32>), &u64)| RepeatRecord {
            call_id: *call_id,
            event: *event,
            subscription: subscription.map(Tally::of),
            count: Count::of(*count),
        };
        OutboxRecord {
            settings: self.settings.record(),
            subscribed: Tally::of(self.subscribed),
            subscriptions: self.subscription_records(),
            mischief: self.mischief,
            delivered: Count::of(self.log.made()),
            deliveries: self.log.iter().map(|(number, delivery)| delivery.record(number)).collect(),
            lanes,
            repeats: self.repeats.iter().map(repeat).collect(),
        }
    }

    /// As a document has it. What was under way is ready to be sent once more, as the try that it was.
    pub fn restore(record: OutboxRecord, around: Surroundings<'_>) -> Checked<Outbox> {
        let settings = around.settings.restore(record.settings).map_err(|fault| within("settings", fault))?;
        let (subscriptions, addressees) =
            subscriptions::restore(record.subscriptions, record.subscribed, settings.profile)?;
        let made = record.delivered.get();
        let deliveries = deliveries::restore(record.deliveries, made, &addressees, around.origin_of)?;
        let mut outbox = Outbox {
            subscriptions,
            subscribed: record.subscribed.narrow(),
            mischief: record.mischief,
            ..Outbox::empty(settings, around.seed, around.id_key)
        };
        outbox.lanes = lanes(record.lanes, &outbox, &deliveries, around.is_awaited)?;
        for (position, repeat) in record.repeats.into_iter().enumerate() {
            let told = (repeat.call_id, repeat.event, repeat.subscription.map(Tally::narrow));
            if let (_, _, Some(number)) = told
                && !outbox.subscriptions.contains_key(&number)
            {
                let message = format!("is {number}, which is no subscription's number");
                return Err(wrong(format!("repeats[{position}].subscription"), message));
            }
            if (around.origin_of)(repeat.call_id).is_none() {
                let message = format!("is {}, which is none of calls", repeat.call_id);
                return Err(wrong(format!("repeats[{position}].callId"), message));
            }
            if outbox.repeats.insert(told, repeat.count.get()).is_some() {
                return Err(wrong(format!("repeats[{position}]"), "is there twice"));
            }
        }
        let signature = outbox.settings.signature;
        let under_way = deliveries.iter().filter(|(_, delivery)| delivery.state == DeliveryState::UnderWay);
        outbox.ready = under_way
            .filter_map(|(number, delivery)| {
                let last = delivery.tries.last()?;
                to_send(*number, delivery, delivery.tried(), &last.mischief, signature)
            })
            .collect();
        outbox.under_way = outbox.ready.iter().map(|attempt| attempt.key).collect();
        outbox.log = Log::of(deliveries, made, outbox.settings.remembered);
        outbox.check_room().map_err(|message| wrong("deliveries", message))?;
        Ok(outbox)
    }
}

impl HookSettings {
    fn record(&self) -> HooksRecord {
        HooksRecord {
            events: self.events.to_vec(),
            secret: self.secret.to_string(),
            retries_ms: self.retries.iter().map(|wait| Millis::of(wait.as_millis())).collect(),
            signature: self.signature.into(),
        }
    }

    /// The server's own settings, with what a document has in their place.
    fn restore(self, record: HooksRecord) -> Checked<HookSettings> {
        if record.secret.len() > LONGEST_SECRET {
            let message = format!("has {} characters, must have at most {LONGEST_SECRET}", record.secret.len());
            return Err(wrong("secret", message));
        }
        // Those of the server are taken in any case.
        let most = Outbox::MOST_RETRIES.max(self.retries.len());
        if record.retries_ms.len() > most {
            return Err(wrong("retriesMs", format!("are {}, must be at most {most}", record.retries_ms.len())));
        }
        Ok(HookSettings {
            events: record.events.into(),
            secret: record.secret.into(),
            retries: record.retries_ms.iter().map(|wait| Duration::from_millis(wait.get())).collect(),
            signature: record.signature.into(),
            ..self
        })
    }
}

fn lane_record((lane, queue): (&Lane, &VecDeque<DeliveryNumber>)) -> LaneRecord {
    LaneRecord {
        subscription: Tally::of(lane.subscription),
        call_id: lane.call,
        deliveries: queue.iter().map(|number| Count::of(number.0)).collect(),
    }
}

/// The lanes of a document, in which everything that waits stands, and nothing for ever.
fn lanes(
    records: Vec<LaneRecord>,
    outbox: &Outbox,
    deliveries: &BTreeMap<DeliveryNumber, Delivery>,
    is_awaited: &dyn Fn(DeliveryNumber) -> bool,
) -> Checked<HashMap<Lane, VecDeque<DeliveryNumber>>> {
    let mut lanes = HashMap::with_capacity(records.len());
    let mut standing = HashSet::new();
    for (position, record) in records.into_iter().enumerate() {
        let place = format!("lanes[{position}]");
        let lane = Lane { subscription: record.subscription.narrow(), call: record.call_id };
        if !outbox.subscriptions.contains_key(&lane.subscription) {
            let message = format!("is {}, which is no subscription's number", lane.subscription);
            return Err(wrong(format!("{place}.subscription"), message));
        }
        let queue: VecDeque<DeliveryNumber> =
            record.deliveries.iter().map(|number| DeliveryNumber(number.get())).collect();
        for (position, number) in queue.iter().enumerate() {
            let fits = deliveries.get(number).is_some_and(|delivery| fits(delivery, lane, position == 0));
            let wakes =
                position > 0 || deliveries.get(number).is_some_and(|delivery| wakes(delivery, is_awaited(*number)));
            if !fits || !wakes || !standing.insert(*number) {
                let message = format!(
                    "is {}, must be a delivery of that call to that subscription that stands in no other place, and waits; the first \
                     is under way, held back, or in the agenda",
                    number.0
                );
                return Err(wrong(format!("{place}.deliveries[{position}]"), message));
            }
        }
        if queue.is_empty() || lanes.insert(lane, queue).is_some() {
            return Err(wrong(place, "must have deliveries, and be there once"));
        }
    }
    let is_lost = |(number, delivery): &(&DeliveryNumber, &Delivery)| {
        matches!(delivery.state, DeliveryState::Waiting | DeliveryState::Retrying) && !standing.contains(*number)
    };
    match deliveries.iter().find(is_lost) {
        Some((number, _)) => Err(wrong("lanes", format!("must have delivery {} in one of them: it waits", number.0))),
        None => Ok(lanes),
    }
}

/// Whether a delivery can stand in a lane, at its front or behind.
fn fits(delivery: &Delivery, lane: Lane, is_front: bool) -> bool {
    let is_in_state = match delivery.state {
        DeliveryState::Waiting => true,
        DeliveryState::UnderWay | DeliveryState::Retrying => is_front,
        _ => false,
    };
    is_in_state && delivery.call == lane.call && delivery.to.as_ref().is_some_and(|to| to.number == lane.subscription)
}

/// Whether the front of a lane goes on some time.
fn wakes(delivery: &Delivery, is_awaited: bool) -> bool {
    delivery.state == DeliveryState::UnderWay || delivery.is_held || (delivery.next_attempt_at.is_some() && is_awaited)
}

/// What is wrong with the thing at that position of a list.
fn at(list: &str, position: usize, fault: FieldError) -> FieldError {
    within(format!("{list}[{position}]"), fault)
}
