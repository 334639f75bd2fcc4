//! One line of waiting deliveries for each receiver, so that none can hold up another's.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// How many deliveries one receiver gets at once. Enough to keep a receiver busy, and few enough that a slow one ties
/// up no more than 64 of the 1024 sockets that a process is commonly allowed.
const AT_ONCE: usize = 64;

/// The lines in front of all receivers that something is on its way to. Clones share them.
///
/// Whoever has a place at the front of a line carries one thing after the other, until nothing waits there any more.
pub(super) struct Lines<R, T>(Arc<Mutex<HashMap<R, Line<T>>>>);

struct Line<T> {
    /// First come, first served; and before all others those that somebody waits for.
    urgent: VecDeque<T>,
    waiting: VecDeque<T>,
    /// How many places are taken; the line is taken away with the last.
    taken: usize,
}

/// A place at the front of a line.
pub(super) struct Place<R: Eq + Hash, T> {
    lines: Lines<R, T>,
    receiver: R,
    has_left: bool,
}

impl<R, T> Default for Lines<R, T> {
    fn default() -> Self {
        Lines(Arc::default())
    }
}

impl<R, T> Clone for Lines<R, T> {
    fn clone(&self) -> Self {
        Lines(Arc::clone(&self.0))
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Line { urgent: VecDeque::new(), waiting: VecDeque::new(), taken: 0 }
    }
}

impl<T> Line<T> {
    fn next(&mut self) -> Option<T> {
        self.urgent.pop_front().or_else(|| self.waiting.pop_front())
    }
}

impl<R: Clone + Eq + Hash, T> Lines<R, T> {
    /// Puts something in line; what is urgent goes before what is not. Gives a place where one is free, whose holder is to begin to carry.
    pub(super) fn put(&self, receiver: R, is_urgent: bool, item: T) -> Option<Place<R, T>> {
        let mut lines = self.0.lock();
        let line = lines.entry(receiver.clone()).or_default();
        if is_urgent {
            line.urgent.push_back(item)
        } else {
            line.waiting.push_back(item)
        }
        let is_free = line.taken < AT_ONCE;
        is_free.then(|| {
            line.taken += 1;
            Place { lines: self.clone(), receiver, has_left: false }
        })
    }
}

impl<R: Eq + Hash, T> Place<R, T> {
    /// What is to be carried now. Where nothing waits, the place has been given back.
    pub(super) fn next(&mut self) -> Option<T> {
        if self.has_left {
            return None;
        }
        let mut lines = self.lines.0.lock();
        let next = lines.get_mut(&self.receiver).and_then(Line::next);
        if next.is_none() {
            // Under the same lock: who comes now finds the place free.
            self.has_left = true;
            leave(&mut lines, &self.receiver);
        }
        next
    }
}

impl<R: Eq + Hash, T> Drop for Place<R, T> {
    fn drop(&mut self) {
        if !self.has_left {
            leave(&mut self.lines.0.lock(), &self.receiver);
        }
    }
}

fn leave<R: Eq + Hash, T>(lines: &mut HashMap<R, Line<T>>, receiver: &R) {
    if let Some(line) = lines.get_mut(receiver) {
        line.taken -= 1;
        if line.taken == 0 && line.urgent.is_empty() && line.waiting.is_empty() {
            lines.remove(receiver);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_64_places_and_holds_up_no_other() {
        let lines = Lines::default();
        let mut places: Vec<_> = (0..100).filter_map(|item| lines.put("slow", false, item)).collect();
        assert_eq!(places.len(), AT_ONCE);
        assert!(lines.put("quick", false, 0).is_some());

        let carried: Vec<i32> = places.iter_mut().filter_map(Place::next).collect();
        assert_eq!(carried, (0..64).collect::<Vec<_>>(), "first come, first served");
        let rest: Vec<i32> = std::iter::from_fn(|| places[0].next()).collect();
        assert_eq!(rest, (64..100).collect::<Vec<_>>());
    }

    #[test]
    fn what_somebody_waits_for_goes_first() {
        let lines = Lines::default();
        let mut place = lines.put("a", false, 1).unwrap();
        for (is_urgent, item) in [(false, 2), (true, 3), (false, 4), (true, 5)] {
            assert!(lines.put("a", is_urgent, item).is_some());
        }
        assert_eq!(std::iter::from_fn(|| place.next()).collect::<Vec<_>>(), [3, 5, 1, 2, 4]);
    }

    #[test]
    fn who_finds_nothing_has_left_and_who_comes_then_gets_a_place() {
        let lines = Lines::default();
        let mut places: Vec<_> = (0..AT_ONCE).filter_map(|item| lines.put("a", false, item)).collect();
        assert!(lines.put("a", false, 64).is_none());
        while places[0].next().is_some() {}
        let another = lines.put("a", false, 65);
        assert!(another.is_some(), "one of 64 has left");
        assert!(places[0].next().is_none());
        assert!(lines.put("a", false, 66).is_none());
    }

    #[test]
    fn a_line_is_taken_away_with_its_last_place() {
        let lines = Lines::default();
        let mut first = lines.put("a", false, 1).unwrap();
        let second = lines.put("a", false, 2).unwrap();
        while first.next().is_some() {}
        drop(first);
        assert_eq!(lines.0.lock().len(), 1);
        drop(second);
        assert!(lines.0.lock().is_empty());
    }
}
