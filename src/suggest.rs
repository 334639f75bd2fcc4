//! Guesses what was meant by a name that does not exist.

/// The one of `known` that is fewest edits away from `given`, if that is near enough to be a slip of the finger.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().filter_map(|name| Some((edits(given, name)?, name)));
    near.min_by_key(|(edits, _)| *edits).map(|(_, name)| name)
}

/// How many edits `given` is away from `name`, if that is near enough to be a slip of the finger.
pub fn edits(given: &str, name: &str) -> Option<usize> {
    let length = name.chars().count();
    let most = length.div_ceil(3);
    // Whoever gives a long text has meant another; and to compare it takes long.
    let is_as_long = given.chars().take(length + most + 1).count().abs_diff(length) <= most;
    let edits = || strsim::levenshtein(&given.to_lowercase(), &name.to_lowercase());
    is_as_long.then(edits).filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_a_stranger_is_not() {
        let known = ["seed", "calls", "rate-limit"];
        assert_eq!(nearest("sed", known), Some("seed"));
        assert_eq!(nearest("RATE_LIMIT", known), Some("rate-limit"));
        assert_eq!(nearest("database", known), None);
        assert_eq!((edits("seed", "seed"), edits("seeed", "seed"), edits("s", "seed")), (Some(0), Some(1), None));
        assert_eq!(edits(&"seed".repeat(1_000_000), "seed"), None);
    }
}
