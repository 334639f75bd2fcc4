//! Paths with places that may be anything.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::glob::Glob;
use crate::base::quoted::Quoted;

/// A path in which `*` stands for any characters but `/`, and `**` for any at all. Where it has a `?`, the query counts too.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    /// What the path is to be like as it came.
    whole: Likeness,
    /// What it is to be like without the API's version, where that makes a difference to the pattern.
    unversioned: Option<Likeness>,
}

/// What a text is to be like.
#[derive(Clone, Debug)]
enum Likeness {
    /// It is this.
    Exact(String),
    /// It has stars.
    Glob(Arc<Glob>),
}

/// The longest pattern, in bytes.
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
        is_path.then(|| PathPattern::new(text)).ok_or(NotAPath)
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PathPattern, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|expected| serde::de::Error::custom(format!("{} is not {expected}", Quoted(&text))))
    }
}

impl Serialize for PathPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &PathPattern) -> bool {
        self.text == other.text
    }
}

impl Eq for PathPattern {}

impl PathPattern {
    fn new(text: &str) -> PathPattern {
        let unversioned = version_cut(text).map(|rest| Likeness::new(&format!("{UNVERSIONED}{rest}")));
        PathPattern { text: text.to_owned(), whole: Likeness::new(text), unversioned }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a path, with that query, is like this. `/api/v1/calls` and `/api/calls` are the same path.
    pub fn matches(&self, path: &str, query: &str) -> bool {
        let [mark, query] = if self.takes_query(query) { ["?", query] } else { [""; 2] };
        if self.whole.is([path, mark, query]) {
            return true;
        }
        let unversioned = self.unversioned.as_ref().unwrap_or(&self.whole);
        match version_cut(path) {
            Some(rest) => unversioned.is([UNVERSIONED, rest, mark, query]),
            // Neither is changed by leaving out the version: it has been compared.
            None => self.unversioned.is_some() && unversioned.is([path, mark, query]),
        }
    }

    /// What is compared with the pattern: the path, and the query too where the pattern has one.
    pub fn subject<'a>(&self, path: &'a str, query: &str) -> Cow<'a, str> {
        if self.takes_query(query) { format!("{path}?{query}").into() } else { path.into() }
    }

    /// How many words of states each byte of a path goes through at most.
    pub(super) fn words(&self) -> usize {
        self.whole.words() + self.unversioned.as_ref().map_or(0, Likeness::words)
    }

    fn takes_query(&self, query: &str) -> bool {
        !query.is_empty() && self.text.contains('?')
    }
}

impl Likeness {
    fn new(text: &str) -> Likeness {
        if text.contains('*') { Likeness::Glob(Arc::new(Glob::new(text))) } else { Likeness::Exact(text.to_owned()) }
    }

    fn words(&self) -> usize {
        match self {
            Likeness::Glob(glob) => glob.words(),
            Likeness::Exact(_) => 0,
        }
    }

    /// Whether the text that these pieces make is like this.
    fn is<const N: usize>(&self, pieces: [&str; N]) -> bool {
        match self {
            Likeness::Glob(glob) => glob.is_like(pieces),
            Likeness::Exact(text) => {
                pieces.iter().try_fold(&**text, |rest, piece| rest.strip_prefix(piece)).is_some_and(str::is_empty)
            }
        }
    }
}

/// What a path begins with that leaves out the API's version.
const UNVERSIONED: &str = "/api";

/// What follows the API's version in a path or pattern; `None` where it has none.
fn version_cut(path: &str) -> Option<&str> {
    path.strip_prefix("/api/v1").filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// The path without the API's version, which may be left out.
pub fn unversioned(path: &str) -> Cow<'_, str> {
    version_cut(path).map_or_else(|| path.into(), |rest| format!("{UNVERSIONED}{rest}").into())
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
