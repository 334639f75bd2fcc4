//! Parts of bodies: whether one is in a body, and where it is not.

use std::fmt::Write;

use super::Difference;
use super::subject::SketchBody;
use crate::base::json::Json;

/// The longest that is shown of a value or a place, in characters.
const SHOWN: usize = 200;
/// The most differences that are told.
pub const MOST: usize = 20;

/// Whether `part` is in the JSON that `body` is.
pub fn is_in(part: &Json, body: &SketchBody<'_>) -> bool {
    body.json().is_some_and(|whole| is_part(part, whole))
}

fn is_part(part: &Json, whole: &Json) -> bool {
    match (part, whole) {
        (Json::Object(part), Json::Object(whole)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| is_part(part, whole)))
        }
        (Json::Array(part), Json::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_part(part, whole))
        }
        _ => part == whole,
    }
}

/// The places where `part` is not in the JSON that `body` is: the first [`MOST`] of them.
pub fn differences(part: &Json, body: &SketchBody<'_>) -> Vec<Difference> {
    let Some(whole) = body.json() else {
        let bytes = body.bytes();
        let text = (!bytes.is_empty()).then(|| Json::String(cut(&String::from_utf8_lossy(bytes))));
        return vec![Difference { field: "body".to_owned(), expected: in_short(part), found: text }];
    };
    let mut comparison = Comparison { place: "body".to_owned(), differences: Vec::new() };
    comparison.compare(part, whole);
    comparison.differences
}

/// Two bodies that are compared, as far as that has come.
struct Comparison {
    /// Where in the bodies it is.
    place: String,
    differences: Vec<Difference>,
}

impl Comparison {
    fn compare(&mut self, part: &Json, whole: &Json) {
        match (part, whole) {
            (Json::Object(part), Json::Object(whole)) => {
                for (key, part) in part {
                    let place = self.enter(format_args!(".{key}"));
                    match whole.get(key) {
                        Some(whole) => self.compare(part, whole),
                        None => self.note(part, None),
                    }
                    if self.leave(place) {
                        return;
                    }
                }
            }
            (Json::Array(part), Json::Array(whole)) if part.len() == whole.len() => {
                for (index, (part, whole)) in part.iter().zip(whole).enumerate() {
                    let place = self.enter(format_args!("[{index}]"));
                    self.compare(part, whole);
                    if self.leave(place) {
                        return;
                    }
                }
            }
            _ if is_part(part, whole) => {}
            _ => self.note(part, Some(whole)),
        }
    }

    /// Goes to a place within this one. Gives where this one ends.
    fn enter(&mut self, within: std::fmt::Arguments<'_>) -> usize {
        let end = self.place.len();
        // Texts take what is written to them.
        let _ = self.place.write_fmt(within);
        end
    }

    /// Goes back to the place that ends there. Says whether enough differs.
    fn leave(&mut self, end: usize) -> bool {
        self.place.truncate(end);
        self.differences.len() >= MOST
    }

    fn note(&mut self, part: &Json, found: Option<&Json>) {
        let (field, expected) = (cut(&self.place), in_short(part));
        self.differences.push(Difference { field, expected, found: found.map(in_short) });
    }
}

/// A value, or so much of it that it is recognised.
fn in_short(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(cut(text)),
        Json::Null | Json::Bool(_) => value.clone(),
        Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            let text = value.to_string();
            if text.chars().nth(SHOWN).is_some() { Json::String(cut(&text)) } else { value.clone() }
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
