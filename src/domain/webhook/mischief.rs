//! Mischief: how deliveries misbehave, so that receivers can be tested for it.
//!
//! Each trick is drawn from the seed of its message and the number of its try. So neither other calls nor the order of answers
//! changes what is drawn.

use std::time::Duration;

use crate::domain::vocabulary::vocabulary;
use crate::rng::Seed;

vocabulary! {
    /// What can be done to a delivery.
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

/// How likely something is, in parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chance(u32);

impl Chance {
    /// As many parts as make it certain.
    pub const CERTAIN: u32 = 1_000_000;

    /// That many parts per million; what is more than certain is certain.
    pub fn of_parts(parts: u32) -> Chance {
        Chance(parts.min(Chance::CERTAIN))
    }

    /// The parts per million.
    pub const fn parts(self) -> u32 {
        self.0
    }

    fn strikes(self, seed: Seed) -> bool {
        self.0 > 0 && seed.stream().below(u64::from(Chance::CERTAIN)) < u64::from(self.0)
    }
}

/// How likely each trick is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mischief {
    /// How many of the received are sent once more.
    pub duplicate: Chance,
    /// How many are held back until the next event of their call has been answered. Events of a call's end never are.
    pub reorder: Chance,
    /// How many are never sent.
    pub drop: Chance,
    /// How many tries are signed wrongly.
    pub bad_signature: Chance,
    /// How many tries bear a time that has passed.
    pub stale_timestamp: Chance,
    /// How long every event waits before its first try, on the emulator's clock.
    pub delay: Duration,
}

impl Mischief {
    /// Whether `trick` is played on that try of that message. A delay is for all and not drawn.
    pub(super) fn plays(&self, trick: Trick, message: Seed, attempt: u32) -> bool {
        let chance = match trick {
            Trick::Duplicate => self.duplicate,
            Trick::Reorder => self.reorder,
            Trick::Drop => self.drop,
            Trick::BadSignature => self.bad_signature,
            Trick::StaleTimestamp => self.stale_timestamp,
            Trick::Delay => return !self.delay.is_zero(),
        };
        chance.strikes(message.child("mischief").child(trick.as_str()).nth(u64::from(attempt)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_strikes_as_often_as_it_says_and_never_where_it_is_none() {
        let half = Mischief { drop: Chance::of_parts(500_000), ..Mischief::default() };
        let strikes = |trick| (0..10_000).filter(|message| half.plays(trick, Seed::new(7).nth(*message), 1)).count();
        assert!((4_800..5_200).contains(&strikes(Trick::Drop)), "{}", strikes(Trick::Drop));
        assert_eq!(strikes(Trick::Duplicate), 0);
        let always = Mischief { drop: Chance::of_parts(Chance::CERTAIN), ..half };
        assert!((0..100).all(|message| always.plays(Trick::Drop, Seed::new(message), 1)));
    }

    #[test]
    fn each_try_and_each_trick_is_drawn_anew() {
        let chance = Chance::of_parts(500_000);
        let mischief = Mischief { bad_signature: chance, stale_timestamp: chance, ..Mischief::default() };
        let draws = |trick| (1..=32).map(|attempt| mischief.plays(trick, Seed::new(7), attempt)).collect::<Vec<_>>();
        let (bad, stale) = (draws(Trick::BadSignature), draws(Trick::StaleTimestamp));
        assert!(bad.contains(&true) && bad.contains(&false), "{bad:?}");
        assert_ne!(bad, stale);
    }
}
