//! A request, its body read.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, EXPECT, HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Version};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

/// The largest body that is read of an ordinary request, in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// How much of an unwanted body is read before the client is cut off, in bytes.
const MAX_DISCARDED: usize = 16 << 20;
/// The most that the names and values of all headers may take together, in bytes.
pub const MAX_HEADERS: usize = 16 << 10;
/// The most headers that a request may have. In HTTP/1 hyper sees to it.
pub const MOST_HEADERS: usize = 100;
/// The longest path and query, in bytes.
pub const MAX_TARGET: usize = 8 << 10;

/// How long a client may take to send a body that is read, in real time.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How long a body that is not wanted is read, in real time.
const DISCARDED_WITHIN: Duration = Duration::from_secs(5);

/// What a handler is given.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as it came.
    pub path: String,
    /// The part of the path that names one thing, decoded; empty where the route has none.
    pub id: String,
    /// The query as it came.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty where there is none.
    pub body: Bytes,
    /// Who sent it.
    pub peer: IpAddr,
    /// The version of HTTP.
    pub version: Version,
    /// Whether its answer will be held back: a second request may come before it is given.
    pub is_held_back: bool,
}

/// Why a request cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The body is longer than it may be.
    BodyTooLong {
        /// The most that it may have, in bytes.
        limit: usize,
    },
    /// The headers are longer than [`MAX_HEADERS`].
    HeadersTooLong,
    /// The headers are more than [`MOST_HEADERS`].
    TooManyHeaders,
    /// The path and query are longer than [`MAX_TARGET`].
    TargetTooLong,
    /// There is no `Host`, or more than one; or it contradicts the `:authority` of HTTP/2.
    NoHost,
    /// The client broke off, or its chunks are none.
    BodyBroken,
    /// The body did not come within [`BODY_WITHIN`].
    BodyTooSlow,
}

impl Request {
    /// The request without its body.
    pub fn new(mut parts: Parts, peer: IpAddr) -> Request {
        if parts.version == Version::HTTP_2 {
            name_host(&mut parts);
        }
        Request {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            id: String::new(),
            headers: parts.headers,
            body: Bytes::new(),
            peer,
            version: parts.version,
            is_held_back: false,
        }
    }

    /// Whether everything but the body is as it has to be, and within its limits.
    pub fn check_head(&self) -> Result<(), Unreadable> {
        if self.path.len() + self.query.len() > MAX_TARGET {
            return Err(Unreadable::TargetTooLong);
        }
        // HTTP/1.0 knows no such header.
        if self.version >= Version::HTTP_11 && self.headers.get_all(HOST).iter().count() != 1 {
            return Err(Unreadable::NoHost);
        }
        let length: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if length > MAX_HEADERS {
            return Err(Unreadable::HeadersTooLong);
        }
        if self.headers.len() > MOST_HEADERS { Err(Unreadable::TooManyHeaders) } else { Ok(()) }
    }

    /// Path and query as they came.
    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// A header as text; `None` where it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Writes what HTTP/2 has in `:authority` where HTTP/1 has it: all that looks at a host looks there. Where the client has sent another
/// one there, it has sent two.
fn name_host(parts: &mut Parts) {
    let named = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(named) = named.filter(|named| parts.headers.get(HOST) != Some(named)) {
        parts.headers.append(HOST, named);
    }
}

/// Reads a body of at most `limit` bytes.
pub async fn read_body(headers: &HeaderMap, mut body: Incoming, limit: usize) -> Result<Bytes, Unreadable> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        discard(headers, body).await;
        return Err(Unreadable::BodyTooLong { limit });
    }
    match timeout(BODY_WITHIN, Limited::new(&mut body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(headers, body).await;
            Err(Unreadable::BodyTooLong { limit })
        }
        Ok(Err(_)) => Err(Unreadable::BodyBroken),
        Err(_) => Err(Unreadable::BodyTooSlow),
    }
}

/// Reads a body that nobody wants. Left unread it would cost the client its connection, and if it is still sending also the answer.
pub async fn discard(headers: &HeaderMap, mut body: Incoming) {
    // Who asks before it sends is spared the sending.
    if headers.contains_key(EXPECT) {
        return;
    }
    let read = async {
        let mut left = MAX_DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(length) else { return };
            left = rest;
        }
    };
    // Whoever is that slow to send may lose the answer.
    let _ = timeout(DISCARDED_WITHIN, read).await;
}

/// Decodes the percent-encoding of a text; `None` where it is broken or not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_whole =
        |position: usize| bytes[position..].iter().skip(1).take(2).filter(|b| b.is_ascii_hexdigit()).count() == 2;
    let broken = bytes.iter().enumerate().any(|(position, byte)| *byte == b'%' && !is_whole(position));
    if broken { None } else { percent_decode_str(text).decode_utf8().ok().map(Into::into) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_decoded_or_refused() {
        assert_eq!(decode("call_xxx").as_deref(), Some("call_xxx"));
        assert_eq!(decode("a%20b%C3%A9").as_deref(), Some("a bé"));
        for broken in ["%", "%4", "%zz", "a%2", "%C3", "%4%41"] {
            assert_eq!(decode(broken), None, "{broken:?}");
        }
    }
}
