//! The agenda: what is due when, in the order of (instant, rank, sequence number).

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// Names one entry, so that it can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(Timestamp, u64, u64);

/// Things that are due, the earliest first; of one instant, those without a rank first, then the others by rank; of one rank, those first
/// that were entered first.
#[derive(Debug)]
pub struct Schedule<T> {
    entries: BTreeMap<Ticket, T>,
    next_number: u64,
}

impl<T> Default for Schedule<T> {
    fn default() -> Schedule<T> {
        Schedule { entries: BTreeMap::new(), next_number: 0 }
    }
}

impl<T> Schedule<T> {
    /// An empty one whose next entry gets that number.
    pub fn counting_from(next_number: u64) -> Schedule<T> {
        Schedule { entries: BTreeMap::new(), next_number }
    }

    /// The number that the next entry gets.
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// What is to come, in order: when, the number of the entry, and what.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, u64, &T)> {
        self.entries.iter().map(|(Ticket(at, _, number), what)| (*at, *number, what))
    }

    /// Enters what had been entered into another schedule, as the entry that it was there.
    pub fn re_enter(&mut self, at: Timestamp, rank: u64, number: u64, what: T) -> Ticket {
        let ticket = Ticket(at, rank, number);
        self.entries.insert(ticket, what);
        ticket
    }

    /// Enters `what`, due at `at`.
    pub fn enter(&mut self, at: Timestamp, what: T) -> Ticket {
        self.enter_ranked(at, 0, what)
    }

    /// Enters `what`, due at `at`, after what has no rank and among the rest by `rank`: for what is entered when somebody outside has
    /// answered, so that its order does not hang on who was quicker.
    pub fn enter_ranked(&mut self, at: Timestamp, rank: u64, what: T) -> Ticket {
        let ticket = Ticket(at, rank, self.next_number);
        self.next_number += 1;
        self.entries.insert(ticket, what);
        ticket
    }

    /// Takes an entry back before it is due.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.entries.remove(&ticket);
    }

    /// The entry with that ticket, if it is still to come.
    pub fn get(&self, ticket: Ticket) -> Option<&T> {
        self.entries.get(&ticket)
    }

    /// When the first entry is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|(Ticket(at, ..), _)| *at)
    }

    /// Takes out the first entry if it is due by `target`.
    pub fn take(&mut self, target: Timestamp) -> Option<(Timestamp, T)> {
        let first = self.entries.first_entry()?;
        let at = first.key().0;
        (at <= target).then(|| (at, first.remove()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_by_instant_then_in_the_order_they_were_entered() {
        let mut schedule = Schedule::default();
        let at = Timestamp::from_millis;
        schedule.enter(at(2), "third");
        schedule.enter(at(1), "first");
        let ticket = schedule.enter(at(1), "taken back");
        schedule.enter(at(1), "second");
        schedule.enter(at(9), "not due");
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
        schedule.enter_ranked(at(2), 2, "fourth");
        schedule.enter_ranked(at(2), 1, "third");
        schedule.enter(at(2), "second");
        schedule.enter_ranked(at(1), 9, "first");
        let taken: Vec<_> = std::iter::from_fn(|| schedule.take(at(2)).map(|(_, what)| what)).collect();
        assert_eq!(taken, ["first", "second", "third", "fourth"]);
    }
}
