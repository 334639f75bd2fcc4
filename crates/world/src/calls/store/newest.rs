//! The calls that began to ring last.
//!
//! Calls begin to ring in the order of time, so one that begins to ring comes before all others in the list, but for those of the
//! same instant: among them it stands by its id. Were each ranked at once, those above it would have to move up. So the calls of the
//! newest instant stay here, where any order is cheap, until a later one comes. Calls of the fixtures whose start is yet to come
//! stay here, too.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

use super::{Found, Slot};
use crate::base::time::Timestamp;
use crate::calls::call::Call;
use crate::calls::facet::Filter;
use crate::calls::index::{SortKey, sort_key};
use crate::directory::Directory;

/// How many stay here at most: a list looks at each of them.
const ROOM: usize = if cfg!(test) { 4 } else { 512 };

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Newest(BTreeMap<SortKey, Slot>);

impl Newest {
    pub(super) fn insert(&mut self, call: &Call, slot: Slot) {
        self.0.insert(sort_key(call), slot);
    }

    /// Takes out those that started before `start`, oldest first; all of them where there is no more room.
    pub(super) fn take_before(&mut self, start: Timestamp) -> impl Iterator<Item = Slot> {
        let is_full = self.0.len() >= ROOM;
        iter::from_fn(move || {
            let oldest = self.0.first_entry()?;
            (is_full || oldest.key().0 < start).then(|| oldest.remove())
        })
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.0.values().copied()
    }

    /// Those that match.
    pub(super) fn find(&self, filter: &Filter, page: Range<u64>, calls: &[Call], directory: &Directory) -> Found {
        let newest_first = self.0.values().rev().copied();
        let matching = newest_first.filter(|slot| filter.matches(&calls[slot.position()], directory));
        let mut found = Found::default();
        for slot in matching {
            if page.contains(&found.total) {
                found.slots.push(slot);
            }
            found.total += 1;
        }
        found
    }
}
