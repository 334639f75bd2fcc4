//! Answers: whether their status, headers and body are what the document says of the operation.

use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER,
    TRANSFER_ENCODING, VARY, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::document::{CALLS, Operation};
use super::{Asked, Seen};

/// What an answer may have beside the headers that are described: those that HTTP needs to bring it.
const OF_HTTP: [HeaderName; 4] = [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION];

/// Says for which workspace an answer of the control API is.
const WORKSPACE: HeaderName = HeaderName::from_static("x-akol-workspace");

/// What is wrong with an answer of an operation.
pub fn of_operation(operation: &Operation, is_head: bool, seen: Seen<'_>) -> Vec<String> {
    if is_by_rule(seen) {
        return of_refusal(is_head, false, seen);
    }
    let (document, status) = (operation.document, seen.status.as_str());
    let responses = &operation.value["responses"];
    let class = format!("{}XX", &status[..1]);
    let Some(response) = [status, &class, "default"].iter().find_map(|status| responses.get(*status)) else {
        return vec!["this status is not documented".to_owned()];
    };
    let response = document.resolve(response);
    let mut found = Vec::new();
    let mut known: Vec<HeaderName> = OF_HTTP.to_vec();
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let header = document.resolve(header);
        known.push(name.parse().unwrap());
        if header["required"] == true && !seen.headers.contains_key(name) {
            found.push(format!("the header {name} is missing"));
        }
        for value in seen.headers.get_all(name) {
            let text = String::from_utf8_lossy(value.as_bytes());
            let complaints = readings(&text).map(|value| document.complaints(&header["schema"], &value));
            found.extend(fewest(complaints).into_iter().map(|problem| format!("the header {name} {problem}")));
        }
    }
    found.extend(unknown_headers(seen.headers, &known));
    found.extend(content(operation, &response["content"], is_head, seen));
    found
}

/// Headers that are not described. Those that let other sites' pages read an answer are the browser's business, whatever is answered.
fn unknown_headers(headers: &HeaderMap, known: &[HeaderName]) -> Vec<String> {
    let is_known =
        |name: &HeaderName| known.contains(name) || *name == VARY || name.as_str().starts_with("access-control-");
    headers.keys().filter(|name| !is_known(name)).map(|name| format!("the header {name} is not documented")).collect()
}

/// What is wrong with type and body.
fn content(operation: &Operation, content: &Value, is_head: bool, seen: Seen<'_>) -> Vec<String> {
    let given = media_type(seen.headers);
    let Some(types) = content.as_object() else {
        let is_empty = seen.body.unwrap_or_default().is_empty() && given.is_none();
        return if is_empty { Vec::new() } else { vec!["the body is not documented".to_owned()] };
    };
    let Some(media) = given.as_ref().and_then(|given| types.get(given)) else {
        let documented: Vec<&String> = types.keys().collect();
        return vec![format!("the content type is {given:?}, documented are {documented:?}")];
    };
    match seen.body {
        Some(body) if is_head && !body.is_empty() => vec!["an answer to HEAD has a body".to_owned()],
        Some(body) if !is_head && given.as_deref() == Some("application/json") => match serde_json::from_slice(body) {
            Ok(body) => in_body(operation.document.complaints(&media["schema"], &body)),
            Err(error) => vec![format!("the body is no JSON: {error}")],
        },
        _ => Vec::new(),
    }
}

fn in_body(complaints: Vec<String>) -> Vec<String> {
    complaints.into_iter().map(|problem| format!("the body {problem}")).collect()
}

/// What is wrong with an answer to what is no operation of either API.
pub fn of_nothing(asked: Option<&Asked>, seen: Seen<'_>) -> Vec<String> {
    let is_head = asked.is_some_and(|asked| asked.method == Method::HEAD);
    let mut found = match asked {
        // A page's browser asks whether it may ask; and the reference is below neither API.
        Some(asked) if asked.method == Method::OPTIONS && seen.status == StatusCode::NO_CONTENT => {
            allowance(asked, seen)
        }
        Some(asked) if is_reference(asked.path()) && !is_error(seen.status) => reference(asked, seen),
        _ => of_refusal(is_head, asked.is_some_and(|asked| is_control(asked.path())), seen),
    };
    if seen.status == StatusCode::METHOD_NOT_ALLOWED && !seen.headers.contains_key(ALLOW) {
        found.push("a 405 says with Allow which methods there are".to_owned());
    }
    found.into_iter().map(|problem| format!("no operation, {}: {problem}", seen.status.as_u16())).collect()
}

fn allowance(asked: &Asked, seen: Seen<'_>) -> Vec<String> {
    let mut found = on_every_answer(seen.headers);
    let is_question = asked.headers.contains_key("access-control-request-method");
    let is_of_everything = asked.target == "*" && seen.headers.contains_key(ALLOW);
    if !(is_question || is_of_everything) || !seen.body.unwrap_or_default().is_empty() {
        found.push("only a browser's question and OPTIONS * are answered with 204, and with nothing else".to_owned());
    }
    found
}

/// Whether a path is the reference's, which is below neither API.
fn is_reference(path: &str) -> bool {
    path == "/openapi.json" || path == "/docs" || path.starts_with("/docs/")
}

/// What is wrong with the document of Akol's API, or with a file of the page that shows both.
fn reference(asked: &Asked, seen: Seen<'_>) -> Vec<String> {
    let mut found = on_every_answer(seen.headers);
    let is_document = || {
        let body = serde_json::from_slice::<Value>(seen.body.unwrap_or_default());
        body.is_ok_and(|body| body["paths"] == CALLS.root()["paths"])
    };
    if asked.method == Method::GET && asked.path() == "/openapi.json" && !is_document() {
        found.push("the body is not the document of Akol's API".to_owned());
    }
    found
}

/// Whether a path is below the control API's root.
fn is_control(path: &str) -> bool {
    path == "/__admin" || path.starts_with("/__admin/")
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// What is wrong with an error by the envelope that all errors have, whatever they answer.
fn of_refusal(is_head: bool, is_control: bool, seen: Seen<'_>) -> Vec<String> {
    let mut found = on_every_answer(seen.headers);
    if !is_error(seen.status) {
        found.push("this status is no error".to_owned());
    }
    if media_type(seen.headers).as_deref() != Some("application/json") {
        found.push("the content type of an error is application/json".to_owned());
    }
    let known = [
        &OF_HTTP[..],
        &[
            HeaderName::from_static("x-request-id"),
            DATE,
            ALLOW,
            WWW_AUTHENTICATE,
            RETRY_AFTER,
            ACCEPT_ENCODING,
            CACHE_CONTROL,
        ],
    ];
    let of_control = if is_control { &[WORKSPACE][..] } else { &[] };
    found.extend(unknown_headers(seen.headers, &[&known.concat(), of_control].concat()));
    match seen.body.map(serde_json::from_slice::<Value>) {
        Some(_) if is_head => {}
        None => {}
        Some(Ok(body)) => found.extend(in_body(CALLS.complaints(&envelope(seen.status), &body))),
        Some(Err(error)) => found.push(format!("the body is no JSON: {error}")),
    }
    found
}

/// The schema of an error with that status: only a 422 names fields.
fn envelope(status: StatusCode) -> Value {
    let name = if status == StatusCode::UNPROCESSABLE_ENTITY { "ValidationErrorAnswer" } else { "ErrorAnswer" };
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// What every answer has, documented or not.
fn on_every_answer(headers: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for (name, component) in [("X-Request-Id", "RequestId"), ("Date", "Date")] {
        let schema = &CALLS.root()["components"]["headers"][component]["schema"];
        let value = headers.get(name).map_or(Value::Null, |value| String::from_utf8_lossy(value.as_bytes()).into());
        found
            .extend(CALLS.complaints(schema, &value).into_iter().map(|problem| format!("the header {name} {problem}")));
    }
    found
}

/// Whether a fault rule of the test has asked for this answer. Such a one may have any status.
pub fn is_by_rule(seen: Seen<'_>) -> bool {
    message(seen).is_some_and(|message| message.contains("(fault rule ") && message.ends_with(" asks for it)"))
}

/// What an error says.
pub fn message(seen: Seen<'_>) -> Option<String> {
    let body: Value = serde_json::from_slice(seen.body?).ok()?;
    body["error"].as_str().map(str::to_owned)
}

/// The type of a body, without its parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next()?.trim().to_ascii_lowercase())
}

/// What a text may stand for: itself, and where it is written in digits alone, a number.
pub fn readings(text: &str) -> impl Iterator<Item = Value> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number =
        is_number.then(|| text.trim_start_matches('0')).map(|digits| if digits.is_empty() { "0" } else { digits });
    let number = number.and_then(|digits| serde_json::from_str(digits).ok());
    number.into_iter().chain([Value::from(text)])
}

/// The complaints of that reading which has the fewest.
pub fn fewest(readings: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    readings.min_by_key(Vec::len).unwrap_or_default()
}
