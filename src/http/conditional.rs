//! Sends something that may be asked for in parts or only if it has changed, as RFC 9110 sections 13 and 14 have it.

use std::ops::Range;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use hyper::{Method, StatusCode};

use super::body::Body;
use super::range::{Wanted, wanted};
use super::request::Request;
use crate::http::response::Reply;

/// Something that can be sent whole or in parts.
pub struct Entity<R> {
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its strong entity tag, quotes included.
    pub etag: String,
    /// How many bytes it has.
    pub length: u64,
    /// Makes the bytes of a range.
    pub read: R,
}

/// Why what is asked for cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// No part of it is there.
    Range {
        /// How many bytes there are.
        length: u64,
    },
    /// It is not what `If-Match` names.
    Match,
}

/// How tags are compared. A weak one stands for what is as good as the same, and so says nothing of its bytes.
#[derive(Clone, Copy)]
enum Comparison {
    /// Only strong tags can be the same.
    Strong,
    /// A weak tag is as good as the strong one.
    Weak,
}

impl<R, C> Entity<R>
where
    R: Fn(Range<u64>) -> C,
    C: Iterator<Item = Bytes> + Send + 'static,
{
    /// What `request` asks for: all of it, parts of it, or the word that it has not changed.
    pub fn reply(&self, request: &Request) -> Result<Reply, Unmet> {
        if request.headers.contains_key(IF_MATCH) && !self.is_named(request, IF_MATCH, Comparison::Strong) {
            return Err(Unmet::Match);
        }
        if self.is_named(request, IF_NONE_MATCH, Comparison::Weak) {
            let mut reply = self.describe(StatusCode::NOT_MODIFIED, Body::EMPTY);
            reply.headers.remove(CONTENT_TYPE);
            return Ok(reply);
        }
        // A part is of use only together with the parts that the client has, so only while the whole is the same.
        let unchanged = request.header(IF_RANGE).is_none_or(|tag| tag.trim() == self.etag);
        // Ranges have a meaning for GET alone: HEAD tells of the whole.
        let asked = request.header(RANGE).filter(|_| unchanged && request.method == Method::GET);
        match wanted(asked, self.length) {
            Wanted::Whole => Ok(self.describe(StatusCode::OK, self.body(0..self.length))),
            Wanted::Unsatisfiable => Err(Unmet::Range { length: self.length }),
            Wanted::Parts(parts) => Ok(match parts.as_slice() {
                [only] => self
                    .describe(StatusCode::PARTIAL_CONTENT, self.body(only.clone()))
                    .with(CONTENT_RANGE, self.content_range(only)),
                _ => self.several(parts),
            }),
        }
    }

    fn describe(&self, status: StatusCode, body: Body) -> Reply {
        Reply::new(status, self.content_type, body)
            .with(ETAG, self.etag.as_str())
            .with(ACCEPT_RANGES, HeaderValue::from_static("bytes"))
    }

    fn body(&self, range: Range<u64>) -> Body {
        let left = range.end - range.start;
        Body::chunks((self.read)(range), Some(left))
    }

    fn content_range(&self, range: &Range<u64>) -> String {
        format!("bytes {}-{}/{}", range.start, range.end - 1, self.length)
    }

    /// Parts, each with a head of its own, as `multipart/byteranges`.
    fn several(&self, parts: Vec<Range<u64>>) -> Reply {
        // No recording or text holds this line; the tag makes it the same each time.
        let boundary = format!("part-{}", self.etag.trim_matches('"'));
        let mut left = 0;
        let mut chunks: Box<dyn Iterator<Item = Bytes> + Send> = Box::new(std::iter::empty());
        for range in parts {
            let (content_type, content_range) = (self.content_type, self.content_range(&range));
            let head = Bytes::from(format!(
                "\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range}\r\n\r\n"
            ));
            left += head.len() as u64 + (range.end - range.start);
            chunks = Box::new(chunks.chain(std::iter::once(head)).chain((self.read)(range)));
        }
        let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
        left += end.len() as u64;
        let body = Body::chunks(chunks.chain(std::iter::once(end)), Some(left));
        self.describe(StatusCode::PARTIAL_CONTENT, body)
            .with(CONTENT_TYPE, format!("multipart/byteranges; boundary={boundary}"))
    }

    fn is_named(&self, request: &Request, header: HeaderName, comparison: Comparison) -> bool {
        is_named(&self.etag, request, header, comparison)
    }
}

/// Whether `request` is told by a 304 that what has that strong entity tag is as the client has it.
pub fn is_unchanged(request: &Request, etag: &str) -> bool {
    is_named(etag, request, IF_NONE_MATCH, Comparison::Weak)
}

/// Whether a header names the tag. Its list may be spread over several lines.
fn is_named(etag: &str, request: &Request, header: HeaderName, comparison: Comparison) -> bool {
    let mut lines = request.headers.get_all(header).iter().filter_map(|tags| tags.to_str().ok());
    lines.any(|tags| is_among(etag, tags, comparison))
}

/// Whether the tag is among those of one line.
fn is_among(etag: &str, tags: &str, comparison: Comparison) -> bool {
    let is_it = |tag: &str| match comparison {
        Comparison::Strong => tag == etag,
        Comparison::Weak => tag.strip_prefix("W/").unwrap_or(tag) == etag,
    };
    tags.split(',').map(str::trim).any(|tag| tag == "*" || is_it(tag))
}
