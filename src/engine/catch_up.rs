//! How late things happen on clocks that run: told to whoever counts it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::world::World;

use crate::clock::{Clock, Reading};
use crate::config::ClockMode;

/// See the module.
#[derive(Clone)]
pub struct CatchUp(Arc<dyn Fn(Duration) + Send + Sync>);

impl fmt::Debug for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CatchUp")
    }
}

impl CatchUp {
    /// `count` is told of each thing that happens how late it was, in real time.
    pub fn told(count: impl Fn(Duration) + Send + Sync + 'static) -> CatchUp {
        CatchUp(Arc::new(count))
    }

    /// Makes everything happen that is due by now, in order, and tells how late it was on a clock that runs.
    pub(super) fn catch_up(&self, world: &mut World, clock: &Clock) {
        /// How many things happen for one look at the clock. They take some tenths of a millisecond.
        const AT_ONCE: usize = 256;
        let mut reading = clock.read();
        let target = reading.now;
        loop {
            for _ in 0..AT_ONCE {
                let Some(at) = world.step(target) else { return };
                let Reading { mode, now, speed } = reading;
                if mode == ClockMode::Real {
                    (self.0)(speed.unscale(now.since(at)));
                }
            }
            // Where much is due, the last of it is later than the first.
            reading = clock.read();
        }
    }
}
