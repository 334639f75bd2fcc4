//! Connections that break in place of an answer, as a test may ask for.
//!
//! hyper writes whole answers or none, so the socket beneath it is what breaks: a [`Breakable`] does it at the first flush after it has
//! been ordered. hyper flushes only what it has written whole, so the answers before the broken one have gone out by then.
//!
//! In HTTP/2 a connection carries many answers at once, and other tasks than the one that writes them make them: an order wakes that one.
//! Two of the breakages are possible there within one answer, and leave the others alone.

#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::{HeaderMap, Response, StatusCode};
use parking_lot::Mutex;

use super::body::Body;
use super::socket::Socket;

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakage {
    /// It is closed without a byte. In HTTP/2 the answer's stream is reset.
    EmptyResponse,
    /// The head of an answer comes, then garbage where its first chunk should be, then it is closed. In HTTP/2, see [`Breakage::malformed`].
    MalformedResponseChunk,
    /// Garbage comes, then it is closed.
    RandomDataThenClose,
    /// It is reset: the client sees an error where it would have seen the end.
    ConnectionResetByPeer,
}

/// Bytes that are neither HTTP nor a chunk, the same each time: a run can be repeated only if even its garbage can.
const GARBAGE: &[u8] = b"~\xf4zq%\x01]/w\x9c;x_\xfe!kv\x00jy\xb7?mh@u\x83*gt^\xd5{ps#no\xc2`lr";

/// How long an answer may be, head and body, in bytes, of which it is cheaper to join the parts than to have the kernel gather them.
const SHORT: usize = 4 << 10;

/// The most that is read of what the client has sent and nobody wants, in bytes.
const MAX_UNREAD: usize = 1 << 20;

impl Breakage {
    /// What is written before the end, where the answer had those headers.
    fn last_words(self, headers: &HeaderMap) -> Vec<u8> {
        match self {
            Breakage::EmptyResponse | Breakage::ConnectionResetByPeer => Vec::new(),
            Breakage::RandomDataThenClose => GARBAGE.to_vec(),
            Breakage::MalformedResponseChunk => {
                let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
                let frames = |name| [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name);
                for (name, value) in headers.iter().filter(|(name, _)| !frames(name)) {
                    bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
                }
                bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
                bytes.extend(GARBAGE);
                bytes
            }
        }
    }
}

impl Breakage {
    /// What is malformed in HTTP/2, where there are no chunks: the head of an answer and garbage that ends before it is as long as the head
    /// says. The connection goes on.
    pub fn malformed(response: Response<Body>) -> Response<Body> {
        let mut malformed = Response::new(Body::Full(Bytes::from_static(GARBAGE)));
        *malformed.status_mut() = StatusCode::OK;
        *malformed.headers_mut() = response.into_parts().0.headers;
        malformed.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(2 * GARBAGE.len()));
        malformed
    }
}

/// Whether and how a connection is to break: what its handlers tell its socket. It breaks only once.
#[derive(Debug, Default)]
pub struct Order {
    given: OnceLock<(Breakage, Vec<u8>)>,
    /// Wakes the task that has the socket, where that is not the one that gives the order.
    socket: Mutex<Option<Waker>>,
}

impl Order {
    /// Orders the connection to break in place of an answer that would have had those headers.
    pub fn give(&self, breakage: Breakage, headers: &HeaderMap) {
        // Where several are given at once, in HTTP/2, the first one breaks it for all.
        let _ = self.given.set((breakage, breakage.last_words(headers)));
        if let Some(socket) = self.socket.lock().take() {
            socket.wake();
        }
    }

    /// Has the task of that context woken when the order is given. To be called before it looks whether it has been.
    fn will_wake(&self, context: &Context<'_>) {
        let mut socket = self.socket.lock();
        if !socket.as_ref().is_some_and(|socket| socket.will_wake(context.waker())) {
            *socket = Some(context.waker().clone());
        }
    }
}

/// A socket that breaks when it is ordered to. Until then it costs a look at the order at each flush.
pub struct Breakable {
    socket: Socket,
    order: Arc<Order>,
    /// Whether an order may come when nothing is to be written.
    is_woken: bool,
    /// How many of the last words have been written.
    said: usize,
    /// The parts of a short answer, which is sent in one piece.
    joined: Vec<u8>,
}

impl Breakable {
    /// A socket that listens to `order`.
    pub fn new(socket: Socket, order: Arc<Order>) -> Breakable {
        Breakable { socket, order, is_woken: false, said: 0, joined: Vec::new() }
    }

    /// The same, which an order wakes. For hyper's HTTP/2, which reads until there is nothing more to read, and flushes then.
    pub fn waking(self) -> Breakable {
        Breakable { is_woken: true, ..self }
    }

    /// The socket itself.
    pub fn into_inner(self) -> Socket {
        self.socket
    }

    /// Breaks. Ends with an error, at which hyper lets go of the socket.
    fn poll_break(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Breakable { socket, order, said, .. } = self;
        let Some((breakage, last_words)) = order.given.get() else { return Poll::Ready(Ok(())) };
        if *breakage == Breakage::ConnectionResetByPeer {
            // Closed with nothing to linger for, a socket sends a reset.
            socket.stream().set_zero_linger()?;
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        while let Some(rest) = last_words.get(*said..).filter(|rest| !rest.is_empty()) {
            let written = ready!(Pin::new(&mut *socket).poll_write(context, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *said += written;
        }
        ready!(Pin::new(&mut *socket).poll_shutdown(context))?;
        self.read_up();
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }

    /// Reads what the client has sent so far. Closed with something unread, a socket would send a reset, and the client might lose what
    /// it was sent before.
    fn read_up(&self) {
        let mut unread = [0; 4096];
        let mut left = MAX_UNREAD;
        while let Ok(read @ 1..) = self.socket.stream().try_read(&mut unread) {
            let Some(rest) = left.checked_sub(read) else { return };
            left = rest;
        }
    }
}

impl Read for Breakable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_woken {
            self.order.will_wake(context);
        }
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl Write for Breakable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.order.given.get() {
            None => Pin::new(&mut self.socket).poll_flush(context),
            Some(_) => self.poll_break(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = slices.iter().map(|slice| slice.len()).sum();
        let Breakable { socket, joined, .. } = &mut *self;
        if length > SHORT {
            return Pin::new(socket).poll_write_vectored(context, slices);
        }
        joined.clear();
        slices.iter().for_each(|slice| joined.extend_from_slice(slice));
        Pin::new(socket).poll_write(context, joined)
    }
}
