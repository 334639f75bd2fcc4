//! What a control handler that takes its time is given.

use std::pin::Pin;
use std::sync::Arc;

use crate::dialect::refusal::Refusal;
use crate::engine::{Workspace, Workspaces};
use crate::http::response::Reply;
use crate::metrics::Metrics;

/// The answer of a handler that takes its time.
pub type Pending = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

/// Where a handler acts.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The workspace that the request names.
    pub workspace: Arc<Workspace>,
    /// All workspaces.
    pub workspaces: Arc<Workspaces>,
    /// What the server counts.
    pub metrics: Arc<Metrics>,
}
