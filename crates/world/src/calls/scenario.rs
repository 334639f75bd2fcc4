//! Scenarios: what becomes of a call.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use crate::base::phone_number::PhoneNumber;
use crate::base::quoted::Quoted;
use crate::base::rng::Stream;
use crate::base::vocabulary::{NotOneOf, vocabulary};
use crate::calls::call::{Direction, Outcome};
use crate::error::Error;

vocabulary! {
    /// Who picks up.
    pub enum Answer {
        /// Nobody.
        Nobody = "nobody",
        /// A person.
        Person = "person",
        /// An answering machine.
        Machine = "machine",
    }
}

/// A range of durations, ends included, such as `4s..12s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Spread {
    /// The longest duration that is accepted: a call's plan counts milliseconds in 32 bits.
    pub const LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

    /// A duration of the range, in whole milliseconds.
    pub fn draw(self, stream: &mut Stream) -> Duration {
        let [least, most] = [self.least, self.most].map(|end| end.as_millis() as u64);
        Duration::from_millis(stream.within(least..=most))
    }
}

/// Why a text is no range of durations; shows what would be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASpread;

impl fmt::Display for NotASpread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as 10m, or a range of two such as 500ms..2s, the shorter first, up to 24h")
    }
}

impl FromStr for Spread {
    type Err = NotASpread;

    fn from_str(text: &str) -> Result<Spread, NotASpread> {
        let duration = |text: &str| -> Result<Duration, NotASpread> {
            let duration: SignedDuration = text.trim().parse().map_err(|_| NotASpread)?;
            duration.try_into().map_err(|_| NotASpread)
        };
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let spread = Spread { least: duration(least)?, most: duration(most)? };
        (spread.least <= spread.most && spread.most <= Spread::LIMIT).then_some(spread).ok_or(NotASpread)
    }
}

/// How long an answered call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// For a duration out of this range.
    Within(Spread),
    /// Until it is ended, or the business's longest call duration.
    Endless,
}

/// What becomes of a call that follows it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, which the request header and the control API use.
    pub name: String,
    /// The number that stands for it when dialled.
    pub number: Option<PhoneNumber>,
    /// How long a placed call waits before it rings.
    pub queue: Spread,
    /// How long it rings.
    pub ring: Spread,
    /// Who picks up.
    pub answer: Answer,
    /// How long the two sides talk.
    pub talk: Talk,
    /// How it ends.
    pub ends: Outcome,
    /// Its weight in the draw for calls that the agent places.
    pub outbound: u32,
    /// Its weight in the draw for calls that people place.
    pub inbound: u32,
}

impl Scenario {
    /// Its weight in the draw for calls of that direction.
    pub const fn weight(&self, direction: Direction) -> u32 {
        match direction {
            Direction::Inbound => self.inbound,
            Direction::Outbound => self.outbound,
        }
    }

    /// Whether a call of that direction can follow it: the agent has no machine that answers for it.
    pub fn fits(&self, direction: Direction) -> bool {
        direction == Direction::Outbound || self.answer != Answer::Machine
    }
}

/// Refuses a name that no scenario has.
pub fn check_name(name: &str, scenarios: &[Scenario]) -> Result<(), Error> {
    if scenarios.iter().any(|known| known.name == name) {
        return Ok(());
    }
    let names = NotOneOf::of(scenarios.iter().map(|known| known.name.as_str()));
    Err(Error::invalid("scenario", format!("is {}, must be {names}, or null", Quoted(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_one_duration_or_two() {
        let spread: Spread = "500ms..2s".parse().unwrap();
        assert_eq!((spread.least, spread.most), (Duration::from_millis(500), Duration::from_secs(2)));
        let fixed: Spread = "10m".parse().unwrap();
        assert_eq!(fixed.least, fixed.most);
        for text in ["", "soon", "2s..1s", "-1s", "25h", "1s..2s..3s"] {
            assert_eq!(text.parse::<Spread>(), Err(NotASpread), "{text:?}");
        }
    }
}
