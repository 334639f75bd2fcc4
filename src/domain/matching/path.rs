//! Paths with places that may be anything.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::quoted::Quoted;

/// A path in which `*` stands for any characters but `/`, and `**` for any at all. Where it has a `?`, the query counts too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathPattern(String);

/// The longest pattern, in bytes. Matching takes time in proportion to it.
const LONGEST: usize = 1_000;

/// The text is no pattern of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPath;

impl fmt::Display for NotAPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a path of at most {LONGEST} bytes that begins with / or *, such as \"/api/v1/calls/*/end\"; \
             * stands for anything within a segment, ** for anything"
        )
    }
}

impl FromStr for PathPattern {
    type Err = NotAPath;

    fn from_str(text: &str) -> Result<PathPattern, NotAPath> {
        let is_path = text.len() <= LONGEST && text.starts_with(['/', '*']);
        if is_path { Ok(PathPattern(text.to_owned())) } else { Err(NotAPath) }
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PathPattern, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|expected| serde::de::Error::custom(format!("{} is not {expected}", Quoted(&text))))
    }
}

impl PathPattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a path, with that query, is like this. `/api/v1/calls` and `/api/calls` are the same path.
    pub fn matches(&self, path: &str, query: &str) -> bool {
        let subject = self.subject(path, query);
        is_like(&self.0, &subject) || is_like(&unversioned(&self.0), &unversioned(&subject))
    }

    /// What is compared with the pattern: the path, and the query too where the pattern has one.
    pub fn subject<'a>(&self, path: &'a str, query: &str) -> Cow<'a, str> {
        if self.0.contains('?') && !query.is_empty() { format!("{path}?{query}").into() } else { path.into() }
    }
}

/// The path without the API's version, which may be left out.
pub fn unversioned(path: &str) -> Cow<'_, str> {
    match path.strip_prefix("/api/v1") {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => format!("/api{rest}").into(),
        _ => path.into(),
    }
}

/// One step of a pattern.
enum Step {
    /// This byte.
    Byte(u8),
    /// Any bytes but `/`.
    WithinSegment,
    /// Any bytes.
    Anything,
}

fn steps(pattern: &str) -> Vec<Step> {
    let mut steps = Vec::with_capacity(pattern.len());
    for byte in pattern.bytes() {
        match (byte, steps.last_mut()) {
            (b'*', Some(last @ (Step::WithinSegment | Step::Anything))) => *last = Step::Anything,
            (b'*', _) => steps.push(Step::WithinSegment),
            (other, _) => steps.push(Step::Byte(other)),
        }
    }
    steps
}

/// Whether the whole text is like the pattern. Follows every way through the pattern at once, so no pattern takes for ever.
fn is_like(pattern: &str, text: &str) -> bool {
    if !pattern.contains('*') {
        return pattern == text;
    }
    let steps = steps(pattern);
    // Whether what has been read of the text is like the first so many steps.
    let mut reached = vec![false; steps.len() + 1];
    reached[0] = true;
    skip(&steps, &mut reached);
    for byte in text.bytes() {
        // From the end, as each step looks at what its predecessor had reached before this byte.
        for (position, step) in steps.iter().enumerate().rev() {
            reached[position + 1] = match step {
                Step::Byte(wanted) => reached[position] && *wanted == byte,
                Step::WithinSegment => reached[position + 1] && byte != b'/',
                Step::Anything => reached[position + 1],
            };
        }
        reached[0] = false;
        skip(&steps, &mut reached);
    }
    reached[steps.len()]
}

/// A step that stands for any bytes may stand for none.
fn skip(steps: &[Step], reached: &mut [bool]) {
    for (position, step) in steps.iter().enumerate() {
        if reached[position] && !matches!(step, Step::Byte(_)) {
            reached[position + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str, query: &str) -> bool {
        pattern.parse::<PathPattern>().unwrap().matches(path, query)
    }

    #[test]
    fn a_path_without_stars_is_exact_and_its_version_may_be_left_out() {
        for pattern in ["/api/v1/calls", "/api/calls"] {
            assert!(matches(pattern, "/api/v1/calls", ""));
            assert!(matches(pattern, "/api/calls", "page=2"));
            for other in ["/api/v1/calls/", "/api/v1/call", "/api/v1/calls/call_xxx", "/api/v2/calls", "/"] {
                assert!(!matches(pattern, other, ""), "{other}");
            }
        }
        assert!(!matches("/api/v1", "/api/v10", ""));
    }

    #[test]
    fn one_star_stays_within_its_segment_and_two_do_not() {
        for (pattern, path, expected) in [
            ("/api/v1/calls/*", "/api/v1/calls/call_xxx", true),
            ("/api/v1/calls/*", "/api/calls/call_xxx", true),
            ("/api/v1/calls/*", "/api/v1/calls/call_xxx/end", false),
            ("/api/v1/calls/*", "/api/v1/calls", false),
            ("/api/v1/calls/*/end", "/api/calls/call_xxx/end", true),
            ("/api/v1/calls/call_*/end", "/api/calls/call_xxx/end", true),
            ("/api/v1/calls/call_*/end", "/api/calls/call/end", false),
            ("/api/*", "/api/v1/calls", true),
            ("/api/*/calls", "/api/v1/calls", true),
            ("/api/**", "/api/v1/calls/call_xxx/end", true),
            ("**", "/anything/at/all", true),
            ("**/end", "/api/v1/calls/call_xxx/end", true),
            ("*", "/api", false),
            ("/api/**/end", "/api/v1/calls/call_xxx/audio", false),
            ("/*a*b", "/xaxbxab", true),
            ("/**a*b", "/a/ab/axb", true),
            ("/**a*b", "/a/b", false),
        ] {
            assert_eq!(matches(pattern, path, ""), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_query_counts_where_the_pattern_has_one() {
        assert!(matches("/api/v1/calls?page=2", "/api/calls", "page=2"));
        assert!(matches("/api/v1/calls?*status=FAILED*", "/api/v1/calls", "page=2&status=FAILED&limit=1"));
        assert!(!matches("/api/v1/calls?page=2", "/api/v1/calls", "page=3"));
        assert!(!matches("/api/v1/calls?page=2", "/api/v1/calls", ""));
    }

    #[test]
    fn what_is_no_path_is_refused_and_no_pattern_takes_for_ever() {
        for text in ["", "calls", "http://localhost/api", &format!("/{}", "x".repeat(LONGEST))] {
            assert_eq!(text.parse::<PathPattern>(), Err(NotAPath), "{text:?}");
        }
        let hard = format!("/{}", "*a**b".repeat(199));
        assert!(!matches(&hard, &format!("/{}", "a".repeat(8_000)), ""));
        assert!(matches(&hard, &format!("/{}", "ab".repeat(4_000)), ""));
    }
}
