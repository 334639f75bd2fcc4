//! The body of a reply: bytes at hand, or chunks made as they are sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// See the module.
pub enum Body {
    /// Bytes at hand.
    Full(Bytes),
    /// Chunks that are made one at a time, when the connection has room for the next.
    Chunks {
        /// The chunks.
        chunks: Box<dyn Iterator<Item = Bytes> + Send>,
        /// How many bytes are still to come.
        left: u64,
    },
}

impl Body {
    /// No bytes.
    pub const EMPTY: Body = Body::Full(Bytes::new());

    /// The bytes, where they are at hand.
    pub fn at_hand(&self) -> Option<Bytes> {
        match self {
            Body::Full(bytes) => Some(bytes.clone()),
            Body::Chunks { .. } => None,
        }
    }

    /// How many bytes are still to come.
    pub fn len(&self) -> u64 {
        match self {
            Body::Full(bytes) => bytes.len() as u64,
            Body::Chunks { left, .. } => *left,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = match self.get_mut() {
            Body::Full(bytes) if bytes.is_empty() => None,
            Body::Full(bytes) => Some(std::mem::take(bytes)),
            Body::Chunks { chunks, left } => {
                let chunk = chunks.next();
                *left = left.saturating_sub(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
                chunk
            }
        };
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len())
    }
}
