//! What a scenario means to become of one call, drawn once when the call is made.

use std::time::Duration;

use crate::base::phone_number::PhoneNumber;
use crate::base::rng::{Seed, Stream};
use crate::calls::call::{Direction, Outcome};
use crate::calls::scenario::{Answer, Scenario, Talk};
use crate::content::dialogue::{Contact, Dialogue, Occasion};
use crate::directory::Business;

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

/// What is known of a call before its plan is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// What is to become of it.
    pub scenario: &'a Scenario,
    /// Whose it is.
    pub business: &'a Business,
    /// Who calls whom.
    pub direction: Direction,
    /// Whom with.
    pub person: PhoneNumber,
    /// How many calls that person had before.
    pub nth: u32,
}

impl Plan {
    /// Draws how long a call rings and talks, and what is said. A conversation lasts as long as what is said in it, as far as the
    /// scenario's range and the business's longest duration allow.
    pub fn draw(brief: &Brief<'_>, dialogues: &[Dialogue], world: Seed, stream: &mut Stream) -> Plan {
        let Brief { scenario, business, direction, .. } = *brief;
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
        let occasion = Occasion {
            business,
            direction,
            contact: if brief.nth > 0 { Contact::Returning } else { Contact::New },
            outcome: scenario.ends,
            is_endless: scenario.talk == Talk::Endless,
        };
        let suits = |position: &usize| dialogues[*position].suits(&occasion);
        let suitable: Vec<usize> = (0..dialogues.len()).filter(suits).collect();
        let turn = brief.turn(world);
        let (talk, chosen) = match scenario.talk {
            Talk::Endless => (longest, pick(&suitable, |_| true, turn)),
            Talk::Within(range) => {
                let length = |position: usize| dialogues[position].natural_length;
                let at_ease = pick(&suitable, |position| (range.least..=range.most).contains(&length(position)), turn);
                match at_ease {
                    Some(chosen) => {
                        let unhurried = dialogues[chosen].natural_length * stream.within(100..=112) as u32 / 100;
                        (whole_seconds(unhurried).clamp(range.least, range.most), Some(chosen))
                    }
                    None => {
                        let closest = |position: &usize| length(*position).abs_diff(range.least);
                        (range.draw(stream), suitable.iter().copied().min_by_key(closest))
                    }
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

impl Brief<'_> {
    /// Where the person stands in the round of dialogues: each begins somewhere of their own, and goes on by one with every call, so
    /// that nobody tells the same story twice in a row.
    fn turn(&self, world: Seed) -> u64 {
        world.child("turn").nth(self.person.digits()).number().wrapping_add(u64::from(self.nth))
    }
}

/// Rounded up, so that the length of a call is what its `durationSeconds` says.
fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_millis().div_ceil(1_000) as u64)
}

/// Whose turn it is of these that are wanted.
fn pick(positions: &[usize], wanted: impl Fn(usize) -> bool, turn: u64) -> Option<usize> {
    let wanted = positions.iter().copied().filter(|position| wanted(*position));
    let chosen = turn.checked_rem(wanted.clone().count() as u64)?;
    wanted.clone().nth(chosen as usize)
}
