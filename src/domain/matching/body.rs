//! Parts of bodies: whether one is in a body, and where it is not.

use serde_json::Value;

use super::Difference;

/// The longest that is shown of what was found, in characters.
const SHOWN: usize = 200;

/// Whether `part` is in the JSON that `body` is.
pub fn is_in(part: &Value, body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|whole| is_part(part, &whole))
}

fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| is_part(part, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_part(part, whole))
        }
        // 2 and 2.0 are the same number to JSON, and to whoever writes it.
        (Value::Number(part), Value::Number(whole)) => {
            part == whole || ((part.is_f64() || whole.is_f64()) && part.as_f64() == whole.as_f64())
        }
        _ => part == whole,
    }
}

/// Every place where `part` is not in the JSON that `body` is.
pub fn differences(part: &Value, body: &[u8]) -> Vec<Difference> {
    let mut differences = Vec::new();
    match serde_json::from_slice(body) {
        Ok(whole) => compare("body", part, &whole, &mut differences),
        Err(_) => {
            let text = (!body.is_empty()).then(|| Value::String(cut(&String::from_utf8_lossy(body))));
            differences.push(Difference { field: "body".to_owned(), expected: part.clone(), found: text });
        }
    }
    differences
}

fn compare(field: &str, part: &Value, whole: &Value, differences: &mut Vec<Difference>) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (key, part) in part {
                let field = format!("{field}.{key}");
                match whole.get(key) {
                    Some(whole) => compare(&field, part, whole, differences),
                    None => differences.push(Difference { field, expected: part.clone(), found: None }),
                }
            }
        }
        (Value::Array(part), Value::Array(whole)) if part.len() == whole.len() => {
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
fn in_short(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(cut(text)),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.chars().nth(SHOWN).is_some() { Value::String(cut(&text)) } else { value.clone() }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
