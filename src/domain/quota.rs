//! Quotas: call minutes a month, requests a minute. Both on the emulator's clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::state::{Checked, Count, Hex, MinutesRecord, Tally, WindowRecord, wrong};
use crate::time::Timestamp;

/// The account's call minutes, counted by calendar month (UTC).
#[derive(Clone, Copy, Debug)]
pub struct Minutes {
    /// The first instant of the month that is being counted, and of the next.
    month: Timestamp,
    next: Timestamp,
    used: u64,
}

impl Minutes {
    /// Nothing used yet in the month of `now`.
    pub fn new(now: Timestamp) -> Minutes {
        Minutes::counted(now.month_start(), 0)
    }

    /// As a document has them.
    pub fn record(&self) -> MinutesRecord {
        MinutesRecord { month: self.month, used: Count::of(self.used) }
    }

    /// As a document of the instant `now` has them.
    pub fn restore(record: MinutesRecord, now: Timestamp) -> Checked<Minutes> {
        let MinutesRecord { month, used } = record;
        if month != month.month_start() || month > now {
            return Err(wrong("month", format!("is {month}, must be the start of a month, by {now}")));
        }
        Ok(Minutes::counted(month, used.get()))
    }

    /// Counts a call that ended at `ended`: its whole seconds, rounded up to whole minutes.
    pub fn count(&mut self, ended: Timestamp, seconds: u32) {
        if ended >= self.next {
            *self = Minutes::new(ended);
        }
        if self.is_of_month(ended) {
            self.used += u64::from(seconds.div_ceil(60));
        }
    }

    /// The minutes used in the month of `now`.
    pub fn used(&self, now: Timestamp) -> u64 {
        if self.is_of_month(now) { self.used } else { 0 }
    }

    fn counted(month: Timestamp, used: u64) -> Minutes {
        Minutes { month, next: month.next_month(), used }
    }

    fn is_of_month(&self, instant: Timestamp) -> bool {
        (self.month..self.next).contains(&instant)
    }
}

/// How long a window of the rate limit is.
const WINDOW: Duration = Duration::from_secs(60);
/// Windows that are over are thrown away when there are this many.
const MANY: usize = 10_000;

/// Requests a minute, for each client on its own.
///
/// A window opens with a client's first request and lasts a minute; the next request after it opens a new one.
#[derive(Debug, Default)]
pub struct RateLimit {
    /// By the client's digest: what a client calls itself may be long.
    windows: HashMap<[u8; 32], Window>,
    /// How many windows there may be before those that are over are thrown away.
    sweep_at: usize,
}

#[derive(Debug)]
struct Window {
    ends: Timestamp,
    requests: u32,
}

impl RateLimit {
    /// The windows that are open at `now`, as a document has them. Those that are over mean nothing.
    pub fn record(&self, now: Timestamp) -> BTreeMap<Hex<32>, WindowRecord> {
        let open = self.windows.iter().filter(|(_, window)| window.ends > now);
        open.map(|(client, window)| {
            (Hex(*client), WindowRecord { ends: window.ends, requests: Tally::of(window.requests) })
        })
        .collect()
    }

    /// The windows that a document of the instant `now` has.
    pub fn restore(record: BTreeMap<Hex<32>, WindowRecord>, now: Timestamp) -> Checked<RateLimit> {
        let latest = now + WINDOW;
        if let Some((client, WindowRecord { ends, .. })) = record.iter().find(|(_, window)| window.ends > latest) {
            return Err(wrong(format!("{client}.ends"), format!("is {ends}, must be by {latest}, a minute from now")));
        }
        let window = |record: WindowRecord| Window { ends: record.ends, requests: record.requests.narrow() };
        let windows = record.into_iter().map(|(Hex(client), record)| (client, window(record))).collect();
        Ok(RateLimit { windows, sweep_at: 0 })
    }

    /// Counts a request of `client` at `now`. Where it is one too many: how long until the client is served again, as an error.
    pub fn count(&mut self, client: &str, limit: u32, now: Timestamp) -> Result<(), Duration> {
        if self.windows.len() >= self.sweep_at.max(MANY) {
            self.windows.retain(|_, window| window.ends > now);
            self.sweep_at = self.windows.len() * 2;
        }
        let client: [u8; 32] = Sha256::digest(client).into();
        let Some(window) = self.windows.get_mut(&client).filter(|window| window.ends > now) else {
            self.windows.insert(client, Window { ends: now + WINDOW, requests: 1 });
            return Ok(());
        };
        if window.requests >= limit {
            return Err(window.ends.since(now));
        }
        window.requests += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn begun_minutes_count_whole_and_a_new_month_starts_at_nothing() {
        let mut minutes = Minutes::new(at("2026-04-18T00:00:00Z"));
        minutes.count(at("2026-04-30T23:59:59.999Z"), 88);
        minutes.count(at("2026-04-30T23:59:59.999Z"), 60);
        minutes.count(at("2026-04-30T23:59:59.999Z"), 0);
        assert_eq!(minutes.used(at("2026-04-30T23:59:59.999Z")), 3);
        assert_eq!(minutes.used(at("2026-05-01T00:00:00Z")), 0);
        minutes.count(at("2026-05-01T00:00:00Z"), 1);
        assert_eq!(minutes.used(at("2026-05-01T00:00:00Z")), 1);
    }

    #[test]
    fn calls_of_past_months_do_not_count() {
        let mut minutes = Minutes::new(at("2026-04-18T00:00:00Z"));
        minutes.count(at("2026-03-31T23:59:59Z"), 600);
        assert_eq!(minutes.used(at("2026-04-18T00:00:00Z")), 0);
    }

    #[test]
    fn a_client_is_served_again_exactly_when_its_window_ends() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        assert_eq!(limit.count("a", 2, start), Ok(()));
        assert_eq!(limit.count("a", 2, start + Duration::from_secs(10)), Ok(()));
        assert_eq!(limit.count("a", 2, start + Duration::from_secs(20)), Err(Duration::from_secs(40)));
        assert_eq!(limit.count("b", 2, start + Duration::from_secs(20)), Ok(()));
        let just_before = start + Duration::from_millis(59_999);
        assert_eq!(limit.count("a", 2, just_before), Err(Duration::from_millis(1)));
        assert_eq!(limit.count("a", 2, start + WINDOW), Ok(()));
    }

    #[test]
    fn windows_that_are_over_are_thrown_away() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        for client in 0..MANY {
            limit.count(&client.to_string(), 1, start).unwrap();
        }
        limit.count("one more", 1, start + WINDOW).unwrap();
        assert_eq!(limit.windows.len(), 1);
    }
}
