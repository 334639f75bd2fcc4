//! Guesses what was meant by a name that does not exist.

/// The one of `known` that is fewest edits away from `given`, if that is near enough to be a slip of the finger.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::levenshtein(&given, &name.to_lowercase()), name))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, name)| *edits <= name.chars().count().div_ceil(3))
        .map(|(_, name)| name)
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
    }
}
