//! Many workspaces at once.

use crate::ground::Ground;
use crate::load::Script;
use crate::process::Process;
use crate::race::{Side, race};
use crate::request::Request;
use crate::row::Measured;

/// Ten thousand in turn, against one of them.
pub fn ten_thousand(ground: &Ground) -> Measured {
    let count = ground.scaled(10_000, 300);
    let server = ground.product(&[]);
    let (one, many) = (script(ground, &server, 1), script(ground, &server, count));
    let race = race(ground, Side { server: &server, script: &one }, Side { server: &server, script: &many });
    Measured::from(race).noting(format!("{} MiB with {count}", server.resident() >> 20))
}

/// The same call of that many workspaces in turn, all of which have been made.
pub fn script(ground: &Ground, server: &Process, count: u64) -> Script {
    let requests: Vec<Request> =
        (0..count).map(|number| Request::get_as(&format!("ws_{number}"), "/calls/call_xxx")).collect();
    let mut connection = server.connect();
    for request in &requests {
        connection.get(request);
    }
    ground.script(&format!("workspaces-{count}"), &requests)
}
