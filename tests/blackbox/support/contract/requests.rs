//! Requests: whether the server takes those that the document allows, and refuses those that it does not.

use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::answers::{fewest, is_by_rule, media_type, message, readings};
use super::document::{CONTROL, Operation};
use super::{Asked, Seen, excuses};

/// Where the server's judgement of a request is not the document's.
pub fn drift(operation: &Operation, asked: &Asked, seen: Seen<'_>) -> Vec<String> {
    let is_refused = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY].contains(&seen.status);
    if seen.status.is_success() {
        let problems = problems(operation, asked);
        return problems.into_iter().map(|problem| format!("the request is accepted, though {problem}")).collect();
    }
    if !is_refused || is_by_rule(seen) || !problems(operation, asked).is_empty() {
        return Vec::new();
    }
    // An answer to HEAD does not say what it objects to.
    match message(seen) {
        Some(message) if excuses::excuses(operation.value["operationId"].as_str().unwrap(), &message).is_none() => {
            vec![format!("the request is refused, though the document allows it: {message}")]
        }
        _ => Vec::new(),
    }
}

/// What the document says against a request.
pub fn problems(operation: &Operation, asked: &Asked) -> Vec<String> {
    let mut found = in_path(operation, asked);
    found.extend(in_query(operation, asked));
    found.extend(in_headers(operation, asked));
    found.extend(in_body(operation, asked));
    found
}

fn in_path(operation: &Operation, asked: &Asked) -> Vec<String> {
    let mut found = Vec::new();
    for (name, segment) in &operation.segments {
        match decode(segment) {
            Some(text) => found.extend(complaints(operation, "path", name, &text)),
            None => found.push(format!("the percent-encoding of {} is broken", asked.path())),
        }
    }
    found
}

fn in_query(operation: &Operation, asked: &Asked) -> Vec<String> {
    if !operation.parameters.iter().any(|parameter| parameter["in"] == "query") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut given: Vec<String> = Vec::new();
    for pair in asked.query().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))) else {
            found.push("the percent-encoding of the query is broken".to_owned());
            continue;
        };
        if parameter(operation, "query", &name).is_none() {
            // Akol's API ignores what it does not know; the control API does not.
            if std::ptr::eq(operation.document, &raw const *CONTROL) {
                found.push(format!("no query parameter {name} is documented"));
            }
            continue;
        }
        if given.contains(&name) {
            found.push(format!("the query parameter {name} is given twice"));
        }
        found.extend(complaints(operation, "query", &name, &value));
        given.push(name);
    }
    let required = operation.parameters.iter().filter(|one| one["in"] == "query" && one["required"] == true);
    let names = required.filter_map(|parameter| parameter["name"].as_str());
    found
        .extend(names.filter(|name| !given.iter().any(|given| given == name)).map(|name| format!("{name} is missing")));
    found
}

fn in_headers(operation: &Operation, asked: &Asked) -> Vec<String> {
    let mut found = Vec::new();
    for parameter in operation.parameters.iter().filter(|parameter| parameter["in"] == "header") {
        let name = parameter["name"].as_str().unwrap();
        let values: Vec<_> = asked.headers.get_all(name).iter().collect();
        if values.len() > 1 {
            found.push(format!("the header {name} is given {} times", values.len()));
        }
        if values.is_empty() && parameter["required"] == true {
            found.push(format!("the header {name} is missing"));
        }
        for value in values {
            // Spaces around a value are none of it.
            let text = String::from_utf8_lossy(value.as_bytes().trim_ascii());
            found.extend(complaints(operation, "header", name, &text));
        }
    }
    found
}

fn in_body(operation: &Operation, asked: &Asked) -> Vec<String> {
    let Some(described) = operation.value.get("requestBody") else { return Vec::new() };
    let described = operation.document.resolve(described);
    if asked.body.is_empty() && described["required"] != true {
        return Vec::new();
    }
    let given = media_type(&asked.headers).unwrap_or_default();
    let Some(media) = described["content"].get(&given) else {
        return vec![format!("no body of type {given:?} is documented")];
    };
    if let Some(charset) = charset(asked).filter(|charset| charset != "utf-8") {
        return vec![format!("JSON is UTF-8, not {charset}")];
    }
    match serde_json::from_slice::<Value>(&asked.body) {
        Ok(body) => {
            let complaints = operation.document.complaints(&media["schema"], &body);
            complaints.into_iter().map(|problem| format!("its body is wrong {problem}")).collect()
        }
        Err(error) => vec![format!("its body is no JSON: {error}")],
    }
}

/// The charset that a content type names.
fn charset(asked: &Asked) -> Option<String> {
    let text = asked.headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    text.split(';').find_map(|part| part.trim().strip_prefix("charset=").map(|name| name.trim_matches('"').to_owned()))
}

fn parameter(operation: &Operation, place: &str, name: &str) -> Option<&'static Value> {
    operation.parameters.iter().find(|parameter| parameter["in"] == place && parameter["name"] == name).copied()
}

/// What the schema of a parameter says against a text.
fn complaints(operation: &Operation, place: &str, name: &str, text: &str) -> Vec<String> {
    let Some(parameter) = parameter(operation, place, name) else {
        return vec![format!("{name} stands in the path and is described nowhere")];
    };
    let complaints = fewest(readings(text).map(|value| operation.document.complaints(&parameter["schema"], &value)));
    complaints.into_iter().map(|problem| format!("{name} in the {place} is wrong {problem}")).collect()
}

/// Decodes percent-encoding; `None` where it is broken or not UTF-8.
fn decode(text: &str) -> Option<String> {
    let is_whole = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    let is_broken = text.split('%').skip(1).any(|part| !is_whole(part));
    if is_broken { None } else { percent_decode_str(text).decode_utf8().ok().map(Into::into) }
}
