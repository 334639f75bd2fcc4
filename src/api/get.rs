//! `GET /calls/:id`: one call.

use hyper::StatusCode;

use crate::dialect::refusal::Refusal;
use crate::dialect::written;
use crate::domain::world::World;
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// Answers with the call as it is now.
pub fn get(world: &World, now: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    Ok(Reply::json(StatusCode::OK, written::whole_of(request.id(), world, now)?))
}
