//! Holds all that tests receive to the OpenAPI documents: an answer that is outside them fails the test that receives it, and so does
//! one that does not fit the request by them. So what the program does and what the documents say cannot drift apart.

mod answers;
mod deliveries;
mod document;
mod excuses;
mod requests;
mod text;

mod tests;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};

pub use self::deliveries::{delivery, happening};
pub use self::document::{CALLS, CONTROL, Document, operation};
use self::text::asked;
use super::{Answer, raw};

/// A request, as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer, as far as the test has read it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    /// `None` where the test does not read all of it.
    pub body: Option<&'a [u8]>,
}

impl Asked {
    pub fn new(parts: &Parts, body: Bytes) -> Asked {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Asked { method: parts.method.clone(), target, headers: parts.headers.clone(), body }
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// Fails the test where an answer is not what the documents say. `asked` is `None` where what was sent is no request.
pub fn check(asked: Option<&Asked>, answer: &Answer) {
    check_seen(asked, Seen { status: answer.status, headers: &answer.headers, body: Some(&answer.body) });
}

/// The same for an answer whose body the test reads by itself, piece by piece, or not at all.
pub fn check_head(asked: &Asked, status: StatusCode, headers: &HeaderMap) {
    check_seen(Some(asked), Seen { status, headers, body: None });
}

/// The same for bytes that a test has sent, and all that came back to them, in this order.
pub fn check_all(sent: &[u8], answers: &[Answer]) {
    let mut asked = asked(sent).into_iter();
    // "Go on" is said ahead of an answer, and is none.
    for answer in answers.iter().filter(|answer| !answer.status.is_informational()) {
        check(asked.next().flatten().as_ref(), answer);
    }
}

/// The same for bytes that a test has sent, where it reads nothing but the head of what came back.
pub fn check_head_of(sent: &[u8], heard: &[u8]) {
    let (status, headers, _) = raw::head(heard);
    check_head(asked(sent)[0].as_ref().expect("a request"), status, &headers);
}

fn check_seen(asked: Option<&Asked>, seen: Seen<'_>) {
    let found = objections(asked, seen);
    if !found.is_empty() {
        let sent = asked.map(|asked| format!("{} {}", asked.method, asked.target));
        panic!(
            "the answer to {} is not what OpenAPI says:\n{}",
            sent.as_deref().unwrap_or("no request"),
            found.join("\n")
        );
    }
}

/// All that the documents say against an answer.
fn objections(asked: Option<&Asked>, seen: Seen<'_>) -> Vec<String> {
    let operation = asked.and_then(|asked| document::operation(&asked.method, asked.path()));
    match (asked, &operation) {
        (Some(asked), Some(operation)) => of_operation(operation, asked, seen),
        (asked, _) => answers::of_nothing(asked, seen),
    }
}

/// All that is wrong with an answer of an operation; each names operation, status and place.
fn of_operation(operation: &document::Operation, asked: &Asked, seen: Seen<'_>) -> Vec<String> {
    let mut found = answers::of_operation(operation, asked.method == Method::HEAD, seen);
    found.extend(requests::drift(operation, asked, seen));
    let place = format!("{} {}", operation.name(), seen.status.as_u16());
    found.into_iter().map(|problem| format!("{place}: {problem}")).collect()
}
