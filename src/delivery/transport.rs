//! What a connection reads and writes: TCP, with TLS where the URL says `https`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
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
pub(super) struct Received(Arc<AtomicBool>);

impl Received {
    pub(super) fn anything(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Transport {
    pub(super) fn new(stream: Stream, received: Received) -> Transport {
        Transport { stream: TokioIo::new(stream), received }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TokioIo<Stream>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, into);
        if into.filled().len() > before {
            this.received.0.store(true, Ordering::Relaxed);
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
