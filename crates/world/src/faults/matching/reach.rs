//! Whether a pattern can match any path of a route at all.

use super::path::unversioned;

/// Whether some path of a route is like the pattern; `template` is the route's path, in which a segment that begins with `:` stands for
/// any one segment. `/api/v1` and `/api` are the same beginning.
pub fn can_match(pattern: &str, template: &str) -> bool {
    // What stands behind a `?` is the query, which is anybody's.
    let pattern = pattern.split('?').next().unwrap_or_default();
    let is_possible = |pattern: &str, template: &str| have_one_in_common(&of_pattern(pattern), &of_template(template));
    is_possible(pattern, template) || is_possible(&unversioned(pattern), &unversioned(template))
}

/// One place in a description of texts.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// This byte.
    Byte(u8),
    /// Any one byte but `/`.
    OneWithinSegment,
    /// Any bytes but `/`, or none.
    WithinSegment,
    /// Any bytes, or none.
    Anything,
}

impl Place {
    fn is_star(self) -> bool {
        matches!(self, Place::WithinSegment | Place::Anything)
    }

    /// Whether some byte fits both.
    fn meets(self, other: Place) -> bool {
        match (self, other) {
            (Place::Anything, _) | (_, Place::Anything) => true,
            (Place::Byte(one), Place::Byte(other)) => one == other,
            (Place::Byte(byte), _) | (_, Place::Byte(byte)) => byte != b'/',
            _ => true,
        }
    }
}

fn of_pattern(pattern: &str) -> Vec<Place> {
    let mut places = Vec::with_capacity(pattern.len());
    for byte in pattern.bytes() {
        match (byte, places.last_mut()) {
            (b'*', Some(last @ (Place::WithinSegment | Place::Anything))) => *last = Place::Anything,
            (b'*', _) => places.push(Place::WithinSegment),
            (byte, _) => places.push(Place::Byte(byte)),
        }
    }
    places
}

fn of_template(template: &str) -> Vec<Place> {
    let mut places = Vec::with_capacity(template.len());
    for (position, segment) in template.split('/').enumerate() {
        if position > 0 {
            places.push(Place::Byte(b'/'));
        }
        match segment.starts_with(':') {
            true => places.extend([Place::OneWithinSegment, Place::WithinSegment]),
            false => places.extend(segment.bytes().map(Place::Byte)),
        }
    }
    places
}

/// Whether any text is of both descriptions. Goes through both at once, so it takes time in proportion to the product of their lengths.
fn have_one_in_common(one: &[Place], other: &[Place]) -> bool {
    // Whether what is left of `one` from a position on has a text in common with what is left of `other`; from the end.
    let width = other.len() + 1;
    let mut common = vec![false; (one.len() + 1) * width];
    for i in (0..=one.len()).rev() {
        for j in (0..=other.len()).rev() {
            let from = |i: usize, j: usize| common[i * width + j];
            let is_common = match (one.get(i), other.get(j)) {
                (None, None) => true,
                // A star may stand for nothing.
                (Some(star), _) if star.is_star() && from(i + 1, j) => true,
                (_, Some(star)) if star.is_star() && from(i, j + 1) => true,
                // Two stars have been looked at with either of them ended.
                (Some(first), Some(second)) if first.is_star() && second.is_star() => false,
                // A star takes the other's byte, and may take more.
                (Some(first), Some(second)) => {
                    let (i, j) = (if first.is_star() { i } else { i + 1 }, if second.is_star() { j } else { j + 1 });
                    first.meets(*second) && from(i, j)
                }
                _ => false,
            };
            common[i * width + j] = is_common;
        }
    }
    common[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::faults::matching::PathPattern;

    #[test]
    fn a_pattern_reaches_a_route_or_does_not() {
        for (pattern, template, expected) in [
            ("/api/v1/calls", "/api/v1/calls", true),
            ("/api/calls", "/api/v1/calls", true),
            ("/api/v1/calls?page=2", "/api/v1/calls", true),
            ("/api/v1/calls/*", "/api/v1/calls/:id", true),
            ("/api/v1/calls/call_*", "/api/v1/calls/:id", true),
            ("/api/*/end", "/api/v1/calls/:id/end", false),
            ("/api/**/end", "/api/v1/calls/:id/end", true),
            ("**", "/api/v1/calls", true),
            ("/api/*/calls", "/api/v1/calls", true),
            ("*", "/api/v1/calls", false),
            ("/calls", "/api/v1/calls", false),
            ("/v1/calls", "/api/v1/calls", false),
            ("/api/v1/calls/", "/api/v1/calls", false),
            ("/api/v1/calls/*/recording", "/api/v1/calls/:id/audio", false),
            ("/api/v2/calls", "/api/v1/calls", false),
            ("/__admin/**", "/api/v1/calls", false),
        ] {
            assert_eq!(can_match(pattern, template), expected, "{pattern} {template}");
        }
    }

    proptest! {
        #[test]
        fn what_matches_a_path_can_match_its_route(pattern in "/(api|\\*|a)?(/(v1|calls|\\*{1,2}|a)){0,4}", id in "[a-z1]{1,4}") {
            let parsed: PathPattern = pattern.parse().unwrap();
            for (template, path) in [
                ("/api/v1/calls", "/api/v1/calls".to_owned()),
                ("/api/v1/calls/:id", format!("/api/calls/{id}")),
                ("/api/v1/calls/:id/end", format!("/api/v1/calls/{id}/end")),
            ] {
                prop_assert!(!parsed.matches(&path, "") || can_match(&pattern, template), "{} {}", pattern, path);
            }
        }
    }
}
