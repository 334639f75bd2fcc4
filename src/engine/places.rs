//! Places: how many may do something at once that lasts, such as to wait or to watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// See the module. Clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    taken: Arc<AtomicUsize>,
    most: usize,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Places {
    /// That many, all free.
    pub fn new(most: usize) -> Places {
        Places { taken: Arc::default(), most }
    }

    /// How many there are.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Takes one; `None` where all are taken.
    pub fn take(&self) -> Option<Place> {
        let taken = self
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| (taken < self.most).then_some(taken + 1));
        taken.is_ok().then(|| Place(Arc::clone(&self.taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let places = Places::new(2);
        let (one, other) = (places.take(), places.clone().take());
        assert!(one.is_some() && other.is_some() && places.take().is_none());
        drop(one);
        let third = places.take();
        assert!(third.is_some() && places.take().is_none());
    }
}
