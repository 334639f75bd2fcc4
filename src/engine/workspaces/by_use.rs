//! The order in which workspaces were last used, kept without a lock on the way of those who use them.
//!
//! Who uses a workspace writes down when, and no more. Here stands for each a use that is its last or an earlier one. Whoever wants the least
//! recently used takes the first, asks for its last use, and puts it back where it belongs if that is another; until one stands where it
//! belongs. Each that is put back has been used since, so this takes no longer in all than the uses did.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// See the module. Uses are numbered, each with a number of its own.
#[derive(Debug, Default)]
pub(super) struct ByUse {
    order: BTreeMap<u64, Arc<str>>,
    known: HashMap<Arc<str>, u64>,
}

impl ByUse {
    /// Takes in a name that was used then.
    pub(super) fn add(&mut self, name: &str, used: u64) {
        self.remove(name);
        let name: Arc<str> = name.into();
        self.order.insert(used, Arc::clone(&name));
        self.known.insert(name, used);
    }

    /// Forgets a name.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(used) = self.known.remove(name) {
            self.order.remove(&used);
        }
    }

    /// The name whose last use lies furthest back, by what `last_use` says; the first one where all go on being used.
    pub(super) fn least_recent(&mut self, mut last_use: impl FnMut(&str) -> u64) -> Option<Arc<str>> {
        // Each is put back once at most, unless it is used just now.
        for _ in 0..2 * self.order.len() {
            let (used, name) = self.order.pop_first()?;
            let last = last_use(&name);
            self.order.insert(last, Arc::clone(&name));
            if last == used {
                return Some(name);
            }
            self.known.insert(name, last);
        }
        self.order.first_key_value().map(|(_, name)| Arc::clone(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is done, to one of eight names.
    #[derive(Clone, Debug)]
    enum Act {
        Use(u8),
        Remove(u8),
        Least,
    }

    proptest! {
        /// The judge is a list of all last uses.
        #[test]
        fn the_least_recent_is_that_whose_last_use_lies_furthest_back(
            acts in prop::collection::vec(prop_oneof![
                4 => (0..8_u8).prop_map(Act::Use),
                1 => (0..8_u8).prop_map(Act::Remove),
                2 => Just(Act::Least),
            ], 0..100)
        ) {
            let (mut by_use, mut uses) = (ByUse::default(), BTreeMap::<String, u64>::new());
            for (now, act) in (0..).zip(acts) {
                match act {
                    Act::Use(which) => {
                        let name = which.to_string();
                        if !uses.contains_key(&name) {
                            by_use.add(&name, now);
                        }
                        uses.insert(name, now);
                    }
                    Act::Remove(which) => {
                        by_use.remove(&which.to_string());
                        uses.remove(&which.to_string());
                    }
                    Act::Least => {
                        let least = uses.iter().min_by_key(|(_, used)| **used).map(|(name, _)| name.clone());
                        let found = by_use.least_recent(|name| uses[name]);
                        prop_assert_eq!(found.as_deref(), least.as_deref());
                    }
                }
                prop_assert_eq!((by_use.order.len(), by_use.known.len()), (uses.len(), uses.len()));
            }
        }
    }

    #[test]
    fn only_those_are_looked_at_that_have_been_used_since() {
        let mut by_use = ByUse::default();
        let mut uses: HashMap<String, u64> = (0..10_000).map(|number| (number.to_string(), number)).collect();
        (0..10_000).for_each(|number| by_use.add(&number.to_string(), number));
        for (now, number) in (10_000..).zip(0..10) {
            uses.insert(number.to_string(), now);
        }
        let mut looks = 0;
        let mut least = || {
            by_use.least_recent(|name| {
                looks += 1;
                uses[name]
            })
        };
        assert_eq!(least().as_deref(), Some("10"));
        assert_eq!(least().as_deref(), Some("10"));
        assert_eq!(looks, 11 + 1);
    }

    #[test]
    fn where_all_go_on_being_used_there_is_one_all_the_same() {
        let mut by_use = ByUse::default();
        let mut now = 0..;
        let names = ["a", "b", "c"];
        names.iter().zip(&mut now).for_each(|(name, used)| by_use.add(name, used));
        let least = by_use.least_recent(|_| now.next().unwrap());
        assert!(least.is_some_and(|name| names.contains(&&*name)));
        assert_eq!(ByUse::default().least_recent(|_| 0), None);
    }
}
