//! Receivers that have refused connections during an advance of a clock.
//!
//! In an advance over hours a receiver that is down may be tried hundreds of thousands of times, thousands of them within a few milliseconds of
//! real time. To hear each time that nobody listens takes far longer than everything else. So a refusal holds for a few milliseconds, in
//! which the receiver is not asked again. It holds no longer than until somebody outside has been heard: whoever learns how far the advance
//! has come, and starts the receiver then, has it tried from there on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::real_time::Stopwatch;

/// How long a refusal holds, in real time.
const HOLDS: Duration = Duration::from_millis(5);

/// Why a delivery was not received, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What happened.
    pub why: Arc<str>,
    /// What may help.
    pub hint: Option<Arc<str>>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Refusals {
    /// Whether there are any.
    are_any: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// How long each holds.
    holds: Duration,
    by_url: HashMap<Arc<str>, Refusal>,
}

#[derive(Debug)]
struct Refusal {
    at: Stopwatch,
    /// How many requests there had been.
    requests: u64,
    reason: Reason,
}

impl Default for Refusals {
    fn default() -> Refusals {
        let known = Known { holds: HOLDS, by_url: HashMap::new() };
        Refusals { are_any: AtomicBool::new(false), known: Mutex::new(known) }
    }
}

impl Refusals {
    /// The receiver at `url` has refused a connection just now, when there had been that many requests.
    pub(super) fn note(&self, url: &Arc<str>, reason: Reason, requests: u64) {
        let refusal = Refusal { at: Stopwatch::start(), requests, reason };
        self.known.lock().by_url.insert(Arc::clone(url), refusal);
        self.are_any.store(true, Ordering::Release);
    }

    /// Why nobody need ask the receiver at `url` now, where there have been that many requests; `None` where somebody is to ask.
    pub(super) fn of(&self, url: &str, requests: u64) -> Option<Reason> {
        if !self.are_any.load(Ordering::Acquire) {
            return None;
        }
        let known = self.known.lock();
        let refusal = known.by_url.get(url)?;
        let holds = refusal.requests == requests && refusal.at.until(Stopwatch::start()) < known.holds;
        holds.then(|| refusal.reason.clone())
    }

    /// Somebody has been heard, or the advance is over.
    pub(super) fn forget(&self) {
        if self.are_any.swap(false, Ordering::AcqRel) {
            self.known.lock().by_url.clear();
        }
    }

    /// From here on each holds that long.
    #[cfg(test)]
    pub(super) fn hold(&self, holds: Duration) {
        self.known.lock().holds = holds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason() -> Reason {
        Reason { why: "refused".into(), hint: Some("is it started?".into()) }
    }

    #[test]
    fn a_refusal_holds_for_its_receiver_until_somebody_is_heard() {
        let refusals = Refusals::default();
        refusals.hold(Duration::MAX);
        let url: Arc<str> = "a".into();
        assert_eq!(refusals.of("a", 7), None);
        refusals.note(&url, reason(), 7);
        assert_eq!(refusals.of("a", 7), Some(reason()));
        assert_eq!((refusals.of("b", 7), refusals.of("a", 8)), (None, None));
        refusals.forget();
        assert_eq!(refusals.of("a", 7), None);
    }

    #[test]
    fn a_refusal_does_not_hold_for_ever() {
        let refusals = Refusals::default();
        refusals.hold(Duration::ZERO);
        refusals.note(&"a".into(), reason(), 7);
        assert_eq!(refusals.of("a", 7), None);
    }
}
