//! `GET /__admin/health`: whether the server is ready. Needs no token.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::Serialize;

use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

#[derive(Serialize)]
struct Health {
    success: bool,
    /// Outside the envelope too: monitors that know no envelope look for it there.
    status: &'static str,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    status: &'static str,
    version: &'static str,
    now: Timestamp,
    calls: usize,
}

/// Answers as soon as there is a world to serve.
pub fn health(world: &World, now: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let data = Data { status: "ok", version: env!("CARGO_PKG_VERSION"), now, calls: world.call_store().len() };
    let health = Health { success: true, status: "ok", data };
    Ok(Reply::json(StatusCode::OK, serde_json::to_vec(&health).unwrap_or_default()))
}
