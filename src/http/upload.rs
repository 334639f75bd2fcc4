//! Bodies as they come in: up to a limit, and timed by progress. A client on a slow line is no trouble; one that stalls is.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::awake;

/// How long a body may make no progress, in real time.
pub const PROGRESS_WITHIN: Duration = Duration::from_secs(30);
/// What is longer is a large upload, of which a server takes one at a time, in bytes.
pub const LARGE: usize = 16 << 20;

/// A body of up to that length that comes whole needs no room, in bytes.
const SMALL: usize = 64 << 10;
/// The room that all bodies of a server share, in bytes. A large upload takes none of it.
pub const ROOM: usize = 64 << 20;

/// The room for the bodies that a server has taken in and not answered yet.
#[derive(Clone, Debug)]
pub struct BodyRoom {
    /// For the one that is large.
    large: Arc<Semaphore>,
    /// For all others: a permit is a byte.
    bytes: Arc<Semaphore>,
}

/// The place that one body has in the room, until this is dropped.
#[derive(Debug)]
pub struct BodyPlace {
    room: BodyRoom,
    large: Option<OwnedSemaphorePermit>,
    bytes: Option<OwnedSemaphorePermit>,
}

impl Default for BodyRoom {
    fn default() -> BodyRoom {
        BodyRoom { large: Arc::new(Semaphore::new(1)), bytes: Arc::new(Semaphore::new(ROOM)) }
    }
}

impl BodyRoom {
    /// A place for a body, of no length yet.
    pub fn place(&self) -> BodyPlace {
        BodyPlace { room: self.clone(), large: None, bytes: None }
    }
}

impl BodyPlace {
    /// Makes it as long as that in all; says whether there was room. It never waits, so no two bodies wait for each other.
    pub fn grow_to(&mut self, length: usize) -> bool {
        if self.large.is_some() {
            return true;
        }
        if length > LARGE {
            self.large = Arc::clone(&self.room.large).try_acquire_owned().ok();
            if self.large.is_some() {
                self.bytes = None;
            }
            return self.large.is_some();
        }
        let held = self.bytes.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = length.saturating_sub(held);
        // No length up to a large one is more than that.
        let Ok(missing) = u32::try_from(missing) else { return false };
        if missing == 0 {
            return true;
        }
        let Ok(more) = Arc::clone(&self.room.bytes).try_acquire_many_owned(missing) else { return false };
        match &mut self.bytes {
            Some(bytes) => bytes.merge(more),
            none => *none = Some(more),
        }
        true
    }
}

/// Why a body was not gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotGathered {
    /// It is longer than it may be.
    TooLong,
    /// It made no progress within [`PROGRESS_WITHIN`].
    TooSlow,
    /// It broke off.
    Broken,
    /// There is no room for it beside others.
    NoRoom,
}

/// Gathers a body of at most `limit` bytes, of which `announced` were announced. As it grows, `make_room` is asked for room for what has come; for
/// a large upload, for all that was announced. One that comes whole and is short needs no room.
pub async fn gather<B: Body<Data = Bytes> + Unpin>(
    body: &mut B,
    limit: usize,
    announced: Option<usize>,
    mut make_room: impl FnMut(usize) -> bool,
) -> Result<Bytes, NotGathered> {
    let announced = announced.unwrap_or(0);
    if announced > limit {
        return Err(NotGathered::TooLong);
    }
    if announced > LARGE && !make_room(announced) {
        return Err(NotGathered::NoRoom);
    }
    // Most bodies come in one piece, and are not copied.
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    loop {
        let piece = in_time(next_piece(body)).await??;
        let Some(piece) = piece else { break };
        let length = first.len() + whole.len() + piece.len();
        if length > limit {
            return Err(NotGathered::TooLong);
        }
        let is_short_and_whole = length <= SMALL && length == piece.len() && body.is_end_stream();
        if !is_short_and_whole && !make_room(length) {
            return Err(NotGathered::NoRoom);
        }
        if first.is_empty() && whole.is_empty() {
            first = piece;
            continue;
        }
        if whole.is_empty() {
            whole.reserve_exact(announced.max(length));
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}

/// What there is to come makes progress in time. What is there at once, as a body mostly is, costs no timer.
async fn in_time<F: Future>(future: F) -> Result<F::Output, NotGathered> {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => awake::timeout(PROGRESS_WITHIN, future).await.map_err(|_| NotGathered::TooSlow),
    }
}

/// The next bytes; none at the end. An empty frame is no progress.
async fn next_piece<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Result<Option<Bytes>, NotGathered> {
    use http_body_util::BodyExt;
    loop {
        let Some(frame) = body.frame().await else { return Ok(None) };
        let frame = frame.map_err(|_| NotGathered::Broken)?;
        if let Ok(piece) = frame.into_data()
            && !piece.is_empty()
        {
            return Ok(Some(piece));
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use http_body_util::channel::Channel;
    use hyper::body::Frame;
    use tokio::time::timeout;

    use super::*;

    fn never(length: usize) -> bool {
        panic!("{length} bytes are not long")
    }

    /// Time goes by, on a clock that the test has stopped.
    async fn pass(span: Duration) {
        let _ = timeout(span, std::future::pending::<()>()).await;
    }

    fn piece(length: usize) -> Bytes {
        vec![b'x'; length].into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_keeps_coming_may_take_its_time_and_one_that_stalls_may_not() {
        let (mut sender, mut body) = Channel::<Bytes, std::io::Error>::new(1);
        let pause = PROGRESS_WITHIN - Duration::from_millis(1);
        let sending = tokio::spawn(async move {
            for _ in 0..10 {
                pass(pause).await;
                sender.send_data(piece(2)).await.unwrap();
            }
        });
        assert_eq!(gather(&mut body, 20, None, |_| true).await, Ok(piece(20)));
        sending.await.unwrap();

        let (mut sender, mut body) = Channel::<Bytes, std::io::Error>::new(4);
        sender.send_data(piece(2)).await.unwrap();
        let sending = tokio::spawn(async move {
            // What is empty is no progress.
            loop {
                pass(pause / 2).await;
                if sender.send_data(Bytes::new()).await.is_err() {
                    break;
                }
            }
        });
        // Just then, and not earlier.
        let gathering =
            timeout(PROGRESS_WITHIN - Duration::from_millis(1), gather(&mut body, 20, None, |_| true)).await;
        assert!(gathering.is_err(), "{gathering:?}");
        let gathering = timeout(PROGRESS_WITHIN, gather(&mut body, 20, None, |_| true)).await;
        assert_eq!(gathering.unwrap(), Err(NotGathered::TooSlow));
        drop(body);
        sending.await.unwrap();
    }

    #[tokio::test]
    async fn a_body_ends_at_its_limit_whether_it_was_announced_or_not() {
        for pieces in [vec![10], vec![4, 6], vec![1; 10]] {
            let gathered = |limit| {
                let frames: Vec<_> = pieces.iter().map(|length| Frame::data(piece(*length))).collect();
                async move {
                    let (mut sender, mut body) = Channel::<Bytes, std::io::Error>::new(frames.len());
                    for frame in frames {
                        sender.send(frame).await.unwrap();
                    }
                    drop(sender);
                    gather(&mut body, limit, None, |_| true).await
                }
            };
            assert_eq!(gathered(10).await, Ok(piece(10)), "{pieces:?}");
            assert_eq!(gathered(9).await, Err(NotGathered::TooLong), "{pieces:?}");
        }
        assert_eq!(gather(&mut Full::new(piece(1)), 9, Some(10), never).await, Err(NotGathered::TooLong));
        assert_eq!(gather(&mut Full::new(piece(10)), 10, Some(10), never).await, Ok(piece(10)));
    }

    #[tokio::test]
    async fn one_large_upload_is_taken_in_at_a_time() {
        let room = BodyRoom::default();
        let mut held = room.place();
        let large = piece(LARGE + 1);
        let next = || {
            let mut place = room.place();
            move |length| place.grow_to(length)
        };
        let gathered = gather(&mut Full::new(large.clone()), usize::MAX, None, |length| held.grow_to(length)).await;
        assert_eq!(gathered, Ok(large.clone()));
        // That one is still looked at.
        assert_eq!(gather(&mut Full::new(large.clone()), usize::MAX, None, next()).await, Err(NotGathered::NoRoom));
        let announced = Some(LARGE + 1);
        assert_eq!(gather(&mut Full::new(piece(1)), usize::MAX, announced, next()).await, Err(NotGathered::NoRoom));
        let small = piece(SMALL);
        assert_eq!(gather(&mut Full::new(small.clone()), usize::MAX, None, never).await, Ok(small));
        drop(held);
        assert_eq!(gather(&mut Full::new(large.clone()), usize::MAX, Some(large.len()), next()).await, Ok(large));
    }

    #[tokio::test]
    async fn what_has_come_of_a_body_takes_room_and_what_was_announced_does_not() {
        let room = BodyRoom::default();
        let mut place = room.place();
        let (mut sender, mut body) = Channel::<Bytes, std::io::Error>::new(2);
        sender.send(Frame::data(piece(1_000))).await.unwrap();
        {
            let mut gathering = pin!(gather(&mut body, LARGE, Some(LARGE), |length| place.grow_to(length)));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(gathering.as_mut().poll(&mut context).is_pending());
            assert_eq!(room.bytes.available_permits(), ROOM - 1_000);
            drop(sender);
            assert_eq!(gathering.await, Ok(piece(1_000)));
        }
        assert_eq!(room.bytes.available_permits(), ROOM - 1_000, "it is still to be answered");
        drop(place);
        assert_eq!(room.bytes.available_permits(), ROOM);
    }

    #[test]
    fn bodies_that_are_not_large_share_a_room() {
        let room = BodyRoom::default();
        let mut held: Vec<BodyPlace> = (0..ROOM / LARGE).map(|_| room.place()).collect();
        assert!(held.iter_mut().all(|place| place.grow_to(LARGE)));
        let mut next = room.place();
        assert!(!next.grow_to(1));
        // What grows to be large gives its room back.
        assert!(held[0].grow_to(LARGE + 1) && next.grow_to(LARGE - 1) && next.grow_to(LARGE));
        assert!(!next.grow_to(LARGE + 1), "another is large");
        held.remove(0);
        assert!(next.grow_to(LARGE + 1) && room.place().grow_to(LARGE));
        drop((held, next));
        // One that grows takes no more than its length.
        let mut growing = room.place();
        assert!((1..=LARGE).step_by(100_000).all(|length| growing.grow_to(length)) && growing.grow_to(LARGE));
        let mut others: Vec<BodyPlace> = (1..ROOM / LARGE).map(|_| room.place()).collect();
        assert!(others.iter_mut().all(|place| place.grow_to(LARGE)) && !room.place().grow_to(1));
    }
}
