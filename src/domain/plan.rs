//! What a scenario means to become of one call, drawn once when the call is made.

use std::time::Duration;

use super::call::{Direction, Outcome};
use super::dialogue::Dialogue;
use super::directory::Business;
use super::scenario::{Answer, Scenario, Talk};
use crate::rng::Stream;

/// Where a call's words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Nobody says anything.
    Silence,
    /// The dialogue at that position of the fixtures.
    Dialogue(u16),
    /// The call at that position of the fixtures, word for word.
    Verbatim(u16),
}

/// How one call is to go, unless somebody ends it before.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long it rings.
    pub ring: Duration,
    /// Who picks up.
    pub answer: Answer,
    /// How long the two sides are connected; zero where nobody answers.
    pub talk: Duration,
    /// How it ends.
    pub ends: Outcome,
    /// What is said.
    pub script: Script,
    /// Whether there is time for all of it.
    pub is_whole: bool,
}

impl Plan {
    /// Draws how long a call by `scenario` rings and talks, and what is said. A conversation lasts as long as what is said in it, as far
    /// as the scenario's range and the business's longest duration allow.
    pub fn draw(
        scenario: &Scenario,
        business: &Business,
        direction: Direction,
        dialogues: &[Dialogue],
        stream: &mut Stream,
    ) -> Plan {
        let ring = match (direction, scenario.answer) {
            (Direction::Inbound, Answer::Person) => Duration::ZERO,
            _ => scenario.ring.draw(stream),
        };
        let silent = Plan {
            ring,
            answer: scenario.answer,
            talk: Duration::ZERO,
            ends: scenario.ends,
            script: Script::Silence,
            is_whole: true,
        };
        if scenario.answer == Answer::Nobody {
            return silent;
        }
        let longest = business.max_call_duration;
        let suitable =
            |dialogue: &Dialogue| dialogue.suits(business, direction, scenario.ends, scenario.talk == Talk::Endless);
        let (talk, chosen) = match scenario.talk {
            Talk::Endless => (longest, pick(dialogues, suitable, stream)),
            Talk::Within(range) => {
                let in_range = |dialogue: &Dialogue| (range.least..=range.most).contains(&dialogue.natural_length);
                let at_ease = pick(dialogues, |dialogue| suitable(dialogue) && in_range(dialogue), stream);
                match at_ease {
                    Some(chosen) => {
                        let unhurried = dialogues[chosen].natural_length * stream.within(100..=112) as u32 / 100;
                        (whole_seconds(unhurried).clamp(range.least, range.most), Some(chosen))
                    }
                    None => (range.draw(stream), closest(dialogues, suitable, range.least)),
                }
            }
        };
        let talk = talk.min(longest);
        Plan {
            talk,
            script: chosen.map_or(Script::Silence, |position| Script::Dialogue(position as u16)),
            is_whole: chosen.is_none_or(|position| dialogues[position].shortest_length() <= talk),
            ..silent
        }
    }
}

/// Rounded up, so that the length of a call is what its `durationSeconds` says.
fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_millis().div_ceil(1_000) as u64)
}

/// The position of one of the dialogues that are wanted, each as likely as the others.
fn pick(dialogues: &[Dialogue], wanted: impl Fn(&Dialogue) -> bool, stream: &mut Stream) -> Option<usize> {
    let count = dialogues.iter().filter(|dialogue| wanted(dialogue)).count();
    let chosen = stream.below(count as u64) as usize;
    dialogues.iter().enumerate().filter(|(_, dialogue)| wanted(dialogue)).nth(chosen).map(|(position, _)| position)
}

/// The position of the wanted dialogue whose length is nearest to `length`.
fn closest(dialogues: &[Dialogue], wanted: impl Fn(&Dialogue) -> bool, length: Duration) -> Option<usize> {
    let candidates = dialogues.iter().enumerate().filter(|(_, dialogue)| wanted(dialogue));
    candidates.min_by_key(|(_, dialogue)| dialogue.natural_length.abs_diff(length)).map(|(position, _)| position)
}
