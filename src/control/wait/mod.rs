//! `POST /__admin/requests/wait`, `POST /__admin/webhooks/deliveries/wait`: answers as soon as what is waited for has come, or says what
//! came nearest.

pub mod deliveries;
pub mod requests;

use std::time::Duration;

use akol_mock_world::base::json::Json;
use akol_mock_world::base::span::Span;
use akol_mock_world::error::Error;
use akol_mock_world::faults::matching::{Difference, Pattern};
use hyper::StatusCode;
use serde::Serialize;

use crate::awake;
use crate::blocking_pool::PoolShare;
use crate::clock::Reading;
use crate::config::ClockMode;
use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::refusal::Refusal;
use crate::engine::{Awaited, Epoch, Found, Place, Waiting, Workspace};
use crate::http::response::Reply;

/// How many of those that came nearest are shown.
const NEAREST: usize = 3;
/// How long is waited at most, in real time.
const LONGEST: Span = Span::from_secs(10 * 60);
/// How long is waited where nothing is said of it, in real time.
const USUAL: Span = Span::from_secs(5);
/// The most that can be waited for.
const MOST: u64 = 1_000_000;

/// How many are waited for, and how long.
#[derive(Clone, Copy)]
struct WaitOptions {
    /// How many have to have come.
    count: usize,
    /// How long, in real time.
    timeout: Span,
}

/// The names of the fields that say so.
const WAIT_OPTIONS: [&str; 2] = ["count", "timeout"];

impl WaitOptions {
    /// Reads the fields that say so.
    fn read(fields: &mut Fields) -> WaitOptions {
        WaitOptions {
            count: fields.number("count", 1..=MOST).unwrap_or(1) as usize,
            timeout: fields.duration("timeout", Span::from_millis(0)..=LONGEST).unwrap_or(USUAL),
        }
    }
}

/// Why waiting came to an end without what was waited for.
enum InVain {
    TimeUp,
    Reset,
}

/// Waits, in real time, until enough has come.
async fn enough<T: Awaited>(
    waiting: &Waiting<T>,
    pool: &PoolShare,
    epoch: &Epoch,
    timeout: Duration,
) -> Result<Found<T>, InVain> {
    tokio::select! {
        biased;
        // Before what is found: what another state brings along is nothing that came.
        () = epoch.ended() => Err(InVain::Reset),
        found = waiting.enough(pool) => Ok(found),
        () = awake::sleep(timeout) => Err(InVain::TimeUp),
    }
}

/// What there was but for what was waited for, in words.
fn of_others(others: usize) -> String {
    match others {
        0 => "no other is kept".to_owned(),
        _ => format!("nearMisses shows how the nearest of the others, {others} in all, differ"),
    }
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Requests, which clients send.
    Requests,
    /// Deliveries, which come of what happens.
    Deliveries,
}

/// That nothing happens by itself while the clock stands, where it does; or nothing as soon as that, where it runs.
fn of_clock(workspace: &Workspace, timeout: Span, kind: Kind) -> Option<String> {
    let Reading { mode, now, speed } = workspace.clock().read();
    let due = workspace.next_due();
    let advance = format!("advance the clock with POST /__admin/clock/advance?workspace={}", workspace.name());
    let advance = match kind {
        Kind::Requests => format!("if the client that is to send the request waits for that, {advance}"),
        Kind::Deliveries => advance,
    };
    if mode == ClockMode::Manual {
        let rest = match (due, kind) {
            (Some(due), _) => format!("what is due next is due at {due}; {advance}"),
            (None, Kind::Requests) => "nothing is due; requests come from clients".to_owned(),
            (None, Kind::Deliveries) => {
                "nothing is due, so none comes by itself; place a call, or trigger an event".to_owned()
            }
        };
        return Some(format!("The clock stands at {now}, and {rest}"));
    }
    // `None` also where an advance moves it just now.
    let left = workspace.clock().wait_until(due?)?;
    let whole = Span::from_secs(left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0)));
    (left > timeout.duration()).then(|| {
        format!(
            "The clock runs at {speed} times real time, and what is due next is due in {whole} of it, past the timeout of {timeout}; wait \
             longer, or {advance}"
        )
    })
}

/// That not all that came can be shown, where it cannot: `shown` of `count`.
fn of_forgotten(shown: usize, count: usize) -> Option<String> {
    let forgotten = count.saturating_sub(shown);
    let warning = || {
        format!(
            "{count} came, of which {forgotten} are not shown: they had to make room for newer ones (--journal-bytes, --journal-size)"
        )
    };
    (forgotten > 0).then(warning)
}

/// A place among those who wait in a workspace for requests or deliveries like `pattern`, until it is dropped.
fn place_in(workspace: &Workspace, pattern: &Pattern) -> Result<(Place, Place), Error> {
    const REMEDY: &str = "let one of them be answered first";
    let (waits, bytes) = (workspace.waits(), workspace.wait_bytes());
    let there = || format!("{} waits of this workspace", waits.most());
    let place = waits.take(1).ok_or_else(|| Error::too_many("body", there(), REMEDY))?;
    let there = || format!("{} bytes of patterns in the waits of this workspace", bytes.most());
    let room = bytes.take(pattern.written_bytes()).ok_or_else(|| Error::too_many("body", there(), REMEDY))?;
    Ok((place, room))
}

/// The refusal of a wait that a reset has ended.
fn overtaken() -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "The workspace was reset while this waited for something to happen in it")
}

/// A 408 that shows what came nearest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimedOut<T> {
    success: bool,
    error: String,
    near_misses: Vec<NearMiss<T>>,
}

#[derive(Serialize)]
struct NearMiss<T> {
    /// How it differs from what was waited for.
    differences: Vec<Difference>,
    #[serde(flatten)]
    what: T,
}

impl<T: Serialize> TimedOut<T> {
    fn reply(error: String, near_misses: Vec<NearMiss<T>>) -> Reply {
        envelope::raw(StatusCode::REQUEST_TIMEOUT, &TimedOut { success: false, error, near_misses })
    }
}

/// How far away something is from what was waited for. A body that is not there at all differs in everything that it should have.
fn distance(differences: &[Difference]) -> usize {
    let far = |difference: &Difference| match difference.field.as_str() {
        "body" => 1 + values_in(&difference.expected),
        _ => 1,
    };
    differences.iter().map(far).sum()
}

/// How many values there are in one that are neither objects nor arrays.
fn values_in(value: &Json) -> usize {
    match value {
        Json::Object(object) => object.values().map(values_in).sum(),
        Json::Array(items) => items.iter().map(values_in).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 1,
    }
}

/// Those of `all` that came nearest: that have the fewest differences, of equals the newest. `all` are in the order in which they came. Says how
/// many there were.
fn nearest<T>(all: impl Iterator<Item = NearMiss<T>>) -> (usize, Vec<NearMiss<T>>) {
    let (mut count, mut nearest) = (0, Vec::with_capacity(NEAREST + 1));
    for miss in all {
        count += 1;
        let far = distance(&miss.differences);
        let place = nearest.partition_point(|(distance, _): &(usize, NearMiss<T>)| *distance < far);
        nearest.insert(place, (far, miss));
        nearest.truncate(NEAREST);
    }
    (count, nearest.into_iter().map(|(_, miss)| miss).collect())
}
