//! The body of a reply: bytes at hand, chunks made as they are sent, or chunks that come as things happen.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

use super::activity::{Activity, Turn};
use super::chunk::Chunk;

/// See the module.
pub enum Body {
    /// Bytes at hand.
    Full(Bytes),
    /// Bytes at hand in several pieces, none of them empty. They are parts of other things, too, and not copied.
    Pieces(Arc<[Bytes]>),
    /// Chunks that are made one at a time, when the connection has room for the next.
    Chunks {
        /// The chunks.
        chunks: Box<dyn Iterator<Item = Bytes> + Send>,
        /// How many bytes are still to come; `None` where that is not known before they are made.
        left: Option<u64>,
        /// How many bytes have been made since other tasks had their turn.
        made: u32,
    },
    /// Chunks that somebody sends when there is something to send. Nobody knows how many; they end when their sender is gone. An empty
    /// one says nothing, and is passed over.
    Stream(Box<Stream>),
    /// One of those, during whose sending it is still the server's turn.
    Keeping {
        /// That one.
        body: Box<Body>,
        /// The turn.
        _turn: Turn,
    },
}

/// Chunks that come through a channel.
pub struct Stream {
    /// What comes before all of them; it may be nothing.
    first: Bytes,
    chunks: mpsc::Receiver<Bytes>,
}

impl Stream {
    /// Adds bytes before all others.
    pub fn prepend(&mut self, bytes: Vec<u8>) {
        self.first = [&bytes, &self.first[..]].concat().into();
    }
}

/// How many bytes of a body are made before other tasks have their turn: a client that takes them as quickly as they come would hold up all
/// others of the thread.
const AT_ONCE: u32 = 64 << 10;

impl Body {
    /// No bytes.
    pub const EMPTY: Body = Body::Full(Bytes::new());

    /// These chunks, of so many bytes in all, where that is known.
    pub fn chunks(chunks: impl Iterator<Item = Bytes> + Send + 'static, left: Option<u64>) -> Body {
        Body::Chunks { chunks: Box::new(chunks), left, made: 0 }
    }

    /// The chunks that come through that channel.
    pub fn stream(chunks: mpsc::Receiver<Bytes>) -> Body {
        Body::Stream(Box::new(Stream { first: Bytes::new(), chunks }))
    }

    /// The bytes, where they are at hand; joined, where they are in pieces.
    pub fn at_hand(&self) -> Option<Bytes> {
        match self {
            Body::Full(bytes) => Some(bytes.clone()),
            Body::Pieces(pieces) => Some(pieces.concat().into()),
            Body::Chunks { .. } | Body::Stream(_) => None,
            Body::Keeping { body, .. } => body.at_hand(),
        }
    }

    /// The same body, during whose sending it is the server's turn: until hyper has taken in all of it.
    pub fn keeping(self, activity: &Arc<Activity>) -> Body {
        match self {
            // hyper takes it in at once.
            Body::Full(_) | Body::Pieces(_) => self,
            Body::Chunks { .. } | Body::Stream(_) | Body::Keeping { .. } => {
                Body::Keeping { body: Box::new(self), _turn: activity.begin() }
            }
        }
    }

    /// How many bytes are still to come; `None` where nobody knows.
    pub fn len(&self) -> Option<u64> {
        match self {
            Body::Full(bytes) => Some(bytes.len() as u64),
            Body::Pieces(pieces) => Some(pieces.iter().map(|piece| piece.len() as u64).sum()),
            Body::Chunks { left, .. } => *left,
            Body::Stream(_) => None,
            Body::Keeping { body, .. } => body.len(),
        }
    }
}

impl HttpBody for Body {
    type Data = Chunk;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Chunk>, Infallible>>> {
        let chunk = match self.get_mut() {
            Body::Full(bytes) if bytes.is_empty() => None,
            Body::Full(bytes) => Some(std::mem::take(bytes)),
            Body::Pieces(pieces) => {
                let chunk = Chunk::of(std::mem::take(pieces));
                return Poll::Ready(chunk.has_remaining().then(|| Ok(Frame::data(chunk))));
            }
            Body::Chunks { made, .. } if *made >= AT_ONCE => {
                *made = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Body::Chunks { chunks, left, made } => {
                let chunk = chunks.next();
                let length = chunk.as_ref().map_or(0, Bytes::len);
                *left = left.map(|left| left.saturating_sub(length as u64));
                *made = made.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
                chunk
            }
            Body::Stream(stream) if !stream.first.is_empty() => Some(std::mem::take(&mut stream.first)),
            Body::Stream(stream) => loop {
                let chunk = ready!(stream.chunks.poll_recv(context));
                if chunk.as_ref().is_none_or(|chunk| !chunk.is_empty()) {
                    break chunk;
                }
            },
            Body::Keeping { body, .. } => return Pin::new(&mut **body).poll_frame(context),
        };
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.len() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.len().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_stream_has_no_length_and_ends_when_its_sender_is_gone() {
        let (sender, receiver) = mpsc::channel(4);
        let mut body = Body::stream(receiver);
        assert_eq!(body.len(), None);
        assert_eq!(body.size_hint().exact(), None);
        for chunk in ["one", "", "two"] {
            sender.send(Bytes::from_static(chunk.as_bytes())).await.unwrap();
        }
        for expected in ["one", "two"] {
            let mut chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(chunk.copy_to_bytes(chunk.remaining()), expected);
        }
        assert!(!body.is_end_stream(), "more may come");
        drop(sender);
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn what_was_sent_before_the_sender_left_still_comes() {
        let (sender, receiver) = mpsc::channel(4);
        sender.send(Bytes::from_static(b"goodbye")).await.unwrap();
        drop(sender);
        assert_eq!(Body::stream(receiver).collect().await.unwrap().to_bytes(), "goodbye");
    }

    #[tokio::test]
    async fn pieces_come_together_once() {
        let mut body = Body::Pieces(["ab", "c"].map(|text| Bytes::from_static(text.as_bytes())).into());
        assert_eq!(body.at_hand().unwrap(), "abc");
        let mut chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(chunk.copy_to_bytes(3), "abc");
        assert!(body.is_end_stream() && body.frame().await.is_none());
    }

    #[test]
    fn other_tasks_have_their_turn_while_a_long_body_is_made() {
        let piece = Bytes::from(vec![b'x'; AT_ONCE as usize / 4]);
        let mut body = Body::chunks(std::iter::repeat_n(piece, 10), None);
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut in_turn = Vec::new();
        loop {
            let mut made = 0;
            let is_over = loop {
                match Pin::new(&mut body).poll_frame(&mut context) {
                    Poll::Ready(Some(_)) => made += 1,
                    Poll::Ready(None) => break true,
                    Poll::Pending => break false,
                }
            };
            in_turn.push(made);
            if is_over {
                break;
            }
        }
        assert_eq!(in_turn, [4, 4, 2]);
    }

    #[test]
    fn bytes_and_chunks_know_their_length() {
        let made = ["ab", "c"].map(|text| Bytes::from_static(text.as_bytes()));
        assert_eq!(Body::chunks(made.clone().into_iter(), Some(3)).size_hint().exact(), Some(3));
        assert_eq!(Body::Pieces(made.clone().into()).size_hint().exact(), Some(3));
        assert_eq!(Body::Full(Bytes::from_static(b"abcd")).size_hint().exact(), Some(4));
        assert!(Body::EMPTY.is_end_stream());
    }
}
