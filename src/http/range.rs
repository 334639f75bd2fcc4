//! Byte ranges, as RFC 9110 section 14 has them.

use std::ops::Range;

/// The most ranges that are answered one by one; a request for more gets the whole.
const MAX_RANGES: usize = 16;

/// What a `Range` header asks for, given how long the whole is.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The whole: there is no such header, it is in another unit than bytes, it is malformed, or asks for too many ranges
    /// or for more bytes in parts than there are.
    Whole,
    /// These parts, in the order in which they were asked for; at least one, none of them empty.
    Parts(Vec<Range<u64>>),
    /// Nothing that there is.
    Unsatisfiable,
}

/// Reads a `Range` header for something of `length` bytes.
pub fn wanted(header: Option<&str>, length: u64) -> Wanted {
    let Some(specs) = header.and_then(|header| strip_unit(header.trim())) else {
        return Wanted::Whole;
    };
    let mut parts = Vec::new();
    for spec in specs.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        match part(spec, length) {
            Some(range) => parts.push(range),
            None => return Wanted::Whole,
        }
    }
    if parts.is_empty() || parts.len() > MAX_RANGES {
        return Wanted::Whole;
    }
    parts.retain(|range| range.start < range.end);
    // Parts that overlap can be more than the whole, which then is the shorter answer.
    let asked: u64 = parts.iter().fold(0, |sum: u64, range| sum.saturating_add(range.end - range.start));
    match parts.is_empty() {
        true => Wanted::Unsatisfiable,
        false if asked > length => Wanted::Whole,
        false => Wanted::Parts(parts),
    }
}

fn strip_unit(header: &str) -> Option<&str> {
    let (unit, specs) = header.split_once('=')?;
    unit.eq_ignore_ascii_case("bytes").then_some(specs)
}

/// One range, empty where there is nothing of it; `None` where it is malformed.
fn part(spec: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        return Some(length.saturating_sub(position(last)?)..length);
    }
    let first = position(first)?;
    let end = if last.is_empty() { length } else { position(last)?.saturating_add(1) };
    if !last.is_empty() && end <= first {
        return None;
    }
    Some(first.min(length)..end.min(length))
}

/// Digits only: `u64::from_str` would take a sign. What is too large for a number lies past every end.
fn position(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(range: Range<u64>) -> Wanted {
        Wanted::Parts(vec![range])
    }

    #[test]
    fn single_open_suffix_and_several_ranges() {
        assert_eq!(wanted(Some("bytes=0-9"), 100), only(0..10));
        assert_eq!(wanted(Some("bytes=90-"), 100), only(90..100));
        assert_eq!(wanted(Some("bytes=-10"), 100), only(90..100));
        assert_eq!(wanted(Some("bytes=-1000"), 100), only(0..100));
        assert_eq!(wanted(Some("bytes=90-1000"), 100), only(90..100));
        assert_eq!(wanted(Some("bytes = 0-0"), 100), Wanted::Whole);
        assert_eq!(wanted(Some("Bytes=0-0, 5-6 ,,-1"), 100), Wanted::Parts(vec![0..1, 5..7, 99..100]));
    }

    #[test]
    fn what_lies_past_the_end_is_unsatisfiable() {
        assert_eq!(wanted(Some("bytes=100-"), 100), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=100-200,500-"), 100), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=-0"), 100), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=99999999999999999999-"), 100), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=100-,0-0"), 100), only(0..1));
    }

    #[test]
    fn what_is_malformed_is_ignored() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=a-b",
            "bytes=5-2",
            "bytes=-",
            "bytes=+1-2",
            "items=0-1",
            "bytes=0-1;",
        ] {
            assert_eq!(wanted(Some(header), 100), Wanted::Whole, "{header:?}");
        }
        assert_eq!(wanted(None, 100), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-,0-"), 100), Wanted::Whole, "the parts together are longer");
        let many: Vec<String> = (0..=MAX_RANGES).map(|n| format!("{n}-{n}")).collect();
        assert_eq!(wanted(Some(&format!("bytes={}", many.join(","))), 100), Wanted::Whole);
    }

    proptest! {
        #[test]
        fn any_range_gives_the_bytes_that_the_rfc_names(first in 0_u64..300, last in 0_u64..300, length in 0_u64..200) {
            // Byte by byte, as the RFC puts it: those whose position is from first to last.
            let named: Vec<u64> = (0..length).filter(|at| (first..=last).contains(at)).collect();
            let expected = match (first > last, named.first(), named.last()) {
                (true, _, _) => Wanted::Whole,
                (_, Some(from), Some(to)) => Wanted::Parts(vec![Range { start: *from, end: *to + 1 }]),
                _ => Wanted::Unsatisfiable,
            };
            prop_assert_eq!(wanted(Some(&format!("bytes={first}-{last}")), length), expected);
        }

        #[test]
        fn any_suffix_gives_that_many_bytes_at_the_end(count in 0_u64..300, length in 0_u64..200) {
            let expected = match count.min(length) {
                0 => Wanted::Unsatisfiable,
                some => Wanted::Parts(vec![Range { start: length - some, end: length }]),
            };
            prop_assert_eq!(wanted(Some(&format!("bytes=-{count}")), length), expected);
        }

        #[test]
        fn no_header_breaks_it(header in ".*", length in any::<u64>()) {
            if let Wanted::Parts(parts) = wanted(Some(&header), length) {
                prop_assert!(parts.iter().all(|part| part.start < part.end && part.end <= length));
            }
        }
    }
}
