//! `POST /__admin/requests/wait`, `POST /__admin/webhooks/deliveries/wait`: answers as soon as what is waited for has come, or says what
//! came nearest.

pub mod deliveries;
pub mod requests;

use std::time::Duration;

use hyper::StatusCode;
use serde::Serialize;

use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::refusal::Refusal;
use crate::domain::matching::Difference;
use crate::domain::span::Span;
use crate::driver;
use crate::engine::{Epoch, Workspace};
use crate::wire::reply::Reply;

/// How many of those that came nearest are shown.
const NEAREST: usize = 3;
/// How long is waited at most, in real time.
const LONGEST: Span = Span::from_secs(10 * 60);
/// How long is waited where nothing is said of it, in real time.
const USUAL: Span = Span::from_secs(5);
/// The most that can be waited for.
const MOST: u64 = 1_000_000;

/// How many are waited for, and how long.
struct Patience {
    /// How many have to have come.
    count: usize,
    /// How long, in real time.
    timeout: Span,
}

/// The names of the fields that say so.
const PATIENCE: [&str; 2] = ["count", "timeout"];

impl Patience {
    /// Reads the fields that say so.
    fn read(fields: &mut Fields) -> Patience {
        Patience {
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

/// Waits, in real time, until `look` finds something; it is asked whenever something has happened in the workspace.
async fn until<T>(
    workspace: &Workspace,
    epoch: &Epoch,
    timeout: Duration,
    look: impl Fn() -> Option<T>,
) -> Result<T, InVain> {
    tokio::select! {
        biased;
        // Before what is found: what another state brings along is nothing that came.
        () = epoch.ended() => Err(InVain::Reset),
        found = workspace.journal().until(look) => Ok(found),
        () = driver::pause(timeout) => Err(InVain::TimeUp),
    }
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
    /// `misses` in the order in which they came; those with the fewest differences are shown, of equals the newest.
    fn reply(error: String, mut misses: Vec<NearMiss<T>>) -> Reply {
        misses.reverse();
        misses.sort_by_key(|miss| miss.differences.len());
        misses.truncate(NEAREST);
        let answer = TimedOut { success: false, error, near_misses: misses };
        envelope::raw(StatusCode::REQUEST_TIMEOUT, &answer)
    }
}
