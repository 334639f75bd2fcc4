//! Instants.

mod digits;
mod written;

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Date;
use jiff::fmt::temporal::{DateTimePrinter, Pieces};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::written::has_documented_form;

/// An instant in UTC, counted in whole milliseconds since 1970-01-01.
///
/// Printed as the API prints every instant: ISO-8601 with exactly three decimals and `Z`.
///
/// ```
/// use akol_mock::Timestamp;
/// let instant: Timestamp = "2026-04-18T16:21:42+02:00".parse().unwrap();
/// assert_eq!(instant.to_string(), "2026-04-18T14:21:42.000Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is not an instant.
///
/// ```
/// let refused = "yesterday".parse::<akol_mock::Timestamp>().unwrap_err();
/// assert!(refused.to_string().contains("2026-04-18T14:21:42.000Z"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATimestamp;

impl fmt::Display for NotATimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an ISO-8601 instant with Z or an offset, of the years 1970 to 9998, such as 2026-04-18T14:21:42.000Z",
        )
    }
}

impl std::error::Error for NotATimestamp {}

/// Why a text is neither an instant nor a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADateBound;

impl fmt::Display for NotADateBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an ISO-8601 instant with Z or an offset, such as 2026-04-18T14:21:42.000Z, or a date such as 2026-04-18",
        )
    }
}

impl std::error::Error for NotADateBound {}

impl Timestamp {
    /// The earliest instant that is accepted: the start of the year 1970.
    pub const MIN: Timestamp = Timestamp(0);
    /// The latest instant that is accepted: the end of the year 9998, so that sums stay printable.
    pub const MAX: Timestamp = Timestamp(253_370_764_799_999);

    /// The instant that many milliseconds after the start of 1970.
    ///
    /// ```
    /// use akol_mock::Timestamp;
    /// assert_eq!(Timestamp::from_millis(1_500).to_string(), "1970-01-01T00:00:01.500Z");
    /// ```
    pub const fn from_millis(millis: i64) -> Timestamp {
        Timestamp(millis)
    }

    /// Milliseconds since the start of 1970.
    ///
    /// ```
    /// let instant: akol_mock::Timestamp = "1970-01-01T00:00:01.500Z".parse().unwrap();
    /// assert_eq!(instant.as_millis(), 1_500);
    /// ```
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the start of 1970, rounded down.
    ///
    /// ```
    /// let instant: akol_mock::Timestamp = "1970-01-01T00:00:01.500Z".parse().unwrap();
    /// assert_eq!(instant.as_secs(), 1);
    /// ```
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time from `earlier` to this instant, zero if `earlier` is later.
    ///
    /// ```
    /// use akol_mock::Timestamp;
    /// use std::time::Duration;
    ///
    /// let start: Timestamp = "2026-04-18T14:21:42Z".parse().unwrap();
    /// let end = start + Duration::from_secs(88);
    /// assert_eq!(end.since(start).as_secs(), 88);
    /// assert_eq!(start.since(end), Duration::ZERO);
    /// ```
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The first instant of this instant's calendar month (UTC).
    #[doc(hidden)]
    pub fn month_start(self) -> Timestamp {
        midnight(self.date().first_of_month())
    }

    /// The first instant of the calendar month after this instant's (UTC).
    #[doc(hidden)]
    pub fn next_month(self) -> Timestamp {
        let last = self.date().last_of_month();
        last.tomorrow().map_or(Timestamp::MAX, midnight)
    }

    /// The first instant of this instant's day (UTC).
    #[doc(hidden)]
    pub fn day_start(self) -> Timestamp {
        midnight(self.date())
    }

    /// The calendar day in UTC.
    #[doc(hidden)]
    pub fn date(self) -> Date {
        self.civil().date()
    }

    /// Date and time of day in UTC.
    #[doc(hidden)]
    pub fn civil(self) -> jiff::civil::DateTime {
        TimeZone::UTC.to_datetime(self.jiff())
    }

    /// As the `Date` header wants it: `Sat, 18 Apr 2026 14:21:42 GMT`.
    #[doc(hidden)]
    pub fn http_date(self) -> String {
        self.jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// Gives the instant to `read` as it is printed.
    #[doc(hidden)]
    pub fn with_text<T>(self, read: impl FnOnce(&str) -> T) -> T {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        match digits::of(self).as_ref().map(|digits| std::str::from_utf8(digits)) {
            Some(Ok(text)) => read(text),
            _ => read(&PRINTER.timestamp_to_string(&self.jiff())),
        }
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }

    /// Cuts what is finer than a millisecond.
    fn of(instant: jiff::Timestamp) -> Timestamp {
        Timestamp(instant.as_nanosecond().div_euclid(1_000_000) as i64)
    }

    fn checked(self) -> Result<Timestamp, NotATimestamp> {
        (Timestamp::MIN..=Timestamp::MAX).contains(&self).then_some(self).ok_or(NotATimestamp)
    }
}

fn midnight(date: Date) -> Timestamp {
    TimeZone::UTC
        .to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
        .map_or(Timestamp::MAX, |instant| Timestamp(instant.as_millisecond()))
}

/// One day: what a bare date stands for.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a date filter means: an instant, or a bare date that stands for its whole day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateBound {
    /// A single instant.
    Instant(Timestamp),
    /// A whole day, named by its first instant.
    Day(Timestamp),
}

impl DateBound {
    /// The first instant that the bound covers.
    pub fn first(self) -> Timestamp {
        match self {
            DateBound::Instant(instant) | DateBound::Day(instant) => instant,
        }
    }

    /// The last instant that the bound covers.
    pub fn last(self) -> Timestamp {
        match self {
            DateBound::Instant(instant) => instant,
            DateBound::Day(start) => start + DAY - Duration::from_millis(1),
        }
    }
}

impl FromStr for DateBound {
    type Err = NotADateBound;

    /// Reads any date of the years 1 to 9999: one that no call can have is how clients say "no bound". Past [`Timestamp::MAX`]
    /// all are the same.
    fn from_str(text: &str) -> Result<DateBound, NotADateBound> {
        if !has_documented_form(text) {
            return Err(NotADateBound);
        }
        if text.len() == "2026-04-18".len() {
            let date: Date = text.parse().map_err(|_| NotADateBound)?;
            return Ok(DateBound::Day(midnight(date).min(Timestamp::MAX)));
        }
        // The year after that of `Timestamp::MAX`; its last day is more than jiff's own instants can hold.
        if text.starts_with("9999") {
            return Pieces::parse(text).map_err(|_| NotADateBound).map(|_| DateBound::Instant(Timestamp::MAX));
        }
        text.parse().map_err(|_| NotADateBound).map(|at| DateBound::Instant(Timestamp::of(at)))
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    /// Reads an ISO-8601 date and time with `Z` or an offset; digits past the milliseconds are cut.
    fn from_str(text: &str) -> Result<Timestamp, NotATimestamp> {
        if !has_documented_form(text) {
            return Err(NotATimestamp);
        }
        text.parse().map_err(|_| NotATimestamp).and_then(|instant| Timestamp::of(instant).checked())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|expected| serde::de::Error::custom(format!("{text:?} is not {expected}")))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    /// Saturates at [`Timestamp::MAX`], so that no sum can overflow.
    fn add(self, span: Duration) -> Timestamp {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.0.saturating_add(millis)).min(Timestamp::MAX)
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, span: Duration) -> Timestamp {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.0.saturating_sub(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_instant_prints_with_three_decimals_and_z() {
        assert_eq!(at("2026-04-18T14:21:42Z").to_string(), "2026-04-18T14:21:42.000Z");
        assert_eq!(at("2026-04-18T14:21:42.123456Z").to_string(), "2026-04-18T14:21:42.123Z");
        assert_eq!(at("2026-04-18T14:21:42.5-05:30").to_string(), "2026-04-18T19:51:42.500Z");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-04-18 14:21:42Z",
            "2026-04-18T14:21:42Z[UTC]",
            "2026-13-01T00:00:00Z",
            "2026-04-18T14:21:42",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp), "{text:?}");
        }
    }

    #[test]
    fn a_bare_date_covers_its_whole_day() {
        let day: DateBound = "2026-04-18".parse().unwrap();
        assert_eq!(day.first(), at("2026-04-18T00:00:00Z"));
        assert_eq!(day.last(), at("2026-04-18T23:59:59.999Z"));
    }

    #[test]
    fn what_is_no_date_is_no_bound() {
        for text in
            ["2026-04-18 14:21:42Z", "2026-04-18T14:21:42Z[UTC]", "0000-01-01", "-000001-01-01T00:00:00Z", "20260418"]
        {
            assert_eq!(text.parse::<DateBound>(), Err(NotADateBound), "{text:?}");
        }
    }

    #[test]
    fn a_bound_may_be_a_date_that_no_call_has() {
        let bound = |text: &str| text.parse::<DateBound>().map(DateBound::first);
        assert_eq!(bound("0001-01-01T00:00:00Z").unwrap().to_string(), "0001-01-01T00:00:00.000Z");
        assert_eq!(bound("1969-12-31").unwrap().to_string(), "1969-12-31T00:00:00.000Z");
        for text in ["9999-12-31", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-12:00"] {
            assert_eq!(bound(text), Ok(Timestamp::MAX), "{text}");
        }
        for text in ["9999-12-32", "9999-12-31T23:59:59", "9999-12-31T24:00:00Z", "10000-01-01"] {
            assert_eq!(bound(text), Err(NotADateBound), "{text}");
        }
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        assert_eq!(at("2028-02-29T23:59:59.999Z").next_month(), at("2028-03-01T00:00:00Z"));
        assert_eq!(at("2026-12-31T12:00:00Z").next_month(), at("2027-01-01T00:00:00Z"));
        assert_eq!(at("2026-12-31T12:00:00Z").month_start(), at("2026-12-01T00:00:00Z"));
    }
}
