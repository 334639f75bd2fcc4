//! Clients that say nothing: nobody waits for ever for the head of their next request.
//!
//! hyper's HTTP/1 can see to that by itself, with a timer that it makes and drops with each request, and another look at the socket. Here a
//! connection has one timer, which looks now and then whether anything has happened since.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Sleep, sleep};

/// How long a client may take to send the head of a request. Between two requests it may be up to [`LOOK`] longer.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is looked whether anything has happened.
const LOOK: Duration = Duration::from_secs(10);

/// Whose turn it is on a connection on which one request follows the answer to the other.
#[derive(Debug, Default)]
pub struct Turns {
    /// How often the turn has changed: odd where a request is being answered.
    count: AtomicU64,
    /// Whether bytes of an answer wait for the client to read those before them.
    is_unread: AtomicBool,
}

/// A request that is being answered, until the answer has been made.
#[derive(Debug)]
pub struct Turn(Arc<Turns>);

impl Turns {
    /// The head of a request has come.
    pub fn begin(self: &Arc<Turns>) -> Turn {
        self.add(1);
        Turn(Arc::clone(self))
    }

    /// A request has come, and its answer has been made at once.
    pub fn pass(&self) {
        self.add(2);
    }

    /// Takes note of what came of writing to the client: where it has to wait, it is not the client's turn to speak.
    pub fn wrote<T>(&self, written: &Poll<T>) {
        self.is_unread.store(written.is_pending(), Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn is_clients(&self) -> bool {
        self.count().is_multiple_of(2) && !self.is_unread.load(Ordering::Relaxed)
    }

    /// All turns of a connection change in its own task, so nobody else adds meanwhile.
    fn add(&self, changes: u64) {
        self.count.store(self.count() + changes, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.add(1);
    }
}

/// Ends when the head of a request has been waited for for too long. To be polled by one task only.
#[derive(Debug)]
pub struct Silence {
    turns: Arc<Turns>,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer knows whom to wake.
    is_set: bool,
    /// What the turns had come to at the last look.
    seen: u64,
    /// For how long nothing had happened by then.
    lasted: Duration,
}

impl Silence {
    /// Silence on a connection that begins.
    #[expect(
        clippy::disallowed_methods,
        reason = "it sets a limit to what a client does, as a timeout would; but one for all its requests"
    )]
    pub fn of(turns: Arc<Turns>) -> Silence {
        Silence { turns, timer: Box::pin(sleep(LOOK)), is_set: false, seen: 0, lasted: Duration::ZERO }
    }

    fn look(&mut self) {
        let turns = self.turns.count();
        let is_silent = turns == self.seen && self.turns.is_clients();
        self.lasted = if is_silent { self.lasted + LOOK } else { Duration::ZERO };
        self.seen = turns;
    }
}

impl Future for Silence {
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
            self.look();
            if self.lasted >= HEAD_TIMEOUT {
                return Poll::Ready(());
            }
            let next = self.timer.deadline() + LOOK;
            self.timer.as_mut().reset(next);
        }
    }
}
