//! `POST /__admin/reset`: back to the seeded start.

use akol_mock_world::base::time::Timestamp;
use hyper::StatusCode;
use serde::Serialize;

use super::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields;
use crate::http::request::Request;

#[derive(Serialize)]
struct ResetView<'a> {
    workspace: &'a str,
    now: Timestamp,
}

/// Answers when nothing that was under way before can show any more.
pub fn reset(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        fields::nothing(&request)?;
        let workspace = &scene.workspace;
        workspace.reset().await;
        let view = ResetView { workspace: workspace.name(), now: workspace.clock().now() };
        Ok(envelope::success(StatusCode::OK, &view))
    })
}
