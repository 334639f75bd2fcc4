//! Answers to what is no HTTP.
//!
//! hyper answers a request that it cannot parse by itself, with a bare status: no handler ever sees it. This stands between hyper and the
//! socket, knows those answers by their form, and sends ones that explain themselves in their place. What they explain is what has come through it.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::StatusCode;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use super::head_record::HeadRecord;
use super::malformed::{self, Malformed, diagnose};
use super::request_body::UnreadBody;

/// Makes the whole answer, head and body, to a request that is malformed like that, of which those bytes have come, as far as they are
/// known, for a client at that address.
pub type Explain = Arc<dyn Fn(&Malformed, &[u8], IpAddr) -> Vec<u8> + Send + Sync>;

/// How much is read at a time, in bytes.
const PIECE: usize = 64 << 10;

/// The end of a head that makes it none, whatever it begins with: a NUL may stand nowhere in it.
const NO_HEAD: &[u8] = b"\0\r\n\r\n";

thread_local! {
    /// What is being read. hyper's own buffer can be filled, and not be looked at.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into());
}

/// A socket on which hyper's own refusals are explained.
pub struct Explaining<S> {
    socket: S,
    peer: IpAddr,
    explain: Explain,
    record: Arc<HeadRecord>,
    unread: Arc<UnreadBody>,
    /// What is still to be written of an explanation.
    pending: Vec<u8>,
    has_explained: bool,
    /// What is wrong with the head that hyper is reading, where that is known before its end. hyper is given one that it refuses.
    known: Option<Malformed>,
}

impl<S> Explaining<S> {
    /// Stands before `socket`, of a client at that address. `record` is told what comes, `unread` tells whether that is a body.
    pub fn new(
        socket: S,
        peer: IpAddr,
        explain: Explain,
        record: Arc<HeadRecord>,
        unread: Arc<UnreadBody>,
    ) -> Explaining<S> {
        Explaining { socket, peer, explain, record, unread, pending: Vec::new(), has_explained: false, known: None }
    }

    /// Whether a refusal has been explained. It is the last answer of a connection, and the client may still be sending.
    pub fn has_explained(&self) -> bool {
        self.has_explained
    }

    /// Has an answer written that says what is wrong with the request whose head is being read.
    fn explain(&mut self, find: impl FnOnce(&[u8]) -> Malformed) {
        let Explaining { explain, record, peer, .. } = self;
        self.pending = record.refused(|came| explain(&find(came), came, *peer));
        self.has_explained = true;
    }

    /// The socket behind it.
    pub fn into_inner(self) -> S {
        self.socket
    }
}

/// The status of a refusal that hyper has made by itself. Every answer of a handler has a request id, so none is taken for one.
fn refused_by_hyper(head: &[u8]) -> Option<StatusCode> {
    let status = head.strip_prefix(b"HTTP/1.1 ")?.get(..3).filter(|status| status[0] == b'4')?;
    let text = std::str::from_utf8(head).ok()?;
    let is_bare = text.contains("content-length: 0\r\n") && !text.contains("x-request-id: ");
    if is_bare { StatusCode::from_bytes(status).ok() } else { None }
}

impl<S: Write + Unpin> Explaining<S> {
    /// Writes what is left of an explanation.
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(context, &self.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Read + Write + Unpin> Read for Explaining<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Explaining { socket, record, unread, known, .. } = &mut *self;
        let in_body = unread.is_there();
        if known.is_none() {
            *known = record.asked(in_body);
        }
        if known.is_some() {
            buffer.put_slice(&NO_HEAD[..NO_HEAD.len().min(buffer.remaining())]);
            return Poll::Ready(Ok(()));
        }
        let read: io::Result<()> = ready!(READ.with_borrow_mut(|bytes| {
            let room = buffer.remaining().min(bytes.len());
            let mut read = ReadBuf::new(&mut bytes[..room]);
            ready!(Pin::new(socket).poll_read(context, read.unfilled()))?;
            if read.filled().is_empty() && room > 0 && record.is_broken_off() {
                *known = Some(malformed::broken_off());
                buffer.put_slice(&NO_HEAD[..NO_HEAD.len().min(room)]);
                return Poll::Ready(Ok(()));
            }
            record.came(read.filled(), in_body);
            buffer.put_slice(read.filled());
            Poll::Ready(Ok(()))
        }));
        if let Err(error) = &read
            && error.kind() == io::ErrorKind::TimedOut
        {
            // hyper has nothing to say then. A client that does not take this at once loses it.
            self.explain(|_| malformed::cut_short());
            let _ = self.poll_pending(context)?;
        }
        Poll::Ready(read)
    }
}

impl<S: Write + Unpin> Write for Explaining<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        match refused_by_hyper(bytes) {
            Some(status) => {
                let known = self.known.take();
                self.explain(|came| known.unwrap_or_else(|| diagnose(status, came)));
                Poll::Ready(Ok(bytes.len()))
            }
            None => Pin::new(&mut self.socket).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
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
        // A bare refusal is one slice; an answer with a body is more, and goes out in one call.
        match slices {
            [only] => self.poll_write(context, only),
            _ => {
                ready!(self.poll_pending(context))?;
                Pin::new(&mut self.socket).poll_write_vectored(context, slices)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_are_explained() {
        let status = |head: &str| refused_by_hyper(head.as_bytes()).map(|status| status.as_u16());
        assert_eq!(status("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"), Some(400));
        assert_eq!(status("HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n"), Some(431));
        assert_eq!(status("HTTP/1.1 404 Not Found\r\nx-request-id: req_1\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(status("HTTP/1.1 404 Not Found\r\ncontent-length: 12\r\n\r\n"), None);
        assert_eq!(status("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(status("HTTP/1.1 4"), None);
    }
}
