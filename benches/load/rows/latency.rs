//! How long answers take where there is room.

use crate::ground::Ground;
use crate::paced;
use crate::process::Process;
use crate::race::{Round, in_turn, median};
use crate::row::Measured;
use crate::rows::reading;

/// The slowest of a hundred, at half of what the product can take; bare hyper is asked as often.
pub fn half_load(ground: &Ground) -> Measured {
    let world = ground.world(1_000);
    let requests = reading::requests(&world);
    let script = ground.script("latency", &requests);
    let peak = ground.load(&world, &script).rate();
    let bare = ground.bare(&world, &script.sample);
    let file = ground.folder.join("latency");
    let ask = |server: &Process, medians: &mut Vec<f64>| {
        let (core, lasting) = (ground.options.cores.1, ground.options.round);
        let latencies = paced::ask(server, core, &file, &requests, peak / 2.0, lasting);
        medians.push(latencies.p50);
        Round { value: latencies.p99, cpu: 0.0 }
    };
    let (mut held, mut done) = (Vec::new(), Vec::new());
    let race = in_turn(ground.options.rounds, || ask(&bare, &mut held), || ask(&world, &mut done));
    let (held, done) = (median(held.into_iter()), median(done.into_iter()));
    let note = format!("at {:.0} requests/s; medians {done:.0} µs, bare hyper {held:.0} µs", peak / 2.0);
    Measured::from(race).noting(note)
}
