//! Connections that break in place of an answer, as a test may ask for.
//!
//! hyper writes whole answers or none, so the socket beneath it is what breaks: a [`Breakable`] does it at the first flush after it has
//! been ordered. hyper flushes only what it has written whole, so the answers before the broken one have gone out by then.

#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use hyper::HeaderMap;
use hyper::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakage {
    /// It is closed without a byte.
    EmptyResponse,
    /// The head of an answer comes, then garbage where its first chunk should be, then it is closed.
    MalformedResponseChunk,
    /// Garbage comes, then it is closed.
    RandomDataThenClose,
    /// It is reset: the client sees an error where it would have seen the end.
    ConnectionResetByPeer,
}

/// Bytes that are neither HTTP nor a chunk, the same each time: a run can be repeated only if even its garbage can.
const GARBAGE: &[u8] = b"~\xf4zq%\x01]/w\x9c;x_\xfe!kv\x00jy\xb7?mh@u\x83*gt^\xd5{ps#no\xc2`lr";

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

/// Whether and how a connection is to break: what its handlers tell its socket. It breaks only once.
#[derive(Debug, Default)]
pub struct Order(OnceLock<(Breakage, Vec<u8>)>);

impl Order {
    /// Orders the connection to break in place of an answer that would have had those headers.
    pub fn give(&self, breakage: Breakage, headers: &HeaderMap) {
        // A connection has one answer at a time, so nobody can have ordered it before.
        let _ = self.0.set((breakage, breakage.last_words(headers)));
    }
}

/// A socket that breaks when it is ordered to. Until then it costs a look at the order at each flush.
pub struct Breakable {
    socket: TokioIo<TcpStream>,
    order: Arc<Order>,
    /// How many of the last words have been written.
    said: usize,
}

impl Breakable {
    /// A socket that listens to `order`.
    pub fn new(socket: TcpStream, order: Arc<Order>) -> Breakable {
        Breakable { socket: TokioIo::new(socket), order, said: 0 }
    }

    /// Breaks. Ends with an error, at which hyper lets go of the socket.
    fn poll_break(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Breakable { socket, order, said } = self;
        let Some((breakage, last_words)) = order.0.get() else { return Poll::Ready(Ok(())) };
        if *breakage == Breakage::ConnectionResetByPeer {
            // Closed with nothing to linger for, a socket sends a reset.
            socket.inner().set_zero_linger()?;
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
        while let Ok(read @ 1..) = self.socket.inner().try_read(&mut unread) {
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
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl Write for Breakable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.order.0.get() {
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
        Pin::new(&mut self.socket).poll_write_vectored(context, slices)
    }
}
