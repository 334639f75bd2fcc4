//! Attempts of deliveries that leave a workspace.

use std::sync::Arc;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::webhooks::Attempt;

use super::Workspace;
use crate::engine::epoch::Epoch;
use crate::engine::refusals::Reason;

/// A delivery that is to be sent.
#[derive(Debug)]
pub struct OutgoingAttempt {
    /// Whose it is.
    pub workspace: Arc<Workspace>,
    /// The epoch that it belongs to: it is not sent in another.
    pub epoch: Arc<Epoch>,
    /// What is to be sent.
    pub attempt: Attempt,
    /// Whether an advance of the clock waits for it.
    pub is_awaited: bool,
    /// Why it need not be sent any more, as its receiver has just refused another; and when it is tried again. That is to be noted.
    pub refused: Option<(Reason, Option<Timestamp>)>,
}
