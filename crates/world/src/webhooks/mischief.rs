//! Mischief: how deliveries misbehave, so that receivers can be tested for it.
//!
//! Each trick is drawn from the seed of its message and the number of its try. So neither other calls nor the order of answers
//! changes what is drawn.

use serde::{Deserialize, Serialize};

use crate::base::probability::Probability;
use crate::base::rng::Seed;
use crate::base::span::Span;
use crate::base::vocabulary::vocabulary;

vocabulary! {
    /// What can be done to a delivery.
    ///
    /// ```
    /// use akol_mock::Trick;
    /// assert_eq!((Trick::BadSignature.as_str(), Trick::ALL.len()), ("badSignature", 6));
    /// ```
    pub enum Trick {
        /// What was received is sent once more.
        Duplicate = "duplicate",
        /// It comes after the event that follows it.
        Reorder = "reorder",
        /// It is never sent.
        Drop = "drop",
        /// Its signatures are wrong.
        BadSignature = "badSignature",
        /// It says that it is ten minutes old.
        StaleTimestamp = "staleTimestamp",
        /// It is sent later.
        Delay = "delay",
    }
}

/// How likely each trick is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mischief {
    /// How many of the received are sent once more.
    pub duplicate: Probability,
    /// How many are held back until the next event of their call has been answered. Events of a call's end never are.
    pub reorder: Probability,
    /// How many are never sent.
    pub drop: Probability,
    /// How many tries are signed wrongly.
    pub bad_signature: Probability,
    /// How many tries bear a time that has passed.
    pub stale_timestamp: Probability,
    /// How long every event waits before its first try, on the emulator's clock.
    pub delay: Option<Span>,
}

impl Mischief {
    /// Whether `trick` is played on that try of that message. A delay is for all, and not drawn.
    pub(super) fn plays(&self, trick: Trick, message: Seed, attempt: u32) -> bool {
        let chance = match trick {
            Trick::Duplicate => self.duplicate,
            Trick::Reorder => self.reorder,
            Trick::Drop => self.drop,
            Trick::BadSignature => self.bad_signature,
            Trick::StaleTimestamp => self.stale_timestamp,
            Trick::Delay => return self.delay.is_some(),
        };
        chance.strikes(message.child("mischief").child(trick.as_str()).nth(u64::from(attempt)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_and_each_trick_is_drawn_anew() {
        let chance = Probability::from_millionths(500_000);
        let mischief = Mischief { bad_signature: chance, stale_timestamp: chance, ..Mischief::default() };
        let draws = |trick| (1..=32).map(|attempt| mischief.plays(trick, Seed::new(7), attempt)).collect::<Vec<_>>();
        let (bad, stale) = (draws(Trick::BadSignature), draws(Trick::StaleTimestamp));
        assert!(bad.contains(&true) && bad.contains(&false), "{bad:?}");
        assert_ne!(bad, stale);
    }
}
