//! One API request and its answer, as the journal keeps them: each in as few pieces of memory as can be. Thousands are kept and hardly
//! one is ever looked at, but each request makes the oldest go, and every piece of that has long left the processor's caches.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::faults::matching::Sketch;
use bytes::Bytes;
use hyper::{HeaderMap, Method};

use super::epoch::Epoch;
use super::headers::{self, Headers};
use crate::http::body::Body;
use crate::http::request::{Id, Request};
use crate::http::request_id::RequestId;
use crate::http::response::Reply;

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
    /// Whether there was a body that had to make room for newer ones.
    pub is_body_dropped: bool,
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
    /// The headers, and the body where it is its own, cut after [`KEPT_BODY`].
    text: Box<[u8]>,
    headers_end: usize,
    /// Whether there was a body that had to make room for newer ones.
    pub is_body_dropped: bool,
}

/// The body of a reply. Where others have it, too, it is not copied.
#[derive(Clone, Debug)]
enum KeptBody {
    /// It stands behind the headers, in memory of just its length: the memory in which it was made may be larger.
    Own,
    Shared(Bytes),
    /// As many as it takes for [`KEPT_BODY`].
    Pieces(Arc<[Bytes]>),
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
        let request = &self.request;
        Sketch::new(request.method.as_str(), request.path(), request.query(), request.body())
            .answered(self.answer().map(|answer| answer.reply.status))
            .with_body_dropped(request.is_body_dropped)
    }

    /// How many bytes it takes in a journal. What an answer shares with others counts as if it were its own, since it may soon be.
    pub(super) fn held_bytes(&self) -> usize {
        /// Its place in the journal, and the counts of who shares it.
        const PLACE: usize = 4 * size_of::<usize>();
        PLACE + size_of::<Exchange>() + self.request.held_bytes() + self.answer().map_or(0, Answer::held_bytes)
    }

    /// How many of them would be free without the bodies; none while the answer is still to come, as that belongs to this very one.
    pub(super) fn droppable_bytes(&self) -> usize {
        self.answer().map_or(0, |answer| self.request.body().len() + answer.reply.body_bytes())
    }

    /// The same without the bodies, which are marked as dropped.
    pub(super) fn without_bodies(&self) -> Exchange {
        let answer = OnceLock::new();
        if let Some(given) = self.answer() {
            // It is empty, so it takes what it is given.
            let _ = answer.set(given.without_body());
        }
        Exchange { number: self.number, at: self.at, id: self.id, request: self.request.without_body(), answer }
    }
}

impl Answer {
    /// How many bytes it takes in a journal.
    pub(super) fn held_bytes(&self) -> usize {
        let trouble = self.trouble.as_ref().map_or(0, |trouble| {
            let rules = trouble.rules.iter().map(|rule| size_of::<String>() + rule.len());
            size_of::<Meddling>() + rules.sum::<usize>()
        });
        self.reply.text.len() - self.reply.own_body().len() + self.reply.body_bytes() + trouble
    }

    fn without_body(&self) -> Answer {
        Answer { number: self.number, at: self.at, reply: self.reply.without_body(), trouble: self.trouble.clone() }
    }

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
            is_body_dropped: false,
        }
    }

    /// The same of a body of which that is only the beginning, or which has been dropped.
    pub(super) fn cut_from(self, body_length: usize, is_body_dropped: bool) -> KeptRequest {
        KeptRequest { body_length, is_body_dropped, ..self }
    }

    fn without_body(&self) -> KeptRequest {
        KeptRequest {
            method: self.method.clone(),
            id: self.id.clone(),
            text: self.text[..self.headers_end].into(),
            is_body_dropped: self.is_body_dropped || !self.body().is_empty(),
            ..*self
        }
    }

    fn held_bytes(&self) -> usize {
        let id = if let Id::Decoded(id) = &self.id { id.len() } else { 0 };
        self.text.len() + self.method.as_str().len() + id
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
        let (own, body): (&[u8], KeptBody) = match &reply.body {
            // Nobody else has it, or all of it is too much.
            Body::Full(bytes) if bytes.is_unique() || bytes.len() > KEPT_BODY => (cut(bytes), KeptBody::Own),
            Body::Full(bytes) => (&[], KeptBody::Shared(bytes.clone())),
            Body::Pieces(pieces) => (&[], KeptBody::Pieces(first_of(pieces))),
            Body::Chunks { .. } | Body::Stream(_) | Body::Keeping { .. } => (&[], KeptBody::Own),
        };
        let kept = KeptReply::new(reply.status.as_u16(), &reply.headers, own, reply.body.len(), reply.subject);
        KeptReply { body, ..kept }
    }

    /// All that is kept of a reply; the body has been cut.
    pub(super) fn new(
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        body_length: Option<u64>,
        subject: Option<u64>,
    ) -> KeptReply {
        let text = headers::in_one_piece(|text| {
            headers::write(headers, text);
            text.extend_from_slice(body);
        });
        let headers_end = text.len() - body.len();
        KeptReply { status, subject, body: KeptBody::Own, body_length, text, headers_end, is_body_dropped: false }
    }

    /// The same of a body that has been dropped.
    pub(super) fn of_dropped(self) -> KeptReply {
        KeptReply { is_body_dropped: true, ..self }
    }

    fn without_body(&self) -> KeptReply {
        KeptReply {
            body: KeptBody::Own,
            text: self.text[..self.headers_end].into(),
            is_body_dropped: self.is_body_dropped || self.body_bytes() > 0,
            ..*self
        }
    }

    /// The headers.
    pub fn headers(&self) -> Headers<'_> {
        Headers::read(&self.text[..self.headers_end])
    }

    /// The body, cut after [`KEPT_BODY`]; empty where it is made as it is sent.
    pub fn body(&self) -> Cow<'_, [u8]> {
        match &self.body {
            KeptBody::Own => self.own_body().into(),
            KeptBody::Shared(bytes) => bytes.as_ref().into(),
            KeptBody::Pieces(pieces) => {
                let mut bytes = pieces.concat();
                bytes.truncate(KEPT_BODY);
                bytes.into()
            }
        }
    }

    fn own_body(&self) -> &[u8] {
        &self.text[self.headers_end..]
    }

    /// How many bytes the body takes.
    fn body_bytes(&self) -> usize {
        match &self.body {
            KeptBody::Own => self.own_body().len(),
            KeptBody::Shared(bytes) => bytes.len(),
            KeptBody::Pieces(pieces) => pieces.iter().map(|piece| size_of::<Bytes>() + piece.len()).sum(),
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
    /// Whether those who wait for requests are behind: [`Journal::help_waiters`](super::journal::Journal::help_waiters).
    pub is_overfull: bool,
}

/// The first part of a long body.
fn cut(body: &Bytes) -> &[u8] {
    &body[..body.len().min(KEPT_BODY)]
}

/// The first pieces of a long body, so that the rest can go; all of them of one that is not long.
fn first_of(pieces: &Arc<[Bytes]>) -> Arc<[Bytes]> {
    let mut length = 0;
    let is_wanted = |piece: &&Bytes| {
        let is_wanted = length < KEPT_BODY;
        length += piece.len();
        is_wanted
    };
    let wanted = pieces.iter().take_while(is_wanted).count();
    if wanted < pieces.len() { pieces[..wanted].into() } else { Arc::clone(pieces) }
}
