//! Webhooks as a receiver gets them, and what is told in the stream of events.

use hyper::HeaderMap;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use serde_json::{Value, json};

use super::answers::media_type;
use super::document::{CALLS, CONTROL};

/// What is wrong with a delivery by the document's description of its event.
pub fn delivery(method: &str, headers: &HeaderMap, body: &[u8]) -> Vec<String> {
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return vec![format!("a delivery's body is no JSON: {error}")],
    };
    let event = body["event"].as_str().unwrap_or_default();
    let Some(operation) =
        CALLS.root()["webhooks"].get(event).and_then(|webhook| webhook.get(method.to_ascii_lowercase()))
    else {
        return vec![format!("{method} of the event {event:?} is not documented")];
    };
    let mut found = Vec::new();
    let mut known = vec![HOST.as_str().to_owned(), CONTENT_TYPE.to_string(), CONTENT_LENGTH.to_string()];
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = CALLS.resolve(parameter);
        let name = parameter["name"].as_str().unwrap().to_ascii_lowercase();
        if parameter["required"] == true && !headers.contains_key(&name) {
            found.push(format!("the header {name} is missing"));
        }
        for value in headers.get_all(&name) {
            let value = Value::from(String::from_utf8_lossy(value.as_bytes()));
            let complaints = CALLS.complaints(&parameter["schema"], &value);
            found.extend(complaints.into_iter().map(|problem| format!("the header {name} {problem}")));
        }
        known.push(name);
    }
    let unknown = headers.keys().filter(|name| !known.iter().any(|known| known == name.as_str()));
    found.extend(unknown.map(|name| format!("the header {name} is not documented")));
    let types = &operation["requestBody"]["content"];
    match media_type(headers).and_then(|given| types.get(given)) {
        Some(media) => found.extend(CALLS.complaints(&media["schema"], &body)),
        None => found.push("its content type is not documented".to_owned()),
    }
    found.into_iter().map(|problem| format!("the delivery of {event}: {problem}")).collect()
}

/// Fails the test where an event of the stream is not what the document of the control API says.
pub fn happening(name: &str, data: &Value) {
    let found = match name {
        "notice" => match data["notice"].as_str() {
            Some(_) if data.as_object().is_some_and(|data| data.len() == 1) => Vec::new(),
            _ => vec!["a notice is one text".to_owned()],
        },
        _ if data["type"] != name => vec![format!("its name is {name}, its type {}", data["type"])],
        _ => CONTROL.complaints(&json!({"$ref": "#/components/schemas/Happening"}), data),
    };
    assert!(found.is_empty(), "the event {data} is not what OpenAPI says:\n{}", found.join("\n"));
}
