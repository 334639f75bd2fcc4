//! The ids of messages and subscriptions: what is random about them is the same in every workspace, though they differ.

use std::borrow::Cow;

use super::{Outbox, Told};
use crate::webhooks::delivery::MessageId;
use crate::webhooks::subscription::Subscription;

impl Outbox {
    /// The id of a message to that subscription. What happens by itself happens once; what is told again has further ids, in order.
    pub(super) fn id_of(&mut self, told: Told, subscription: Option<u32>, receiver: &str) -> MessageId {
        let Told { event, call, origin, is_triggered } = told;
        let first = self.messages.nth(origin.number()).child(event.as_str()).child(receiver);
        let id = MessageId::from_seed(first).keyed(self.id_key);
        if !is_triggered && self.log.find(id).is_none() {
            return id;
        }
        loop {
            let ordinal = self.repeats.entry((call, event, subscription)).or_insert(0);
            *ordinal += 1;
            let id = MessageId::from_seed(first.nth(*ordinal)).keyed(self.id_key);
            // Two ids are the same once in billions of years; then the next one is taken.
            if self.log.find(id).is_none() {
                return id;
            }
        }
    }

    /// The id that a subscription would have in the workspace `default`.
    pub(super) fn origin_of<'s>(&self, subscription: &'s Subscription) -> Cow<'s, str> {
        let id = &*subscription.id;
        let number = id.strip_prefix(WEBHOOK).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        match number {
            Some(number) if !self.id_key.is_none() => webhook_id(self.id_key.moved(number << UNSHOWN)).into(),
            _ => id.into(),
        }
    }
}

/// What the ids of subscriptions begin with.
const WEBHOOK: &str = "whk_";
/// How many bits of a seed are not shown in an id of a subscription.
const UNSHOWN: u32 = 12;

/// The id of a subscription that grows from that number.
pub(super) fn webhook_id(number: u64) -> String {
    format!("{WEBHOOK}{:013x}", number >> UNSHOWN)
}
