//! What an advance of the clock waits for, so that it ends however busy others keep the world.
//!
//! An advance goes from instant to instant. At each it waits for the tries that it causes itself, for those in front of them in their lanes,
//! and for what follows from their answers. What others cause meanwhile is sent all the same, but the advance does not wait for it. A
//! receiver that reacts to what it is sent is such an other, too, and is to take part in the same advance. So before time goes on, the
//! advance also waits for the tries that have come of requests since, as long as they are few, and a few times at most.
//!
//! Calls that are placed during the advance go on in it, and each step of theirs is one more instant to wait at. So an advance waits for no
//! more than [`GUESTS`] tries of such calls and of others' requests beyond the number that it causes itself. Past that it goes on without
//! waiting for them, and ends.

use std::collections::VecDeque;
use std::fmt;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::CallId;
use akol_mock_world::webhooks::{AttemptKey, DeliveryNumber, TryReport};
use akol_mock_world::world::World;
use hashbrown::HashSet;

/// How often an advance waits at one instant for what others have caused there: a reaction to a reaction is the second time.
const REACTIONS: u32 = 4;

/// How many tries it waits for each time, that others have caused; more where it causes more itself. As many as one receiver gets at once.
const FEW: usize = 64;

/// How many tries in all an advance waits for that it has not caused itself, beyond as many as it has: those of calls that were placed during
/// it, by receivers that react or by others, and those that others' requests cause at once.
const GUESTS: usize = 1_000;

/// What came of a try, and who is told once the world has been.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) key: AttemptKey,
    pub(super) report: TryReport,
    pub(super) note: Note,
}

/// Is told when a try is made again, if it is, once the world has been told what came of it.
pub(super) struct Note(Box<dyn FnOnce(Option<Timestamp>) + Send + Sync>);

/// A try of which the world has been told.
#[must_use = "its note is still to be told"]
pub(super) struct Told {
    note: Note,
    again: Option<Timestamp>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Awaiting {
    /// The tries that it waits for, and that have no answer yet.
    open: HashSet<AttemptKey>,
    /// Deliveries from this one on were made by others since it began to wait: they do not follow from what it waits for.
    foreign: DeliveryNumber,
    /// What came of tries that it waits for.
    answers: Vec<Report>,
    /// Those of the answers that are being told, in order.
    telling: VecDeque<Report>,
    /// What came of the tries of others, in case it is going to wait for those.
    others: Vec<Report>,
    /// How many tries it has caused at this instant.
    own: usize,
    /// How often it has waited at this instant for what others had caused.
    reactions: u32,
    /// How many calls there were when it began. Those from this one on are guests.
    calls: usize,
    /// How many more tries of guests and others it waits for.
    guests: usize,
    /// Whether it has not gone yet through all that was due when it came to this instant.
    pub(super) is_stepping: bool,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note")
    }
}

impl Note {
    pub(super) fn new(tell: impl FnOnce(Option<Timestamp>) + Send + Sync + 'static) -> Note {
        Note(Box::new(tell))
    }
}

impl Told {
    /// Tells of it. Not to be called with the lock on the world.
    pub(super) fn note(self) {
        (self.note.0)(self.again);
    }
}

impl Report {
    /// Tells the world.
    pub(super) fn tell(self, world: &mut World) -> Told {
        Told { again: world.delivery_answered(self.key, self.report), note: self.note }
    }
}

/// Tells the world what came of tries, in the order of their deliveries.
fn tell_in_order(mut reports: Vec<Report>, world: &mut World) -> Vec<Told> {
    reports.sort_by_cached_key(|report| world.outbox().order_of(report.key));
    reports.into_iter().map(|report| report.tell(world)).collect()
}

impl Awaiting {
    /// An advance that begins: it waits for all that is under way.
    pub(super) fn begin(world: &World) -> Awaiting {
        let open: HashSet<AttemptKey> = world.outbox().tries_under_way().collect();
        Awaiting {
            own: open.len(),
            open,
            foreign: world.outbox().made(),
            answers: Vec::new(),
            telling: VecDeque::new(),
            others: Vec::new(),
            reactions: 0,
            calls: world.call_store().len(),
            guests: GUESTS,
            // What is due where it begins is its own.
            is_stepping: true,
        }
    }

    /// Whether it waits for that try.
    pub(super) fn waits_for(&self, key: AttemptKey) -> bool {
        self.open.contains(&key)
    }

    /// Whether nothing that it waits for is without an answer.
    pub(super) fn is_answered(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether nothing that it waits for is without an answer, and the world has been told of all of it.
    pub(super) fn is_settled(&self) -> bool {
        self.open.is_empty() && self.answers.is_empty() && self.telling.is_empty()
    }

    /// Time has moved on.
    pub(super) fn begin_instant(&mut self) {
        (self.own, self.reactions) = (0, 0);
    }

    /// Waits for what it has caused by making something happen: the tries that are ready from the `ready`th on, and what stands in front of
    /// the deliveries from `made` on.
    pub(super) fn add_own(&mut self, world: &World, ready: usize, made: DeliveryNumber) {
        for attempt in world.ready_deliveries().get(ready..).unwrap_or_default() {
            if self.is_guest(world, attempt.call) {
                let Some(left) = self.guests.checked_sub(1) else { continue };
                self.guests = left;
            } else {
                self.guests += 1;
            }
            self.own += usize::from(self.open.insert(attempt.key));
        }
        let outbox = world.outbox();
        for number in (made.0..outbox.made().0).map(DeliveryNumber) {
            // What stands in front of a guest's, and is not waited for yet, may be at the end of a long queue.
            let is_own = || outbox.call_of(number).is_some_and(|call| !self.is_guest(world, call));
            self.open.extend(outbox.awaited_by(number).filter(|_| is_own()));
        }
        if !self.others.is_empty() {
            let (awaited, others) =
                std::mem::take(&mut self.others).into_iter().partition(|report| self.open.remove(&report.key));
            self.others = others;
            self.answers.extend::<Vec<Report>>(awaited);
        }
        self.foreign = world.outbox().made();
    }

    /// Takes in what came of a try. Of those that others have caused, the world is told at once where there are too many to wait for.
    pub(super) fn take_in(&mut self, report: Report, world: &mut World) -> Vec<Told> {
        if self.open.remove(&report.key) {
            self.answers.push(report);
            return Vec::new();
        }
        self.others.push(report);
        if self.others.len() > self.limit() { self.tell_others(world) } else { Vec::new() }
    }

    /// Tells the world what came of the tries of others.
    pub(super) fn tell_others(&mut self, world: &mut World) -> Vec<Told> {
        tell_in_order(std::mem::take(&mut self.others), world)
    }

    /// Waits for what others have caused at this instant, too, where that is little and has not been done too often. Says whether it does.
    pub(super) fn join_others(&mut self, world: &World) -> bool {
        let under_way = world.deliveries_under_way();
        if under_way == 0 || under_way > self.limit().min(self.guests) || self.reactions >= REACTIONS {
            return false;
        }
        self.reactions += 1;
        self.guests -= under_way;
        self.open = world.outbox().tries_under_way().collect();
        for report in std::mem::take(&mut self.others) {
            if self.open.remove(&report.key) {
                self.answers.push(report);
            }
        }
        self.foreign = world.outbox().made();
        true
    }

    /// Tells the world what came of the tries that were waited for, in the order of their deliveries: what follows from it must not
    /// hang on which receiver was quicker. That many at most; says whether some are left.
    pub(super) fn tell(&mut self, world: &mut World, at_most: usize) -> (Vec<Told>, bool) {
        if self.telling.is_empty() {
            let mut answers = std::mem::take(&mut self.answers);
            answers.sort_by_cached_key(|report| world.outbox().order_of(report.key));
            self.telling = answers.into();
        }
        let count = self.telling.len().min(at_most);
        let mut told = Vec::with_capacity(count);
        for report in self.telling.drain(..count) {
            let ready = world.ready_deliveries().len();
            told.push(report.tell(world));
            let follows = |key: &AttemptKey| key.delivery() < self.foreign;
            self.open.extend(world.ready_deliveries()[ready..].iter().map(|attempt| attempt.key).filter(follows));
        }
        (told, !self.telling.is_empty())
    }

    /// Tells the world of all that has been answered: nobody waits any more.
    pub(super) fn end(mut self, world: &mut World) -> Vec<Told> {
        let mut all = std::mem::take(&mut self.answers);
        all.extend(self.telling);
        all.append(&mut self.others);
        tell_in_order(all, world)
    }

    /// Whether a call was placed since the advance began.
    fn is_guest(&self, world: &World, call: CallId) -> bool {
        !world.call_store().is_among_first(self.calls, call)
    }

    /// How many tries of others are few.
    fn limit(&self) -> usize {
        self.own.max(FEW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_front_of_a_guests_delivery_is_not_waited_for() {
        let mut world = World::for_tests(1).with_receiver(&[]);
        let mut awaiting = Awaiting::begin(&world);
        awaiting.guests = 0;
        // Its first event has been handed on, and may stand at the end of a long queue.
        let guest = world.somebody_calls("completed");
        while world.ready_deliveries().is_empty() {
            world.step(Timestamp::MAX);
        }
        world.take_deliveries();
        let made = world.outbox().made();
        awaiting.guests = 1;
        world.let_end(guest);
        assert!(world.outbox().made() > made);
        awaiting.add_own(&world, 0, made);
        assert!(awaiting.is_answered());
    }
}
