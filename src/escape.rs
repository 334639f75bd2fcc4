//! Text for terminals: what would steer one, or turn its lines around, is shown as an escape.
//!
//! Names in fixtures, paths and header values of requests, and what receivers answer are written by others. A raw control character
//! in them could clear a screen, hide a line or set a title; a bidirectional one could show a text in another order than it has.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// A text in which every character that a terminal might act on is shown as `\u{…}`; tabs and ends of lines too.
///
/// One line in, one line out.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (between, unsafe_one) in pieces(self.0) {
            f.write_str(between)?;
            if let Some(letter) = unsafe_one {
                write!(f, "{}", letter.escape_default())?;
            }
        }
        Ok(())
    }
}

/// The same as a text, without a copy where there is nothing to escape.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) { Escaped(text).to_string().into() } else { text.into() }
}

/// The same of a text of several lines, whose ends of lines stay.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|letter| letter != '\n' && is_unsafe(letter)) {
        return text.into();
    }
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(escaped).collect();
    lines.join("\n").into()
}

/// The same of JSON, whose meaning does not change: such characters stand in strings only, and have escapes of their own there.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    let must_go = |letter: char| !letter.is_ascii_whitespace() && is_unsafe(letter);
    if !json.contains(must_go) {
        return json.into();
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        match must_go(letter) {
            // All of them lie in the plane that takes four digits. Writing to a string never fails.
            true => drop(write!(safe, "\\u{:04x}", u32::from(letter))),
            false => safe.push(letter),
        }
    }
    safe.into()
}

/// The text in pieces, each up to an unsafe character.
fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    text.split_inclusive(is_unsafe).map(|piece| match piece.chars().next_back().filter(|last| is_unsafe(*last)) {
        Some(last) => (&piece[..piece.len() - last.len_utf8()], Some(last)),
        None => (piece, None),
    })
}

/// Whether a terminal might act on it: control characters (C0, DEL, C1), ends of lines, and what marks or overrides a direction.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSAFE: [char; 19] = [
        '\0', '\u{7}', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{80}', '\u{9b}', '\u{9f}', '\u{61c}', '\u{200e}',
        '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}',
    ];

    #[test]
    fn what_a_terminal_might_act_on_is_shown_and_all_else_stays() {
        assert_eq!(Escaped("a\u{1b}[2Jb\u{202e}").to_string(), r"a\u{1b}[2Jb\u{202e}");
        assert_eq!(escaped("a\tb\r\n"), r"a\tb\r\n");
        for letter in UNSAFE {
            let text = format!("<{letter}>");
            let safe = escaped(&text);
            assert!(safe.is_ascii() && safe.starts_with("<\\") && safe.ends_with('>'), "{safe}");
        }
        for text in ["", "plain", "é ü 漢字 🦀 \u{a0}\u{200b}\u{2030}\u{2065}", "back\\slash \"quoted\""] {
            assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn ends_of_lines_stay_where_there_are_several() {
        assert_eq!(escaped_lines("a\n\u{9b}1mb\n"), "a\n\\u{9b}1mb\n");
        assert_eq!(escaped_lines("a\r\nb"), "a\\r\nb");
        assert!(matches!(escaped_lines("a\nb\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_means_the_same_afterwards() {
        let value: String = UNSAFE.iter().collect::<String>() + "é🦀\"\\";
        let json = serde_json::to_string(&value).unwrap();
        let safe = escaped_json(&json);
        assert!(!safe.contains(is_unsafe), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
        assert_eq!(escaped_json("{\n  \"a\": 1\n}"), "{\n  \"a\": 1\n}");
    }
}
