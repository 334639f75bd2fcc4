//! Tells whoever waits for something that it may have come. While nobody waits, which is nearly always, that costs a look at a number.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Changes {
    made: Notify,
    /// How many wait.
    waiting: AtomicUsize,
}

/// Somebody who waits, until this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Changes {
    /// Waits until `look` finds something. It is asked at once, and whenever something has changed.
    ///
    /// What it looks at has to be behind a lock, and to change under that lock, before [`Changes::tell`]: then either it is looked at after
    /// the change, or who changes it gets the lock after whoever looks, and so knows that they wait.
    pub(super) async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        let _waiting = Waiting::among(&self.waiting);
        loop {
            let made = self.made.notified();
            tokio::pin!(made);
            // From here on a change is noticed, even if it comes while we look.
            made.as_mut().enable();
            if let Some(found) = look() {
                return found;
            }
            made.await;
        }
    }

    /// Has everybody who waits look again.
    pub(super) fn tell(&self) {
        if self.waiting.load(Ordering::Acquire) > 0 {
            self.made.notify_waiters();
        }
    }
}

impl Waiting<'_> {
    fn among(waiting: &AtomicUsize) -> Waiting<'_> {
        waiting.fetch_add(1, Ordering::AcqRel);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_change_is_missed() {
        for round in 0..2_000 {
            let (changes, there) = (Arc::new(Changes::default()), Arc::new(Mutex::new(None)));
            let telling = tokio::spawn({
                let (changes, there) = (Arc::clone(&changes), Arc::clone(&there));
                async move {
                    *there.lock() = Some(round);
                    changes.tell();
                }
            });
            assert_eq!(changes.until(|| *there.lock()).await, round);
            assert_eq!(changes.waiting.load(Ordering::Relaxed), 0);
            telling.await.unwrap();
        }
    }
}
