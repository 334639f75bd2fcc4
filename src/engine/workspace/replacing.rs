//! What replaces a workspace's world: a reset, or another state; and taking the state out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::world::World;
use tokio::runtime;

use super::{Present, Workspace};
use crate::clock::Reading;
use crate::engine::journal::{Kept, WatchEnd};
use crate::engine::state::{Restored, Written};

/// What a workspace is to go on with.
struct Beginning {
    world: World,
    clock: Reading,
    requests: u64,
    journal: Kept,
    /// Why whoever watched is told no more.
    end: WatchEnd,
}

impl Workspace {
    /// Back to the seeded start, clock included. When this is done, nothing that was under way before it shows any more.
    pub async fn reset(&self) {
        let clock = self.world_template.clock();
        let world = self.new_world(clock.now).await;
        self.replace(Beginning { world, clock, requests: 0, journal: Kept::default(), end: WatchEnd::Reset }).await;
    }

    /// Everything, as it is now.
    ///
    /// All of it is of one instant: while the world is read nobody changes it, and whatever happens in it has been entered into the
    /// journal before it lets go of its lock. The order of the locks is that of every change: world, then journal. A request that is under
    /// way has its number, and stands in the journal without an answer; what it does to the world is there wholly or not at all.
    pub fn export(&self) -> Written {
        // What is due by now has happened.
        self.write(|_| ());
        let present = self.present.read();
        Written::of(&present.world, self.clock.read(), self.requests(), self.journal.kept())
    }

    /// Puts another state in the place of this one, clock included. When this is done, nothing that was under way before it shows any more;
    /// what was under way in that state has set out again.
    pub async fn import(&self, state: Restored) {
        let Restored { world, clock, requests, journal } = state;
        self.replace(Beginning { world, clock, requests, journal, end: WatchEnd::Replaced }).await;
    }

    async fn replace(&self, beginning: Beginning) {
        let Beginning { world, clock, requests, journal, end } = beginning;
        let before = {
            let mut present = self.present.write();
            let mut before = std::mem::replace(&mut *present, Present::new(world));
            // With it go the answers that an advance has not told the world yet.
            before.awaiting = None;
            let held = |present: &Present| present.world.outbox().held_bytes();
            self.world_template.budget().note(held(&before), held(&present));
            before.epoch.end();
            self.break_off_advance();
            self.clock.restart(clock);
            self.requests.store(requests, Ordering::Relaxed);
            self.journal.replace(journal, end);
            self.wait_anew(&mut present.world);
            before
        };
        self.agenda_changed.notify_one();
        self.delivery_answered.notify_waiters();
        // What the world has ready sets out, and what is due happens.
        self.write(|_| ());
        before.epoch.settled().await;
        if let Ok(runtime) = runtime::Handle::try_current() {
            // Millions of calls are not thrown away in a moment either.
            runtime.spawn_blocking(move || drop(before));
        }
    }

    /// A world as it was at the start, at `now`. Millions of calls take their time to make, which must not hold up others.
    async fn new_world(&self, now: Timestamp) -> World {
        if let Ok(runtime) = runtime::Handle::try_current() {
            let (world_template, name) = (Arc::clone(&self.world_template), self.name.clone());
            if let Ok(world) = runtime.spawn_blocking(move || world_template.world(&name, now)).await {
                return world;
            }
        }
        // Nobody else waits for this thread, or the runtime is coming to its end.
        self.world_template.world(&self.name, now)
    }
}
