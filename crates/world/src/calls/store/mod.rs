//! The call store: every call of a world, found by id and listed newest first.

mod newest;
mod queue;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use self::queue::Queue;
use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId, Status};
use crate::calls::facet::Filter;
use crate::calls::index::{Index, sort_key};
use crate::calls::store::newest::Newest;
use crate::fixtures::Fixtures;

/// Where a call is kept: never changes, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    #[cfg(test)]
    pub(crate) const fn at(position: u32) -> Slot {
        Slot(position)
    }

    pub(crate) const fn position(self) -> usize {
        self.0 as usize
    }
}

/// See the module.
#[derive(Debug)]
pub struct CallStore {
    fixtures: Arc<Fixtures>,
    /// By slot.
    calls: Vec<Call>,
    /// The slots of all calls, by their ids.
    slots: HashTable<Slot>,
    hasher: DefaultHashBuilder,
    // A call is in one of these, from the first to the last as it grows older. A list is one after the other.
    queue: Queue,
    newest: Newest,
    index: Index,
}

/// How many calls match, and the slots of those at the page that was asked for, newest first.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) total: u64,
    pub(crate) slots: Vec<Slot>,
}

impl CallStore {
    pub(crate) fn new(fixtures: Arc<Fixtures>) -> CallStore {
        CallStore {
            index: Index::new(&fixtures.directory),
            fixtures,
            calls: Vec::new(),
            slots: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            queue: Queue::default(),
            newest: Newest::default(),
        }
    }

    /// A call store of these calls at `now`, in the order in which they were made. There must be no two with one id.
    pub(crate) fn of(fixtures: Arc<Fixtures>, calls: Vec<Call>, now: Timestamp) -> CallStore {
        let mut call_store = CallStore::new(fixtures);
        call_store.reserve(calls.len());
        for call in calls {
            call_store.keep(call);
        }
        call_store.list_kept(now);
        call_store
    }

    pub(crate) fn reserve(&mut self, calls: usize) {
        self.calls.reserve_exact(calls);
        self.slots.reserve(calls, |slot| self.hasher.hash_one(self.calls[slot.position()].id));
        self.index.reserve(calls);
    }

    /// Takes in a new call. There must be none with its id.
    pub(crate) fn add(&mut self, call: Call) -> Slot {
        let is_queued = call.is_queued();
        let slot = self.keep(call);
        if is_queued {
            self.queue.insert(&self.calls[slot.position()], slot);
        } else {
            self.begin(slot);
        }
        slot
    }

    /// Takes in a new call without listing it. There must be none with its id.
    pub(crate) fn keep(&mut self, call: Call) -> Slot {
        let slot = Slot(self.calls.len() as u32);
        self.calls.push(call);
        let hash = |slot: &Slot| self.hasher.hash_one(self.calls[slot.position()].id);
        self.slots.insert_unique(hash(&slot), slot, hash);
        slot
    }

    /// Lists all calls at `now`, of which none is listed yet: much sooner done than one by one.
    pub(crate) fn list_kept(&mut self, now: Timestamp) {
        let mut begun = Vec::with_capacity(self.calls.len());
        for (call, slot) in self.calls.iter().zip((0..).map(Slot)) {
            if call.is_queued() {
                self.queue.insert(call, slot);
            } else {
                begun.push(slot);
            }
        }
        // A stable sort, as it is quick with what is nearly in order.
        begun.sort_by_key(|slot| sort_key(self.get(*slot)));
        let (past, yet_to_come) = begun.split_at(begun.partition_point(|slot| self.get(*slot).rings_at <= now));
        self.index.append(past, &self.calls, &self.fixtures.directory);
        yet_to_come.iter().for_each(|slot| self.begin(*slot));
    }

    /// Takes a call into the lists that has begun to ring, or never will.
    fn begin(&mut self, slot: Slot) {
        let directory = &self.fixtures.directory;
        let call = &self.calls[slot.position()];
        for older in self.newest.take_before(call.rings_at) {
            self.index.insert(older, &self.calls, directory);
        }
        if self.index.is_next(sort_key(call), &self.calls) {
            self.newest.insert(call, slot);
        } else {
            self.index.insert(slot, &self.calls, directory);
        }
    }

    /// Changes a call, and with it what lists say of it.
    pub(crate) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Call)) {
        let before = self.calls[slot.position()].clone();
        change(&mut self.calls[slot.position()]);
        let after = &self.calls[slot.position()];
        if !before.is_queued() {
            self.index.update(slot, &before, after, &self.fixtures.directory);
        } else if !after.is_queued() {
            self.queue.remove(&before);
            self.begin(slot);
        }
    }

    /// The call in that slot.
    pub fn get(&self, slot: Slot) -> &Call {
        &self.calls[slot.position()]
    }

    /// Where the call with that id is.
    pub fn find(&self, id: CallId) -> Option<Slot> {
        self.slots.find(self.hasher.hash_one(id), |slot| self.calls[slot.position()].id == id).copied()
    }

    /// Whether that is one of the first `count` calls that were kept.
    pub fn is_among_first(&self, count: usize, id: CallId) -> bool {
        count >= self.len() || self.find(id).is_some_and(|slot| slot.position() < count)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// How many calls there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// How many calls there are in each status, in the order of [`Status::ALL`]. Looks at no calls but the newest.
    pub fn count_by_status(&self) -> [u64; Status::ALL.len()] {
        let mut counts = [0; Status::ALL.len()];
        for (count, status) in counts.iter_mut().zip(Status::ALL) {
            *count = self.index.count(*status);
        }
        for slot in self.newest.slots() {
            counts[self.get(slot).status as usize] += 1;
        }
        counts[Status::Ringing as usize] += self.queue.len();
        counts
    }

    /// Every call, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// How many calls match, and those at `page` of the list, newest first.
    pub fn list(&self, filter: &Filter, page: Range<u64>) -> (u64, Vec<&Call>) {
        let directory = &self.fixtures.directory;
        // What is left of the page behind that many calls.
        let behind = |calls: u64| page.start.saturating_sub(calls)..page.end.saturating_sub(calls);
        let queued = self.queue.find(filter, behind(0), &self.calls, directory);
        let newest = self.newest.find(filter, behind(queued.total), &self.calls, directory);
        let newer = queued.total + newest.total;
        let ranked = self.index.find(filter, behind(newer));
        let slots = queued.slots.into_iter().chain(newest.slots).chain(ranked.slots);
        (newer + ranked.total, slots.map(|slot| self.get(slot)).collect())
    }
}
