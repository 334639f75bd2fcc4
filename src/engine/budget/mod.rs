//! The budget: how many bytes all journals and finished deliveries of a server may take together. Whatever takes more than is left makes
//! room: the oldest bodies of any workspace go first, and when no body is left, the oldest entries.
//!
//! A request on its way costs two additions to shared numbers. Only who goes beyond the limit does more, and takes the locks of others for
//! it one after the other, with none of its own.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use super::waiters::Room;

/// The most that is freed in one go beyond what is too much: dropping that many bodies takes less than a millisecond.
const LEEWAY: usize = 1 << 20;
/// The part of the limit that is freed in one go once there are no bodies to drop, as all holders are then looked at.
const LEEWAY_OF_ENTRIES: usize = 16;
/// The most that all those who wait keep beyond the limit, which is no more than the limit itself.
const AWAITED: usize = 16 << 20;

/// What can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The bodies of entries; the entries stay, and say that their bodies have been dropped.
    Bodies,
    /// Whole entries.
    Entries,
}

/// Keeps entries that count against a budget, each with the age that it was given.
pub(super) trait Holder: Send + Sync {
    /// The age of the oldest that can go now; `None` where there is none, or somebody is busy with it.
    fn oldest(&self, part: Part) -> Option<u64>;

    /// Lets the oldest go up to that age, until so many bytes are freed. Says how many were, which it has not told the budget.
    fn release(&self, part: Part, until: u64, wanted: usize) -> usize;
}

/// See the module.
pub(super) struct Budget {
    limit: usize,
    used: CachePadded<AtomicUsize>,
    /// How many ages have been given.
    ages: CachePadded<AtomicU64>,
    /// Holders that the sweep does not know yet.
    joined: Mutex<Vec<Waiting>>,
    sweep: Mutex<Sweep>,
    awaited: Arc<Room>,
}

/// Those who hold something, oldest first. Each is there once in either heap.
#[derive(Default)]
struct Sweep {
    bodies: BinaryHeap<Reverse<Waiting>>,
    entries: BinaryHeap<Reverse<Waiting>>,
}

/// A holder in a heap.
#[derive(Clone)]
struct Waiting {
    /// Nothing that it holds is older.
    age: u64,
    holder: Weak<dyn Holder>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.age == other.age
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> std::cmp::Ordering {
        self.age.cmp(&other.age)
    }
}

impl std::fmt::Debug for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget").field("limit", &self.limit).field("used", &self.used()).finish_non_exhaustive()
    }
}

impl Budget {
    /// A budget of that many bytes, none of them used.
    pub(super) fn new(limit: u64) -> Arc<Budget> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Arc::new(Budget {
            limit,
            used: CachePadded::default(),
            ages: CachePadded::default(),
            joined: Mutex::default(),
            sweep: Mutex::default(),
            awaited: Room::new(limit.min(AWAITED)),
        })
    }

    /// Room for what those who wait keep.
    pub(super) fn awaited(&self) -> &Arc<Room> {
        &self.awaited
    }

    /// How many bytes are used.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// From now on `holder` may hold something.
    pub(super) fn join(&self, holder: Weak<dyn Holder>) {
        let mut joined = self.joined.lock();
        // Where room is never short, those that are gone would be known for ever.
        if joined.len() == joined.capacity() {
            joined.retain(|waiting| waiting.holder.strong_count() > 0);
            let present = joined.len();
            joined.reserve(present + 1);
        }
        joined.push(Waiting { age: self.age(), holder });
    }

    /// The age of what comes now: above that of all that has come.
    pub(super) fn age(&self) -> u64 {
        self.ages.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes note that so many bytes are held in place of so many, and makes room where that is too much. To be called without a lock that
    /// a holder takes.
    pub(super) fn replace(&self, before: usize, after: usize) {
        self.note(before, after);
        self.make_room();
    }

    /// The same without making room.
    pub(super) fn note(&self, before: usize, after: usize) {
        if before != after {
            // It wraps where less is held than before, and so comes out right.
            self.used.fetch_add(after.wrapping_sub(before), Ordering::Relaxed);
        }
    }

    /// Makes room where too much is used.
    pub(super) fn make_room(&self) {
        if self.used() > self.limit
            // Somebody else makes room already.
            && let Some(mut sweep) = self.sweep.try_lock()
        {
            for joined in std::mem::take(&mut *self.joined.lock()) {
                sweep.bodies.push(Reverse(joined.clone()));
                sweep.entries.push(Reverse(joined));
            }
            let Sweep { bodies, entries } = &mut *sweep;
            self.free(Part::Bodies, bodies, self.limit.saturating_sub(LEEWAY.min(self.limit / LEEWAY_OF_ENTRIES)));
            if self.used() > self.limit {
                self.free(Part::Entries, entries, self.limit - self.limit / LEEWAY_OF_ENTRIES);
            }
        }
    }

    /// Has the oldest go, whoever holds it, until no more than `target` is used or everything from before has been looked at.
    fn free(&self, part: Part, heap: &mut BinaryHeap<Reverse<Waiting>>, target: usize) {
        let now = self.age();
        while self.used() > target
            && heap.peek().is_some_and(|Reverse(first)| first.age < now)
            && let Some(Reverse(first)) = heap.pop()
        {
            // A workspace that is gone holds nothing.
            let Some(holder) = first.holder.upgrade() else { continue };
            let next = heap.peek().map_or(now, |Reverse(next)| next.age);
            let mut oldest = holder.oldest(part);
            if oldest.is_some_and(|oldest| oldest <= next) {
                let freed = holder.release(part, next, self.used().saturating_sub(target));
                self.note(freed, 0);
                oldest = if freed > 0 { holder.oldest(part) } else { None };
            }
            heap.push(Reverse(Waiting { age: oldest.unwrap_or(now).max(first.age), ..first }));
        }
    }
}
