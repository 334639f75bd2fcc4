//! The fixtures: all that a world is made of, read from TOML texts and checked.

mod businesses;
mod calls;
mod dialogues;
mod scenarios;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub use calls::VerbatimCall;

use super::call::{Call, Direction, Sentiment};
use super::dialogue::Dialogue;
use super::directory::Directory;
use super::phone_number::PhoneNumber;
use super::plan::Script;
use super::scenario::Scenario;
use super::settings::Weights;
use super::state::Hex;
use crate::rng::Stream;

/// One file of fixtures.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path in the folder, such as `businesses/dental.toml`.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// All that a world is made of. Shared by all worlds, never changed.
#[derive(Debug)]
pub struct Fixtures {
    /// Who there is.
    pub directory: Directory,
    /// What is said.
    pub dialogues: Vec<Dialogue>,
    /// What becomes of calls.
    pub scenarios: Vec<Scenario>,
    /// Past calls that are given word for word.
    pub calls: Vec<VerbatimCall>,
    /// The SHA-256 of all sources, in hexadecimal digits: what is told by positions means the same only where it is the same.
    pub digest: String,
}

/// What is wrong with a fixture, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureError {
    /// The file.
    pub path: String,
    /// The line, from 1; 0 where the fault is in no one line.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for FixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

impl std::error::Error for FixtureError {}

impl Source {
    fn parse<T: DeserializeOwned>(&self) -> Result<T, FixtureError> {
        toml::from_str(&self.text).map_err(|error| {
            let message = error.message().to_owned();
            match error.span() {
                Some(span) => self.error(span, message),
                None => FixtureError { path: self.path.clone(), line: 0, message },
            }
        })
    }

    /// An error about the text at `span`.
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> FixtureError {
        let before = self.text.as_bytes().iter().take(span.start);
        FixtureError {
            path: self.path.clone(),
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            message: message.into(),
        }
    }

    fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl Fixtures {
    /// Reads and checks all sources: `businesses/*.toml`, `dialogues/*.toml`, `scenarios.toml` and `calls.toml`, the files of a
    /// folder in the order given.
    pub fn read(sources: &[Source]) -> Result<Fixtures, FixtureError> {
        let named = |path: &str| sources.iter().filter(move |source| source.path == path).collect::<Vec<_>>();
        let folder = |folder: &str| sources.iter().filter(|source| source.is_in(folder)).collect::<Vec<_>>();
        let scenarios = scenarios::read(&named("scenarios.toml"))?;
        let directory = businesses::read(&folder("businesses"), &scenarios)?;
        let dialogues = dialogues::read(&folder("dialogues"))?;
        let calls = calls::read(&named("calls.toml"), &directory)?;
        Ok(Fixtures { directory, dialogues, scenarios, calls, digest: digest(sources) })
    }

    /// The scenario of that name.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.name == name)
    }

    /// The scenario that a dialled number stands for.
    pub fn scenario_of_number(&self, number: PhoneNumber) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.number == Some(number))
    }

    /// A scenario for a call of that direction, drawn by weight.
    pub fn draw_scenario(&self, weights: &Weights, direction: Direction, stream: &mut Stream) -> &Scenario {
        let drawn = stream.weighted(weights.for_calls(direction).iter().copied());
        // Weights of which none is above 0 for a direction are refused, so something is drawn.
        &self.scenarios[drawn.unwrap_or(0)]
    }

    /// How the person felt about an ended call; `None` where nobody answered.
    pub fn sentiment(&self, call: &Call) -> Option<Sentiment> {
        call.answered_at?;
        match call.plan.script {
            Script::Verbatim(position) => self.calls.get(usize::from(position))?.sentiment,
            Script::Dialogue(position) if !call.was_cut_short() => {
                self.dialogues.get(usize::from(position)).map(|dialogue| dialogue.sentiment)
            }
            Script::Dialogue(_) | Script::Silence => Some(Sentiment::Neutral),
        }
    }

    /// The names of the scenarios that a call of that direction can follow.
    pub fn scenario_names(&self, direction: Direction) -> impl Iterator<Item = &str> {
        self.scenarios.iter().filter(move |scenario| scenario.fits(direction)).map(|scenario| scenario.name.as_str())
    }
}

/// Of paths and texts, however the folders are ordered.
fn digest(sources: &[Source]) -> String {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by_key(|source| &source.path);
    let mut hash = Sha256::new();
    for part in sources.iter().flat_map(|source| [&source.path, &source.text]) {
        // With its length, so that no part can be taken for the end of the one before.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Hex::<32>(hash.finalize().into()).to_string()
}

/// How many things of a kind there may be: their positions, and how many they are, are kept in 16 bits.
const MOST: usize = u16::MAX as usize;

/// What is said of one more than that.
const TOO_MANY: &str = "more than 65,535 of a kind";

/// The position of one more thing of a kind; `None` where there are as many as there may be.
fn position_after(count: usize) -> Option<u16> {
    u16::try_from(count).ok().filter(|_| count < MOST)
}

/// Refuses a list of files in which there is nothing.
fn at_least_one<T>(things: &[T], path: &str, what: &str) -> Result<(), FixtureError> {
    if things.is_empty() {
        let message = format!("there is no {what}; at least one is needed");
        return Err(FixtureError { path: path.to_owned(), line: 0, message });
    }
    Ok(())
}
