//! Parts of bodies: whether one is in a body, and where it is not.

use super::Difference;
use super::subject::SketchBody;
use crate::base::json::Json;

/// The longest that is shown of what was found, in characters.
const SHOWN: usize = 200;

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

/// Every place where `part` is not in the JSON that `body` is.
pub fn differences(part: &Json, body: &SketchBody<'_>) -> Vec<Difference> {
    let mut differences = Vec::new();
    match body.json() {
        Some(whole) => compare("body", part, whole, &mut differences),
        None => {
            let bytes = body.bytes();
            let text = (!bytes.is_empty()).then(|| Json::String(cut(&String::from_utf8_lossy(bytes))));
            differences.push(Difference { field: "body".to_owned(), expected: part.clone(), found: text });
        }
    }
    differences
}

fn compare(field: &str, part: &Json, whole: &Json, differences: &mut Vec<Difference>) {
    match (part, whole) {
        (Json::Object(part), Json::Object(whole)) => {
            for (key, part) in part {
                let field = format!("{field}.{key}");
                match whole.get(key) {
                    Some(whole) => compare(&field, part, whole, differences),
                    None => differences.push(Difference { field, expected: part.clone(), found: None }),
                }
            }
        }
        (Json::Array(part), Json::Array(whole)) if part.len() == whole.len() => {
            for (index, (part, whole)) in part.iter().zip(whole).enumerate() {
                compare(&format!("{field}[{index}]"), part, whole, differences);
            }
        }
        _ if is_part(part, whole) => {}
        _ => {
            let found = Some(in_short(whole));
            differences.push(Difference { field: field.to_owned(), expected: part.clone(), found });
        }
    }
}

/// What was found, or so much of it that somebody recognises it.
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
