//! The `Date` header by a workspace's clock, written once a second.

use hyper::header::HeaderValue;
use parking_lot::Mutex;

use crate::time::Timestamp;

/// The header of the last second that was asked for.
#[derive(Debug, Default)]
pub(super) struct DateHeader(Mutex<Option<(i64, HeaderValue)>>);

impl DateHeader {
    /// The header at `now`.
    pub(super) fn at(&self, now: Timestamp) -> HeaderValue {
        let mut cached = self.0.lock();
        if let Some((second, value)) = &*cached
            && *second == now.as_secs()
        {
            return value.clone();
        }
        // A date is letters, digits, commas and colons, so it is always a header.
        let value = HeaderValue::try_from(now.http_date()).unwrap_or_else(|_| HeaderValue::from_static(""));
        *cached = Some((now.as_secs(), value.clone()));
        value
    }
}
