//! A request, its body read.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use hyper::header::{AsHeaderName, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, HOST};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Uri, Version};
use percent_encoding::percent_decode_str;

use super::json_body::JsonBody;
use super::malformed::{Malformed, shown};
use super::request_body::RequestBody;
use super::shutdown::{Phase, Shutdown};
use super::upload::{BodyPlace, BodyRoom, NotGathered, gather};
use super::{head, host};
use crate::awake;

/// The largest body that is read of an ordinary request, in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// How much of an unwanted body is read so that the connection can be kept, in bytes.
const MAX_DISCARDED: usize = MAX_BODY;
/// The same for HTTP/2, where some clients lose the answer if the server resets a stream on which they are still sending.
const MAX_DISCARDED_OF_STREAM: usize = 16 << 20;
/// The most that the names and values of all headers may take together, in bytes.
pub const MAX_HEADERS: usize = 16 << 10;
/// The most headers that a request may have. In HTTP/1 hyper sees to it.
pub const MOST_HEADERS: usize = 100;
/// The longest path and query, in bytes.
pub const MAX_TARGET: usize = 8 << 10;

/// How long an unwanted body is read so that the connection can be kept, in real time.
const DISCARDED_WITHIN: Duration = Duration::from_secs(1);

/// What a handler is given.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query as they came. They share the bytes that were read.
    uri: Uri,
    /// The part of the path that names one thing.
    id: Id,
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
    /// The place that its body has among those of others.
    place: Option<Arc<BodyPlace>>,
    /// What its body is as JSON, where that has been read already.
    json: Option<JsonBody>,
    /// What is wrong with its head that does not show in it any more.
    malformed: Option<Box<Malformed>>,
}

/// The part of a path that names one thing. Where it stands in the path as it is, it is not copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Id {
    /// The route has none.
    #[default]
    None,
    /// It is there in the path.
    There(Range<usize>),
    /// It is encoded there, and this when it is decoded.
    Decoded(Box<str>),
}

impl Id {
    /// The id that stands at `place` in `path`; `None` where its percent-encoding is broken.
    pub fn read(path: &str, place: Range<usize>) -> Option<Id> {
        match decode(&path[place.clone()])? {
            Cow::Borrowed(_) => Some(Id::There(place)),
            Cow::Owned(decoded) => Some(Id::Decoded(decoded.into())),
        }
    }

    /// The id, decoded, where `path` is the path that it was read from; empty where there is none.
    pub fn of<'a>(&'a self, path: &'a str) -> &'a str {
        match self {
            Id::None => "",
            Id::There(place) => path.get(place.clone()).unwrap_or_default(),
            Id::Decoded(decoded) => decoded,
        }
    }

    /// The same in a path that has so many bytes more at its beginning.
    pub fn after(&self, bytes: usize) -> Id {
        match self {
            Id::There(place) => Id::There(place.start + bytes..place.end + bytes),
            other => other.clone(),
        }
    }
}

/// Why a request cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The head is none that HTTP has, or asks for what is not understood.
    Malformed(Box<Malformed>),
    /// The body has that coding, which is not undone.
    ContentCoding(String),
    /// The client broke off, or its chunks are none.
    BodyBroken,
    /// No more of the body came within [`PROGRESS_WITHIN`](super::upload::PROGRESS_WITHIN).
    BodyTooSlow,
    /// The server is to stop, and the body did not come by then.
    Stopping,
    /// There is no room for the body beside others.
    NoRoomForBody,
}

impl Request {
    /// The request without its body.
    pub fn new(mut parts: Parts, peer: IpAddr) -> Request {
        host::settle(&mut parts);
        Request {
            malformed: parts.extensions.remove().map(Box::new),
            uri: parts.uri,
            method: parts.method,
            id: Id::None,
            headers: parts.headers,
            body: Bytes::new(),
            peer,
            version: parts.version,
            is_held_back: false,
            place: None,
            json: None,
        }
    }

    /// Whether everything but the body is as it has to be, and within its limits.
    pub fn check_head(&self) -> Result<(), Unreadable> {
        if let Some(malformed) = &self.malformed {
            return Err(Unreadable::Malformed(malformed.clone()));
        }
        if self.path().len() + self.query().len() > MAX_TARGET {
            return Err(Unreadable::TargetTooLong);
        }
        let (mut host, mut hosts, mut length, mut is_framed) = (None, 0, 0, false);
        for (name, value) in &self.headers {
            if *name == HOST {
                (host, hosts) = (Some(value), hosts + 1);
            }
            is_framed |= head::is_of_framing(name);
            length += name.as_str().len() + value.len();
        }
        // HTTP/1.0 knows no such header.
        if self.version >= Version::HTTP_11 && hosts != 1 {
            return Err(head::not_one_host(&self.headers, self.version == Version::HTTP_2).into());
        }
        if length > MAX_HEADERS {
            return Err(Unreadable::HeadersTooLong);
        }
        if self.headers.len() > MOST_HEADERS {
            return Err(Unreadable::TooManyHeaders);
        }
        if let Some(host) = host.filter(|host| !host::is_valid(host.as_bytes())) {
            return Err(head::no_such_host(host.as_bytes()).into());
        }
        head::check_target(&self.method, &self.uri)?;
        head::check_once(&self.headers)?;
        if is_framed {
            head::check_framing(&self.headers)?;
        }
        Ok(())
    }

    /// Reads its body, of at most `limit` bytes. What is long has a place in `room` as long as the request is there.
    pub async fn read_body(
        &mut self,
        mut body: RequestBody,
        limit: usize,
        shutdown: &Shutdown,
        room: &BodyRoom,
    ) -> Result<(), Unreadable> {
        check_coding(&self.headers)?;
        let mut place = None;
        let make_room = |length| place.get_or_insert_with(|| room.place()).grow_to(length);
        let gathering = gather(&mut body, limit, announced_length(&self.headers), make_room);
        match unless_stopped(shutdown, gathering).await? {
            Ok(body) => {
                self.body = body;
                self.place = place.map(Arc::new);
                Ok(())
            }
            Err(NotGathered::TooLong) => {
                if body.is_of_stream() {
                    discard(&self.headers, body, shutdown).await?;
                }
                Err(Unreadable::BodyTooLong { limit })
            }
            Err(NotGathered::NoRoom) => Err(Unreadable::NoRoomForBody),
            Err(NotGathered::Broken) => Err(Unreadable::BodyBroken),
            Err(NotGathered::TooSlow) => Err(Unreadable::BodyTooSlow),
        }
    }

    /// The same request, body included. This one has none any more.
    pub fn take(&mut self) -> Request {
        let whole = self.clone();
        self.drop_body();
        whole
    }

    /// Forgets its body, which gives its place to others.
    pub fn drop_body(&mut self) {
        (self.body, self.json, self.place) = (Bytes::new(), None, None);
    }

    /// Whether it would keep others waiting to read its body as JSON.
    pub fn is_body_long(&self) -> bool {
        /// The longest that takes a few hundred microseconds at most, in bytes.
        const SHORT: usize = 16 << 10;
        self.body.len() > SHORT
    }

    /// Reads the body as JSON before a handler wants it.
    pub fn read_json_ahead(&mut self) {
        self.json = std::str::from_utf8(&self.body).ok().map(JsonBody::read);
    }

    /// The body as JSON, where it has been read ahead.
    pub fn json(&self) -> Option<&JsonBody> {
        self.json.as_ref()
    }

    /// The path as it came.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query as it came; empty where there is none.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
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

    /// Where that part is.
    pub fn place_of_id(&self) -> &Id {
        &self.id
    }

    /// Says what in its path names one thing.
    pub fn name(&mut self, id: Id) {
        self.id = id;
    }

    /// A header as text; `None` where it is missing or no text.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl From<Malformed> for Unreadable {
    fn from(malformed: Malformed) -> Unreadable {
        Unreadable::Malformed(Box::new(malformed))
    }
}

/// Reads a short body that is not wanted, as the connection ends with a body that is left unread. A long or slow one is left all the same.
pub async fn discard(headers: &HeaderMap, mut body: RequestBody, shutdown: &Shutdown) -> Result<(), Unreadable> {
    let most = if body.is_of_stream() { MAX_DISCARDED_OF_STREAM } else { MAX_DISCARDED };
    let is_long = announced_length(headers).is_some_and(|length| length > most);
    // A client that asks before it sends is spared the sending.
    if body.is_end_stream() || is_long || headers.contains_key(EXPECT) {
        return Ok(());
    }
    let read = async {
        let mut left = most;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Unreadable::BodyBroken)?;
            let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { break };
            left = rest;
        }
        Ok(())
    };
    within(DISCARDED_WITHIN, shutdown, read).await.unwrap_or(Ok(()))
}

/// Refuses a body that is not sent as it is.
fn check_coding(headers: &HeaderMap) -> Result<(), Unreadable> {
    let mut codings =
        headers.get_all(CONTENT_ENCODING).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let is_one = |coding: &&[u8]| !coding.is_empty() && !coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    codings.find(is_one).map_or(Ok(()), |coding| Err(Unreadable::ContentCoding(shown(coding.trim_ascii()))))
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Waits that long at most, and not past the grace that a server which is to stop has. What is there at once, as a body mostly is, costs no
/// timer.
async fn within<F: Future>(time: Duration, shutdown: &Shutdown, future: F) -> Result<F::Output, Unreadable> {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => tokio::select! {
            biased;
            output = awake::timeout(time, future) => output.map_err(|_| Unreadable::BodyTooSlow),
            () = shutdown.reached(Phase::GraceOver) => Err(Unreadable::Stopping),
        },
    }
}

/// Waits as long as it takes, and not past the grace that a server which is to stop has. As [`within`] otherwise.
async fn unless_stopped<F: Future>(shutdown: &Shutdown, future: F) -> Result<F::Output, Unreadable> {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => tokio::select! {
            biased;
            output = future => Ok(output),
            () = shutdown.reached(Phase::GraceOver) => Err(Unreadable::Stopping),
        },
    }
}

/// Decodes the percent-encoding of a text; `None` where it is broken or not UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return Some(Cow::Borrowed(text));
    }
    let is_whole =
        |position: usize| bytes[position..].iter().skip(1).take(2).filter(|b| b.is_ascii_hexdigit()).count() == 2;
    let broken = bytes.iter().enumerate().any(|(position, byte)| *byte == b'%' && !is_whole(position));
    if broken { None } else { percent_decode_str(text).decode_utf8().ok() }
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
