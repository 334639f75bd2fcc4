//! `POST /calls/:id/end`: ends a call that is ringing or in progress.

use akol_mock_world::world::World;
use hyper::StatusCode;

use crate::dialect::call_view::CallView;
use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// Ends the call at once and answers with it.
pub fn end(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let ended = world.end_call(request.id())?;
    Ok(envelope::success(StatusCode::OK, &CallView::of(world.call(ended), world, world.now())))
}
