//! Guesses what was meant by a name that does not exist.

/// The one of `known` that is fewest edits away from `given`, if that is near enough to be a slip of the finger.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (edits(&given, &name.to_lowercase()), name))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, name)| *edits <= name.chars().count().div_ceil(3))
        .map(|(_, name)| name)
}

/// How many characters must be put in, taken out or replaced to come from one text to the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, wanted) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, letter) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(*letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_as_levenshtein_does() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "seed"), 4);
        assert_eq!(edits("seed", "seed"), 0);
    }

    #[test]
    fn a_slip_is_understood_and_a_stranger_is_not() {
        let known = ["seed", "calls", "rate-limit"];
        assert_eq!(nearest("sed", known), Some("seed"));
        assert_eq!(nearest("RATE_LIMIT", known), Some("rate-limit"));
        assert_eq!(nearest("database", known), None);
    }
}
