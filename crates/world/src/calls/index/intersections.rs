//! Combinations: the ranks of the calls that have several facets at once, kept from one question to the next.
//!
//! In the bitmap of one facet a page is found in a microsecond. To intersect the bitmaps of a million calls takes a hundred times as
//! long, so what comes of it is kept, and kept true as calls come and change: a combination that was asked for is from then on as
//! good as a facet of its own.

use hashbrown::HashMap;
use parking_lot::RwLock;
use roaring::RoaringBitmap;

use crate::calls::facet::Numbers;

/// How many are kept: a change of a call looks at each of them.
const KEPT: usize = if cfg!(test) { 4 } else { 128 };

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Combinations {
    /// Behind a lock of its own, as whoever asks only reads the world. Nothing that can be seen hangs on what is kept.
    kept: RwLock<HashMap<Numbers, RoaringBitmap>>,
}

impl Combinations {
    /// What `read` makes of the combination's ranks, which `intersect` finds where they are not kept.
    pub(super) fn read<T>(
        &self,
        wanted: &Numbers,
        intersect: impl FnOnce() -> RoaringBitmap,
        read: impl FnOnce(&RoaringBitmap) -> T,
    ) -> T {
        if let Some(ranks) = self.kept.read().get(wanted) {
            return read(ranks);
        }
        let ranks = intersect();
        let answer = read(&ranks);
        let mut kept = self.kept.write();
        if kept.len() >= KEPT {
            // Those that are asked for often are soon back.
            kept.clear();
        }
        kept.insert(*wanted, ranks);
        answer
    }

    /// Takes note of a call with these facets.
    pub(super) fn insert(&mut self, rank: u32, facets: &Numbers) {
        for (wanted, ranks) in self.kept.get_mut() {
            if facets.contain(wanted) {
                ranks.insert(rank);
            }
        }
    }

    /// Takes note that a call has other facets than before.
    pub(super) fn update(&mut self, rank: u32, before: &Numbers, after: &Numbers) {
        for (wanted, ranks) in self.kept.get_mut() {
            match (before.contain(wanted), after.contain(wanted)) {
                (true, false) => ranks.remove(rank),
                (false, true) => ranks.insert(rank),
                _ => continue,
            };
        }
    }

    /// Forgets them all.
    pub(super) fn clear(&mut self) {
        self.kept.get_mut().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::call::{Direction, Status};
    use crate::calls::facet::{Facet, Numbering};
    use crate::world::World;

    #[test]
    fn when_there_is_one_too_many_all_are_forgotten() {
        let world = World::for_tests(1);
        let numbering = Numbering::of(&world.fixtures().directory);
        let all: Vec<Numbers> = Direction::ALL
            .iter()
            .flat_map(|direction| {
                Status::ALL.iter().map(|status| [Facet::Direction(*direction), Facet::Status(*status)])
            })
            .map(|facets| numbering.numbers(facets).unwrap())
            .collect();
        let kept = Combinations::default();
        let count = |kept: &Combinations| kept.kept.read().len();
        for (position, wanted) in all[..KEPT].iter().enumerate() {
            kept.read(wanted, RoaringBitmap::new, |_| ());
            assert_eq!(count(&kept), position + 1);
        }
        // One that is there already is none too many.
        kept.read(&all[0], || panic!("it is kept"), |_| ());
        assert_eq!(count(&kept), KEPT);
        kept.read(&all[KEPT], RoaringBitmap::new, |_| ());
        assert_eq!(count(&kept), 1);
    }
}
