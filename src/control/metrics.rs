//! `GET /__admin/metrics`: what is counted and measured, for Prometheus. For the whole server, whichever workspace is named.

use hyper::StatusCode;

use super::scene::{Pending, Scene};
use crate::http::body::Body;
use crate::http::request::Request;
use crate::http::response::Reply;
use crate::metrics::{CONTENT_TYPE, Scraped};

/// Everything in Prometheus' text format.
pub fn show(scene: Scene, _: Request) -> Pending {
    Box::pin(async move {
        let mut scraped = Scraped::default();
        for workspace in scene.workspaces.all() {
            workspace.read(|world, _| scraped.add(world));
        }
        Ok(Reply::new(StatusCode::OK, CONTENT_TYPE, Body::Full(scene.metrics.text(&scraped).into())))
    })
}
