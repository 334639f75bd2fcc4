//! What a connection reads and writes: TCP, with TLS where the URL says `https`.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A stream as the connector makes it.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// A stream that notes whether anything has been received over it. What belongs to TLS does not count.
pub(super) struct Transport {
    stream: TokioIo<Stream>,
    received: Received,
}

/// Whether anything has been received since this was last asked to forget. Clones are one.
#[derive(Clone, Default)]
pub(super) struct Received(Arc<Flags>);

#[derive(Default)]
struct Flags {
    anything: AtomicBool,
    /// Whether the kernel itself is asked.
    is_looking: AtomicBool,
    /// Whether it has something that nobody has read, or the end.
    is_unread: AtomicBool,
}

impl Received {
    pub(super) fn anything(&self) -> bool {
        self.0.anything.load(Ordering::Relaxed)
    }

    pub(super) fn forget(&self) {
        self.0.anything.store(false, Ordering::Relaxed);
    }

    /// Whether the kernel has anything, when `read` makes the transport be read. Without TLS, where all that it has is the receiver's own.
    pub(super) fn is_unread(&self, read: impl FnOnce()) -> bool {
        self.0.is_looking.store(true, Ordering::Relaxed);
        read();
        self.0.is_looking.store(false, Ordering::Relaxed);
        self.0.is_unread.load(Ordering::Relaxed)
    }
}

impl Transport {
    pub(super) fn new(stream: Stream, received: Received) -> Transport {
        Transport { stream: TokioIo::new(stream), received }
    }

    /// Whether the kernel has anything to read, of which the runtime hears a moment later.
    fn has_unread(&self) -> bool {
        let MaybeHttpsStream::Http(stream) = self.stream.inner() else { return false };
        match SockRef::from(stream.inner()).peek(&mut [MaybeUninit::uninit()]) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TokioIo<Stream>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.received.0.is_looking.load(Ordering::Relaxed) && this.has_unread() {
            this.received.0.is_unread.store(true, Ordering::Relaxed);
        }
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, into);
        if into.filled().len() > before {
            this.received.0.anything.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}
