//! What waits to be sent on a connection of HTTP/2, by when some of it was sent last.
//!
//! A client says for each stream, and for all of them together, how much it takes. Where it takes nothing, what is to be sent stays in memory,
//! and the socket, over which other streams may go on, shows nothing of it. So each piece that waits is counted here, under the look at
//! which it last got shorter.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::body::Body;
use super::chunk::Chunk;

/// At how many looks in a row a piece may be of one length. The time from the first to the last is one less.
pub const LOOKS: u64 = 4;

/// See the module.
#[derive(Debug, Default)]
pub struct Backlog {
    /// How many looks there have been.
    looks: AtomicU64,
    /// How many pieces got shorter after each of the last looks.
    waiting: [AtomicUsize; LOOKS as usize + 1],
}

impl Backlog {
    /// Looks, as is done at equal distances. Says whether a piece has waited for [`LOOKS`] of them.
    pub fn look(&self) -> bool {
        let looks = self.looks.load(Ordering::Relaxed) + 1;
        self.looks.store(looks, Ordering::Relaxed);
        // Those of the look after this one, which is that of the oldest again.
        self.at(looks + 1).load(Ordering::Relaxed) > 0
    }

    fn at(&self, look: u64) -> &AtomicUsize {
        &self.waiting[(look % self.waiting.len() as u64) as usize]
    }
}

/// A body whose pieces are counted while they wait.
pub struct Tracked {
    body: Body,
    backlog: Arc<Backlog>,
}

impl Tracked {
    /// The same body, whose pieces wait in `backlog`.
    pub fn new(body: Body, backlog: &Arc<Backlog>) -> Tracked {
        Tracked { body, backlog: Arc::clone(backlog) }
    }
}

impl HttpBody for Tracked {
    type Data = Waiting;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Waiting>, Infallible>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|chunk| Waiting::new(chunk, &self.backlog)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A piece that waits, until all of it has been sent.
#[derive(Debug)]
pub struct Waiting {
    chunk: Chunk,
    /// Where it is counted, and under which look; `None` once it has been sent.
    counted: Option<(Arc<Backlog>, u64)>,
}

impl Waiting {
    fn new(chunk: Chunk, backlog: &Arc<Backlog>) -> Waiting {
        let mut waiting = Waiting { chunk, counted: None };
        if waiting.chunk.has_remaining() {
            waiting.count(Arc::clone(backlog));
        }
        waiting
    }

    fn count(&mut self, backlog: Arc<Backlog>) {
        let look = backlog.looks.load(Ordering::Relaxed);
        backlog.at(look).fetch_add(1, Ordering::Relaxed);
        self.counted = Some((backlog, look));
    }

    fn uncount(&mut self) -> Option<Arc<Backlog>> {
        let (backlog, look) = self.counted.take()?;
        backlog.at(look).fetch_sub(1, Ordering::Relaxed);
        Some(backlog)
    }
}

impl Buf for Waiting {
    fn remaining(&self) -> usize {
        self.chunk.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.chunk.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        self.chunk.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.chunk.advance(count);
        if count > 0
            && let Some(backlog) = self.uncount()
            && self.chunk.has_remaining()
        {
            self.count(backlog);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.uncount();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn piece(backlog: &Arc<Backlog>) -> Waiting {
        Waiting::new(Bytes::from_static(b"0123456789").into(), backlog)
    }

    /// At how many looks in a row nothing has waited for too long, 100 at most.
    fn looks(backlog: &Backlog) -> usize {
        (0..100).take_while(|_| !backlog.look()).count()
    }

    #[test]
    fn a_piece_of_which_nothing_is_sent_is_noticed_after_three_times_the_distance_of_looks() {
        for before in 0..10 {
            let backlog = Arc::default();
            assert_eq!((0..before).filter(|_| Backlog::look(&backlog)).count(), 0);
            let _waiting = piece(&backlog);
            assert_eq!(looks(&backlog), LOOKS as usize - 1);
        }
    }

    #[test]
    fn a_piece_of_which_something_is_sent_now_and_then_is_not_whatever_becomes_of_others() {
        let backlog = Arc::default();
        let mut slow = piece(&backlog);
        for _ in 0..8 {
            assert_eq!((0..LOOKS - 1).filter(|_| backlog.look()).count(), 0);
            slow.advance(1);
            piece(&backlog).advance(3);
        }
        let _stuck = piece(&backlog);
        assert_eq!((0..LOOKS - 1).filter(|_| backlog.look()).count(), 0);
        slow.advance(1);
        assert!(backlog.look());
    }

    #[test]
    fn a_piece_that_has_been_sent_or_given_up_waits_no_longer() {
        let backlog = Arc::default();
        let mut sent = piece(&backlog);
        sent.advance(10);
        drop(piece(&backlog));
        let _empty = Waiting::new(Bytes::new().into(), &backlog);
        assert_eq!(looks(&backlog), 100);
    }
}
