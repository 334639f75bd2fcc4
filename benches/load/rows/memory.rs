//! What a world takes of memory.

use std::time::Duration;

use crate::ground::Ground;
use crate::request::Request;
use crate::row::Measured;

/// How long a server is left alone before it is looked at.
const SETTLED: Duration = Duration::from_secs(2);

/// The default world, on all cores, that nobody has asked for anything but one call.
pub fn idle(ground: &Ground) -> Measured {
    Measured::alone(resident(ground, "200") / 1_048_576.0)
}

/// What one of a million calls takes more than none.
pub fn per_call(ground: &Ground) -> Measured {
    let calls = ground.million();
    let (many, none) = (resident(ground, &calls.to_string()), resident(ground, "0"));
    let note = format!("{:.1} MiB with {calls}, {:.1} with none", many / 1_048_576.0, none / 1_048_576.0);
    Measured::alone((many - none) / calls as f64).noting(note)
}

/// The memory of a server with that many calls, in bytes.
pub fn resident(ground: &Ground, calls: &str) -> f64 {
    let server = ground.product_at_large(&["--calls", calls]);
    server.get(&Request::get("/calls/call_xxx"));
    std::thread::sleep(SETTLED);
    server.resident() as f64
}
