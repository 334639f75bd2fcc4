//! What an advance of the clock asks about deliveries that it may wait for.

use super::Outbox;
use super::sending::lane_of;
use crate::calls::call::CallId;
use crate::webhooks::delivery::{AttemptKey, DeliveryNumber};

impl Outbox {
    /// The try under way for which a delivery waits: its own, or that of the front of its lane. `None` where the lane waits for its time.
    pub fn awaited_by(&self, number: DeliveryNumber) -> Option<AttemptKey> {
        let lane = self.log.get(number).and_then(lane_of)?;
        let front = *self.lanes.get(&lane)?.front()?;
        let key = AttemptKey { delivery: front, attempt: self.log.get(front)?.tried() };
        self.under_way.contains(&key).then_some(key)
    }

    /// The call that a delivery is about.
    pub fn call_of(&self, number: DeliveryNumber) -> Option<CallId> {
        self.log.get(number).map(|delivery| delivery.call)
    }
}
