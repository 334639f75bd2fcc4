//! The engine: a world behind its lock, brought up to date whenever somebody looks at it.

use parking_lot::RwLock;
use tokio::sync::{Notify, mpsc};

use crate::domain::webhook::{Attempt, AttemptKey, TryReport};
use crate::domain::world::World;
use crate::time::{Clock, Timestamp};

/// One workspace: a world, its clock and its lock. The lock is never held across an `.await`.
#[derive(Debug)]
pub struct Workspace {
    clock: Clock,
    world: RwLock<World>,
    /// Where deliveries go that are to be sent.
    deliveries: mpsc::UnboundedSender<Attempt>,
    /// Wakes the driver: something is due earlier than it thinks.
    pub(crate) agenda_changed: Notify,
    /// Wakes whoever waits for deliveries to be answered.
    pub(crate) delivery_answered: Notify,
}

impl Workspace {
    /// A workspace that lives by `clock`, and the deliveries that it wants sent.
    pub fn new(world: World, clock: Clock) -> (Workspace, mpsc::UnboundedReceiver<Attempt>) {
        let (deliveries, to_send) = mpsc::unbounded_channel();
        let workspace = Workspace {
            clock,
            world: RwLock::new(world),
            deliveries,
            agenda_changed: Notify::new(),
            delivery_answered: Notify::new(),
        };
        (workspace, to_send)
    }

    /// The workspace's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Looks at the world as it is now. Readers do not wait for each other.
    pub fn read<T>(&self, look: impl FnOnce(&World, Timestamp) -> T) -> T {
        {
            let world = self.world.read();
            let now = self.clock.now().max(world.now());
            if world.next_due().is_none_or(|due| due > now) {
                return look(&world, now);
            }
        }
        self.write(|world| look(world, world.now()))
    }

    /// Changes the world as it is now, and sends off what comes of it.
    pub fn write<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.locked(|world| {
            world.catch_up(self.clock.now());
            change(world)
        })
    }

    /// Makes the next thing happen that is due by `target`, with a manual clock moved to its instant. Where nothing is, moves to `target`
    /// and says `false`.
    pub fn step(&self, target: Timestamp) -> bool {
        self.locked(|world| {
            let due = world.next_due().filter(|due| *due <= target);
            self.clock.move_to(due.unwrap_or(target));
            world.step(target).is_some()
        })
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.world.read().next_due()
    }

    /// How many deliveries have no answer yet.
    pub fn deliveries_under_way(&self) -> usize {
        self.world.read().deliveries_under_way()
    }

    /// Tells the world what came of a try. Where it is made again: when.
    pub fn deliver(&self, key: AttemptKey, report: TryReport) -> Option<Timestamp> {
        let again = self.write(|world| world.delivery_answered(key, report));
        self.delivery_answered.notify_waiters();
        again
    }

    fn locked<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.write();
        let due_before = world.next_due();
        let result = change(&mut world);
        for attempt in world.take_deliveries() {
            // Nobody receives once the server stops; then nothing is to be sent any more.
            let _ = self.deliveries.send(attempt);
        }
        // Nobody watches yet.
        drop(world.take_moments());
        let due = world.next_due();
        drop(world);
        let is_earlier = due.is_some_and(|due| due_before.is_none_or(|before| due < before));
        if is_earlier {
            self.agenda_changed.notify_one();
        }
        result
    }
}
