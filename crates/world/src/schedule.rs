//! The agenda: what is due when, in the order of (instant, rank, sequence number).
//!
//! Entries lie together by the second in which they are due, in no order while there are seconds before theirs. The first second is put in
//! order once, and then taken from: however much is to come, what is entered or taken out moves few others, all near each other in memory.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use hashbrown::HashSet;

use crate::base::time::Timestamp;

/// Names one entry, so that it can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(Timestamp, u64, u64);

/// Things that are due, the earliest first; of one instant, by rank; of one rank, those first that were entered first. Who enters something
/// gives it a rank that does not depend on when it was entered, so that the order does not.
///
/// The first entry of all is still to come, and is in `first` or in `added` if there is any.
#[derive(Debug)]
pub struct Schedule<T> {
    /// Which second is the first.
    first_second: i64,
    /// What was due in it when it became the first, in order, the next at the end.
    first: Vec<Entry<T>>,
    /// What has been entered into it since.
    added: BinaryHeap<Entry<T>>,
    /// The seconds after it, none of them empty.
    later: BTreeMap<i64, Vec<Entry<T>>>,
    /// The numbers of entries that were taken back, and leave only when their turn comes.
    cancelled: HashSet<u64>,
    next_number: u64,
}

/// Compares so that what is due first is the greatest: that is what a heap gives, and what lies at the end of a sorted vector.
#[derive(Debug)]
struct Entry<T> {
    ticket: Ticket,
    what: T,
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Entry<T>) -> Ordering {
        Reverse(self.ticket).cmp(&Reverse(other.ticket))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Entry<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Entry<T>) -> bool {
        self.ticket == other.ticket
    }
}

impl<T> Eq for Entry<T> {}

impl<T> Default for Schedule<T> {
    fn default() -> Schedule<T> {
        Schedule::counting_from(0)
    }
}

impl<T> Schedule<T> {
    /// An empty one whose next entry gets that number.
    pub fn counting_from(next_number: u64) -> Schedule<T> {
        Schedule {
            first_second: 0,
            first: Vec::new(),
            added: BinaryHeap::new(),
            later: BTreeMap::new(),
            cancelled: HashSet::new(),
            next_number,
        }
    }

    /// The number that the next entry gets.
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// What is to come, in order: when, the number of the entry, and what.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, u64, &T)> {
        let is_to_come = |entry: &&Entry<T>| !self.cancelled.contains(&entry.ticket.2);
        let mut entries: Vec<&Entry<T>> = self.entries().filter(is_to_come).collect();
        entries.sort_by_key(|entry| entry.ticket);
        entries.into_iter().map(|Entry { ticket: Ticket(at, _, number), what }| (*at, *number, what))
    }

    /// Enters what had been entered into another schedule, as the entry that it was there.
    pub fn re_enter(&mut self, at: Timestamp, rank: u64, number: u64, what: T) -> Ticket {
        let ticket = Ticket(at, rank, number);
        let (second, entry) = (at.as_secs(), Entry { ticket, what });
        if second < self.first_second || self.is_empty() {
            self.begin_with(second);
        }
        if second == self.first_second {
            self.added.push(entry);
        } else {
            self.later.entry(second).or_default().push(entry);
        }
        ticket
    }

    /// Enters `what`, due at `at`, at the place among what is due then that `rank` gives it.
    pub fn enter(&mut self, at: Timestamp, rank: u64, what: T) -> Ticket {
        let number = self.next_number;
        self.next_number += 1;
        self.re_enter(at, rank, number, what)
    }

    /// Takes an entry back that is still to come.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.cancelled.insert(ticket.2);
        self.forget_cancelled();
    }

    /// The entry with that ticket, if it is still to come. Looks at all that is due in the same second.
    pub fn get(&self, ticket: Ticket) -> Option<&T> {
        let second = ticket.0.as_secs();
        let later = self.later.get(&second).into_iter().flatten();
        let mut due = later.chain(self.of_first_second().filter(|_| second == self.first_second));
        due.find(|entry| entry.ticket == ticket && !self.cancelled.contains(&ticket.2)).map(|entry| &entry.what)
    }

    /// When the first entry is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.peek().map(|first| first.ticket.0)
    }

    /// Takes out the first entry if it is due by `target`.
    pub fn take(&mut self, target: Timestamp) -> Option<(Timestamp, T)> {
        if self.next()? > target {
            return None;
        }
        let Entry { ticket: Ticket(at, ..), what } = self.take_first()?;
        self.forget_cancelled();
        Some((at, what))
    }

    fn is_empty(&self) -> bool {
        self.peek().is_none()
    }

    /// Every entry, those that were taken back too, in no order.
    fn entries(&self) -> impl Iterator<Item = &Entry<T>> {
        self.of_first_second().chain(self.later.values().flatten())
    }

    fn of_first_second(&self) -> impl Iterator<Item = &Entry<T>> {
        self.first.iter().chain(&self.added)
    }

    fn peek(&self) -> Option<&Entry<T>> {
        self.first.last().max(self.added.peek())
    }

    /// Makes `second` the first, before which nothing is due.
    fn begin_with(&mut self, second: i64) {
        let mut after = std::mem::take(&mut self.first);
        after.extend(self.added.drain());
        if !after.is_empty() {
            self.later.insert(self.first_second, after);
        }
        self.first_second = second;
    }

    fn take_first(&mut self) -> Option<Entry<T>> {
        let is_added = self.added.peek() > self.first.last();
        let first = if is_added { self.added.pop() } else { self.first.pop() };
        if self.is_empty()
            && let Some((second, entries)) = self.later.pop_first()
        {
            (self.first_second, self.first) = (second, entries);
            self.first.sort_unstable();
        }
        first
    }

    /// Takes out what was taken back, up to the first entry that is still to come.
    fn forget_cancelled(&mut self) {
        while !self.cancelled.is_empty()
            && let Some(number) = self.peek().map(|first| first.ticket.2)
            && self.cancelled.remove(&number)
        {
            self.take_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_of_one_rank_come_out_by_instant_then_in_the_order_they_were_entered() {
        let mut schedule = Schedule::default();
        let at = Timestamp::from_millis;
        schedule.enter(at(2), 0, "third");
        schedule.enter(at(1), 0, "first");
        let ticket = schedule.enter(at(1), 0, "taken back");
        schedule.enter(at(1), 0, "second");
        schedule.enter(at(9), 0, "not due");
        schedule.cancel(ticket);
        let mut taken = Vec::new();
        while let Some((_, what)) = schedule.take(at(2)) {
            taken.push(what);
        }
        assert_eq!(taken, ["first", "second", "third"]);
        assert_eq!(schedule.next(), Some(at(9)));
    }

    #[test]
    fn ranks_decide_between_entries_of_one_instant_whenever_they_were_entered() {
        let mut schedule = Schedule::default();
        let at = Timestamp::from_millis;
        schedule.enter(at(2), 2, "fourth");
        schedule.enter(at(2), 1, "third");
        schedule.enter(at(2), 0, "second");
        schedule.enter(at(1), 9, "first");
        let taken: Vec<_> = std::iter::from_fn(|| schedule.take(at(2)).map(|(_, what)| what)).collect();
        assert_eq!(taken, ["first", "second", "third", "fourth"]);
    }

    /// What is done to a schedule. Entries are named by their position among all that were made.
    #[derive(Clone, Debug)]
    enum Act {
        Enter { at: i64, rank: u64 },
        Cancel(prop::sample::Index),
        Take { by: i64 },
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            4 => (0..5_000_i64, prop_oneof![3 => Just(0_u64), 1 => 1..4_u64]).prop_map(|(at, rank)| Act::Enter { at, rank }),
            2 => any::<prop::sample::Index>().prop_map(Act::Cancel),
            3 => (0..5_000_i64).prop_map(|by| Act::Take { by }),
        ]
    }

    proptest! {
        /// The judge is an ordered map of all entries.
        #[test]
        fn it_is_an_ordered_map(acts in prop::collection::vec(act(), 0..200)) {
            let (mut schedule, mut map, mut tickets) = (Schedule::default(), BTreeMap::new(), Vec::new());
            for (number, act) in acts.into_iter().enumerate() {
                match act {
                    Act::Enter { at, rank } => {
                        let ticket = schedule.enter(Timestamp::from_millis(at), rank, number);
                        map.insert(ticket, number);
                        tickets.push(ticket);
                    }
                    Act::Cancel(which) if !tickets.is_empty() => {
                        let ticket = tickets[which.index(tickets.len())];
                        prop_assert_eq!(schedule.get(ticket), map.get(&ticket));
                        if map.remove(&ticket).is_some() {
                            schedule.cancel(ticket);
                        }
                    }
                    Act::Cancel(_) => {}
                    Act::Take { by } => {
                        let first = map.first_entry().filter(|first| first.key().0 <= Timestamp::from_millis(by));
                        let expected = first.map(|first| (first.key().0, first.remove()));
                        prop_assert_eq!(schedule.take(Timestamp::from_millis(by)), expected);
                    }
                }
                prop_assert_eq!(schedule.next(), map.keys().next().map(|ticket| ticket.0));
            }
            let left: Vec<_> = map.iter().map(|(Ticket(at, _, number), what)| (*at, *number, *what)).collect();
            prop_assert_eq!(schedule.iter().map(|(at, number, what)| (at, number, *what)).collect::<Vec<_>>(), left);
        }
    }
}
