//! How fast a clock runs.

use std::time::Duration;

/// Placeholder until merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u64);

impl Speed {
    /// As fast as the machine's.
    pub const ONE: Speed = Speed(1000);
    /// x
    pub fn scale(self, real: Duration) -> Duration {
        Duration::from_nanos((real.as_nanos() * u128::from(self.0) / 1000).min(u128::from(u64::MAX)) as u64)
    }
    /// x
    pub fn unscale(self, emulated: Duration) -> Duration {
        Duration::from_nanos((emulated.as_nanos() * 1000).div_ceil(u128::from(self.0)).min(u128::from(u64::MAX)) as u64)
    }
}
