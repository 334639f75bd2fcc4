//! Idle timeouts: nobody waits for ever for the head of a request, nor for a client to read its answer.
//!
//! hyper's HTTP/1 can limit the time for a head by itself, with a timer that it makes and drops with each request, and another look at the
//! socket. Here a connection has one timer, which looks now and then whether anything has happened since. A look that comes late, since the
//! process was stopped, counts as one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Sleep, sleep};

use super::activity::Activity;
use super::backlog::{Backlog, LOOKS};

/// How long a client may take to send the head of a request. Between two requests it may be up to [`LOOK`] longer.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may read nothing of what it is sent. It may be up to [`LOOK`] longer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is looked whether anything has happened.
const LOOK: Duration = Duration::from_secs(10);
// In HTTP/2 it is counted in looks.
const _: () = assert!(LOOK.as_secs() * (LOOKS - 1) == READ_TIMEOUT.as_secs(), "so both HTTPs have the same time");

/// Ready when a client has done nothing for too long, and again at each look at which that is so. To be polled by one task only.
pub struct IdleTimeout {
    activity: Arc<Activity>,
    /// What waits to be sent, in HTTP/2. In HTTP/1, where a request follows the answer to the one before, the time for heads is limited instead.
    backlog: Option<Arc<Backlog>>,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer knows whom to wake.
    is_set: bool,
    /// What had been written, and whose turn it was, at the last look.
    written: u64,
    turns: u64,
    /// For how long no head had come by then.
    without_head: Duration,
    /// For how long nothing had been read.
    unread: Duration,
}

impl IdleTimeout {
    /// For a connection of HTTP/1 that begins.
    pub fn http1(activity: Arc<Activity>) -> IdleTimeout {
        IdleTimeout::of(activity, None)
    }

    /// For a connection of HTTP/2 that begins.
    pub fn http2(activity: Arc<Activity>, backlog: Arc<Backlog>) -> IdleTimeout {
        IdleTimeout::of(activity, Some(backlog))
    }

    fn of(activity: Arc<Activity>, backlog: Option<Arc<Backlog>>) -> IdleTimeout {
        IdleTimeout {
            activity,
            backlog,
            timer: Box::pin(until_the_next_look()),
            is_set: false,
            written: 0,
            turns: 0,
            without_head: Duration::ZERO,
            unread: Duration::ZERO,
        }
    }

    /// Looks what has happened since the last time. Says whether the client has had its time.
    fn look(&mut self) -> bool {
        let (written, turns) = (self.activity.written(), self.activity.turns());
        let is_unread = self.activity.is_write_blocked();
        let is_heads_turn = self.backlog.is_none() && !is_unread && turns.is_multiple_of(2);
        let longer = |before: Duration, goes_on: bool| if goes_on { before + LOOK } else { Duration::ZERO };
        self.unread = longer(self.unread, is_unread && written == self.written);
        self.without_head = longer(self.without_head, is_heads_turn && turns == self.turns);
        (self.written, self.turns) = (written, turns);
        // A stream may wait while others go on.
        let is_stuck = self.backlog.as_ref().is_some_and(|backlog| backlog.look());
        is_stuck || self.unread >= READ_TIMEOUT || self.without_head >= HEAD_TIMEOUT
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it sets a limit to what a client does, as a timeout would; but one for all its requests"
)]
fn until_the_next_look() -> Sleep {
    sleep(LOOK)
}

impl Future for IdleTimeout {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Asked at whatever happens on the connection. A timer that has been set need not be told again whom to wake.
        if self.is_set && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.is_set = true;
        loop {
            // Whatever else the task has done: a timer that yields for that is not set.
            ready!(Pin::new(&mut unconstrained(self.timer.as_mut())).poll(context));
            let is_over = self.look();
            // From now on, not from when it was due: a process that was stopped has not waited meanwhile.
            self.timer.set(until_the_next_look());
            if is_over {
                return Poll::Ready(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    /// Whether it has come to its end by now.
    async fn is_over(timer: &mut IdleTimeout) -> bool {
        timeout(Duration::ZERO, timer).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_was_stopped_has_not_waited_meanwhile() {
        let mut timer = IdleTimeout::http1(Arc::default());
        assert!(!is_over(&mut timer).await);
        advance(Duration::from_secs(3_600)).await;
        assert!(!is_over(&mut timer).await);
        advance(HEAD_TIMEOUT - LOOK).await;
        assert!(!is_over(&mut timer).await, "a late look counts as one");
        advance(LOOK).await;
        assert!(is_over(&mut timer).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_has_its_time_and_one_that_reads_now_and_then_has_more() {
        let http2 = |activity| IdleTimeout::http2(activity, Arc::default());
        for limit in [IdleTimeout::http1, http2] {
            let activity = Arc::new(Activity::default());
            let _turn = activity.begin();
            let mut timer = limit(Arc::clone(&activity));
            activity.wrote(&Poll::<()>::Pending);
            for _ in 0..10 {
                for _ in 0..2 {
                    assert!(!is_over(&mut timer).await);
                    advance(LOOK).await;
                }
                activity.wrote(&Poll::Ready(()));
                activity.wrote(&Poll::<()>::Pending);
            }
            let end = timeout(2 * READ_TIMEOUT, &mut timer).await;
            assert!(end.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn heads_are_waited_for_without_limit_in_http2_and_while_a_request_is_answered() {
        let activity = Arc::new(Activity::default());
        let _turn = activity.begin();
        for timer in [IdleTimeout::http1(activity), IdleTimeout::http2(Arc::default(), Arc::default())] {
            assert!(timeout(10 * HEAD_TIMEOUT, timer).await.is_err());
        }
    }
}
