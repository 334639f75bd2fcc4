//! What has been said once, and need not be said again: in a bounded memory, without a lock.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::DefaultHashBuilder;

/// How many texts are remembered. For those past that many nothing is said.
const MOST: usize = 1_024;
/// How many places a text may have.
const TRIED: usize = 16;

/// The texts that something has been said of, by their hashes.
pub(super) struct Told {
    hasher: DefaultHashBuilder,
    /// 0 where there is none yet.
    places: Box<[AtomicU64]>,
}

impl Default for Told {
    fn default() -> Told {
        Told { hasher: DefaultHashBuilder::default(), places: (0..MOST).map(|_| AtomicU64::new(0)).collect() }
    }
}

/// Texts are secrets, and so are their hashes.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told")
    }
}

impl Told {
    /// Whether it has not been said of the text yet, and can be remembered from now on.
    pub(super) fn is_new(&self, text: &str) -> bool {
        let hash = self.hash(text);
        for place in self.places_of(hash) {
            let mut found = place.load(Ordering::Relaxed);
            if found == 0 {
                match place.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return true,
                    Err(other) => found = other,
                }
            }
            if found == hash {
                return false;
            }
        }
        false
    }

    /// Whether it has been said of the text.
    pub(super) fn has(&self, text: &str) -> bool {
        let hash = self.hash(text);
        self.places_of(hash).any(|place| place.load(Ordering::Relaxed) == hash)
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text).max(1)
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
            assert!(!told.has(text));
            assert!(told.is_new(text) && !told.is_new(text) && told.has(text));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_is_said_twice() {
        let told = Told::default();
        let said = |told: &Told| (0..100_000).filter(|number: &u32| told.is_new(&number.to_string())).count();
        let first = said(&told);
        assert!((MOST / 2..=MOST).contains(&first), "{first}");
        assert!(said(&told) <= MOST - first);
        assert_eq!(said(&told) + said(&told), 0);
    }
}
