//! Calls that go on: many at once on a clock that runs, and many at once when it is advanced.

use std::time::{Duration, Instant};

use crate::ground::{CONNECTIONS, Ground};
use crate::load::Script;
use crate::metrics::Metrics;
use crate::paced;
use crate::process::Process;
use crate::race::median;
use crate::request::Request;
use crate::row::Measured;
use crate::rows::reading;

/// How late things happen where two hundred thousand calls go on, while half of the requests come that could come. With both, a core
/// is nearly full, and a mood of the machine's fills it: so the median of several times.
pub fn live_calls(ground: &Ground) -> Measured {
    let times: Vec<(f64, String)> = (0..ground.scaled(5, 1)).map(|_| late(ground)).collect();
    let lateness = median(times.iter().map(|(late, _)| *late));
    let all: Vec<String> = times.iter().map(|(late, _)| format!("{late:.2}")).collect();
    let of_median = times
        .into_iter()
        .find(|(late, _)| late.total_cmp(&lateness).is_eq())
        .map_or_else(String::new, |(_, note)| note);
    Measured::alone(lateness).noting(format!("{} ms; {of_median}", all.join(", ")))
}

/// In milliseconds, and what was done meanwhile.
fn late(ground: &Ground) -> (f64, String) {
    let wanted = ground.scaled(200_000, 5_000);
    let server = ground.product(&["--calls", "1000"]);
    let peak = ground.load(&server, &reading::script(ground, &server)).rate();
    // Some end while others are placed and while they are watched.
    place_until(ground, &server, |metrics| metrics.live_calls() >= wanted * 6 / 5);

    let before = Metrics::of(&server);
    let (core, file) = (ground.options.cores.1, ground.folder.join("live"));
    let lasting = ground.options.round * 2;
    let answered = paced::ask(&server, core, &file, &reading::requests(&server), peak / 2.0, lasting);
    let after = Metrics::of(&server);
    let live = after.live_calls();
    assert!(live >= wanted, "only {live} calls were left");
    let note = format!(
        "{live} calls at the end; {} requests in {} s, p99 {:.0} µs",
        answered.requests,
        lasting.as_secs(),
        answered.p99
    );
    (after.late(&before) * 1_000.0, note)
}

/// How long an advance takes in which a million transitions are due.
pub fn advance(ground: &Ground) -> Measured {
    /// What a call has at least, so that there are enough.
    const TRANSITIONS: u64 = 3;
    let wanted = ground.scaled(1_000_000, 10_000);
    let server = ground.product(&["--clock", "manual", "--calls", "0"]);
    place_until(ground, &server, |metrics| metrics.live_calls() >= wanted / TRANSITIONS);

    let mut connection = server.connect();
    // Written to, so that it is really there.
    let room = vec![b'?'; ground.scaled(512 << 20, 8 << 20) as usize];
    let (start, cpu) = (Instant::now(), server.cpu());
    let answer = connection.get_into(&Request::control("POST", "/clock/advance", r#"{"by":"36h"}"#), room);
    let (took, cpu) = (start.elapsed(), server.cpu().saturating_sub(cpu));
    let transitions = count(&answer.body, br#""type":"transition""#);
    let scale = wanted as f64 / transitions as f64;
    let note = format!(
        "{transitions} transitions in {:.2} s, {:.2} s of processor time; the answer has {} MiB",
        took.as_secs_f64(),
        cpu.as_secs_f64(),
        answer.body.len() >> 20
    );
    Measured::alone(took.as_secs_f64() * scale).noting(note)
}

/// Places calls until it is enough.
fn place_until(ground: &Ground, server: &Process, is_enough: impl Fn(&Metrics) -> bool) {
    for round in 1.. {
        let script = Script::placing(&ground.folder, "place-many", round * 10_000_000);
        script.run(server, ground.options.cores.1, CONNECTIONS, Duration::from_secs(1));
        if is_enough(&Metrics::of(server)) {
            return;
        }
        assert!(round < 120, "there are never enough calls");
    }
}

fn count(text: &[u8], part: &[u8]) -> usize {
    let mut found = 0;
    let mut rest = text;
    // A part begins with a quote, and what lies between two quotes is short.
    while let Some(position) = rest.iter().position(|byte| *byte == part[0]) {
        rest = &rest[position..];
        if rest.starts_with(part) {
            found += 1;
        }
        rest = &rest[1..];
    }
    found
}
