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

/// Who may take in a large upload.
#[derive(Clone, Debug)]
pub struct LargeUploads(Arc<Semaphore>);

/// A large upload that is under way, until this is dropped.
#[derive(Debug)]
pub struct LargeUpload {
    _permit: OwnedSemaphorePermit,
}

impl Default for LargeUploads {
    fn default() -> LargeUploads {
        LargeUploads(Arc::new(Semaphore::new(1)))
    }
}

impl LargeUploads {
    /// Begins one, unless another is under way.
    pub fn begin(&self) -> Option<LargeUpload> {
        Arc::clone(&self.0).try_acquire_owned().ok().map(|permit| LargeUpload { _permit: permit })
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
    /// It is a large upload, and another is under way.
    Busy,
}

/// Gathers a body of at most `limit` bytes, of which `announced` were announced. Before it has more than [`LARGE`], `begin_large` is asked.
pub async fn gather<B: Body<Data = Bytes> + Unpin>(
    body: &mut B,
    limit: usize,
    announced: Option<usize>,
    mut begin_large: impl FnMut() -> bool,
) -> Result<Bytes, NotGathered> {
    let mut is_large = false;
    let mut check = |length: usize| match length {
        _ if length > limit => Err(NotGathered::TooLong),
        _ if length > LARGE && !is_large => {
            is_large = begin_large();
            if is_large { Ok(()) } else { Err(NotGathered::Busy) }
        }
        _ => Ok(()),
    };
    check(announced.unwrap_or(0))?;
    // Most bodies come in one piece, and are not copied.
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    loop {
        let piece = in_time(next_piece(body)).await??;
        let Some(piece) = piece else { break };
        check(first.len() + whole.len() + piece.len())?;
        if first.is_empty() && whole.is_empty() {
            first = piece;
            continue;
        }
        if whole.is_empty() {
            whole.reserve_exact(announced.unwrap_or(0).max(first.len() + piece.len()));
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

    fn never() -> bool {
        panic!("this is not large")
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
        assert_eq!(gather(&mut body, 20, None, never).await, Ok(piece(20)));
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
        let gathering = timeout(PROGRESS_WITHIN - Duration::from_millis(1), gather(&mut body, 20, None, never)).await;
        assert!(gathering.is_err(), "{gathering:?}");
        let gathering = timeout(PROGRESS_WITHIN, gather(&mut body, 20, None, never)).await;
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
                    gather(&mut body, limit, None, never).await
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
        let uploads = LargeUploads::default();
        let mut held = None;
        let mut begin = || {
            held = uploads.begin();
            held.is_some()
        };
        let (large, small) = (piece(LARGE + 1), piece(LARGE));
        assert_eq!(gather(&mut Full::new(small.clone()), usize::MAX, None, never).await, Ok(small));
        assert_eq!(gather(&mut Full::new(large.clone()), usize::MAX, None, &mut begin).await, Ok(large.clone()));
        // That one is still looked at.
        let begin = || uploads.clone().begin().is_some();
        assert_eq!(gather(&mut Full::new(large.clone()), usize::MAX, None, begin).await, Err(NotGathered::Busy));
        assert_eq!(gather(&mut Full::new(piece(1)), usize::MAX, Some(LARGE + 1), begin).await, Err(NotGathered::Busy));
        drop(held);
        assert_eq!(gather(&mut Full::new(large.clone()), usize::MAX, Some(large.len()), begin).await, Ok(large));
    }
}
