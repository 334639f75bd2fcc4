//! How long an advance waits for receivers.
//!
//! A receiver that hangs may take all of its time once. If each of its deliveries did, an advance over a month would take days. So whoever
//! has let one time out gets a moment for each further delivery of the same advance, and a second for all of them.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

/// What each further delivery gets at most: enough for a receiver on this machine that is well again.
const MOMENT: Duration = Duration::from_millis(100);
/// What all further deliveries get together.
const GRACE: Duration = Duration::from_secs(1);

/// See the module. All of it is real time.
#[derive(Debug, Default)]
pub(super) struct TimeoutBudget {
    /// What is left of the grace of those that have let a delivery time out, by URL.
    left: Mutex<HashMap<String, Duration>>,
}

impl TimeoutBudget {
    /// How long the receiver at `url` has for a delivery, who has `usual` as a rule; `None` where there is no time left.
    pub(super) fn left(&self, url: &str, usual: Duration) -> Option<Duration> {
        match self.left.lock().get(url) {
            None => Some(usual),
            Some(left) => Some(MOMENT.min(*left)).filter(|moment| !moment.is_zero()),
        }
    }

    /// The receiver at `url` has let a delivery time out, after that long.
    pub(super) fn spend(&self, url: &str, waited: Duration) {
        let mut left = self.left.lock();
        match left.get_mut(url) {
            None => {
                left.insert(url.to_owned(), GRACE);
            }
            Some(left) => *left = left.saturating_sub(waited),
        }
    }

    /// Forgets who was slow.
    pub(super) fn refill(&self) {
        self.left.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hangs_costs_an_advance_its_time_once_and_a_second_more() {
        let budget = TimeoutBudget::default();
        let usual = Duration::from_secs(30);
        let mut lost = Duration::ZERO;
        for _ in 0..1_000 {
            let Some(waited) = budget.left("a", usual) else { break };
            // After its own time it has a moment for each, and never more than is left.
            assert_eq!(waited, if lost.is_zero() { usual } else { MOMENT.min(usual + GRACE - lost) });
            budget.spend("a", waited);
            lost += waited;
        }
        assert_eq!(lost, usual + GRACE);
        assert_eq!((budget.left("a", usual), budget.left("b", usual)), (None, Some(usual)));
        budget.refill();
        assert_eq!(budget.left("a", usual), Some(usual));
    }
}
