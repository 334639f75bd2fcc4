//! What has been said once, and need not be said again: in a bounded memory, without a lock.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hashbrown::DefaultHashBuilder;

/// How many texts are remembered. For those past that many nothing is said, but once that it will not be.
const MOST: usize = 1_024;
/// How many places a text may have.
const TRIED: usize = 16;

/// The texts that something has been said of, by their hashes.
pub(super) struct Told {
    hasher: DefaultHashBuilder,
    /// 0 where there is none yet.
    places: Box<[AtomicU64]>,
    /// Whether there was a text without a place.
    is_full: AtomicBool,
}

/// What there is to say of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// That it belongs to `default`.
    Landed,
    /// That a workspace has its name, whose token is another.
    IsAName,
}

/// What is to be said of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// What there is to say: it has not been said, and is remembered from now on.
    It,
    /// That nothing will be said of this text and others: there is no room to remember them. To be said once.
    NoMore,
    /// Nothing.
    Nothing,
}

impl Default for Told {
    fn default() -> Told {
        let places = (0..MOST).map(|_| AtomicU64::new(0)).collect();
        Told { hasher: DefaultHashBuilder::default(), places, is_full: AtomicBool::new(false) }
    }
}

/// Texts are secrets, and so are their hashes.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told")
    }
}

impl Told {
    /// What is to be said of the text now.
    pub(super) fn of(&self, topic: Topic, text: &str) -> Say {
        let hash = self.hash(topic, text);
        for place in self.places_of(hash) {
            let mut found = place.load(Ordering::Relaxed);
            if found == 0 {
                match place.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return Say::It,
                    Err(other) => found = other,
                }
            }
            if found == hash {
                return Say::Nothing;
            }
        }
        if self.is_full.swap(true, Ordering::Relaxed) { Say::Nothing } else { Say::NoMore }
    }

    /// Whether it has been said of the text.
    pub(super) fn has(&self, topic: Topic, text: &str) -> bool {
        let hash = self.hash(topic, text);
        self.places_of(hash).any(|place| place.load(Ordering::Relaxed) == hash)
    }

    fn hash(&self, topic: Topic, text: &str) -> u64 {
        self.hasher.hash_one((topic, text)).max(1)
    }

    fn places_of(&self, hash: u64) -> impl Iterator<Item = &AtomicU64> {
        let first = hash as usize % MOST;
        (first..first + TRIED).map(|place| &self.places[place % MOST])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_new_once() {
        let told = Told::default();
        for text in ["", "alice", "bob"] {
            for topic in [Topic::Landed, Topic::IsAName] {
                assert!(!told.has(topic, text));
                assert_eq!((told.of(topic, text), told.of(topic, text)), (Say::It, Say::Nothing));
                assert!(told.has(topic, text));
            }
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_is_said_twice() {
        let told = Told::default();
        let said = |told: &Told| {
            let all: Vec<Say> = (0..100_000).map(|number: u32| told.of(Topic::Landed, &number.to_string())).collect();
            (all.iter().filter(|say| **say == Say::It).count(), all.iter().filter(|say| **say == Say::NoMore).count())
        };
        let (first, no_more) = said(&told);
        assert!((MOST / 2..=MOST).contains(&first), "{first}");
        assert_eq!(no_more, 1);
        assert_eq!(said(&told), (0, 0));
    }
}
