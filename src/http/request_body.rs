//! The body of a request as it arrives, and whether it was read to its end.
//!
//! HTTP/1 finds the next request of a connection behind the body of this one. So a connection whose body was not read to its end is closed
//! after the answer, and the answer says `Connection: close`. Whoever reads the body, or does not: [`UnreadBody`] tells the connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response, Version};

/// Whether the request that a connection of HTTP/1 is answering has a body that was not read to its end.
#[derive(Debug, Default)]
pub struct UnreadBody {
    is_there: AtomicBool,
    /// Whether the client speaks HTTP/1.0.
    is_old: AtomicBool,
}

impl UnreadBody {
    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.is_there.load(Ordering::Relaxed)
    }

    /// The request that has come next, whose body tells when it has been read to its end.
    pub fn watch(self: &Arc<UnreadBody>, request: Request<Incoming>) -> Request<RequestBody> {
        let is_coming = !request.body().is_end_stream();
        self.is_there.store(is_coming, Ordering::Relaxed);
        self.is_old.store(request.version() == Version::HTTP_10, Ordering::Relaxed);
        request.map(|incoming| RequestBody { incoming, unread: is_coming.then(|| Arc::clone(self)) })
    }

    /// Makes the answer say that the connection is closed after it, where it is. hyper closes it then.
    pub fn announce<B>(&self, response: &mut Response<B>) {
        if self.is_there() {
            self.announce_close(response);
        }
    }

    /// Makes the answer say that the connection is closed after it. hyper closes it then.
    pub fn announce_close<B>(&self, response: &mut Response<B>) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        if self.is_old.load(Ordering::Relaxed) {
            // To an answer of another version, hyper would add that the connection is kept where the client has asked for that.
            *response.version_mut() = Version::HTTP_10;
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Incoming,
    /// Told when the end has come; `None` where it makes no difference.
    unread: Option<Arc<UnreadBody>>,
}

impl RequestBody {
    /// Whether it ends a stream of HTTP/2 alone where it is not read.
    pub fn is_of_stream(&self) -> bool {
        self.unread.is_none()
    }
}

/// A body of HTTP/2: what is not read costs its own stream alone.
impl From<Incoming> for RequestBody {
    fn from(incoming: Incoming) -> RequestBody {
        RequestBody { incoming, unread: None }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
        if let (None, Some(unread)) = (&frame, &self.unread) {
            unread.is_there.store(false, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
