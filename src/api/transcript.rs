//! `GET /calls/:id/transcript`: what has been said so far.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::world::World;
use hyper::StatusCode;

use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// Answers with the list of lines.
pub fn transcript(world: &World, now: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    let call = world.find_call(request.id())?;
    Ok(envelope::success(StatusCode::OK, &world.story(call).transcript(now)))
}
