//! One API request and its answer, as the journal keeps them: each in as few pieces of memory as can be. Thousands are kept and hardly
//! one is ever looked at, but each request makes the oldest go, and every piece of that has long left the processor's caches.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use hyper::{HeaderMap, Method};

use super::epoch::Epoch;
use super::headers::{self, Headers};
use crate::domain::matching::Sketch;
use crate::time::Timestamp;
use crate::wire::body::Body;
use crate::wire::reply::Reply;
use crate::wire::request::{Id, Request};
use crate::wire::request_id::RequestId;

/// How much of a body is kept, in bytes.
pub const KEPT_BODY: usize = 64 * 1024;

/// A request that has arrived, and its answer as soon as it has one.
#[derive(Debug)]
pub struct Exchange {
    /// Its place in the order of everything that happens in its workspace.
    pub number: u64,
    /// When it arrived, on the workspace's clock.
    pub at: Timestamp,
    /// The `X-Request-Id` of its answer.
    pub id: RequestId,
    /// What is kept of the request.
    pub request: KeptRequest,
    pub(super) answer: OnceLock<Answer>,
}

/// What is kept of a request.
#[derive(Debug)]
pub struct KeptRequest {
    /// The method.
    pub method: Method,
    /// How long the body was, in bytes.
    pub body_length: usize,
    id: Id,
    /// The path, the query, the headers, and the body, cut after [`KEPT_BODY`].
    text: Box<[u8]>,
    path_end: usize,
    query_end: usize,
    headers_end: usize,
}

/// What a request was answered.
#[derive(Debug)]
pub struct Answer {
    /// Its place in the order of everything that happens in its workspace.
    pub number: u64,
    /// When it was given, on the workspace's clock.
    pub at: Timestamp,
    /// What is kept of the reply.
    pub reply: KeptReply,
    /// What was done to it on purpose, if anything was.
    pub(super) trouble: Option<Box<Meddling>>,
}

/// What is kept of a reply.
#[derive(Debug)]
pub struct KeptReply {
    /// The HTTP status.
    pub status: u16,
    /// The number of the call that it is about, where the request's path does not name it.
    pub subject: Option<u64>,
    body: KeptBody,
    /// How long the body is, in bytes; `None` where that shows only when it has been sent.
    pub body_length: Option<u64>,
    headers: Box<[u8]>,
}

/// The body of a reply. Where others have it, too, it is not copied.
#[derive(Debug)]
enum KeptBody {
    Whole(Bytes),
    Pieces {
        pieces: Arc<[Bytes]>,
        /// They, joined and cut, once somebody has looked at them.
        joined: OnceLock<Box<[u8]>>,
    },
}

/// What was done to an answer on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meddling {
    /// The ids of the rules that asked for it.
    pub rules: Vec<String>,
    /// How long it was held back, in real time.
    pub delay: Duration,
    /// How the connection was broken in its place.
    pub breakage: Option<&'static str>,
}

static NOTHING: Meddling = Meddling { rules: Vec::new(), delay: Duration::ZERO, breakage: None };

impl Meddling {
    /// Whether anything was done.
    pub(super) fn is_any(&self) -> bool {
        *self != NOTHING
    }
}

impl Exchange {
    /// The answer, if it has been given.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.get()
    }

    /// It as patterns see it.
    pub fn sketch(&self) -> Sketch<'_> {
        Sketch {
            method: self.request.method.as_str(),
            path: self.request.path(),
            query: self.request.query(),
            status: self.answer().map(|answer| answer.reply.status),
            body: self.request.body(),
        }
    }
}

impl Answer {
    /// What was done to it on purpose.
    pub fn trouble(&self) -> &Meddling {
        self.trouble.as_deref().unwrap_or(&NOTHING)
    }
}

impl KeptRequest {
    /// What is kept of `request`.
    pub(super) fn of(request: &Request) -> KeptRequest {
        let body = &request.body[..request.body.len().min(KEPT_BODY)];
        let (path, query) = (request.path(), request.query());
        let query_end = path.len() + query.len();
        let text = headers::in_one_piece(|text| {
            text.extend_from_slice(path.as_bytes());
            text.extend_from_slice(query.as_bytes());
            headers::write(&request.headers, text);
            text.extend_from_slice(body);
        });
        KeptRequest {
            method: request.method.clone(),
            body_length: request.body.len(),
            id: request.place_of_id().clone(),
            headers_end: text.len() - body.len(),
            text,
            path_end: path.len(),
            query_end,
        }
    }

    /// The same of a body of which that is only the beginning.
    pub(super) fn cut_from(self, body_length: usize) -> KeptRequest {
        KeptRequest { body_length, ..self }
    }

    /// The path as it came.
    pub fn path(&self) -> &str {
        std::str::from_utf8(&self.text[..self.path_end]).unwrap_or_default()
    }

    /// The query as it came; empty where there is none.
    pub fn query(&self) -> &str {
        std::str::from_utf8(&self.text[self.path_end..self.query_end]).unwrap_or_default()
    }

    /// Path and query as they came.
    pub fn target(&self) -> String {
        let (path, query) = (self.path(), self.query());
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The part of the path that names one thing, decoded; empty where the route has none.
    pub fn id(&self) -> &str {
        self.id.of(self.path())
    }

    /// The headers.
    pub fn headers(&self) -> Headers<'_> {
        Headers::read(&self.text[self.query_end..self.headers_end])
    }

    /// The body, cut after [`KEPT_BODY`].
    pub fn body(&self) -> &[u8] {
        &self.text[self.headers_end..]
    }
}

impl KeptReply {
    /// What is kept of `reply`.
    pub(super) fn of(reply: &Reply) -> KeptReply {
        let body = match &reply.body {
            Body::Full(bytes) => KeptBody::Whole(cut(bytes.clone())),
            Body::Pieces(pieces) => KeptBody::Pieces { pieces: Arc::clone(pieces), joined: OnceLock::new() },
            Body::Chunks { .. } | Body::Stream(_) | Body::Keeping { .. } => KeptBody::Whole(Bytes::new()),
        };
        KeptReply::with(reply.status.as_u16(), &reply.headers, body, reply.body.len(), reply.subject)
    }

    /// All that is kept of a reply; the body has been cut.
    pub(super) fn new(
        status: u16,
        headers: &HeaderMap,
        body: Bytes,
        body_length: Option<u64>,
        subject: Option<u64>,
    ) -> KeptReply {
        KeptReply::with(status, headers, KeptBody::Whole(body), body_length, subject)
    }

    fn with(
        status: u16,
        headers: &HeaderMap,
        body: KeptBody,
        body_length: Option<u64>,
        subject: Option<u64>,
    ) -> KeptReply {
        let headers = headers::in_one_piece(|text| headers::write(headers, text));
        KeptReply { status, subject, body, body_length, headers }
    }

    /// The headers.
    pub fn headers(&self) -> Headers<'_> {
        Headers::read(&self.headers)
    }

    /// The body, cut after [`KEPT_BODY`]; empty where it is made as it is sent.
    pub fn body(&self) -> &[u8] {
        match &self.body {
            KeptBody::Whole(bytes) => bytes,
            KeptBody::Pieces { pieces, joined } => joined.get_or_init(|| {
                let mut bytes = pieces.concat();
                bytes.truncate(KEPT_BODY);
                bytes.into_boxed_slice()
            }),
        }
    }
}

/// A request that has arrived, on its way to its answer.
#[derive(Debug)]
pub struct Arrival {
    /// What the journal keeps of it.
    pub exchange: Arc<Exchange>,
    /// The epoch that it arrived in.
    pub epoch: Arc<Epoch>,
}

/// The first part of a long body, copied so that the rest can go.
fn cut(body: Bytes) -> Bytes {
    if body.len() > KEPT_BODY { Bytes::copy_from_slice(&body[..KEPT_BODY]) } else { body }
}
