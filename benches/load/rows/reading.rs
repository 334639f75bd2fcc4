//! One call, asked for by its id.

use std::process::Stdio;

use crate::ground::{Ground, ids, many_ids};
use crate::load::Script;
use crate::process::{Process, pinned, product};
use crate::race::{Side, against_bare, race};
use crate::request::Request;
use crate::row::Measured;

/// Any of a thousand calls.
pub fn of_a_thousand(ground: &Ground) -> Measured {
    against_bare(ground, &ground.world(1_000), &script(ground, &ground.world(1_000))).into()
}

/// A thousand of a million calls.
pub fn of_a_million(ground: &Ground) -> Measured {
    let world = ground.world(ground.million());
    against_bare(ground, &world, &script(ground, &world)).into()
}

/// So many of a million calls that none is still at hand from the last time.
pub fn of_a_million_unread(ground: &Ground) -> Measured {
    let world = ground.world(ground.million());
    let ids = many_ids(&world, ground.scaled(200_000, 20_000));
    let unread = ground.script("get-unread", &requests_for(&ids));
    against_bare(ground, &world, &unread).into()
}

/// The product as it is started by default, its log going nowhere, against one that writes none.
pub fn with_a_log(ground: &Ground) -> Measured {
    let mut command = pinned(ground.options.cores.0, product());
    command.args(["--listen", "127.0.0.1:0", "--calls", "1000"]).stderr(Stdio::null());
    let logged = Process::start(command);
    let silent = ground.world(1_000);
    let (of_silent, of_logged) = (script(ground, &silent), script_named(ground, "get-logged", &logged));
    race(ground, Side { server: &silent, script: &of_silent }, Side { server: &logged, script: &of_logged }).into()
}

/// Calls from all over that server's world, in turn.
pub fn script(ground: &Ground, server: &Process) -> Script {
    script_named(ground, "get", server)
}

fn script_named(ground: &Ground, name: &str, server: &Process) -> Script {
    ground.script(name, &requests(server))
}

/// Requests for calls from all over that server's world.
pub fn requests(server: &Process) -> Vec<Request> {
    requests_for(&ids(server))
}

fn requests_for(ids: &[String]) -> Vec<Request> {
    ids.iter().map(|id| Request::get(&format!("/calls/{id}"))).collect()
}
