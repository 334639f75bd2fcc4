//! `GET /calls/:id`: one call.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::world::World;
use hyper::StatusCode;

use crate::dialect::refusal::Refusal;
use crate::dialect::written;
use crate::http::request::Request;
use crate::http::response::Reply;

/// Answers with the call as it is now.
pub fn get(world: &World, now: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    Ok(Reply::json(StatusCode::OK, written::whole_of(request.id(), world, now)?))
}
