//! Moves time: waits until the next thing is due on a real clock, or goes through all that is due when a manual one is advanced.

use std::time::Duration;

use crate::engine::Workspace;
use crate::time::Timestamp;

/// The longest that the driver sleeps at a stretch.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Keeps a workspace up to date with its clock, for ever. What a manual clock holds back waits until it is advanced.
pub async fn run(workspace: &Workspace) {
    loop {
        let changed = workspace.agenda_changed.notified();
        let wait = workspace.next_due().and_then(|due| workspace.clock().wait_until(due));
        match wait {
            Some(Duration::ZERO) => workspace.write(|_| ()),
            Some(wait) => {
                tokio::select! {
                    () = sleep(wait.min(LONGEST)) => {}
                    () = changed => {}
                }
            }
            None => changed.await,
        }
    }
}

/// Moves a manual clock forward to `target` by way of everything that is due before, each at its own instant. What deliveries
/// cause takes part: time stands still until they have been answered.
pub async fn advance(workspace: &Workspace, target: Timestamp) {
    loop {
        settle(workspace).await;
        if !workspace.step(target) && workspace.deliveries_under_way() == 0 {
            return;
        }
    }
}

/// Waits until no delivery is without an answer.
pub async fn settle(workspace: &Workspace) {
    loop {
        let answered = workspace.delivery_answered.notified();
        tokio::pin!(answered);
        // From here on an answer is noticed, even if it comes before the next line.
        answered.as_mut().enable();
        if workspace.deliveries_under_way() == 0 {
            return;
        }
        answered.await;
    }
}

#[expect(clippy::disallowed_methods, reason = "waiting for time to pass is what this file is for")]
async fn sleep(wait: Duration) {
    // tokio's timer counts whole milliseconds and never wakes early.
    tokio::time::sleep(wait).await;
}
