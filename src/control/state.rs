//! `GET`, `PUT /__admin/state`: the whole workspace as one JSON document, out and in.

use std::sync::Arc;

use akol_mock_world::base::time::Timestamp;
use bytes::Bytes;
use hyper::StatusCode;
use serde::Serialize;

use super::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields;
use crate::dialect::refusal::Refusal;
use crate::engine::{NotAState, State};
use crate::http::request::Request;

/// The longest document that is read, in bytes: room for two million calls, of half a kilobyte each.
pub const MAX_STATE: usize = 1 << 30;

#[derive(Serialize)]
struct StateView<'a> {
    workspace: &'a str,
    now: Timestamp,
    calls: usize,
}

/// The state as it is now, sent while it is written.
pub fn show(scene: Scene, _: Request) -> Pending {
    Box::pin(async move {
        let workspace = scene.workspace;
        let pool = workspace.pool().clone();
        let written = pool.run(move || workspace.export()).await?;
        Ok(envelope::success_in_parts(StatusCode::OK, written.map(Bytes::from)))
    })
}

/// Puts a state in the place of the present one, bare or in the envelope that it was shown in. Answers when nothing that was under way
/// before can show any more.
pub fn put(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let workspace = scene.workspace;
        let world_template = Arc::clone(workspace.world_template());
        let state = workspace.pool().run(move || {
            State::read(fields::json_text(&request)?, &world_template).map_err(|refused| match refused {
                NotAState::Malformed(why) => Refusal::bad_request(why),
                NotAState::Invalid(error) => Refusal::from(error),
            })
        });
        workspace.import(state.await??).await;
        let calls = workspace.peek(|world| world.call_store().len());
        let view = StateView { workspace: workspace.name(), now: workspace.clock().now(), calls };
        Ok(envelope::success(StatusCode::OK, &view))
    })
}
