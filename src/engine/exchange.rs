//! One API request and its answer, as the journal keeps them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use super::epoch::Epoch;
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;
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
    /// The request; its body is cut after [`KEPT_BODY`].
    pub request: Request,
    /// How long the body was, in bytes.
    pub body_length: usize,
    pub(super) answer: OnceLock<Answer>,
}

/// What a request was answered.
#[derive(Debug)]
pub struct Answer {
    /// Its place in the order of everything that happens in its workspace.
    pub number: u64,
    /// When it was given, on the workspace's clock.
    pub at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order: as many as there are, in one piece.
    pub headers: Box<[(HeaderName, HeaderValue)]>,
    /// The body, cut after [`KEPT_BODY`]; empty where it is made as it is sent.
    pub body: Bytes,
    /// How long the body is, in bytes; `None` where that shows only when it has been sent.
    pub body_length: Option<u64>,
    /// The number of the call that it is about, where the request's path does not name it.
    pub subject: Option<u64>,
    /// What was done to it on purpose.
    pub trouble: Meddling,
}

/// What was done to an answer on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meddling {
    /// The ids of the rules that asked for it.
    pub rules: Vec<String>,
    /// How long it was held back, in real time.
    pub delay: Duration,
    /// How the connection was broken in its place.
    pub breakage: Option<&'static str>,
}

impl Exchange {
    /// The answer, if it has been given.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.get()
    }
}

impl Answer {
    /// The header of that name, in whatever case; the first one, where there are several.
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        let found = self.headers.iter().find(|(known, _)| known.as_str().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// What the journal keeps of a reply.
    pub(super) fn of(reply: &Reply, number: u64, at: Timestamp, trouble: Meddling) -> Answer {
        let whole = reply.body.at_hand().unwrap_or_default();
        Answer {
            number,
            at,
            status: reply.status.as_u16(),
            headers: reply.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: cut(whole),
            body_length: reply.body.len(),
            subject: reply.subject,
            trouble,
        }
    }
}

/// A request on its way to its handler.
#[derive(Debug)]
pub struct Arrival {
    /// What the journal keeps of it.
    pub exchange: Arc<Exchange>,
    /// The epoch that it arrived in.
    pub epoch: Arc<Epoch>,
    /// All of the request, where the journal keeps less.
    whole: Option<Request>,
}

impl Arrival {
    pub(super) fn new(request: Request, number: u64, at: Timestamp, id: RequestId, epoch: Arc<Epoch>) -> Arrival {
        let body_length = request.body.len();
        let (kept, whole) = if body_length > KEPT_BODY {
            let mut kept = request.clone();
            kept.body = cut(kept.body);
            (kept, Some(request))
        } else {
            (request, None)
        };
        let exchange = Exchange { number, at, id, request: kept, body_length, answer: OnceLock::new() };
        Arrival { exchange: Arc::new(exchange), epoch, whole }
    }

    /// The request as it came.
    pub fn request(&self) -> &Request {
        self.whole.as_ref().unwrap_or(&self.exchange.request)
    }
}

/// The first part of a long body, copied so that the rest can go.
fn cut(body: Bytes) -> Bytes {
    if body.len() > KEPT_BODY { Bytes::copy_from_slice(&body[..KEPT_BODY]) } else { body }
}
