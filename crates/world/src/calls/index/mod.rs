//! The index: answers any combination of filters, counts exactly, and finds any page, without looking at the calls in between.
//!
//! Calls that have begun to ring are ranked by their start, oldest first; within one instant by id, last first, so that the ranks
//! from the highest down are the order of the list. Each facet has a bitmap of the ranks that have it.

mod intersections;

use std::cmp::Reverse;
use std::ops::Range;

use roaring::RoaringBitmap;

use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId, Status};
use crate::calls::facet::{Facet, Filter, Numbering, Numbers};
use crate::calls::index::intersections::Combinations;
use crate::calls::store::{Found, Slot};
use crate::directory::Directory;

/// See the module.
#[derive(Debug)]
pub(crate) struct Index {
    numbering: Numbering,
    /// From rank to slot.
    order: Vec<Slot>,
    /// From rank to the call's start: what a search by date looks at.
    starts: Vec<Timestamp>,
    /// From slot to rank; [`UNRANKED`] for calls that are not in the index.
    ranks: Vec<u32>,
    /// The ranks that have each facet, by the facet's number.
    bitmaps: Vec<RoaringBitmap>,
    /// The ranks that have several facets.
    combinations: Combinations,
}

const UNRANKED: u32 = u32::MAX;

/// From how many calls on combinations are kept. Fewer are intersected sooner than looked up.
const MANY: usize = if cfg!(test) { 8 } else { 1 << 15 };

/// What calls are ranked by.
pub(crate) type SortKey = (Timestamp, Reverse<CallId>);

pub(crate) fn sort_key(call: &Call) -> SortKey {
    (call.rings_at, Reverse(call.id))
}

impl Index {
    pub(crate) fn new(directory: &Directory) -> Index {
        let numbering = Numbering::of(directory);
        Index {
            numbering,
            order: Vec::new(),
            starts: Vec::new(),
            ranks: Vec::new(),
            bitmaps: vec![RoaringBitmap::new(); numbering.count()],
            combinations: Combinations::default(),
        }
    }

    /// Makes room for the calls that are about to come.
    pub(crate) fn reserve(&mut self, calls: usize) {
        self.order.reserve_exact(calls);
        self.starts.reserve_exact(calls);
        self.ranks.reserve_exact(calls);
    }

    /// Ranks calls that come one after the other in the order, and after all that are ranked. Cheaper than [`Index::insert`] for each.
    pub(crate) fn append(&mut self, slots: &[Slot], calls: &[Call], directory: &Directory) {
        /// As many as a container of a bitmap holds.
        const AT_ONCE: usize = 1 << 16;
        let mut by_facet: Vec<Vec<u32>> = vec![Vec::new(); self.bitmaps.len()];
        self.ranks.resize(self.ranks.len().max(calls.len()), UNRANKED);
        for slots in slots.chunks(AT_ONCE) {
            for slot in slots {
                let (rank, call) = (self.order.len() as u32, &calls[slot.position()]);
                self.order.push(*slot);
                self.starts.push(call.rings_at);
                self.ranks[slot.position()] = rank;
                for facet in self.numbering.of_call(call, directory).iter() {
                    by_facet[facet].push(rank);
                }
            }
            for (bitmap, ranks) in self.bitmaps.iter_mut().zip(&mut by_facet) {
                let appended = bitmap.append(ranks.drain(..));
                debug_assert!(appended.is_ok(), "ranks only grow");
            }
        }
        self.combinations.clear();
    }

    /// Whether a call with that key would get the highest rank.
    pub(crate) fn is_next(&self, key: SortKey, calls: &[Call]) -> bool {
        self.order.last().is_none_or(|last| sort_key(&calls[last.position()]) < key)
    }

    /// Ranks the call in `slot`. One that is not the next moves up all above it.
    pub(crate) fn insert(&mut self, slot: Slot, calls: &[Call], directory: &Directory) {
        let call = &calls[slot.position()];
        let rank =
            if self.is_next(sort_key(call), calls) { self.order.len() } else { self.make_room(call, calls, directory) };
        self.order.insert(rank, slot);
        self.starts.insert(rank, call.rings_at);
        self.ranks.resize(self.ranks.len().max(slot.position() + 1), UNRANKED);
        self.ranks[slot.position()] = rank as u32;
        let facets = self.numbering.of_call(call, directory);
        for facet in facets.iter() {
            self.bitmaps[facet].insert(rank as u32);
        }
        self.combinations.insert(rank as u32, &facets);
    }

    /// Frees the rank that belongs to `call`, and says which it is.
    fn make_room(&mut self, call: &Call, calls: &[Call], directory: &Directory) -> usize {
        let rank = self.order.partition_point(|other| sort_key(&calls[other.position()]) < sort_key(call));
        // From the top down, so that no rank is taken twice.
        for above in (rank..self.order.len()).rev() {
            let slot = self.order[above];
            self.ranks[slot.position()] = above as u32 + 1;
            for facet in self.numbering.of_call(&calls[slot.position()], directory).iter() {
                self.bitmaps[facet].remove(above as u32);
                self.bitmaps[facet].insert(above as u32 + 1);
            }
        }
        self.combinations.clear();
        rank
    }

    /// Takes note that the call in `slot`, if it is ranked, has other facets than before.
    pub(crate) fn update(&mut self, slot: Slot, before: &Call, after: &Call, directory: &Directory) {
        let Some(rank) = self.ranks.get(slot.position()).copied().filter(|rank| *rank != UNRANKED) else {
            return;
        };
        let [before, after] = [before, after].map(|call| self.numbering.of_call(call, directory));
        for (old, new) in before.differences(&after) {
            if let Some(old) = old {
                self.bitmaps[old].remove(rank);
            }
            if let Some(new) = new {
                self.bitmaps[new].insert(rank);
            }
        }
        self.combinations.update(rank, &before, &after);
    }

    /// How many ranked calls have that status.
    pub(crate) fn count(&self, status: Status) -> u64 {
        self.bitmaps[self.numbering.number(Facet::Status(status))].len()
    }

    /// The ranked calls that match.
    pub(crate) fn find(&self, filter: &Filter, page: Range<u64>) -> Found {
        let ranks = self.within(filter);
        let dated = (filter.is_dated() && !self.all_have(Facet::HasRung)).then_some(Facet::HasRung);
        let Some(wanted) = self.numbering.numbers(filter.facets.iter().copied().chain(dated)) else {
            return Found::default();
        };
        let mut facets = wanted.iter();
        match (facets.next(), facets.next()) {
            _ if ranks.is_empty() => Found::default(),
            (None, _) => self.cut(ranks, page),
            (Some(only), None) => self.pick(&self.bitmaps[only], ranks, page),
            _ if self.order.len() < MANY => self.pick(&self.intersect(&wanted), ranks, page),
            _ => self.combinations.read(&wanted, || self.intersect(&wanted), |all| self.pick(all, ranks, page)),
        }
    }

    fn all_have(&self, facet: Facet) -> bool {
        self.bitmaps[self.numbering.number(facet)].len() == self.order.len() as u64
    }

    /// The ranks whose starts lie within the filter's bounds.
    fn within(&self, filter: &Filter) -> Range<u32> {
        if filter.is_unmatchable {
            return 0..0;
        }
        let first = filter.from.map_or(0, |from| self.starts.partition_point(|start| *start < from));
        let end = filter.to.map_or(self.starts.len(), |to| self.starts.partition_point(|start| *start <= to));
        first as u32..end as u32
    }

    /// The ranks that have all these facets, of which there are some. The rarest first: what is few soon stays few.
    fn intersect(&self, wanted: &Numbers) -> RoaringBitmap {
        let mut bitmaps: Vec<&RoaringBitmap> = wanted.iter().map(|facet| &self.bitmaps[facet]).collect();
        bitmaps.sort_by_key(|bitmap| bitmap.len());
        match bitmaps.as_slice() {
            [] => RoaringBitmap::new(),
            [only] => (*only).clone(),
            [one, two, rest @ ..] => rest.iter().fold(*one & *two, |all, next| all & *next),
        }
    }

    /// A page of all calls of these ranks.
    fn cut(&self, ranks: Range<u32>, page: Range<u64>) -> Found {
        let total = u64::from(ranks.end - ranks.start);
        let first = page.start.min(total) as u32;
        let last = page.end.min(total) as u32;
        let slots = (ranks.end - last..ranks.end - first).rev().map(|rank| self.order[rank as usize]).collect();
        Found { total, slots }
    }

    /// A page of the calls of these ranks that are in `matching`, too.
    fn pick(&self, matching: &RoaringBitmap, ranks: Range<u32>, page: Range<u64>) -> Found {
        let is_all = ranks == (0..self.order.len() as u32);
        let total = if is_all { matching.len() } else { matching.range_cardinality(ranks.clone()) };
        if page.start >= total {
            return Found { total, slots: Vec::new() };
        }
        let newest = if page.start == 0 {
            Some(ranks.end - 1)
        } else {
            let below = if ranks.start == 0 { 0 } else { matching.rank(ranks.start - 1) };
            matching.select((below + total - 1 - page.start) as u32)
        };
        let Some(newest) = newest else { return Found { total, slots: Vec::new() } };
        let size = (page.end.min(total) - page.start) as usize;
        let mut slots = Vec::with_capacity(size);
        // Not collected: the iterator would count all that is left in order to say how much that is.
        for rank in matching.range(ranks.start..=newest).rev().take(size) {
            slots.push(self.order[rank as usize]);
        }
        Found { total, slots }
    }
}
