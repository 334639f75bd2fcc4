//! Moves time: waits until the next thing is due on a clock that runs, or goes through all that is due when one is advanced.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::event::Moment;

use crate::clock::Clock;
use crate::config::ClockMode;
use crate::engine::{AdvanceUnderWay, Epoch, Progress, Void, Workspace};

/// The longest that the driver sleeps at a stretch.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Keeps a workspace up to date with its clock, for ever. What a clock that stands holds back waits until it is advanced.
pub async fn run(workspace: &Workspace) {
    loop {
        let changed = workspace.agenda_changed.notified();
        let due = workspace.next_due();
        match due.and_then(|due| workspace.clock().wait_until(due)) {
            Some(Duration::ZERO) => {
                workspace.write(|_| ());
                // At great speed something may always be due: others are to have their turn all the same.
                tokio::task::yield_now().await;
            }
            Some(wait) => {
                tokio::select! {
                    () = pause(wait.min(LONGEST)) => {}
                    () = changed => {}
                }
            }
            None => changed.await,
        }
    }
}

/// How far a clock is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// By that much.
    By(Duration),
    /// To that instant.
    To(Timestamp),
}

/// What an advance went through.
#[derive(Clone, Debug)]
pub struct Advance {
    /// Where it began.
    pub from: Timestamp,
    /// Where it ended.
    pub to: Timestamp,
    /// What happened on the way, in order.
    pub moments: Vec<Moment>,
}

/// Why a clock was not advanced, or not to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdvanced {
    /// Another advance is under way.
    UnderWay,
    /// The target has passed.
    Past {
        /// What the clock shows.
        now: Timestamp,
        /// The target.
        to: Timestamp,
    },
    /// The workspace was reset, or given another state, in the meantime.
    Reset,
}

impl fmt::Display for NotAdvanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAdvanced::UnderWay => f.write_str(
                "Another advance of this workspace is under way; wait for its answer before you move or set the clock",
            ),
            NotAdvanced::Past { now, to } => {
                write!(f, "{to} has passed: it is {now}, and time goes back only by a reset")
            }
            NotAdvanced::Reset => {
                f.write_str("The workspace was reset, or given another state, while its clock was being moved")
            }
        }
    }
}

impl std::error::Error for NotAdvanced {}

impl From<AdvanceUnderWay> for NotAdvanced {
    fn from(_: AdvanceUnderWay) -> NotAdvanced {
        NotAdvanced::UnderWay
    }
}

impl From<Void> for NotAdvanced {
    fn from(_: Void) -> NotAdvanced {
        NotAdvanced::Reset
    }
}

/// Moves a clock forward by way of everything that is due before the target, each at its own instant. What deliveries cause takes part:
/// time stands still until they have been answered. A clock that runs goes on from the target.
pub async fn advance(workspace: &Arc<Workspace>, target: Target) -> Result<Advance, NotAdvanced> {
    advance_and_then(workspace, target, |_| ()).await
}

/// As [`advance`]; `then` changes how the clock goes on, while it still stands at the target.
pub async fn advance_and_then(
    workspace: &Arc<Workspace>,
    target: Target,
    then: impl FnOnce(&Clock),
) -> Result<Advance, NotAdvanced> {
    let advancing = workspace.begin_advance()?;
    let epoch = advancing.epoch();
    let from = workspace.clock().now();
    let to = match target {
        Target::By(span) => from + span,
        Target::To(to) if to < from => return Err(NotAdvanced::Past { now: from, to }),
        Target::To(to) => to,
    };
    // What was sent before belongs to the time before: whether it is answered by now hangs on how quick the receiver is, and what is told
    // of this advance must not.
    settle_advance(workspace, epoch).await?;
    while workspace.join_others(epoch)? {
        settle_advance(workspace, epoch).await?;
    }
    advancing.collect()?;
    loop {
        match workspace.step(epoch, to)? {
            Progress::Steps => {}
            Progress::Waits => settle_advance(workspace, epoch).await?,
            Progress::Done => break,
        }
        // However much is due, others are to have their turn.
        tokio::task::yield_now().await;
    }
    let moments = advancing.finish(then)?;
    Ok(Advance { from, to, moments })
}

/// Lets a clock run, or stand, from what it shows; as fast as `speed` says. What is `None` stays as it is.
pub fn set_clock(workspace: &Workspace, mode: Option<ClockMode>, speed: Option<Speed>) -> Result<(), NotAdvanced> {
    Ok(workspace.set_clock(mode, speed)?)
}

/// Waits until no delivery of a workspace is without an answer.
pub async fn settle(workspace: &Workspace) {
    let epoch = workspace.epoch();
    // Deliveries from before a reset end with it.
    let _ = until_answered(workspace, &epoch, || Ok(epoch.has_ended() || workspace.deliveries_under_way() == 0)).await;
}

/// Waits until all that an advance waits for has been answered, and tells the world of it; until nothing more follows from that.
async fn settle_advance(workspace: &Workspace, epoch: &Arc<Epoch>) -> Result<(), Void> {
    while !workspace.is_settled(epoch)? {
        until_answered(workspace, epoch, || workspace.is_answered(epoch)).await?;
        while workspace.take_in_answers(epoch)? {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Waits until something is so; it is asked whenever a delivery has been answered, and when the epoch has ended.
async fn until_answered(
    workspace: &Workspace,
    epoch: &Epoch,
    is_so: impl Fn() -> Result<bool, Void>,
) -> Result<(), Void> {
    loop {
        let answered = workspace.delivery_answered.notified();
        tokio::pin!(answered);
        // From here on an answer is noticed, even if it comes before the next line.
        answered.as_mut().enable();
        if is_so()? {
            return Ok(());
        }
        tokio::select! {
            () = answered => {}
            () = epoch.ended() => {}
        }
    }
}

/// Lets real time pass.
#[expect(clippy::disallowed_methods, reason = "waiting for time to pass is what this file is for")]
pub async fn pause(wait: Duration) {
    // tokio's timer counts whole milliseconds and never wakes early.
    tokio::time::sleep(wait).await;
}
