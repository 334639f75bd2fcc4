//! Time during which the process runs.
//!
//! A process that is stopped (Ctrl-Z, a paused container) finds all its timers elapsed at once when it goes on, although nobody had the chance
//! to do anything in time. So a limit on what somebody else does is counted in ticks: however late a tick comes, it counts as one.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt;
use hyper_util::rt::TokioTimer;
use tokio::time::error::Elapsed;

/// The longest that a pause can count.
const TICK: Duration = Duration::from_secs(5);

/// As [`tokio::time::timeout`], of time during which the process runs.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut left = limit;
    loop {
        let tick = left.min(TICK);
        match tokio::time::timeout(tick, future.as_mut()).await {
            Ok(output) => return Ok(output),
            Err(elapsed) => {
                left -= tick;
                if left.is_zero() {
                    return Err(elapsed);
                }
            }
        }
    }
}

/// Waits until the process has run for that long.
pub async fn sleep(limit: Duration) {
    // There is nothing that could be there before.
    let _ = timeout(limit, pending::<()>()).await;
}

/// A timer of that kind for hyper.
#[derive(Clone, Debug, Default)]
pub struct Timer;

impl rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep(Box::pin(sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        TokioTimer::new().now()
    }
}

struct Sleep(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

impl rt::Sleep for Sleep {}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Whether it has come to its end by now.
    async fn is_over(future: &mut (impl Future + Unpin)) -> bool {
        poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_ready())).await
    }

    /// Lets a timer fire that has elapsed.
    async fn advance(time: Duration) {
        tokio::time::advance(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_counts_the_time_that_goes_by_in_ticks() {
        let mut waiting = Box::pin(timeout(Duration::from_secs(30), pending::<()>()));
        assert!(!is_over(&mut waiting).await);
        for second in 1..30 {
            advance(Duration::from_secs(1)).await;
            assert!(!is_over(&mut waiting).await, "{second}");
        }
        advance(Duration::from_secs(1)).await;
        assert!(is_over(&mut waiting).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_process_counts_as_a_tick_however_long() {
        use hyper::rt::Timer as _;
        let limit = Duration::from_secs(30);
        let mut waiting = Box::pin(timeout(limit, pending::<()>()));
        let mut timer = Timer.sleep_until(Timer.now() + limit);
        for _ in 0..5 {
            assert!(!is_over(&mut waiting).await && !is_over(&mut timer).await);
            advance(Duration::from_secs(3_600)).await;
        }
        assert!(!is_over(&mut waiting).await && !is_over(&mut timer).await);
        advance(TICK).await;
        assert!(is_over(&mut waiting).await && is_over(&mut timer).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_there_is_given_even_when_no_time_is_left() {
        assert_eq!(timeout(Duration::ZERO, async { 1 }).await, Ok(1));
        assert!(timeout(Duration::ZERO, pending::<()>()).await.is_err());
        sleep(Duration::ZERO).await;
    }
}
