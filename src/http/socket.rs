//! The socket beneath hyper. It tells the connection's [`Activity`] what is read and written, and decides what hyper is told where the
//! client has closed its side or the server is to stop.

use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;

use super::activity::{Activity, Close, Quiet};

/// The most that is read at once, in bytes.
const READ_AT_ONCE: usize = 16 << 10;

/// See the module.
pub struct Socket {
    stream: TokioIo<TcpStream>,
    /// What has been read of it already.
    ahead: Bytes,
    activity: Arc<Activity>,
}

impl Socket {
    /// The socket of a connection of which `ahead` has been read already.
    pub fn new(stream: TcpStream, ahead: impl Into<Bytes>, activity: Arc<Activity>) -> Socket {
        Socket { stream: TokioIo::new(stream), ahead: ahead.into(), activity }
    }

    /// The stream itself.
    pub fn stream(&self) -> &TcpStream {
        self.stream.inner()
    }

    /// The same, which nobody needs to know of any more.
    pub fn into_inner(self) -> TcpStream {
        self.stream.into_inner()
    }

    fn poll_stream(
        &mut self,
        context: &mut Context<'_>,
        room: &mut [MaybeUninit<u8>],
        buffer: &mut ReadBufCursor<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.activity.is_stopping() {
            // The runtime hears a moment later of what the kernel has; here that moment would be too late.
            let mut bytes = [0; READ_AT_ONCE];
            match (&*SockRef::from(self.stream.inner())).read(&mut bytes[..room.len()]) {
                Ok(read) => {
                    buffer.put_slice(&bytes[..read]);
                    return Poll::Ready(Ok(read));
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        let mut read = ReadBuf::uninit(room);
        ready!(Pin::new(&mut self.stream).poll_read(context, read.unfilled()))?;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }
}

/// Whether a client has sent something that nobody has read.
pub fn has_input(stream: &TcpStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    matches!(SockRef::from(stream).peek(&mut byte), Ok(1..))
}

/// How many bytes the kernel keeps for a client that does not read, beyond those that it has room for. Little, as a client that reads
/// slowly is told from one that does not by what the kernel takes.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn limit_unsent(stream: &TcpStream) {
    const MOST_UNSENT: u32 = 64 << 10;
    // One that refuses this still works.
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(MOST_UNSENT);
}

/// Elsewhere it keeps as many as it likes.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn limit_unsent(_: &TcpStream) {}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = &mut *self;
        socket.activity.asked();
        if !socket.ahead.is_empty() {
            let length = socket.ahead.len().min(buffer.remaining());
            buffer.put_slice(&socket.ahead.split_to(length));
            socket.activity.gave();
            return Poll::Ready(Ok(()));
        }
        let mut room = [MaybeUninit::uninit(); READ_AT_ONCE];
        let length = buffer.remaining().min(READ_AT_ONCE);
        let read = match socket.activity.is_client_closed() {
            true => Poll::Ready(Ok(0)),
            false => socket.poll_stream(context, &mut room[..length], &mut buffer),
        };
        match read {
            Poll::Ready(Ok(0)) => match socket.activity.closed() {
                Close::Told => Poll::Ready(Ok(())),
                Close::Held => Poll::Pending,
                Close::Fatal => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            },
            Poll::Ready(Ok(_)) => {
                socket.activity.gave();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => match socket.activity.quiet() {
                Quiet::Wait => Poll::Pending,
                Quiet::End => Poll::Ready(Ok(())),
                Quiet::CutShort => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            },
        }
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.wrote(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.activity.flushed();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.activity.wrote(&written);
        written
    }
}
