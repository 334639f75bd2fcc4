//! Lengths of time as JSON spells them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in whole milliseconds, such as `80ms`, `2s` or `PT2M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    /// That many milliseconds.
    pub const fn from_millis(millis: u64) -> Span {
        Span(Duration::from_millis(millis))
    }

    /// That many seconds.
    pub const fn from_secs(seconds: u64) -> Span {
        Span(Duration::from_secs(seconds))
    }

    /// As the length of time that it is.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// The text is no length of time, or one that is not of whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASpan;

impl fmt::Display for NotASpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration of whole milliseconds such as \"500ms\", \"2s\" or \"PT2M\"")
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Span, NotASpan> {
        let signed: SignedDuration = text.parse().map_err(|_| NotASpan)?;
        let duration = Duration::try_from(signed).map_err(|_| NotASpan)?;
        if duration.subsec_nanos() % 1_000_000 == 0 { Ok(Span(duration)) } else { Err(NotASpan) }
    }
}

/// In the largest unit of which it is a whole number: `90s`, `2m`. So whoever wrote one unit mostly reads it again.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        match units.iter().find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", millis / unit),
            None => write!(f, "{millis}ms"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|expected| serde::de::Error::custom(format!("{text:?} is not {expected}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_what_is_written_is_read_again() {
        for (text, millis, written) in [
            ("2s", 2_000, "2s"),
            ("PT2M", 120_000, "2m"),
            ("90s", 90_000, "90s"),
            ("1m 30s", 90_000, "90s"),
            ("1500ms", 1_500, "1500ms"),
            ("1.5s", 1_500, "1500ms"),
            ("24h", 86_400_000, "24h"),
            ("0s", 0, "0ms"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span, Span::from_millis(millis), "{text:?}");
            assert_eq!(span.to_string(), written, "{text:?}");
            assert_eq!(written.parse(), Ok(span));
        }
    }

    #[test]
    fn what_is_negative_finer_or_no_duration_is_refused() {
        for text in ["", "2", "-2s", "2 s ago", "1us", "1.0005s", "P1Y", "soon", "9999999999999999999h"] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan), "{text:?}");
        }
    }
}
