//! Shows in a message what was given, without repeating a novel.

use std::fmt;

/// How many characters are shown.
const SHOWN: usize = 80;

/// A text in quotes, cut where it is long.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_shown_whole_and_what_is_long_is_cut() {
        assert_eq!(Quoted("say \"é\"").to_string(), r#""say \"é\"""#);
        let eighty = "é".repeat(80);
        assert_eq!(Quoted(&eighty).to_string(), format!("{eighty:?}"));
        assert_eq!(Quoted(&format!("{eighty}x")).to_string(), format!("{eighty:?}…"));
    }
}
