//! One connection to a receiver. It is no task of its own: whoever uses it drives it, and while nobody does it stands still.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::connector::{BoxError, Connector};
use super::transport::{Received, Transport};

pub(super) type Outgoing = Request<Full<Bytes>>;

/// See the module.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    wire: Wire,
    /// Of the answer to the request that was sent last.
    received: Received,
}

/// The part that reads and writes.
enum Wire {
    Open(Pin<Box<http1::Connection<TokioIo<Transport>, Full<Bytes>>>>),
    /// It has come to its end, of that failure where it is known.
    Closed(Option<hyper::Error>),
}

/// Why a request was not answered.
pub(super) struct Unanswered {
    pub(super) error: hyper::Error,
    /// Whether not a byte of an answer came. If the connection had been used before, the receiver then most likely closed it while it was
    /// idle, and never saw the request: RFC 9112, section 9.5.
    pub(super) is_silent: bool,
}

impl Connection {
    /// Connects to the host of that URL.
    pub(super) async fn open(mut connector: Connector, receiver: Uri) -> Result<Connection, BoxError> {
        poll_fn(|context| connector.poll_ready(context)).await?;
        let stream = connector.call(receiver).await?;
        let received = Received::default();
        let transport = Transport::new(stream, received.clone());
        let (sender, wire) = http1::handshake(TokioIo::new(transport)).await?;
        Ok(Connection { sender, wire: Wire::Open(Box::pin(wire)), received })
    }

    /// Whether it can be used, as far as is known: the receiver may have closed it while it stood still. What it may have said before that,
    /// such as a 408, would be taken for the answer to the next request.
    pub(super) fn is_open(&mut self) -> bool {
        // Nobody is to be woken: it is driven again before it is used.
        let is_unread = self.received.is_unread(|| self.wire.poll(&mut Context::from_waker(Waker::noop())));
        !is_unread && matches!(self.wire, Wire::Open(_)) && !self.sender.is_closed()
    }

    /// It, if it can be used.
    pub(super) fn if_open(mut self) -> Option<Connection> {
        self.is_open().then_some(self)
    }

    /// Sends a request, and waits for the head of its answer.
    pub(super) async fn send(&mut self, request: Outgoing) -> Result<Response<Incoming>, Unanswered> {
        if !self.sender.is_ready()
            && let Err(closed) = self.wire.drive(self.sender.ready()).await
        {
            let error = self.wire.failure().unwrap_or(closed);
            // Nothing was sent, so what came is no part of an answer.
            return Err(Unanswered { error, is_silent: true });
        }
        self.received.forget();
        let answer = self.sender.try_send_request(request);
        self.wire.drive(answer).await.map_err(|mut refused| {
            // What came before anything was sent is no part of an answer either.
            let is_silent = refused.take_message().is_some() || !self.received.anything();
            Unanswered { error: refused.into_error(), is_silent }
        })
    }

    /// Waits for what comes over it.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.wire.drive(work).await
    }
}

impl Wire {
    fn poll(&mut self, context: &mut Context<'_>) {
        if let Wire::Open(wire) = self
            && let Poll::Ready(end) = wire.as_mut().poll(context)
        {
            *self = Wire::Closed(end.err());
        }
    }

    /// What it failed of, told once.
    fn failure(&mut self) -> Option<hyper::Error> {
        match self {
            Wire::Open(_) => None,
            Wire::Closed(failure) => failure.take(),
        }
    }

    /// Waits for `work`, of which nothing would come if nobody read and wrote meanwhile.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.poll(context);
            work.as_mut().poll(context)
        })
        .await
    }
}
