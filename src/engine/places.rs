//! Places: how many may do something at once that lasts, such as to wait or to watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// See the module. Clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    taken: Arc<AtomicUsize>,
    most: usize,
}

/// One place or several, until this is dropped.
#[derive(Debug)]
pub struct Place {
    taken: Arc<AtomicUsize>,
    count: usize,
}

impl Places {
    /// That many, all free.
    pub fn new(most: usize) -> Places {
        Places { taken: Arc::default(), most }
    }

    /// How many there are.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Takes so many; `None` where fewer are free.
    pub fn take(&self, count: usize) -> Option<Place> {
        let taken = self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
            taken.checked_add(count).filter(|taken| *taken <= self.most)
        });
        taken.is_ok().then(|| Place { taken: Arc::clone(&self.taken), count })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.count, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let places = Places::new(2);
        let (one, other) = (places.take(1), places.clone().take(1));
        assert!(one.is_some() && other.is_some() && places.take(1).is_none());
        drop(one);
        let third = places.take(1);
        assert!(third.is_some() && places.take(1).is_none());
        drop((other, third));
        assert!(places.take(3).is_none() && places.take(usize::MAX).is_none());
        let both = places.take(2);
        assert!(both.is_some() && places.take(1).is_none());
    }
}
