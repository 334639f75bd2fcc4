//! `GET /calls/:id/transcript`: what has been said so far.

use hyper::StatusCode;

use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::domain::world::World;
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// Answers with the list of lines.
pub fn transcript(world: &World, now: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    let call = world.find_call(request.id())?;
    Ok(envelope::success(StatusCode::OK, &world.story(call).transcript(now)))
}
