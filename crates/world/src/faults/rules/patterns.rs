//! The patterns of the rules in force. A request is held against them without the world, as that may take long.

use std::sync::Arc;

use super::Rule;
use crate::faults::matching::{Effort, Pattern, Sketch};

/// See the module. It does not change: when the rules do, another takes its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RulePatterns {
    /// In the order of the numbers.
    rules: Vec<RulePattern>,
    effort: Effort,
}

#[derive(Clone, Debug, PartialEq)]
struct RulePattern {
    number: u64,
    pattern: Arc<Pattern>,
    /// Whether its effect on a request hangs on chance.
    draws: bool,
}

/// What a request matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// The numbers of the rules, in their order.
    rules: Vec<u64>,
    /// The request's digest; 0 where no rule that it matches draws.
    pub(super) digest: u64,
}

impl RulePatterns {
    pub(super) fn of(rules: &[Rule]) -> Arc<RulePatterns> {
        let rules: Vec<RulePattern> = rules
            .iter()
            .map(|rule| RulePattern {
                number: rule.number,
                pattern: Arc::clone(&rule.terms.pattern),
                draws: rule.draws(),
            })
            .collect();
        let effort = rules.iter().map(|rule| Effort::of(&rule.pattern).with_digest(rule.draws)).sum();
        Arc::new(RulePatterns { rules, effort })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether the work of [`RulePatterns::matched_by`] would keep others waiting.
    pub fn is_long_for(&self, request: &Sketch<'_>) -> bool {
        self.effort.is_long_for(request)
    }

    /// The rules that a request matches.
    pub fn matched_by(&self, request: &Sketch<'_>) -> Matched {
        let mut draws = false;
        let matching = self.rules.iter().filter(|rule| rule.pattern.matches(request));
        let rules = matching.inspect(|rule| draws |= rule.draws).map(|rule| rule.number).collect();
        Matched { rules, digest: if draws { request.digest() } else { 0 } }
    }
}

impl Matched {
    /// Whether the request matches the rule with that number.
    pub(super) fn has(&self, number: u64) -> bool {
        self.rules.binary_search(&number).is_ok()
    }
}
