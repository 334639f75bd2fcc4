//! The world: the whole state of one workspace.
//!
//! It does no I/O and asks nobody what time it is: [`World::step`] and [`World::catch_up`] tell it. What should happen outside
//! (deliveries to send) waits in its outbox until the shell takes it.

mod faults;
mod placing;
mod progress;
mod reading;
mod settings;
mod snapshot;
#[cfg(any(test, feature = "testing"))]
#[cfg_attr(not(test), expect(clippy::unwrap_used, reason = "these are for tests"))]
#[allow(missing_docs, reason = "these are for tests")]
pub mod testing;
#[cfg(test)]
mod tests;
mod transition;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::fixtures::Fixtures;
use super::schedule::Schedule;
use crate::account::idempotency::Idempotency;
use crate::account::quota::{Minutes, RateLimit};
use crate::account::settings::WorldSettings;
use crate::base::id_key::IdKey;
use crate::base::phone_number::PhoneNumber;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId};
use crate::calls::lifecycle::Step;
use crate::calls::next_steps::NextSteps;
use crate::calls::store::{CallStore, Slot};
use crate::content::cache::CallCache;
use crate::directory::campaigns::CampaignState;
use crate::event::{CallStep, Moment, Transition, What};
use crate::faults::rules::Faults;
use crate::webhooks::{DeliveryNumber, Outbox};

pub use crate::account::settings::Quotas;
pub use placing::{Inbound, Placement};

/// What the agenda holds.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// A call goes on.
    Call(Slot, Step),
    /// A delivery's wait is over: it was delayed, or is tried again.
    Delivery(DeliveryNumber),
}

/// What everything random about a call grows from, in a world whose ids `key` moves: the id that the call would have in the workspace `default`.
fn origin(call: &Call, key: IdKey) -> CallId {
    if call.is_keyed { call.id.unkeyed(key) } else { call.id }
}

/// The place of something among all that is due at one instant: calls go on first, then deliveries are made, each in the order of their calls'
/// origins. So the order does not depend on which request came first, nor on which receiver was quicker.
mod rank {
    use crate::calls::call::CallId;
    use crate::webhooks::{DeliveryNumber, Outbox};

    /// Set in those of deliveries. What is left has room for 63 bits of an origin, of which any 47 tell apart what is due at one instant.
    const DELIVERY: u64 = 1 << 63;

    /// The place of a call's next step.
    pub(super) const fn of_step(origin: CallId) -> u64 {
        origin.number() >> 1
    }

    /// The place of a delivery; behind all others, of one that is no longer remembered, as it needs no looking after.
    pub(super) fn of_delivery(delivery: DeliveryNumber, outbox: &Outbox) -> u64 {
        outbox.delivery(delivery).map_or(u64::MAX, |delivery| {
            let receiver = delivery.to.as_ref().map_or(0, |to| to.number & 0xffff);
            DELIVERY | ((delivery.origin.number() >> 17) << 16) | u64::from(receiver)
        })
    }
}

/// See the module.
#[derive(Debug)]
pub struct World {
    fixtures: Arc<Fixtures>,
    seed: Seed,
    /// What moves the ids of its calls.
    id_key: IdKey,
    now: Timestamp,
    settings: WorldSettings,
    /// By the campaign's position in the directory.
    campaigns: Vec<CampaignState>,
    call_store: CallStore,
    /// How many calls each number has had: the randomness of its next one is drawn from that, and nothing else.
    calls_with: hashbrown::HashMap<PhoneNumber, u32>,
    agenda: Schedule<Due>,
    live: NextSteps,
    minutes: Minutes,
    rate_limit: RateLimit,
    answers: Idempotency<Bytes>,
    outbox: Outbox,
    /// What goes wrong with requests, on request.
    faults: Faults,
    /// What has happened since the shell last asked.
    moments: Vec<Moment>,
    /// What has been written of its calls.
    call_cache: CallCache,
}

impl World {
    /// A world without calls, at `now`. Its ids are moved by the key of its outbox.
    pub fn empty(fixtures: Arc<Fixtures>, seed: Seed, now: Timestamp, quotas: Quotas, outbox: Outbox) -> World {
        World {
            seed,
            id_key: outbox.id_key(),
            now,
            settings: WorldSettings::new(quotas, &fixtures.scenarios),
            campaigns: fixtures.directory.campaigns.iter().map(CampaignState::from).collect(),
            call_store: CallStore::new(Arc::clone(&fixtures)),
            calls_with: hashbrown::HashMap::new(),
            agenda: Schedule::default(),
            live: NextSteps::default(),
            minutes: Minutes::new(now),
            rate_limit: RateLimit::default(),
            answers: Idempotency::default(),
            outbox,
            faults: Faults::default(),
            moments: Vec::new(),
            call_cache: CallCache::new(),
            fixtures,
        }
    }

    /// The instant up to which everything has happened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next()
    }

    /// Makes the next thing happen that is due by `target`, at its own instant. Where nothing is, moves to `target` and says `None`.
    pub fn step(&mut self, target: Timestamp) -> Option<Timestamp> {
        let Some((at, due)) = self.agenda.take(target) else {
            self.now = self.now.max(target);
            return None;
        };
        self.now = self.now.max(at);
        match due {
            Due::Call(slot, step) => self.go_on(slot, step),
            Due::Delivery(delivery) => self.look_after(delivery),
        }
        Some(self.now)
    }

    /// Makes everything happen that is due by `now`, in order.
    pub fn catch_up(&mut self, now: Timestamp) {
        while self.step(now).is_some() {}
    }

    /// What has happened since this was last asked, in order.
    pub fn take_moments(&mut self) -> Vec<Moment> {
        std::mem::take(&mut self.moments)
    }

    /// Notes that a call went on.
    fn note_step(&mut self, slot: Slot, step: CallStep) {
        let call = self.call_store.get(slot);
        let what = What::Transition(Transition { step, status: call.status, outcome: call.outcome });
        self.moments.push(Moment { at: self.now, call: call.id, what });
    }

    /// Counts a request against the rate limit. Where it is one too many: how long until the client is served again, as an error.
    pub fn count_request(&mut self, client: &str) -> Result<(), Duration> {
        match self.settings.quotas.requests_per_minute {
            Some(limit) => self.rate_limit.count(client, limit, self.now),
            None => Ok(()),
        }
    }

    /// Whether requests are counted at all.
    pub fn limits_requests(&self) -> bool {
        self.settings.quotas.requests_per_minute.is_some()
    }

    /// The answers that idempotency keys bring back.
    pub fn answers(&mut self) -> &mut Idempotency<Bytes> {
        &mut self.answers
    }
}
