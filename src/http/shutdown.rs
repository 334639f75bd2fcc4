//! The shutdown of the server, as what is under way hears of it.
//!
//! A connection asks at whatever happens on it. So while the server does not stop, which is nearly always, asking costs a look at a number,
//! and no place in a line of those who wait.
//!
//! A signal that ends the program takes a moment until it has come to be a phase. What is read in that moment may have been sent before the
//! signal, so a connection looks at the bare fact, too.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};

use tokio::sync::watch;
use tokio::task::unconstrained;

/// How far a server is with its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves.
    #[default]
    Running,
    /// What has reached it is answered, and nothing more is taken.
    Stopping,
    /// The grace is over: what has no answer yet is refused.
    GraceOver,
}

/// Tells how far the server is with its end. Clones hear the same.
#[derive(Clone, Debug)]
pub struct Shutdown {
    receiver: watch::Receiver<Phase>,
    is_due: Arc<AtomicBool>,
}

impl Shutdown {
    /// A server that runs, and what moves it on.
    pub fn channel() -> (watch::Sender<Phase>, Shutdown) {
        let (sender, receiver) = watch::channel(Phase::default());
        (sender, Shutdown { receiver, is_due: Arc::default() })
    }

    /// What is to be set as soon as it is certain that the server will stop, before it is told so.
    pub fn due(&self) -> &Arc<AtomicBool> {
        &self.is_due
    }

    /// How far it is.
    pub fn phase(&self) -> Phase {
        *self.receiver.borrow()
    }

    /// Waits until it is as far as that, or nobody can say so any more.
    pub async fn reached(&self, phase: Phase) {
        let _ = self.receiver.clone().wait_for(|now| *now >= phase).await;
    }

    /// Its phases, one after the other, for one connection.
    pub fn phases(&self) -> Phases {
        let mut receiver = self.receiver.clone();
        // So that the phase in which a connection begins is told as well.
        receiver.mark_changed();
        Phases { change: change(receiver.clone()), receiver, is_set: false }
    }
}

/// The phases of a shutdown as one connection goes through them. To be polled by one task only.
pub struct Phases {
    receiver: watch::Receiver<Phase>,
    change: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether that knows whom to wake.
    is_set: bool,
}

fn change(mut receiver: watch::Receiver<Phase>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let _ = receiver.changed().await;
    })
}

impl Phases {
    /// The phase that has come since the last time.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Phase> {
        if self.is_set && matches!(self.receiver.has_changed(), Ok(false)) {
            return Poll::Pending;
        }
        self.is_set = true;
        // Whatever else the task has done: one that yields for that would not know whom to wake.
        ready!(Pin::new(&mut unconstrained(self.change.as_mut())).poll(context));
        let phase = *self.receiver.borrow_and_update();
        self.change = change(self.receiver.clone());
        self.is_set = false;
        Poll::Ready(phase)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_woken_by_each_phase_and_told_the_one_that_it_begins_in() {
        let (sender, shutdown) = Shutdown::channel();
        let mut phases = shutdown.phases();
        assert_eq!(poll_fn(|context| phases.poll_next(context)).await, Phase::Running);
        for phase in [Phase::Stopping, Phase::GraceOver] {
            let ask = poll_fn(|context| Poll::Ready(phases.poll_next(context)));
            assert_eq!(ask.await, Poll::Pending, "once told is enough");
            let say = async {
                tokio::task::yield_now().await;
                sender.send_replace(phase);
            };
            let (heard, ()) = tokio::join!(poll_fn(|context| phases.poll_next(context)), say);
            assert_eq!((heard, shutdown.phase()), (phase, phase));
            assert_eq!(poll_fn(|context| shutdown.phases().poll_next(context)).await, phase);
        }
    }

    #[tokio::test]
    async fn a_phase_has_been_reached_when_a_later_one_has_or_nobody_can_say_so_any_more() {
        let (sender, shutdown) = Shutdown::channel();
        sender.send_replace(Phase::GraceOver);
        shutdown.reached(Phase::Stopping).await;
        let (sender, shutdown) = Shutdown::channel();
        drop(sender);
        shutdown.reached(Phase::GraceOver).await;
    }
}
