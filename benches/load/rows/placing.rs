//! Calls that are placed.

use std::cell::Cell;

use crate::ground::Ground;
use crate::load::Script;
use crate::race::{Side, in_turn};
use crate::request::Request;
use crate::row::Measured;

/// A new call with each request. Each round has a new server, so that the last is not measured in a world of a million live calls.
pub fn place(ground: &Ground) -> Measured {
    let round = Cell::new(0);
    let script = || {
        round.set(round.get() + 1);
        // Numbers apart, so that no key comes twice.
        Script::placing(&ground.folder, "place", round.get() * 10_000_000)
    };
    let bare = ground.bare(&ground.product(&[]), &[Request::place(0)]);
    let product = || {
        let server = ground.product(&[]);
        ground.warm_up(&server, &script());
        Side { server: &server, script: &script() }.round(ground)
    };
    ground.warm_up(&bare, &script());
    in_turn(ground.options.rounds, || Side { server: &bare, script: &script() }.round(ground), product).into()
}
