//! The index: answers any combination of filters, counts exactly, and finds any page, without looking at the calls in between.
//!
//! Calls that have begun to ring are ranked by their start, oldest first; within one instant by id, last first, so that the ranks
//! from the highest down are the order of the list. Each facet has a bitmap of the ranks that have it.
//! Calls begin to ring in the order of time, so a new rank is nearly always the next one; where it is not, the ranks above move up.

use std::cmp::Reverse;
use std::ops::Range;

use roaring::RoaringBitmap;

use super::call::{Call, Status};
use super::directory::Directory;
use super::facet::{Facet, Filter};
use super::ledger::Slot;

/// See the module.
#[derive(Debug)]
pub(super) struct Index {
    /// From rank to slot.
    order: Vec<Slot>,
    /// From slot to rank; [`UNRANKED`] for calls that are not in the index.
    ranks: Vec<u32>,
    /// The ranks that have each facet, by the facet's position.
    bitmaps: Vec<RoaringBitmap>,
}

const UNRANKED: u32 = u32::MAX;

/// What the ranks are sorted by.
pub(super) fn sort_key(call: &Call) -> impl Ord + use<> {
    (call.rings_at, Reverse(call.id))
}

impl Index {
    pub(super) fn new(directory: &Directory) -> Index {
        Index { order: Vec::new(), ranks: Vec::new(), bitmaps: vec![RoaringBitmap::new(); Facet::positions(directory)] }
    }

    /// Makes room for the calls that are about to come.
    pub(super) fn reserve(&mut self, calls: usize) {
        self.order.reserve_exact(calls);
        self.ranks.reserve_exact(calls);
    }

    /// Ranks the call in `slot`.
    pub(super) fn insert(&mut self, slot: Slot, calls: &[Call], directory: &Directory) {
        let call = &calls[slot.position()];
        let is_last = self.order.last().is_none_or(|last| sort_key(&calls[last.position()]) < sort_key(call));
        let rank = if is_last {
            self.order.len()
        } else {
            self.order.partition_point(|other| sort_key(&calls[other.position()]) < sort_key(call))
        };
        // From the top down, so that no rank is taken twice.
        for above in (rank..self.order.len()).rev() {
            self.raise(above, calls, directory);
        }
        self.order.insert(rank, slot);
        self.ranks.resize(self.ranks.len().max(slot.position() + 1), UNRANKED);
        self.ranks[slot.position()] = rank as u32;
        for facet in Facet::of(call, directory).into_iter().flatten() {
            self.bitmaps[facet.position(directory)].insert(rank as u32);
        }
    }

    /// Moves what has `rank` one rank up, all but its place in `order`.
    fn raise(&mut self, rank: usize, calls: &[Call], directory: &Directory) {
        let slot = self.order[rank];
        self.ranks[slot.position()] = rank as u32 + 1;
        for facet in Facet::of(&calls[slot.position()], directory).into_iter().flatten() {
            let bitmap = &mut self.bitmaps[facet.position(directory)];
            bitmap.remove(rank as u32);
            bitmap.insert(rank as u32 + 1);
        }
    }

    /// Takes note that the call in `slot`, if it is ranked, has other facets than before.
    pub(super) fn update(&mut self, slot: Slot, before: &Call, after: &Call, directory: &Directory) {
        let Some(rank) = self.ranks.get(slot.position()).copied().filter(|rank| *rank != UNRANKED) else {
            return;
        };
        for (old, new) in Facet::of(before, directory).into_iter().zip(Facet::of(after, directory)) {
            if old == new {
                continue;
            }
            if let Some(old) = old {
                self.bitmaps[old.position(directory)].remove(rank);
            }
            if let Some(new) = new {
                self.bitmaps[new.position(directory)].insert(rank);
            }
        }
    }

    /// How many ranked calls have that status.
    pub(super) fn count(&self, status: Status, directory: &Directory) -> u64 {
        self.bitmaps[Facet::Status(status).position(directory)].len()
    }

    /// How many ranked calls match, and the slots of those at `page`, counted from the newest.
    pub(super) fn find(
        &self,
        filter: &Filter,
        page: Range<u64>,
        calls: &[Call],
        directory: &Directory,
    ) -> (u64, Vec<Slot>) {
        let ranks = self.within(filter, calls);
        if ranks.is_empty() {
            return (0, Vec::new());
        }
        let dated = filter.is_dated().then_some(Facet::HasRung);
        let bitmap = |facet: Facet| &self.bitmaps[facet.position(directory)];
        let mut wanted = filter.facets.iter().copied().chain(dated).map(bitmap);
        match (wanted.next(), wanted.next()) {
            (None, _) => {
                let total = u64::from(ranks.end - ranks.start);
                let first = page.start.min(total) as u32;
                let last = page.end.min(total) as u32;
                (total, (ranks.end - last..ranks.end - first).rev().map(|rank| self.order[rank as usize]).collect())
            }
            (Some(only), None) => self.pick(only, ranks, page),
            (Some(one), Some(two)) => {
                let all = wanted.fold(one & two, |all, next| all & next);
                self.pick(&all, ranks, page)
            }
        }
    }

    /// The ranks whose starts lie within the filter's bounds.
    fn within(&self, filter: &Filter, calls: &[Call]) -> Range<u32> {
        let start = |slot: &Slot| calls[slot.position()].rings_at;
        let first = filter.from.map_or(0, |from| self.order.partition_point(|slot| start(slot) < from));
        let end = filter.to.map_or(self.order.len(), |to| self.order.partition_point(|slot| start(slot) <= to));
        if filter.is_unmatchable { 0..0 } else { first as u32..end as u32 }
    }

    fn pick(&self, matching: &RoaringBitmap, ranks: Range<u32>, page: Range<u64>) -> (u64, Vec<Slot>) {
        let total = matching.range_cardinality(ranks.clone());
        if page.start >= total {
            return (total, Vec::new());
        }
        let below = if ranks.start == 0 { 0 } else { matching.rank(ranks.start - 1) };
        let newest = matching.select((below + total - 1 - page.start) as u32);
        let size = (page.end - page.start) as usize;
        let slots = newest.map_or_else(Vec::new, |newest| {
            matching.range(ranks.start..=newest).rev().take(size).map(|rank| self.order[rank as usize]).collect()
        });
        (total, slots)
    }
}
