//! Faults that a test asks for: rules of what goes wrong with which requests. Not to be taken for those that a dialled number stands
//! for, in [`fault`](crate::calls::magic_number).

mod patterns;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::base::probability::Probability;
use crate::base::rng::Seed;
use crate::base::vocabulary::vocabulary;
use crate::error::Error;
use crate::faults::latency::Latency;
use crate::faults::matching::Pattern;

pub use self::patterns::{Matched, RulePatterns};

vocabulary! {
    /// How a connection breaks in place of an answer, in the names that WireMock gave them.
    ///
    /// ```
    /// use akol_mock::ConnectionFault;
    /// assert_eq!(ConnectionFault::ALL.len(), 4);
    /// assert_eq!("EMPTY_RESPONSE".parse(), Ok(ConnectionFault::EmptyResponse));
    /// ```
    pub enum ConnectionFault {
        /// It is closed without a byte.
        EmptyResponse = "EMPTY_RESPONSE",
        /// The head of an answer comes, then garbage, then it is closed.
        MalformedResponseChunk = "MALFORMED_RESPONSE_CHUNK",
        /// Garbage comes, then it is closed.
        RandomDataThenClose = "RANDOM_DATA_THEN_CLOSE",
        /// It is reset.
        ConnectionResetByPeer = "CONNECTION_RESET_BY_PEER",
    }
}

/// What a rule does to a request that it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Effect {
    /// It is answered with an error.
    Status {
        /// The status, from 400 to 599.
        status: u16,
        /// When the client may come again, in seconds; not said where `None`.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
        /// Whether it is carried out all the same, and only its answer replaced.
        execute: bool,
    },
    /// Its answer is held back.
    Latency {
        /// How long.
        latency: Latency,
    },
    /// The connection breaks in place of its answer.
    Connection {
        /// How.
        fault: ConnectionFault,
        /// Whether it is carried out all the same, so that the client cannot know.
        execute: bool,
    },
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Which requests it is for.
    pub pattern: Arc<Pattern>,
    /// How many of them it strikes before it is used up; all where `None`.
    pub times: Option<u32>,
    /// How likely it strikes each.
    pub probability: Probability,
    /// What it does.
    pub effect: Effect,
}

/// A rule in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Which rule of its workspace it is, from 1.
    number: u64,
    /// What it says.
    pub terms: Terms,
    /// How many requests it has struck.
    pub hits: u32,
    /// How many requests of each digest it has drawn for. A draw hangs on what the request is and on how many the same came before it,
    /// and so not on the order in which different ones come.
    drawn: BTreeMap<u64, u64>,
}

/// When all rules together have drawn for that many different requests, they forget them, and draw for each as for its first.
const MOST_DRAWN: usize = if cfg!(test) { 1_000 } else { 100_000 };

impl Rule {
    /// Its id.
    pub fn id(&self) -> String {
        format!("flt_{}", self.number)
    }

    /// How many requests it still strikes; `None` where it never ends.
    pub fn left(&self) -> Option<u32> {
        self.terms.times.map(|times| times.saturating_sub(self.hits))
    }

    /// Whether its effect on a request hangs on chance.
    fn draws(&self) -> bool {
        let varies = matches!(self.terms.effect, Effect::Latency { latency: Latency::LogNormal { .. } });
        varies || self.terms.probability != Probability::ALWAYS
    }

    /// The seed of what is drawn for a request of that digest, where `seed` is that of all rules.
    fn draw(&mut self, digest: u64, seed: Seed) -> Seed {
        let own = seed.nth(self.number);
        if !self.draws() {
            return own;
        }
        let count = self.drawn.entry(digest).or_default();
        let seed = own.nth(digest).nth(*count);
        *count += 1;
        seed
    }
}

/// What befalls a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The status that it is answered with, and after how many seconds the client may come again.
    pub status: Option<(u16, Option<u32>)>,
    /// How long its answer is held back.
    pub delay: Duration,
    /// How its connection breaks.
    pub breakage: Option<ConnectionFault>,
    /// Whether it is carried out.
    pub execute: bool,
    /// The ids of the rules that struck it, in their order.
    pub rules: Vec<String>,
}

impl Trouble {
    /// None: it is carried out and answered at once.
    pub const NONE: Trouble =
        Trouble { status: None, delay: Duration::ZERO, breakage: None, execute: true, rules: Vec::new() };

    /// Whether something else is sent than the answer.
    pub fn replaces_answer(&self) -> bool {
        self.status.is_some() || self.breakage.is_some()
    }
}

/// The rules of a workspace, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    rules: Vec<Rule>,
    /// Those of the rules.
    patterns: Arc<RulePatterns>,
    /// How many rules there have ever been.
    made: u64,
}

impl Faults {
    /// The most rules that there may be.
    pub const MOST: usize = 1_000;
    /// The most that the patterns of all rules may take together as JSON, in bytes.
    pub const MOST_BYTES: usize = 64 << 10;

    /// The rules in force.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The patterns of the rules in force.
    pub fn patterns(&self) -> &Arc<RulePatterns> {
        &self.patterns
    }

    /// Adds a rule, which comes after all others.
    pub fn add(&mut self, terms: Terms) -> Result<&Rule, Error> {
        const REMEDY: &str = "take one back (DELETE /__admin/faults/:id)";
        let most = Faults::MOST;
        if self.rules.len() >= most {
            return Err(Error::too_many("body", format!("{most} fault rules"), REMEDY));
        }
        let (new, most) = (terms.pattern.written_bytes(), Faults::MOST_BYTES);
        let before: usize = self.rules.iter().map(|rule| rule.terms.pattern.written_bytes()).sum();
        if before + new > most {
            let message = format!(
                "has {new} bytes, of at most {most} that the patterns of all fault rules have together, which is the most; {before} \
                 are taken: {REMEDY}"
            );
            return Err(Error::invalid("match", message));
        }
        self.made += 1;
        self.rules.push(Rule { number: self.made, terms, hits: 0, drawn: BTreeMap::new() });
        self.patterns = RulePatterns::of(&self.rules);
        Ok(&self.rules[self.rules.len() - 1])
    }

    /// Takes back the rule with that id. Says whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.retain(|rule| rule.id() != id);
        self.rules.len() < before
    }

    /// Takes back all rules, and says how many there were.
    pub fn clear(&mut self) -> usize {
        let count = self.rules.len();
        self.retain(|_| false);
        count
    }

    fn retain(&mut self, is_kept: impl FnMut(&Rule) -> bool) {
        let before = self.rules.len();
        self.rules.retain(is_kept);
        if self.rules.len() < before {
            self.patterns = RulePatterns::of(&self.rules);
        }
    }

    /// What befalls a request: the first rule that strikes with a status or a connection fault decides, and the latencies that strike
    /// before it add up. A rule that is used up by it is gone. Draws from `seed`.
    pub fn trouble_for(&mut self, matched: &Matched, seed: Seed) -> Trouble {
        let mut trouble = Trouble::NONE;
        if self.rules.iter().map(|rule| rule.drawn.len()).sum::<usize>() >= MOST_DRAWN {
            self.rules.iter_mut().for_each(|rule| rule.drawn.clear());
        }
        for rule in self.rules.iter_mut().filter(|rule| matched.has(rule.number)) {
            let drawn = rule.draw(matched.digest, seed);
            if !rule.terms.probability.strikes(drawn) {
                continue;
            }
            rule.hits = rule.hits.saturating_add(1);
            trouble.rules.push(rule.id());
            match rule.terms.effect {
                Effect::Latency { latency } => {
                    trouble.delay = trouble.delay.saturating_add(latency.draw(drawn.child("latency")));
                    continue;
                }
                Effect::Status { status, retry_after, execute } => {
                    trouble.status = Some((status, retry_after));
                    trouble.execute = execute;
                }
                Effect::Connection { fault, execute } => {
                    trouble.breakage = Some(fault);
                    trouble.execute = execute;
                }
            }
            break;
        }
        if !trouble.rules.is_empty() {
            self.retain(|rule| rule.left() != Some(0));
        }
        trouble
    }
}
