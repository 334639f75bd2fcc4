//! Guesses what was meant by a name that does not exist.

use std::cmp::Reverse;

/// The one of `known` that is fewest edits away from `given`, if that is near enough to be a slip of the finger; of equals the one that has
/// most of its letters.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().filter_map(|name| Some((edits(given, name)?, Reverse(kept(given, name)), name)));
    near.min_by_key(|(edits, kept, _)| (*edits, *kept)).map(|(_, _, name)| name)
}

/// How many edits `given` is away from `name`, if that is near enough to be a slip of the finger. Two letters in the wrong order are one edit.
/// A name of one or two letters is near to none.
pub fn edits(given: &str, name: &str) -> Option<usize> {
    let length = name.chars().count();
    let most = length / 3;
    // Whoever gives a long text has meant another; and to compare it takes long.
    let is_as_long = given.chars().take(length + most + 1).count().abs_diff(length) <= most;
    let edits = || strsim::osa_distance(&given.to_lowercase(), &name.to_lowercase());
    is_as_long.then(edits).filter(|edits| *edits <= most)
}

/// How many letters of `given` are in `name` as well.
fn kept(given: &str, name: &str) -> usize {
    let mut left: Vec<char> = name.to_lowercase().chars().collect();
    let is_kept = |letter: &char| {
        let place = left.iter().position(|one| one == letter);
        place.map(|place| left.swap_remove(place)).is_some()
    };
    given.to_lowercase().chars().filter(is_kept).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_a_stranger_is_not() {
        let known = ["seed", "calls", "rate-limit", "speed"];
        assert_eq!(nearest("sed", known), Some("seed"));
        assert_eq!(nearest("sped", known), Some("speed"), "which keeps all letters");
        assert_eq!(nearest("clals", known), Some("calls"));
        assert_eq!(nearest("RATE_LIMIT", known), Some("rate-limit"));
        assert_eq!(nearest("database", known), None);
        assert_eq!((edits("seed", "seed"), edits("seeed", "seed"), edits("s", "seed")), (Some(0), Some(1), None));
        assert_eq!(edits(&"seed".repeat(1_000_000), "seed"), None);
    }

    #[test]
    fn a_short_name_is_near_to_no_other() {
        for (given, name) in [("t1", "t0"), ("f1", "T1"), ("a", "b"), ("busy", "lazy")] {
            assert_eq!(nearest(given, [name]), None, "{given}");
        }
        assert_eq!(nearest("T1", ["t1"]), Some("t1"));
        assert_eq!(nearest("bus", ["busy"]), Some("busy"));
    }
}
