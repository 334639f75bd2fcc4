//! Waiting for deliveries: those that are made or change are noted while anybody waits.

use std::sync::Arc;

use akol_mock_world::faults::matching::{Effort, Sketch};
use akol_mock_world::webhooks::{Content, Delivery, DeliveryNumber};
use akol_mock_world::world::World;
use bytes::Bytes;

use super::Workspace;
use crate::engine::waiters::{Awaited, Waiting};

/// A delivery as it was at a moment.
#[derive(Clone, Debug)]
pub struct NotedDelivery {
    /// Its number.
    pub number: DeliveryNumber,
    /// What was known of it.
    pub delivery: Arc<Delivery>,
    /// Its body, as it was sent or would have been.
    pub body: Bytes,
}

/// A delivery to be held against what is waited for.
#[derive(Debug)]
pub struct NotedView<'a> {
    /// What is known of it.
    pub delivery: &'a Delivery,
    /// The request that it is.
    pub sent: Sketch<'a>,
}

impl NotedDelivery {
    fn of(number: DeliveryNumber, delivery: Delivery, world: &World) -> NotedDelivery {
        NotedDelivery { number, body: world.body_of(&delivery), delivery: Arc::new(delivery) }
    }
}

impl Awaited for NotedDelivery {
    type View<'a> = NotedView<'a>;

    fn view(&self) -> NotedView<'_> {
        let is_dropped = self.delivery.content == Content::Dropped;
        NotedView {
            delivery: &self.delivery,
            sent: Sketch::new("POST", "", "", &self.body).with_body_dropped(is_dropped),
        }
    }

    fn key(&self) -> u64 {
        self.number.0
    }

    fn held_bytes(&self) -> usize {
        size_of::<NotedDelivery>() + self.delivery.held_bytes() + self.body.len()
    }

    fn nanoseconds(&self, effort: Effort) -> usize {
        effort.nanoseconds_for(&self.view().sent)
    }
}

impl Workspace {
    /// Begins to wait for that many deliveries that are wanted. Gives those that are remembered and may be wanted, too: they count, but whoever
    /// waits is to look at them first, with [`Waiting::look_at`]. One that comes and is wanted counts even if it is not remembered as long as
    /// that takes, and is kept as far as there is room for what is waited for, or where `keeps_all`.
    pub fn wait_for_deliveries(
        &self,
        effort: Effort,
        may_be_wanted: impl Fn(&Delivery) -> bool,
        is_wanted: impl for<'a> Fn(&NotedView<'a>) -> bool + Send + Sync + 'static,
        count: usize,
        keeps_all: bool,
    ) -> (Waiting<NotedDelivery>, Vec<NotedDelivery>) {
        self.write(|world| {
            // What has changed before is nothing to whoever comes now.
            self.tell_of_deliveries(world);
            let waiting = self.delivery_waiters.wait(count, keeps_all, effort, is_wanted);
            world.note_changed_deliveries(true);
            let wanted = world.outbox().numbered().filter(|(_, delivery)| may_be_wanted(delivery));
            let there = wanted.map(|(number, delivery)| NotedDelivery::of(number, delivery.clone(), world)).collect();
            (waiting, there)
        })
    }

    /// The deliveries that are remembered, as they are now, the oldest first.
    pub fn noted_deliveries(&self) -> Vec<NotedDelivery> {
        self.read(|world, _| {
            let all = world.outbox().numbered();
            all.map(|(number, delivery)| NotedDelivery::of(number, delivery.clone(), world)).collect()
        })
    }

    /// Tells those who wait of the deliveries that have changed. Where nobody waits any more, they are noted no longer.
    pub(super) fn tell_of_deliveries(&self, world: &mut World) {
        if !self.delivery_waiters.are_any() {
            world.note_changed_deliveries(false);
            return;
        }
        for (number, delivery) in world.take_changed_deliveries() {
            self.delivery_waiters.tell(|| NotedDelivery::of(number, delivery, world));
            self.delivery_waiters.look_while_overfull();
        }
    }

    /// Those who wait go on in another world, in which nothing has come yet.
    pub(super) fn wait_anew(&self, world: &mut World) {
        self.delivery_waiters.begin_anew();
        world.note_changed_deliveries(self.delivery_waiters.are_any());
    }
}
