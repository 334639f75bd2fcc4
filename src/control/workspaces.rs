//! `GET /__admin/workspaces`, `DELETE /__admin/workspaces/:name`.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::error::Error;
use hyper::StatusCode;
use serde::Serialize;

use super::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::engine::{Workspace, Workspaces};
use crate::http::request::Request;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkspaceView<'a> {
    name: &'a str,
    now: Timestamp,
    calls: usize,
    requests: u64,
    /// In plain, as those of subscriptions: what kept events are signed with can be read nowhere else.
    webhook_secret: String,
}

#[derive(Serialize)]
struct Gone<'a> {
    name: &'a str,
}

fn view(workspace: &Workspace) -> WorkspaceView<'_> {
    WorkspaceView {
        name: workspace.name(),
        now: workspace.clock().now(),
        calls: workspace.peek(|world| world.call_store().len()),
        requests: workspace.requests(),
        webhook_secret: workspace.peek(|world| world.outbox().secret().to_owned()),
    }
}

/// All workspaces, `default` first, the others by name.
pub fn list(scene: Scene, _: Request) -> Pending {
    Box::pin(async move {
        let all = scene.workspaces.all();
        let views: Vec<_> = all.iter().map(|workspace| view(workspace)).collect();
        Ok(envelope::success(StatusCode::OK, &views))
    })
}

/// Drops one, with all that is under way in it. Its next use makes it anew.
pub fn drop(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let name = request.id();
        if name == Workspaces::DEFAULT {
            let message = "The workspace default cannot be dropped; POST /__admin/reset sets it back to its start";
            return Err(Refusal::new(StatusCode::CONFLICT, message));
        }
        if !scene.workspaces.drop_named(name) {
            return Err(Error::NotFound { what: "workspace", id: name.to_owned() }.into());
        }
        Ok(envelope::success(StatusCode::OK, &Gone { name }))
    })
}
