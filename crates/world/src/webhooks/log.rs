//! The log: every delivery that has not come to its end, and the newest of those that have.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;

use super::delivery::{Content, Delivery, DeliveryNumber, MessageId};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Log {
    /// Shared with who is showing them.
    deliveries: BTreeMap<DeliveryNumber, Arc<Delivery>>,
    numbers: HashMap<MessageId, DeliveryNumber>,
    /// Those that may be forgotten, in order: most come to their end in the order of their making, or nearly so.
    finished: VecDeque<Finished>,
    /// How many of the first of those have no body to drop.
    without_bodies: usize,
    /// How many bytes they take.
    held: usize,
    /// How many bytes the others have taken since they were made.
    unfinished: usize,
    /// What is given to those that come to their end now.
    age: u64,
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

/// A delivery that has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Finished {
    number: DeliveryNumber,
    /// Its age among all that the server keeps.
    age: u64,
}

/// What it takes to find a delivery by its number and its id, in bytes, about.
const BINDING: usize = 96;

impl Log {
    /// An empty log that keeps that many finished deliveries.
    pub(super) fn new(capacity: usize) -> Log {
        Log {
            deliveries: BTreeMap::new(),
            numbers: HashMap::new(),
            finished: VecDeque::new(),
            without_bodies: 0,
            held: 0,
            unfinished: 0,
            age: 0,
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
        log.unfinished = deliveries.values().map(made_bytes).sum();
        log.deliveries = deliveries.into_iter().map(|(number, delivery)| (number, Arc::new(delivery))).collect();
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
        self.unfinished += made_bytes(&delivery);
        self.deliveries.insert(number, Arc::new(delivery));
        self.note_change(number);
        if is_finished {
            self.finish(number);
        }
        number
    }

    /// The delivery of that number, if it has not been forgotten.
    pub(super) fn get(&self, number: DeliveryNumber) -> Option<&Delivery> {
        self.deliveries.get(&number).map(Arc::as_ref)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, number: DeliveryNumber) -> Option<&mut Delivery> {
        self.note_change(number);
        self.deliveries.get_mut(&number).map(Arc::make_mut)
    }

    /// The number of the delivery with that id.
    pub(super) fn find(&self, id: MessageId) -> Option<DeliveryNumber> {
        self.numbers.get(&id).copied()
    }

    /// All deliveries, the oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (DeliveryNumber, &Delivery)> {
        self.deliveries.iter().map(|(number, delivery)| (*number, &**delivery))
    }

    /// The same, to be kept as they are now.
    pub(super) fn shared(&self) -> impl DoubleEndedIterator<Item = (DeliveryNumber, &Arc<Delivery>)> {
        self.deliveries.iter().map(|(number, delivery)| (*number, delivery))
    }

    /// From here on a delivery may be forgotten, once there are enough newer ones.
    pub(super) fn finish(&mut self, number: DeliveryNumber) {
        if let Err(place) = self.place_of(number)
            && let Some(delivery) = self.deliveries.get_mut(&number).map(Arc::make_mut)
        {
            delivery.shrink();
            self.unfinished -= made_bytes(delivery);
            self.held += held_bytes(delivery);
            self.without_bodies = self.without_bodies.min(place);
            self.finished.insert(place, Finished { number, age: self.age });
        }
        while self.finished.len() > self.capacity {
            self.forget_oldest();
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
        if let Ok(place) = self.place_of(number) {
            self.finished.remove(place);
            self.without_bodies -= usize::from(place < self.without_bodies);
            if let Some(delivery) = self.deliveries.get(&number) {
                self.held -= held_bytes(delivery);
                self.unfinished += made_bytes(delivery);
            }
        }
    }

    fn place_of(&self, number: DeliveryNumber) -> Result<usize, usize> {
        self.finished.binary_search_by_key(&number, |finished| finished.number)
    }

    /// Forgets the oldest of those that have come to their end, and says how many bytes it took.
    fn forget_oldest(&mut self) -> usize {
        let Some(Finished { number, .. }) = self.finished.pop_front() else { return 0 };
        self.without_bodies = self.without_bodies.saturating_sub(1);
        let Some(forgotten) = self.deliveries.remove(&number) else { return 0 };
        self.numbers.remove(&forgotten.id);
        let freed = held_bytes(&forgotten);
        self.held -= freed;
        if let Some(changes) = &mut self.changes {
            changes.forgotten.push((number, Arc::unwrap_or_clone(forgotten)));
        }
        freed
    }

    /// How many bytes those take that have come to their end.
    pub(super) fn held_bytes(&self) -> usize {
        self.held
    }

    /// How many have not come to their end, and how many bytes they took when they were made.
    pub(super) fn unfinished(&self) -> (usize, usize) {
        (self.deliveries.len() - self.finished.len(), self.unfinished)
    }

    /// How many bytes the longest of those has taken since it was made.
    pub(super) fn longest_unfinished(&self) -> usize {
        let unfinished = self.deliveries.values().filter(|delivery| !delivery.state.is_final());
        unfinished.map(|delivery| made_bytes(delivery)).max().unwrap_or(0)
    }

    /// [`Log::held_bytes`], counted anew.
    #[cfg(test)]
    pub(super) fn counted_bytes(&self) -> usize {
        self.deliveries.values().filter(|delivery| delivery.state.is_final()).map(|one| held_bytes(one)).sum()
    }

    /// Says what is given to those that come to their end from here on.
    pub(super) fn set_age(&mut self, age: u64) {
        self.age = age;
    }

    /// The age of the oldest body that can be dropped.
    pub(super) fn oldest_body(&self) -> Option<u64> {
        self.oldest_with_body().map(|place| self.finished[place].age)
    }

    /// The age of the oldest delivery that can be forgotten.
    pub(super) fn oldest_finished(&self) -> Option<u64> {
        self.finished.front().map(|finished| finished.age)
    }

    /// Drops the oldest bodies up to that age, until so many bytes are freed. Says how many were.
    pub(super) fn drop_bodies(&mut self, until: u64, wanted: usize) -> usize {
        let mut freed = 0;
        while freed < wanted
            && let Some(place) = self.oldest_with_body()
            && self.finished[place].age <= until
        {
            self.without_bodies = place + 1;
            let number = self.finished[place].number;
            // What is wanted of it by whoever waits has not changed.
            let Some(delivery) = self.deliveries.get_mut(&number).map(Arc::make_mut) else { continue };
            freed += delivery.body_bytes();
            delivery.content = Content::Dropped;
        }
        self.held -= freed;
        freed
    }

    /// Forgets the oldest deliveries up to that age, until so many bytes are freed. Says how many were.
    pub(super) fn forget_finished(&mut self, until: u64, wanted: usize) -> usize {
        let mut freed = 0;
        while freed < wanted && self.oldest_finished().is_some_and(|age| age <= until) {
            freed += self.forget_oldest();
        }
        if self.finished.len() < self.finished.capacity() / 2 {
            self.finished.shrink_to_fit();
        }
        freed
    }

    /// The place of the first of those that have come to their end and still have a body.
    fn oldest_with_body(&self) -> Option<usize> {
        let has_body = |finished: &Finished| self.get(finished.number).is_some_and(|one| one.body_bytes() > 0);
        let rest = self.finished.iter().skip(self.without_bodies).position(has_body)?;
        Some(self.without_bodies + rest)
    }
}

/// How many bytes a delivery took in the log when it was made.
fn made_bytes(delivery: &Delivery) -> usize {
    BINDING + size_of::<Delivery>() + delivery.body_bytes()
}

/// How many bytes a delivery takes in the log.
fn held_bytes(delivery: &Delivery) -> usize {
    BINDING + delivery.held_bytes()
}
