//! The calls that have not begun to ring. Having no start yet, they stand in the order of their ids.
//!
//! Queued calls of one campaign, number and direction have all facets in common: what a filter says of one, it says of all. So they
//! are kept apart by these, and a list looks at one of each.

use std::cmp::Reverse;
use std::collections::btree_map::Iter;
use std::collections::{BTreeMap, BinaryHeap};
use std::iter;
use std::ops::Range;

use super::{Found, Slot};
use crate::calls::call::{Call, CallId, Direction};
use crate::calls::facet::Filter;
use crate::directory::{CampaignIndex, Directory, NumberIndex};

/// What calls have in common that stand in one line.
type Line = (CampaignIndex, NumberIndex, Direction);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue(BTreeMap<Line, BTreeMap<CallId, Slot>>);

fn line(call: &Call) -> Line {
    (call.campaign, call.number, call.direction)
}

impl Queue {
    pub(super) fn insert(&mut self, call: &Call, slot: Slot) {
        self.0.entry(line(call)).or_default().insert(call.id, slot);
    }

    /// Takes out a call; says whether it was there.
    pub(super) fn remove(&mut self, call: &Call) -> bool {
        self.0.get_mut(&line(call)).is_some_and(|line| line.remove(&call.id).is_some())
    }

    pub(super) fn len(&self) -> u64 {
        self.0.values().map(|line| line.len() as u64).sum()
    }

    /// Those that match.
    pub(super) fn find(&self, filter: &Filter, page: Range<u64>, calls: &[Call], directory: &Directory) -> Found {
        let matches = |slot: &Slot| filter.matches(&calls[slot.position()], directory);
        let lines = self.0.values().filter(|line| line.values().next().is_some_and(matches));
        let total = lines.clone().map(|line| line.len() as u64).sum();
        if page.start >= total {
            return Found { total, slots: Vec::new() };
        }
        let mut lines: Vec<_> = lines.map(BTreeMap::iter).collect();
        // The next call of each line.
        let next = |(position, line): (usize, &mut Iter<'_, CallId, Slot>)| {
            line.next().map(|(id, slot)| Reverse((*id, *slot, position)))
        };
        let mut heads: BinaryHeap<_> = lines.iter_mut().enumerate().filter_map(next).collect();
        let merged = iter::from_fn(|| {
            let Reverse((_, slot, position)) = heads.pop()?;
            heads.extend(next((position, &mut lines[position])));
            Some(slot)
        });
        let size = usize::try_from(page.end - page.start).unwrap_or(usize::MAX);
        Found { total, slots: merged.skip(page.start as usize).take(size).collect() }
    }
}
