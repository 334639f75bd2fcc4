//! A reply, before it becomes bytes.

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};

use super::body::Body;
use crate::http::fault_socket::Breakage;

const JSON: &str = "application/json";
/// How many headers there is room for from the start. With one more, a map takes twice as much.
const USUAL_HEADERS: usize = 6;

/// What a handler answers.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, but for those that every reply has.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The number of what it is about, where the request does not name it.
    pub subject: Option<u64>,
    /// What is to be given back when it has been sent.
    pub ticket: Option<u128>,
    /// How the connection is to break in place of this reply, if it is.
    pub breakage: Option<Breakage>,
}

impl Reply {
    /// A reply with a body of that type.
    pub fn new(status: StatusCode, content_type: &'static str, body: Body) -> Reply {
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Reply { headers, body, ..Reply::empty(status) }
    }

    /// A reply without body or headers.
    pub fn empty(status: StatusCode) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: Body::EMPTY, subject: None, ticket: None, breakage: None }
    }

    /// A reply of JSON that has been written already.
    pub fn json(status: StatusCode, json: impl Into<Bytes>) -> Reply {
        Reply::new(status, JSON, Body::Full(json.into()))
    }

    /// The same of pieces, none of them empty.
    pub fn json_in_pieces(status: StatusCode, pieces: impl Into<Arc<[Bytes]>>) -> Reply {
        Reply::new(status, JSON, Body::Pieces(pieces.into()))
    }

    /// The same of chunks that are made as they are sent. Nobody knows beforehand how long it will be.
    pub fn json_in_chunks(status: StatusCode, chunks: impl Iterator<Item = Bytes> + Send + 'static) -> Reply {
        Reply::new(status, JSON, Body::chunks(chunks, None))
    }

    /// The same reply with one more header. A value that no header can have is left out.
    pub fn with(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Reply {
        self.add(name, value);
        self
    }

    /// Adds a header. A value that no header can have is left out.
    pub fn add(&mut self, name: HeaderName, value: impl TryInto<HeaderValue>) {
        if let Ok(value) = value.try_into() {
            self.headers.insert(name, value);
        }
    }

    /// The same reply, about the thing with that number.
    pub fn about(self, subject: u64) -> Reply {
        Reply { subject: Some(subject), ..self }
    }

    /// The same reply, in whose place the connection is to break.
    pub fn broken(self, breakage: Breakage) -> Reply {
        Reply { breakage: Some(breakage), ..self }
    }

    /// As it is sent: to a `HEAD` request all but the body. How the connection is to break is among the response's extensions.
    pub fn into_response(self, to_head: bool) -> Response<Body> {
        let length = if to_head { self.body.len() } else { None };
        let mut response = Response::new(if to_head { Body::EMPTY } else { self.body });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        // In a 304 it would stand for the length of what the client has.
        if let Some(length) = length.filter(|_| self.status != StatusCode::NOT_MODIFIED) {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if let Some(breakage) = self.breakage {
            response.extensions_mut().insert(breakage);
        }
        response
    }

    /// As the last bytes of a connection. Chunks that would have to be made or waited for are left out.
    pub fn into_bytes(self) -> Vec<u8> {
        let body = self.body.at_hand().unwrap_or_default();
        let reason = self.status.canonical_reason().unwrap_or_default();
        let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", self.status.as_u16()).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes());
        bytes.extend(body);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Body as _;
    use tokio::sync::mpsc;

    use super::*;

    fn stream() -> Reply {
        let (sender, receiver) = mpsc::channel(1);
        sender.try_send(Bytes::from_static(b"data: 1\n\n")).unwrap();
        Reply::new(StatusCode::OK, "text/event-stream", Body::stream(receiver))
    }

    #[test]
    fn only_a_body_of_known_length_announces_it_to_head() {
        let response = stream().into_response(true);
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        assert!(response.body().is_end_stream(), "and it has no body");
        let response = Reply::json(StatusCode::OK, "{}").into_response(true);
        assert_eq!(response.headers()[CONTENT_LENGTH], "2");
        let response = stream().into_response(false);
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        assert_eq!(response.body().size_hint().exact(), None);
    }

    #[test]
    fn the_last_bytes_of_a_connection_wait_for_no_stream() {
        let bytes = stream().into_bytes();
        assert!(bytes.ends_with(b"content-length: 0\r\nconnection: close\r\n\r\n"));
    }
}
