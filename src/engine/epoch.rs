//! Epochs: what lies between two resets of a workspace. What was begun in one must not show in the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The time from one reset to the next. Whoever does something that takes a while holds the epoch that it was begun in.
#[derive(Debug)]
pub struct Epoch {
    has_ended: AtomicBool,
    /// How many deliveries of this epoch are being sent.
    outgoing: AtomicUsize,
    /// Wakes whoever waits for the reset.
    end: Notify,
    /// Wakes whoever waits until nothing is being sent.
    settlement: Notify,
}

impl Epoch {
    /// An epoch that begins.
    pub(super) fn begin() -> Arc<Epoch> {
        Arc::new(Epoch {
            has_ended: AtomicBool::new(false),
            outgoing: AtomicUsize::new(0),
            end: Notify::new(),
            settlement: Notify::new(),
        })
    }

    /// Whether a reset has come since.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// Waits for the reset.
    pub async fn ended(&self) {
        wait(&self.end, || self.has_ended()).await;
    }

    /// Ends it: whatever waits for [`Epoch::ended`] gives up what it does.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
        self.end.notify_waiters();
    }

    /// Counts a delivery that is being sent, until the guard is dropped.
    pub fn outgoing(self: &Arc<Epoch>) -> InFlight {
        self.outgoing.fetch_add(1, Ordering::AcqRel);
        InFlight(Arc::clone(self))
    }

    /// Waits until nothing of this epoch is being sent any more.
    pub(super) async fn settled(&self) {
        wait(&self.settlement, || self.outgoing.load(Ordering::Acquire) == 0).await;
    }
}

/// Waits until something is so, of which `notify` wakes its waiters. It may be so only for a moment.
async fn wait(notify: &Notify, is_so: impl Fn() -> bool) {
    loop {
        // Notified of what happens from here on, also before it waits.
        let notified = notify.notified();
        if is_so() {
            return;
        }
        notified.await;
    }
}

/// A delivery that is being sent.
#[derive(Debug)]
pub struct InFlight(Arc<Epoch>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.outgoing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.settlement.notify_waiters();
        }
    }
}
