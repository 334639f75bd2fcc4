//! The log: every delivery that has not come to its end, and the newest of those that have.

use std::collections::{BTreeMap, VecDeque};

use hashbrown::HashMap;

use super::delivery::{Delivery, DeliveryNumber, MessageId};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Log {
    /// Boxed, as they are large, and a tree moves what it holds.
    deliveries: BTreeMap<DeliveryNumber, Box<Delivery>>,
    numbers: HashMap<MessageId, DeliveryNumber>,
    /// Those that may be forgotten, in order: most come to their end in the order of their making, or nearly so.
    finished: VecDeque<DeliveryNumber>,
    /// How many finished ones are kept.
    capacity: usize,
    made: u64,
    /// What has changed, while somebody wants to know.
    changes: Option<Changes>,
}

/// The deliveries that were made or changed since somebody last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Changes {
    /// Some of them several times.
    numbers: Vec<DeliveryNumber>,
    /// Those that have been forgotten since, as they were, whether they had changed or not.
    forgotten: Vec<(DeliveryNumber, Delivery)>,
}

impl Log {
    /// An empty log that keeps that many finished deliveries.
    pub(super) fn new(capacity: usize) -> Log {
        Log {
            deliveries: BTreeMap::new(),
            numbers: HashMap::new(),
            finished: VecDeque::new(),
            capacity,
            made: 0,
            changes: None,
        }
    }

    /// A log of deliveries that had been made for another. There must be no two with one number or one id.
    pub(super) fn of(deliveries: BTreeMap<DeliveryNumber, Delivery>, made: u64, capacity: usize) -> Log {
        let mut log = Log::new(capacity);
        log.made = made;
        log.numbers = deliveries.iter().map(|(number, delivery)| (delivery.id, *number)).collect();
        let is_finished =
            |(number, delivery): (&DeliveryNumber, &Delivery)| delivery.state.is_final().then_some(*number);
        let finished: Vec<DeliveryNumber> = deliveries.iter().filter_map(is_finished).collect();
        log.deliveries = deliveries.into_iter().map(|(number, delivery)| (number, Box::new(delivery))).collect();
        finished.into_iter().for_each(|number| log.finish(number));
        log
    }

    /// How many deliveries were ever taken in.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// Takes in a delivery. There must be none with its id.
    pub(super) fn add(&mut self, delivery: Delivery) -> DeliveryNumber {
        let number = DeliveryNumber(self.made);
        self.made += 1;
        let is_finished = delivery.state.is_final();
        self.numbers.insert(delivery.id, number);
        self.deliveries.insert(number, Box::new(delivery));
        self.note_change(number);
        if is_finished {
            self.finish(number);
        }
        number
    }

    /// The delivery of that number, if it has not been forgotten.
    pub(super) fn get(&self, number: DeliveryNumber) -> Option<&Delivery> {
        self.deliveries.get(&number).map(Box::as_ref)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, number: DeliveryNumber) -> Option<&mut Delivery> {
        self.note_change(number);
        self.deliveries.get_mut(&number).map(Box::as_mut)
    }

    /// The number of the delivery with that id.
    pub(super) fn find(&self, id: MessageId) -> Option<DeliveryNumber> {
        self.numbers.get(&id).copied()
    }

    /// All deliveries, the oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (DeliveryNumber, &Delivery)> {
        self.deliveries.iter().map(|(number, delivery)| (*number, &**delivery))
    }

    /// From here on a delivery may be forgotten, once there are enough newer ones.
    pub(super) fn finish(&mut self, number: DeliveryNumber) {
        if let Err(place) = self.finished.binary_search(&number) {
            self.finished.insert(place, number);
        }
        while self.finished.len() > self.capacity {
            let oldest = self.finished.pop_front();
            let forgotten = oldest.and_then(|oldest| self.deliveries.remove(&oldest));
            if let Some(forgotten) = forgotten {
                self.numbers.remove(&forgotten.id);
                if let (Some(changes), Some(number)) = (&mut self.changes, oldest) {
                    changes.forgotten.push((number, *forgotten));
                }
            }
        }
    }

    /// From here on notes what changes, or no more.
    pub(super) fn note_changes(&mut self, is_wanted: bool) {
        self.changes = is_wanted.then(|| self.changes.take().unwrap_or_default());
    }

    /// Whether it notes what changes.
    pub(super) fn notes_changes(&self) -> bool {
        self.changes.is_some()
    }

    /// The deliveries that were made or changed since this was last asked, as they are now, in the order of their making.
    pub(super) fn take_changes(&mut self) -> Vec<(DeliveryNumber, Delivery)> {
        let Some(changes) = &mut self.changes else { return Vec::new() };
        let Changes { mut numbers, forgotten: mut changed } = std::mem::take(changes);
        numbers.sort_unstable();
        numbers.dedup();
        changed.extend(numbers.into_iter().filter_map(|number| Some((number, self.get(number)?.clone()))));
        changed.sort_by_key(|(number, _)| *number);
        changed
    }

    fn note_change(&mut self, number: DeliveryNumber) {
        if let Some(changes) = &mut self.changes {
            changes.numbers.push(number);
        }
    }

    /// A delivery that had come to its end is sent again: it may not be forgotten meanwhile.
    pub(super) fn reopen(&mut self, number: DeliveryNumber) {
        if let Ok(place) = self.finished.binary_search(&number) {
            self.finished.remove(place);
        }
    }
}
