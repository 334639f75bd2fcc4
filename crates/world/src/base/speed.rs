//! How fast a clock runs.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many emulated seconds go by in a real one: 0.001 to 1,000,000, in whole thousandths.
///
/// ```
/// use akol_mock::Speed;
/// use std::time::Duration;
/// let speed: Speed = "60".parse().unwrap();
/// assert_eq!(speed.scale(Duration::from_secs(2)), Duration::from_secs(120));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed {
    /// A whole number, so that two speeds are the same or not, and spans of time come out exactly.
    thousandths: u32,
}

/// How many thousandths a whole has.
const WHOLE: u32 = 1_000;
/// The highest factor.
const MOST: u32 = 1_000_000;
/// How many decimals a thousandth has.
const DECIMALS: usize = 3;
const NANOS_PER_SEC: u128 = 1_000_000_000;

/// Why a text or a number is no speed; shows what would be one.
///
/// ```
/// let refused = "0".parse::<akol_mock::Speed>().unwrap_err();
/// assert!(refused.to_string().contains("from 0.001 to 1,000,000"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASpeed;

impl fmt::Display for NotASpeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number from 0.001 to 1,000,000 with up to 3 decimals, such as 1, 0.5 or 60")
    }
}

impl std::error::Error for NotASpeed {}

impl Speed {
    /// As fast as real time.
    pub const REAL: Speed = Speed { thousandths: WHOLE };
    /// The slowest.
    pub const MIN: Speed = Speed { thousandths: 1 };
    /// The fastest.
    pub const MAX: Speed = Speed { thousandths: MOST * WHOLE };

    /// That many emulated seconds in a real one: [`Speed::MAX`] at most, and 1 at least.
    ///
    /// ```
    /// use akol_mock::Speed;
    /// assert_eq!(Speed::times(60).to_string(), "60");
    /// assert_eq!((Speed::times(0), Speed::times(u32::MAX)), (Speed::REAL, Speed::MAX));
    /// ```
    pub const fn times(factor: u32) -> Speed {
        match factor {
            0 => Speed::REAL,
            1..=MOST => Speed { thousandths: factor * WHOLE },
            _ => Speed::MAX,
        }
    }

    /// How much emulated time goes by in `real` time, rounded down to whole nanoseconds.
    ///
    /// ```
    /// use akol_mock::Speed;
    /// use std::time::Duration;
    /// assert_eq!(Speed::times(60).scale(Duration::from_secs(1)), Duration::from_secs(60));
    /// ```
    pub const fn scale(self, real: Duration) -> Duration {
        // The usual case, and divisions of 128 bits take long.
        if self.thousandths == WHOLE {
            return real;
        }
        duration(real.as_nanos() * self.thousandths as u128 / WHOLE as u128)
    }

    /// How much real time it takes until `emulated` time has gone by, rounded up to whole nanoseconds: whoever waits that long is
    /// not too early.
    ///
    /// ```
    /// use akol_mock::Speed;
    /// use std::time::Duration;
    /// assert_eq!(Speed::times(60).unscale(Duration::from_secs(60)), Duration::from_secs(1));
    /// ```
    pub const fn unscale(self, emulated: Duration) -> Duration {
        duration((emulated.as_nanos() * WHOLE as u128).div_ceil(self.thousandths as u128))
    }
}

/// So many nanoseconds; the longest duration there is where they are more.
const fn duration(nanos: u128) -> Duration {
    if nanos > Duration::MAX.as_nanos() {
        return Duration::MAX;
    }
    Duration::new((nanos / NANOS_PER_SEC) as u64, (nanos % NANOS_PER_SEC) as u32)
}

impl Default for Speed {
    fn default() -> Speed {
        Speed::REAL
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.thousandths / WHOLE, self.thousandths % WHOLE);
        match rest {
            0 => write!(f, "{whole}"),
            rest => write!(f, "{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
        }
    }
}

impl FromStr for Speed {
    type Err = NotASpeed;

    fn from_str(text: &str) -> Result<Speed, NotASpeed> {
        let (whole, decimals) = match text.split_once('.') {
            Some((whole, decimals)) if (1..=DECIMALS).contains(&decimals.len()) => (whole, decimals),
            Some(_) => return Err(NotASpeed),
            None => (text, ""),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(decimals) {
            return Err(NotASpeed);
        }
        let thousandths = format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| NotASpeed)?;
        let speed = Speed { thousandths };
        (Speed::MIN..=Speed::MAX).contains(&speed).then_some(speed).ok_or(NotASpeed)
    }
}

/// From a number of JSON.
impl TryFrom<&serde_json::Number> for Speed {
    type Error = NotASpeed;

    fn try_from(number: &serde_json::Number) -> Result<Speed, NotASpeed> {
        number.to_string().parse()
    }
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Speed, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Speed::try_from(&number).map_err(|expected| serde::de::Error::custom(format!("{number} is not {expected}")))
    }
}

/// As a number.
impl Serialize for Speed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.thousandths.is_multiple_of(WHOLE) {
            return serializer.serialize_u32(self.thousandths / WHOLE);
        }
        // The floating-point number nearest to three decimals is printed as those.
        serializer.serialize_f64(f64::from(self.thousandths) / f64::from(WHOLE))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn speed(text: &str) -> Speed {
        text.parse().unwrap()
    }

    #[test]
    fn a_speed_is_printed_as_short_as_can_be() {
        for (given, printed) in [
            ("1", "1"),
            ("1.0", "1"),
            ("0.5", "0.5"),
            ("0.500", "0.5"),
            ("60", "60"),
            ("007.25", "7.25"),
            ("0.001", "0.001"),
            ("1000000", "1000000"),
            ("1000000.000", "1000000"),
            ("10.01", "10.01"),
        ] {
            assert_eq!(speed(given).to_string(), printed, "{given}");
            assert_eq!(serde_json::to_string(&speed(given)).unwrap(), printed, "{given}");
        }
    }

    #[test]
    fn what_is_no_speed_is_refused() {
        for text in [
            "",
            "0",
            "0.000",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.2345",
            "0.0005",
            "1000000.001",
            "1e3",
            "1,5",
            "1.-5",
            " 1",
            "fast",
            "99999999999999999999",
            "1.5.0",
            "NaN",
            "inf",
            "٣",
        ] {
            assert_eq!(text.parse::<Speed>(), Err(NotASpeed), "{text:?}");
        }
    }

    #[test]
    fn numbers_of_json_are_read_as_their_texts() {
        let read = |value: serde_json::Value| Speed::try_from(value.as_number().unwrap());
        assert_eq!(read(json!(60)), Ok(speed("60")));
        assert_eq!(read(json!(0.5)), Ok(speed("0.5")));
        assert_eq!(read(json!(2.0)), Ok(speed("2")));
        assert_eq!(read(json!(1e6)), Ok(Speed::MAX));
        for number in [json!(0), json!(-1), json!(0.0001), json!(1e7), json!(1e300), json!(u64::MAX)] {
            assert_eq!(read(number.clone()), Err(NotASpeed), "{number}");
        }
    }

    #[test]
    fn time_goes_faster_and_slower() {
        let seconds = Duration::from_secs;
        assert_eq!(speed("60").scale(seconds(1)), seconds(60));
        assert_eq!(speed("0.5").scale(seconds(1)), Duration::from_millis(500));
        assert_eq!(speed("60").unscale(seconds(60)), seconds(1));
        assert_eq!(speed("0.5").unscale(seconds(1)), seconds(2));
        assert_eq!(Speed::REAL.scale(Duration::MAX), Duration::MAX);
        assert_eq!(Speed::MAX.scale(Duration::MAX), Duration::MAX);
        assert_eq!(Speed::MIN.unscale(Duration::MAX), Duration::MAX);
    }

    proptest! {
        #[test]
        fn whoever_waits_for_a_span_is_never_early(thousandths in 1_u32..=1_000_000_000, nanos in 0_u64..=u64::MAX) {
            let (speed, span) = (Speed { thousandths }, Duration::from_nanos(nanos));
            prop_assert!(speed.scale(speed.unscale(span)) >= span);
            prop_assert_eq!(speed.to_string().parse(), Ok(speed));
            let json = serde_json::to_value(speed).unwrap();
            prop_assert_eq!(Speed::try_from(json.as_number().unwrap()), Ok(speed));
        }
    }
}
