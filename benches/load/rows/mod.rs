//! The rows, in the order of the table. Each is one function in the file of its noun.

mod audio;
mod latency;
mod listing;
mod living;
mod memory;
mod placing;
pub mod reading;
pub mod starting;
mod webhooks;
pub mod workspaces;

use crate::ground::Ground;
use crate::row::{Goal, Measured, Row};

/// All of them.
#[rustfmt::skip]
pub fn all() -> Vec<Row> {
    use Goal::{AtMost, Share, Shown, Times};
    vec![
        row("get-1k", "`GET /calls/:id`, 1,000 calls", Share(0.90), "req/s", reading::of_a_thousand),
        row("get-1m", "`GET /calls/:id`, 1,000,000 calls", Share(0.90), "req/s", reading::of_a_million),
        row("get-unread", "any of 200,000 of 1,000,000 calls, too many for what was written before to be at hand", Shown, "req/s", reading::of_a_million_unread),
        row("get-logged", "`GET /calls/:id`, with a log line for each, against without", Shown, "req/s", reading::with_a_log),
        row("list-1k", "`GET /calls?status=…&limit=20`, 1,000 calls", Share(0.75), "req/s", listing::of_a_thousand),
        row("list-1m", "the same at 1,000,000, the worst of several combinations of filters", Share(0.65), "req/s", listing::of_a_million),
        row("list-growth", "the same filter at 1,000,000 against 1,000", Share(0.50), "req/s", listing::million_against_thousand),
        row("page-middle", "the page in the middle of 1,000,000 against the first", Share(0.50), "req/s", listing::middle_page),
        row("page-last", "the last page of 1,000,000 against the first", Share(0.50), "req/s", listing::last_page),
        row("one-day", "a date range that leaves one of 1,000,000 against the first page", Share(1.00), "req/s", listing::one_instant),
        row("place", "`POST /calls`, with idempotency key, lifecycle scheduled, journal on", Share(0.60), "req/s", placing::place),
        row("audio-whole", "`GET …/audio`, whole", Share(0.60), "req/s", audio::whole),
        row("audio-ranges", "`GET …/audio`, by ranges of 64 KiB", Share(0.60), "req/s", audio::ranges),
        row("audio-memory", "memory for each of 100 listeners more", AtMost(64.0), "KiB", audio::listeners),
        row("start", "process start to first answer, default world", AtMost(10.0), "ms", starting::default_world),
        row("start-1m", "the same with `--calls 1000000`", AtMost(1_500.0), "ms", starting::million_calls),
        row("memory-idle", "resident memory, default world, idle", AtMost(10.0), "MiB", memory::idle),
        row("memory-call", "memory per seeded call at 1,000,000", AtMost(200.0), "bytes", memory::per_call),
        row("live", "200,000 live calls, real clock, half of peak load: lateness of transitions, 99th percentile", AtMost(20.0), "ms", living::live_calls),
        row("advance", "`advance` over 1,000,000 due transitions, no receiver", AtMost(1.0), "s", living::advance),
        row("webhooks", "webhook deliveries to one local receiver, against a bare hyper client", Share(0.70), "per s", webhooks::deliveries),
        row("workspaces", "10,000 workspaces in use against one", Share(0.90), "req/s", workspaces::ten_thousand),
        row("latency", "p99 latency of `GET /calls/:id` under half of peak load", Times(1.50), "µs", latency::half_load),
    ]
}

const fn row(
    name: &'static str,
    work: &'static str,
    goal: Goal,
    unit: &'static str,
    measure: fn(&Ground) -> Measured,
) -> Row {
    Row { name, work, goal, unit, measure }
}
