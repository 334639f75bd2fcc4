//! The entry in the agenda of each live call. A call has one at a time.
//!
//! Calls are live about in the order of their slots: what is live lies close together, and is found without a search.

use std::collections::VecDeque;

use crate::calls::store::Slot;
use crate::schedule::Ticket;

/// See the module.
#[derive(Debug, Default)]
pub struct NextSteps {
    /// The position of the first slot in `tickets`.
    first: usize,
    /// By slot. Neither the first nor the last is empty.
    tickets: VecDeque<Option<Ticket>>,
}

impl NextSteps {
    /// Notes the entry of a call; gives the one that it had before.
    pub fn insert(&mut self, slot: Slot, ticket: Ticket) -> Option<Ticket> {
        let position = slot.position();
        if self.tickets.is_empty() {
            self.first = position;
        }
        while position < self.first {
            self.tickets.push_front(None);
            self.first -= 1;
        }
        let place = position - self.first;
        if place >= self.tickets.len() {
            self.tickets.resize(place + 1, None);
        }
        self.tickets[place].replace(ticket)
    }

    /// The entry of a call.
    pub fn get(&self, slot: Slot) -> Option<Ticket> {
        *self.tickets.get(slot.position().checked_sub(self.first)?)?
    }

    /// Forgets the entry of a call, and gives it.
    pub fn remove(&mut self, slot: Slot) -> Option<Ticket> {
        let place = slot.position().checked_sub(self.first)?;
        let removed = self.tickets.get_mut(place)?.take();
        while let Some(None) = self.tickets.front() {
            self.tickets.pop_front();
            self.first += 1;
        }
        while let Some(None) = self.tickets.back() {
            self.tickets.pop_back();
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::base::time::Timestamp;
    use crate::schedule::Schedule;

    proptest! {
        #[test]
        fn it_is_a_map(commands in proptest::collection::vec((0..40_u32, any::<bool>()), 0..200)) {
            let mut agenda = Schedule::<()>::default();
            let (mut steps, mut map) = (NextSteps::default(), HashMap::new());
            for (slot, is_inserted) in commands {
                let slot = Slot::at(slot);
                if is_inserted {
                    let ticket = agenda.enter(Timestamp::from_millis(0), 0, ());
                    prop_assert_eq!(steps.insert(slot, ticket), map.insert(slot, ticket));
                } else {
                    prop_assert_eq!(steps.remove(slot), map.remove(&slot));
                }
                let ends = [steps.tickets.front(), steps.tickets.back()];
                prop_assert!(!ends.contains(&Some(&None)));
                for slot in (0..42).map(Slot::at) {
                    prop_assert_eq!(steps.get(slot), map.get(&slot).copied());
                }
            }
        }
    }
}
