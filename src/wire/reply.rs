//! A reply, before it becomes bytes.

use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};

use super::body::Body;

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
}

impl Reply {
    /// A reply with a body of that type.
    pub fn new(status: StatusCode, content_type: &'static str, body: Body) -> Reply {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Reply { status, headers, body, subject: None, ticket: None }
    }

    /// A reply of JSON that has been written already.
    pub fn json(status: StatusCode, json: impl Into<Bytes>) -> Reply {
        Reply::new(status, "application/json", Body::Full(json.into()))
    }

    /// The same reply with one more header. A value that no header can have is left out.
    pub fn with(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Reply {
        if let Ok(value) = value.try_into() {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same reply, about the thing with that number.
    pub fn about(self, subject: u64) -> Reply {
        Reply { subject: Some(subject), ..self }
    }

    /// As it is sent: to a `HEAD` request all but the body.
    pub fn into_response(self, to_head: bool) -> Response<Body> {
        let mut response = Response::new(Body::EMPTY);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if !to_head {
            *response.body_mut() = self.body;
        } else if self.status != StatusCode::NOT_MODIFIED {
            // In a 304 it would stand for the length of what the client has.
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        }
        response
    }

    /// As the last bytes of a connection. Chunks that would have to be made are left out.
    pub fn into_bytes(self) -> Vec<u8> {
        let body = match self.body {
            Body::Full(bytes) => bytes,
            Body::Chunks { .. } => Bytes::new(),
        };
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
