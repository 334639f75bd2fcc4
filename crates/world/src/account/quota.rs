//! Quotas: call minutes a month, requests a minute. Both on the emulator's clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::base::time::Timestamp;
use crate::snapshot::{Checked, Count, Hex, MinutesRecord, Tally, WindowRecord, wrong};

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
const MANY: usize = if cfg!(test) { 100 } else { 10_000 };
/// How many windows there may be. What comes beyond them shares one more.
const MOST: usize = if cfg!(test) { 1_000 } else { 100_000 };
/// The client that all share for whom there is no window of their own.
const REST: [u8; 32] = [0; 32];

/// Requests a minute, for each client on its own.
///
/// A window opens with a client's first request and lasts a minute; the next request after it opens a new one.
#[derive(Debug, Default)]
pub struct RateLimit {
    /// By the client's digest: what a client calls itself may be long.
    windows: HashMap<[u8; 32], Window>,
    /// How many windows there may be before those that are over are thrown away.
    sweep_at: usize,
    /// When that was done last.
    swept: Option<Timestamp>,
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
        if record.len() > MOST + 1 {
            return Err(wrong("", format!("has {} windows, must have at most {}", record.len(), MOST + 1)));
        }
        let latest = now + WINDOW;
        if let Some((client, WindowRecord { ends, .. })) = record.iter().find(|(_, window)| window.ends > latest) {
            return Err(wrong(format!("{client}.ends"), format!("is {ends}, must be by {latest}, a minute from now")));
        }
        let window = |record: WindowRecord| Window { ends: record.ends, requests: record.requests.narrow() };
        let windows = record.into_iter().map(|(Hex(client), record)| (client, window(record))).collect();
        Ok(RateLimit { windows, ..RateLimit::default() })
    }

    /// Counts a request of `client` at `now`. Where it is one too many: how long until the client is served again, as an error.
    pub fn count(&mut self, client: &str, limit: u32, now: Timestamp) -> Result<(), Duration> {
        self.sweep(now);
        let own: [u8; 32] = Sha256::digest(client).into();
        let client = if self.windows.len() < MOST || self.windows.contains_key(&own) { own } else { REST };
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

    /// Throws windows away that are over, once there are many: twice as many as were left the last time, so that it costs each request
    /// little; and where there are as many as there may be, once a second.
    fn sweep(&mut self, now: Timestamp) {
        const PAUSE: Duration = Duration::from_secs(1);
        let is_full = self.windows.len() >= MOST;
        let is_time = !is_full || self.swept.is_none_or(|swept| now.since(swept) >= PAUSE);
        if self.windows.len() >= self.sweep_at.max(MANY) && is_time {
            self.windows.retain(|_, window| window.ends > now);
            self.sweep_at = (self.windows.len() * 2).min(MOST);
            self.swept = Some(now);
        }
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
    fn a_document_counts_the_minutes_of_a_month_that_has_begun() {
        let now = at("2026-04-01T00:00:00Z");
        let restored = |month| Minutes::restore(MinutesRecord { month: at(month), used: Count::of(7) }, now);
        assert_eq!(restored("2026-04-01T00:00:00Z").unwrap().used(now), 7);
        assert_eq!(restored("2026-03-01T00:00:00Z").unwrap().used(now), 0);
        for month in ["2026-05-01T00:00:00Z", "2026-03-31T23:59:59.999Z", "2026-04-01T00:00:00.001Z"] {
            assert_eq!(restored(month).unwrap_err().field, "month", "{month}");
        }
    }

    #[test]
    fn a_document_has_the_windows_that_are_open_and_none_that_opens_later() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        limit.count("a", 1, start).unwrap();
        let just_before = start + WINDOW - Duration::from_millis(1);
        assert_eq!((limit.record(just_before).len(), limit.record(start + WINDOW).len()), (1, 0));
        assert!(RateLimit::restore(limit.record(start), start).is_ok());
        assert!(RateLimit::restore(limit.record(start), start - Duration::from_millis(1)).is_err());
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

    /// Counts a request of that many clients that have not come before.
    fn count_new(limit: &mut RateLimit, clients: std::ops::Range<usize>, now: Timestamp) {
        clients.for_each(|client| limit.count(&client.to_string(), 1, now).unwrap());
    }

    #[test]
    fn windows_that_are_over_are_thrown_away_when_there_are_many() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        count_new(&mut limit, 0..MANY - 1, start);
        limit.count("one more", 1, start + WINDOW).unwrap();
        assert_eq!(limit.windows.len(), MANY, "there are not many yet");
        limit.count("and another", 1, start + WINDOW).unwrap();
        assert_eq!(limit.windows.len(), 2, "that from before it, which has just begun, and its own");
    }

    #[test]
    fn windows_that_are_open_are_kept_to_the_millisecond() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        count_new(&mut limit, 0..MANY, start);
        let just_before = start + WINDOW - Duration::from_millis(1);
        limit.count("one more", 1, just_before).unwrap();
        assert_eq!(limit.windows.len(), MANY + 1);
        assert_eq!(limit.count("0", 1, just_before), Err(Duration::from_millis(1)));
    }

    #[test]
    fn they_are_looked_through_again_when_there_are_twice_as_many_as_were_left() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        let (later, much_later) = (start + Duration::from_secs(30), start + WINDOW);
        count_new(&mut limit, 0..MANY, start);
        // All are open still, so they are looked through next when there are twice as many.
        count_new(&mut limit, MANY..2 * MANY, later);
        assert_eq!((limit.windows.len(), limit.sweep_at), (2 * MANY, 2 * MANY));
        // The first half is over, and goes with the next that comes.
        limit.count("one more", 1, much_later).unwrap();
        assert_eq!((limit.windows.len(), limit.sweep_at), (MANY + 1, 2 * MANY));
        // In a minute all are, and nobody looks until there are twice as many.
        let last = later + WINDOW + WINDOW;
        let room = 2 * MANY - limit.windows.len();
        count_new(&mut limit, 10 * MANY..10 * MANY + room, last);
        assert_eq!(limit.windows.len(), 2 * MANY);
        limit.count("the last", 1, last).unwrap();
        assert_eq!(limit.windows.len(), room + 1);
    }

    #[test]
    fn clients_beyond_the_most_share_a_window() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        count_new(&mut limit, 0..MOST, start);
        let second = start + Duration::from_millis(500);
        assert_eq!(limit.count("one more", 2, second), Ok(()));
        assert_eq!(limit.count("and another", 2, second), Ok(()));
        assert_eq!(limit.count("and a third", 2, second), Err(WINDOW));
        assert_eq!(limit.count("0", 2, second), Ok(()), "one that was there before has its own");
        assert_eq!(limit.windows.len(), MOST + 1);
        // As soon as the others are over, there is room again.
        assert_eq!(limit.count("and a third", 2, start + WINDOW), Ok(()));
        assert_eq!(limit.windows.len(), 2);
    }

    #[test]
    fn a_full_table_is_looked_through_once_a_second() {
        let mut limit = RateLimit::default();
        let start = at("2026-04-18T00:00:00Z");
        let millis = Duration::from_millis;
        count_new(&mut limit, 0..1, start);
        count_new(&mut limit, 1..MOST, start + millis(10));
        // One that has a window has no other looked through, either.
        let swept = limit.swept;
        limit.count("0", 9, start + millis(500)).unwrap();
        assert_eq!((limit.windows.len(), limit.swept), (MOST, swept));
        // Looked through, in vain.
        limit.count("one more", 9, start + WINDOW - millis(1)).unwrap();
        assert_eq!(limit.windows.len(), MOST + 1);
        // The first is over, but it was looked just before.
        limit.count("one more", 9, start + WINDOW + millis(5)).unwrap();
        assert_eq!(limit.windows.len(), MOST + 1);
        limit.count("one more", 9, start + WINDOW + millis(999)).unwrap();
        assert_eq!(limit.windows.len(), 2);
    }

    #[test]
    fn a_document_has_no_more_windows_than_there_may_be() {
        let now = at("2026-04-18T00:00:00Z");
        let record = |count: usize| {
            let window = WindowRecord { ends: now, requests: Tally::of(1_u32) };
            let client = |number: usize| Hex(Sha256::digest(number.to_string()).into());
            (0..count).map(|number| (client(number), window)).collect::<BTreeMap<_, _>>()
        };
        assert!(RateLimit::restore(record(MOST + 1), now).is_ok());
        assert!(RateLimit::restore(record(MOST + 2), now).unwrap_err().message.contains("1001"));
    }
}
