//! Answers to what is no HTTP.
//!
//! hyper answers a request that it cannot parse by itself, with a bare status: no handler ever sees it. This stands between hyper and the
//! socket, knows those answers by their form, and sends ones that explain themselves in their place.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};

/// Makes the whole answer, head and body, to a request that hyper has refused with that status.
pub type Explain = Arc<dyn Fn(StatusCode) -> Vec<u8> + Send + Sync>;

/// A socket on which hyper's own refusals are explained.
pub struct Explaining<S> {
    socket: S,
    explain: Explain,
    /// What is still to be written of an explanation.
    pending: Vec<u8>,
    has_explained: bool,
}

impl<S> Explaining<S> {
    /// Stands before `socket`.
    pub fn new(socket: S, explain: Explain) -> Explaining<S> {
        Explaining { socket, explain, pending: Vec::new(), has_explained: false }
    }

    /// Whether a refusal has been explained. It is the last answer of a connection, and the client may still be sending.
    pub fn has_explained(&self) -> bool {
        self.has_explained
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
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, buffer));
        if let Err(error) = &read
            && error.kind() == io::ErrorKind::TimedOut
        {
            // hyper has nothing to say then. A client that does not take this at once loses it.
            self.pending = (self.explain)(StatusCode::SERVICE_UNAVAILABLE);
            self.has_explained = true;
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
                self.pending = (self.explain)(status);
                self.has_explained = true;
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
