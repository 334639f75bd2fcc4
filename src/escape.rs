//! Text for terminals: what would steer one, turn its lines around, or not be seen at all, is shown as an escape.
//!
//! Names in fixtures, paths and header values of requests, and what receivers answer are written by others. A raw control character
//! in them could clear a screen, hide a line or set a title; a bidirectional one could show a text in another order than it has; and with
//! an invisible one, two names that differ would look the same.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// A text in which every character that a terminal might act on, or that would not be seen, is shown as `\u{…}`; tabs and ends of lines too.
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
            true => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                // Writing to a string never fails.
                let _ = write!(safe, "\\u{unit:04x}");
            }),
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

/// Whether a terminal might act on it, or show nothing of it: control characters (C0, DEL, C1), ends of lines, and invisible characters,
/// those that mark or override a direction among them.
fn is_unsafe(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') || is_invisible(letter)
}

/// Whether nothing of it is seen: Unicode's `Default_Ignorable_Code_Point`, and the marks of annotations (U+FFF9 to U+FFFB).
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSAFE: &str = "\0\u{7}\t\n\r\u{1b}\u{7f}\u{80}\u{9b}\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\
                          \u{ad}\u{34f}\u{115f}\u{17b4}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\u{206f}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\
                          \u{fff9}\u{1bca0}\u{1d173}\u{e0001}\u{e0041}\u{e007f}\u{e01ef}";

    #[test]
    fn what_a_terminal_might_act_on_or_not_show_is_shown_and_all_else_stays() {
        assert_eq!(Escaped("a\u{1b}[2Jb\u{202e}").to_string(), r"a\u{1b}[2Jb\u{202e}");
        assert_eq!(escaped("a\tb\r\n"), r"a\tb\r\n");
        for letter in UNSAFE.chars() {
            let text = format!("<{letter}>");
            let safe = escaped(&text);
            assert!(safe.is_ascii() && safe.starts_with("<\\") && safe.ends_with('>'), "{safe}");
        }
        for text in
            ["", "plain", "é ü 漢字 🦀 \u{a0}\u{2007}\u{2030}\u{205f}\u{3000}\u{fffd}", "back\\slash \"quoted\""]
        {
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
        let value = format!("{UNSAFE}é🦀\"\\");
        let json = serde_json::to_string(&value).unwrap();
        let safe = escaped_json(&json);
        assert!(!safe.contains(is_unsafe), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
        assert_eq!(escaped_json("{\n  \"a\": 1\n}"), "{\n  \"a\": 1\n}");
    }
}
