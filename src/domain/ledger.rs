//! The ledger: every call of a world, found by id and listed newest first.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::call::{Call, CallId, Status};
use super::facet::Filter;
use super::fixtures::Fixtures;
use super::index::{Index, sort_key};

/// Where a call is kept: never changes, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    pub(super) const fn position(self) -> usize {
        self.0 as usize
    }
}

/// See the module.
#[derive(Debug)]
pub struct Ledger {
    fixtures: Arc<Fixtures>,
    /// By slot.
    calls: Vec<Call>,
    slots: HashMap<CallId, Slot>,
    /// Calls that have not begun to ring. They come before all others in a list: they are newer. Having no start yet, they stand in
    /// the order of their ids. Few, as none stays here longer than its scenario's queue.
    queued: BTreeMap<CallId, Slot>,
    /// All other calls.
    index: Index,
}

impl Ledger {
    pub(super) fn new(fixtures: Arc<Fixtures>) -> Ledger {
        let index = Index::new(&fixtures.directory);
        Ledger { fixtures, calls: Vec::new(), slots: HashMap::new(), queued: BTreeMap::new(), index }
    }

    /// A ledger of these calls, in the order in which they were made. There must be no two with one id.
    pub(super) fn of(fixtures: Arc<Fixtures>, calls: Vec<Call>) -> Ledger {
        let mut ledger = Ledger::new(fixtures);
        ledger.reserve(calls.len());
        let slots = (0..calls.len()).map(|position| Slot(position as u32));
        let (queued, mut ranked): (Vec<Slot>, Vec<Slot>) = slots.partition(|slot| calls[slot.position()].is_queued());
        ledger.slots.extend(calls.iter().zip(0..).map(|(call, position)| (call.id, Slot(position))));
        ledger.queued.extend(queued.into_iter().map(|slot| (calls[slot.position()].id, slot)));
        // In their order, so that each takes the next rank.
        ranked.sort_by_key(|slot| sort_key(&calls[slot.position()]));
        ledger.calls = calls;
        for slot in ranked {
            ledger.index.insert(slot, &ledger.calls, &ledger.fixtures.directory);
        }
        ledger
    }

    pub(super) fn reserve(&mut self, calls: usize) {
        self.calls.reserve_exact(calls);
        self.slots.reserve(calls);
        self.index.reserve(calls);
    }

    /// Takes in a new call. There must be none with its id.
    pub(super) fn add(&mut self, call: Call) -> Slot {
        let slot = Slot(self.calls.len() as u32);
        self.slots.insert(call.id, slot);
        let is_queued = call.is_queued();
        if is_queued {
            self.queued.insert(call.id, slot);
        }
        self.calls.push(call);
        if !is_queued {
            self.index.insert(slot, &self.calls, &self.fixtures.directory);
        }
        slot
    }

    /// Changes a call, and with it what lists say of it.
    pub(super) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Call)) {
        let before = self.calls[slot.position()].clone();
        change(&mut self.calls[slot.position()]);
        let after = &self.calls[slot.position()];
        if self.queued.contains_key(&before.id) {
            if after.has_rung || after.status.is_final() {
                self.queued.remove(&before.id);
                self.index.insert(slot, &self.calls, &self.fixtures.directory);
            }
        } else {
            self.index.update(slot, &before, after, &self.fixtures.directory);
        }
    }

    /// The call in that slot.
    pub fn get(&self, slot: Slot) -> &Call {
        &self.calls[slot.position()]
    }

    /// Where the call with that id is.
    pub fn find(&self, id: CallId) -> Option<Slot> {
        self.slots.get(&id).copied()
    }

    /// How many calls there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// How many calls there are in each status, in the order of [`Status::ALL`]. Looks at no calls but those that are queued.
    pub fn count_by_status(&self) -> [u64; Status::ALL.len()] {
        let mut counts = [0; Status::ALL.len()];
        for (count, status) in counts.iter_mut().zip(Status::ALL) {
            *count = self.index.count(*status, &self.fixtures.directory);
        }
        for slot in self.queued.values() {
            counts[self.get(*slot).status as usize] += 1;
        }
        counts
    }

    /// Every call, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// How many calls match, and those at `page` of the list, newest first.
    pub fn list(&self, filter: &Filter, page: Range<u64>) -> (u64, Vec<&Call>) {
        let directory = &self.fixtures.directory;
        let queued = self.queued.values().map(|slot| self.get(*slot));
        let queued: Vec<&Call> = queued.filter(|call| filter.matches(call, directory)).collect();
        let waiting = queued.len() as u64;
        let rest = page.start.saturating_sub(waiting)..page.end.saturating_sub(waiting);
        let (ranked, slots) = self.index.find(filter, rest, &self.calls, directory);
        let first = queued.into_iter().skip(usize::try_from(page.start).unwrap_or(usize::MAX));
        let size = usize::try_from(page.end - page.start).unwrap_or(usize::MAX);
        let calls = first.chain(slots.into_iter().map(|slot| self.get(slot))).take(size).collect();
        (waiting + ranked, calls)
    }
}
