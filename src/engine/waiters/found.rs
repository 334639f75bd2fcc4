//! What a wait has found: which things count, and as many of the things themselves as there is room for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use roaring::RoaringTreemap;

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

/// See the module. Gives back its room when it is dropped.
#[derive(Debug)]
pub(super) struct Collected<T> {
    /// How often all had begun anew when it began.
    generation: u64,
    keys: RoaringTreemap,
    /// Each with how many bytes it has of the room.
    kept: BTreeMap<u64, (usize, T)>,
    /// `None` where all are kept.
    room: Option<Arc<Room>>,
}

impl<T: Awaited> Collected<T> {
    pub(super) fn new(generation: u64, room: Option<Arc<Room>>) -> Collected<T> {
        Collected { generation, keys: RoaringTreemap::new(), kept: BTreeMap::new(), room }
    }

    /// How many things count.
    pub(super) fn count(&self) -> usize {
        self.keys.len() as usize
    }

    /// It counts, in place of what came before with its key.
    pub(super) fn put(&mut self, what: &T) {
        /// What its place takes beside it.
        const PLACE: usize = 64;
        self.remove(what.key());
        self.keys.insert(what.key());
        let bytes = PLACE + what.held_bytes();
        if self.room.as_ref().is_none_or(|room| room.take(bytes)) {
            self.kept.insert(what.key(), (bytes, what.clone()));
        }
    }

    /// It counts, unless something with its key does.
    pub(super) fn put_older(&mut self, what: &T) {
        if !self.keys.contains(what.key()) {
            self.put(what);
        }
    }

    pub(super) fn remove(&mut self, key: u64) {
        self.keys.remove(key);
        if let (Some((bytes, _)), Some(room)) = (self.kept.remove(&key), &self.room) {
            room.give_back(bytes);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Collected::new(self.generation, self.room.clone());
    }

    /// What has come counts no more, and nothing of before that generation ever will.
    pub(super) fn begin_anew(&mut self, generation: u64) {
        self.clear();
        self.generation = generation;
    }

    /// Whether what came in that generation counts.
    pub(super) fn is_of(&self, generation: u64) -> bool {
        self.generation == generation
    }

    /// All of it.
    pub(super) fn found(&self) -> Found<T> {
        let kept = self.kept.iter().map(|(key, (_, what))| (*key, what.clone())).collect();
        Found { keys: self.keys.clone(), kept }
    }
}

impl<T> Drop for Collected<T> {
    fn drop(&mut self) {
        if let Some(room) = &self.room {
            room.give_back(self.kept.values().map(|(bytes, _)| bytes).sum());
        }
    }
}

/// What has been found. Of what there was no room for, only the keys are known.
#[derive(Clone, Debug)]
pub struct Found<T> {
    keys: RoaringTreemap,
    kept: BTreeMap<u64, T>,
}

impl<T: Awaited> Found<T> {
    /// How many things count.
    pub fn count(&self) -> usize {
        self.keys.len() as usize
    }

    /// Whether all that counts is there itself.
    pub fn is_whole(&self) -> bool {
        self.kept.len() == self.keys.len() as usize
    }

    /// Whether what has this key counts.
    pub fn has(&self, key: u64) -> bool {
        self.keys.contains(key)
    }

    /// It counts, too.
    pub fn put(&mut self, what: T) {
        self.keys.insert(what.key());
        self.kept.insert(what.key(), what);
    }

    /// What has this key counts no more.
    pub fn remove(&mut self, key: u64) {
        self.keys.remove(key);
        self.kept.remove(&key);
    }

    /// Takes from `there` what counts and is not here itself.
    pub fn fill(&mut self, there: impl IntoIterator<Item = T>) {
        for what in there.into_iter().filter(|what| self.keys.contains(what.key())) {
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
    use super::*;

    #[test]
    fn what_there_is_no_room_for_counts_all_the_same_and_is_found_where_it_still_is() {
        let room = Room::new(250);
        let mut collected = Collected::new(0, Some(Arc::clone(&room)));
        (0..1_000).for_each(|key| collected.put(&(key, true)));
        assert_eq!((collected.count(), collected.kept.len()), (1_000, 3));
        // What comes again counts once, and in the place that it had.
        (0..1_000).for_each(|key| collected.put(&(key, true)));
        assert_eq!((collected.count(), collected.kept.len()), (1_000, 3));
        collected.remove(0);
        collected.put_older(&(999, true));
        let mut found = collected.found();
        assert!(!found.is_whole() && !found.has(0));
        found.fill([(0, true), (998, true), (1_000, true)]);
        assert_eq!(found.count(), 999);
        assert_eq!(found.into_things(), [(1, true), (2, true), (998, true)]);
        collected.clear();
        assert_eq!((collected.count(), room.used.load(Ordering::Relaxed)), (0, 0));
        collected.put(&(7, true));
        assert!(room.used.load(Ordering::Relaxed) > 0);
        drop(collected);
        assert_eq!(room.used.load(Ordering::Relaxed), 0);
    }
}
