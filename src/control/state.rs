//! `GET`, `PUT /__admin/state`: the whole workspace as one JSON document, out and in.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;

use super::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields;
use crate::dialect::refusal::Refusal;
use crate::engine::{NotAState, State, Workspace};
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// The longest document that is read, in bytes.
pub const MAX_STATE: usize = 256 << 20;

#[derive(Serialize)]
struct StateView<'a> {
    workspace: &'a str,
    now: Timestamp,
    calls: usize,
}

/// The state as it is now.
pub fn show(workspace: &Arc<Workspace>, _: &Request) -> Result<Reply, Refusal> {
    Ok(envelope::success(StatusCode::OK, &workspace.export()))
}

/// Puts a state in the place of the present one, bare or in the envelope that it was shown in. Answers when nothing that was under way
/// before can show any more.
pub fn put(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let workspace = &scene.workspace;
        let state =
            State::read(fields::json_text(&request)?, workspace.genesis()).map_err(|refused| match refused {
                NotAState::Malformed(why) => Refusal::bad_request(why),
                NotAState::Invalid(error) => error.into(),
            })?;
        workspace.import(state).await;
        let calls = workspace.peek(|world| world.ledger().len());
        let view = StateView { workspace: workspace.name(), now: workspace.clock().now(), calls };
        Ok(envelope::success(StatusCode::OK, &view))
    })
}
