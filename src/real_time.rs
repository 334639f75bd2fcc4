//! Real time: the only place that asks the machine what time it is.

use std::time::{Duration, Instant, SystemTime};

use akol_mock_world::base::time::Timestamp;

/// Measures how long something takes, in real time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Stopwatch {
        Stopwatch(monotonic())
    }

    /// The real time from this start to a later one; zero where that is earlier.
    pub fn until(self, later: Stopwatch) -> Duration {
        later.0.saturating_duration_since(self.0)
    }
}

/// What the machine's own clock shows.
#[expect(clippy::disallowed_methods, reason = "this is the place that asks")]
pub fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(since.as_millis().try_into().unwrap_or(i64::MAX))
}

/// What timers of the runtime go by: real time, unless a test has stopped it.
#[expect(clippy::disallowed_methods, reason = "this is the place that asks")]
pub fn timer_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the place that asks")]
fn monotonic() -> Instant {
    Instant::now()
}
