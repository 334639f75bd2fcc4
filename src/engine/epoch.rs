//! Epochs: what lies between two resets of a workspace. What was begun in one must not show in the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// The time from one reset to the next. Whoever does something that takes a while holds the epoch that it was begun in.
#[derive(Debug)]
pub struct Epoch {
    has_ended: AtomicBool,
    /// Tells whoever waits for its end. Looking here takes a lock, which each request would.
    end: watch::Sender<bool>,
    /// How many deliveries of this epoch are being sent.
    errands: watch::Sender<usize>,
}

impl Epoch {
    /// An epoch that begins.
    pub(super) fn begin() -> Arc<Epoch> {
        Arc::new(Epoch {
            has_ended: AtomicBool::new(false),
            end: watch::Sender::new(false),
            errands: watch::Sender::new(0),
        })
    }

    /// Whether a reset has come since.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// Waits for the reset.
    pub async fn ended(&self) {
        // The sender is this epoch's own, so it is there for as long as anybody waits.
        let _ = self.end.subscribe().wait_for(|ended| *ended).await;
    }

    /// Ends it: whatever waits for [`Epoch::ended`] gives up what it does.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
        self.end.send_replace(true);
    }

    /// Counts a delivery that is being sent, until the guard is dropped.
    pub fn errand(self: &Arc<Epoch>) -> OnErrand {
        self.errands.send_modify(|errands| *errands += 1);
        OnErrand(Arc::clone(self))
    }

    /// Waits until nothing of this epoch is being sent any more.
    pub(super) async fn settled(&self) {
        let _ = self.errands.subscribe().wait_for(|errands| *errands == 0).await;
    }
}

/// A delivery that is being sent.
#[derive(Debug)]
pub struct OnErrand(Arc<Epoch>);

impl Drop for OnErrand {
    fn drop(&mut self) {
        self.0.errands.send_modify(|errands| *errands = errands.saturating_sub(1));
    }
}
