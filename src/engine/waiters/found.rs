//! What somebody who waits has found: which things count, and as many of the things themselves as there is room for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Awaited;

/// How many bytes those who wait may keep together.
#[derive(Debug)]
pub(in crate::engine) struct Room {
    limit: usize,
    used: AtomicUsize,
}

impl Room {
    /// Room for that many bytes.
    pub(in crate::engine) fn new(limit: usize) -> Arc<Room> {
        Arc::new(Room { limit, used: AtomicUsize::new(0) })
    }

    /// Takes so many bytes; says whether there were as many.
    fn take(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A set of numbers, of which many follow each other closely: 64 of them lie in one word.
#[derive(Clone, Debug, Default)]
struct Numbers {
    words: BTreeMap<u64, u64>,
    count: usize,
}

impl Numbers {
    fn has(&self, number: u64) -> bool {
        self.words.get(&(number / 64)).is_some_and(|word| word & bit(number) != 0)
    }

    /// Says whether it is new.
    fn insert(&mut self, number: u64) -> bool {
        let word = self.words.entry(number / 64).or_default();
        let is_new = *word & bit(number) == 0;
        *word |= bit(number);
        self.count += usize::from(is_new);
        is_new
    }

    fn remove(&mut self, number: u64) {
        let Entry::Occupied(mut word) = self.words.entry(number / 64) else { return };
        self.count -= usize::from(*word.get() & bit(number) != 0);
        *word.get_mut() &= !bit(number);
        if *word.get() == 0 {
            word.remove();
        }
    }
}

fn bit(number: u64) -> u64 {
    1 << (number % 64)
}

/// See the module. Gives back its room when it is dropped.
#[derive(Debug)]
pub(super) struct Finds<T> {
    numbers: Numbers,
    /// Each with how many bytes it has of the room.
    kept: BTreeMap<u64, (usize, T)>,
    /// `None` where all are kept.
    room: Option<Arc<Room>>,
}

impl<T: Awaited> Finds<T> {
    pub(super) fn new(room: Option<Arc<Room>>) -> Finds<T> {
        Finds { numbers: Numbers::default(), kept: BTreeMap::new(), room }
    }

    /// How many things count.
    pub(super) fn count(&self) -> usize {
        self.numbers.count
    }

    /// It counts, in place of what came before with its key.
    pub(super) fn put(&mut self, what: &T) {
        /// What its place takes beside it.
        const PLACE: usize = 64;
        self.remove(what.key());
        self.numbers.insert(what.key());
        let bytes = PLACE + what.held_bytes();
        if self.room.as_ref().is_none_or(|room| room.take(bytes)) {
            self.kept.insert(what.key(), (bytes, what.clone()));
        }
    }

    /// It counts, unless something with its key does.
    pub(super) fn put_older(&mut self, what: &T) {
        if !self.numbers.has(what.key()) {
            self.put(what);
        }
    }

    pub(super) fn remove(&mut self, key: u64) {
        self.numbers.remove(key);
        if let (Some((bytes, _)), Some(room)) = (self.kept.remove(&key), &self.room) {
            room.give_back(bytes);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Finds::new(self.room.clone());
    }

    /// All of it.
    pub(super) fn found(&self) -> Found<T> {
        let kept = self.kept.iter().map(|(key, (_, what))| (*key, what.clone())).collect();
        Found { numbers: self.numbers.clone(), kept }
    }
}

impl<T> Drop for Finds<T> {
    fn drop(&mut self) {
        if let Some(room) = &self.room {
            room.give_back(self.kept.values().map(|(bytes, _)| bytes).sum());
        }
    }
}

/// What has been found. Of what there was no room for, only the keys are known.
#[derive(Clone, Debug)]
pub struct Found<T> {
    numbers: Numbers,
    kept: BTreeMap<u64, T>,
}

impl<T: Awaited> Found<T> {
    /// How many things count.
    pub fn count(&self) -> usize {
        self.numbers.count
    }

    /// Whether all that counts is there itself.
    pub fn is_whole(&self) -> bool {
        self.kept.len() == self.numbers.count
    }

    /// Whether what has this key counts.
    pub fn has(&self, key: u64) -> bool {
        self.numbers.has(key)
    }

    /// It counts, too.
    pub fn put(&mut self, what: T) {
        self.numbers.insert(what.key());
        self.kept.insert(what.key(), what);
    }

    /// What has this key counts no more.
    pub fn remove(&mut self, key: u64) {
        self.numbers.remove(key);
        self.kept.remove(&key);
    }

    /// Takes from `there` what counts and is not here itself.
    pub fn fill(&mut self, there: impl IntoIterator<Item = T>) {
        for what in there.into_iter().filter(|what| self.numbers.has(what.key())) {
            self.kept.entry(what.key()).or_insert(what);
        }
    }

    /// The things themselves, in the order of their keys.
    pub fn into_things(self) -> Vec<T> {
        self.kept.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_there_is_no_room_for_counts_all_the_same_and_is_found_where_it_still_is() {
        let room = Room::new(250);
        let mut finds = Finds::new(Some(Arc::clone(&room)));
        (0..1_000).for_each(|key| finds.put(&(key, true)));
        assert_eq!((finds.count(), finds.kept.len()), (1_000, 3));
        // What comes again counts once, and in the place that it had.
        (0..1_000).for_each(|key| finds.put(&(key, true)));
        assert_eq!((finds.count(), finds.kept.len()), (1_000, 3));
        finds.remove(0);
        finds.put_older(&(999, true));
        let mut found = finds.found();
        assert!(!found.is_whole() && !found.has(0));
        found.fill([(0, true), (998, true), (1_000, true)]);
        assert_eq!(found.count(), 999);
        assert_eq!(found.into_things(), [(1, true), (2, true), (998, true)]);
        finds.clear();
        assert_eq!((finds.count(), room.used.load(Ordering::Relaxed)), (0, 0));
        finds.put(&(7, true));
        assert!(room.used.load(Ordering::Relaxed) > 0);
        drop(finds);
        assert_eq!(room.used.load(Ordering::Relaxed), 0);
    }

    proptest! {
        #[test]
        fn numbers_are_a_set(steps in prop::collection::vec((0..200_u64, any::<bool>()), 0..200)) {
            let (mut numbers, mut set) = (Numbers::default(), std::collections::BTreeSet::new());
            for (number, is_put) in steps {
                if is_put {
                    prop_assert_eq!(numbers.insert(number), set.insert(number));
                } else {
                    numbers.remove(number);
                    set.remove(&number);
                }
                prop_assert_eq!(numbers.count, set.len());
            }
            prop_assert!((0..200).all(|number| numbers.has(number) == set.contains(&number)));
        }
    }
}
