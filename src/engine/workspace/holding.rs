//! What a workspace holds of deliveries that are over, in the eyes of the server's budget.

use super::Workspace;
use crate::engine::budget::{Holder, Part};

/// Holds finished deliveries. The journal is a holder of its own.
impl Holder for Workspace {
    fn oldest(&self, part: Part) -> Option<u64> {
        // Who has the lock may be waiting for room.
        let present = self.present.try_read()?;
        match part {
            Part::Bodies => present.world.outbox().oldest_body(),
            Part::Entries => present.world.outbox().oldest_finished(),
        }
    }

    fn release(&self, part: Part, until: u64, wanted: usize) -> usize {
        let Some(mut present) = self.present.try_write() else { return 0 };
        let outbox = present.world.outbox_mut();
        match part {
            Part::Bodies => outbox.drop_bodies(until, wanted),
            Part::Entries => outbox.forget_finished(until, wanted),
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.world_template.budget().note(self.present.get_mut().world.outbox().held_bytes(), 0);
    }
}
