//! The `Date` header, written once a second.

use std::cell::RefCell;

use akol_mock_world::base::time::Timestamp;
use bytes::Bytes;
use hyper::header::HeaderValue;

thread_local! {
    /// The header of the second that this thread was last asked for. It says nothing of a workspace, so all share it; and no thread waits
    /// for another.
    static WRITTEN: RefCell<(i64, HeaderValue)> = const { RefCell::new((i64::MIN, HeaderValue::from_static(""))) };
}

/// The header at `now`.
pub fn at(now: Timestamp) -> HeaderValue {
    WRITTEN.with_borrow_mut(|(second, value)| {
        if *second != now.as_secs() {
            // A date is letters, digits, commas and colons, so it is always a header. An owner's bytes are cloned without an allocation.
            let text = Bytes::from_owner(now.http_date());
            *value = HeaderValue::from_maybe_shared(text).unwrap_or_else(|_| HeaderValue::from_static(""));
            *second = now.as_secs();
        }
        value.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own() {
        for millis in [1_776_700_800_000, 1_776_700_800_999, 1_776_700_801_000, 0, 1_776_700_800_000] {
            let now = Timestamp::from_millis(millis);
            assert_eq!(at(now), now.http_date().as_str());
        }
    }
}
