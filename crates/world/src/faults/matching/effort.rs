//! How much work it is to hold a request against patterns: an estimate, so that what takes long can be done elsewhere.

use std::ops::{Add, AddAssign};

use super::{Pattern, Sketch};

/// The work that patterns are for each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// How many patterns there are.
    patterns: usize,
    /// How many words of states each byte of a path goes through.
    words: usize,
    /// How many bytes the parts of bodies take that the patterns have.
    body_parts: usize,
    /// Whether the body is read as JSON.
    reads_body: bool,
    /// Whether requests are told apart by their digests.
    takes_digest: bool,
}

impl Effort {
    /// That of one pattern.
    pub fn of(pattern: &Pattern) -> Effort {
        Effort {
            patterns: 1,
            words: pattern.path.as_ref().map_or(0, |path| path.words()),
            body_parts: pattern.body.as_ref().map_or(0, |part| part.to_string().len()),
            reads_body: pattern.body.is_some(),
            takes_digest: false,
        }
    }

    /// The same, where digests of the requests are wanted, too.
    pub fn with_digest(self, takes_digest: bool) -> Effort {
        Effort { takes_digest, ..self }
    }

    /// What would keep others waiting, in nanoseconds.
    pub const LONG: usize = 500_000;

    /// Whether the work for that request would keep others waiting.
    pub fn is_long_for(&self, request: &Sketch<'_>) -> bool {
        self.nanoseconds_for(request) > Effort::LONG
    }

    /// How long the work for that request takes about, in nanoseconds on a processor of 2023.
    pub fn nanoseconds_for(&self, request: &Sketch<'_>) -> usize {
        let (target, body) = (request.path.len() + request.query.len(), request.body.bytes().len());
        let paths = 5 * self.words * target;
        let bodies = if self.reads_body { 20 * body + 100 * self.body_parts.min(body * self.patterns) } else { 0 };
        let digest = if self.takes_digest { 5 * (target + body) } else { 0 };
        100 * self.patterns + paths + bodies + digest
    }
}

impl Add for Effort {
    type Output = Effort;

    fn add(self, other: Effort) -> Effort {
        Effort {
            patterns: self.patterns + other.patterns,
            words: self.words + other.words,
            body_parts: self.body_parts + other.body_parts,
            reads_body: self.reads_body || other.reads_body,
            takes_digest: self.takes_digest || other.takes_digest,
        }
    }
}

impl AddAssign for Effort {
    fn add_assign(&mut self, other: Effort) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Effort {
    fn sum<I: Iterator<Item = Effort>>(efforts: I) -> Effort {
        efforts.fold(Effort::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::json::Json;

    fn of_path(path: &str) -> Effort {
        Effort::of(&Pattern { path: Some(path.parse().unwrap()), ..Pattern::default() })
    }

    fn of_body(part: &str) -> Effort {
        Effort::of(&Pattern { body: Some(Json::read(part).unwrap()), ..Pattern::default() })
    }

    #[test]
    fn many_patterns_are_long_work_for_long_paths_and_not_for_usual_ones() {
        let rules: Effort = (0..1_000).map(|_| of_path("**a*a*b*N")).sum();
        let path = format!("/{}", "a".repeat(7_900));
        assert!(rules.is_long_for(&Sketch::new("GET", &path, "", b"")));
        assert!(rules.is_long_for(&Sketch::new("GET", "/", &path, b"")));
        assert!(!rules.is_long_for(&Sketch::new("GET", "/api/v1/calls/call_xxx", "", b"")));
        assert!(!of_path("**a*a*b*N").is_long_for(&Sketch::new("GET", &path, "", b"")));
        assert!(!of_path("/exact").is_long_for(&Sketch::new("GET", &path, "", b"")));
    }

    #[test]
    fn long_bodies_are_long_work_only_where_they_are_read() {
        let body = vec![b'1'; 1 << 20];
        let long = Sketch::new("POST", "/", "", &body);
        assert!(of_body("{}").is_long_for(&long));
        assert!(!of_path("/*").is_long_for(&long));
        assert!(of_path("/*").with_digest(true).is_long_for(&long));
        let numbers = format!("[1{}]", ",1".repeat(10_000));
        assert!(of_body(&numbers).is_long_for(&Sketch::new("POST", "/", "", numbers.as_bytes())));
        assert!(!of_body(&numbers).is_long_for(&Sketch::new("POST", "/", "", b"[1]")));
    }
}
