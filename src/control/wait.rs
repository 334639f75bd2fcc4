//! `POST /__admin/requests/wait`: answers as soon as what is waited for has come, or says what came nearest.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde::Serialize;

use super::requests::{ExchangeView, PATTERN, matching, sketch, views};
use super::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::pattern;
use crate::dialect::refusal::Refusal;
use crate::domain::matching::{Difference, Pattern};
use crate::domain::span::Span;
use crate::driver;
use crate::engine::{Epoch, Workspace};
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// How many of those that came nearest are shown.
const NEAREST: usize = 3;
/// How long is waited at most, in real time.
const LONGEST: Span = Span::from_secs(10 * 60);
/// How long is waited where nothing is said of it, in real time.
const USUAL: Span = Span::from_secs(5);
/// The most that can be waited for.
const MOST: u64 = 1_000_000;

/// How many are waited for, and how long.
pub(super) struct Patience {
    /// How many have to have come.
    pub(super) count: usize,
    /// How long, in real time.
    pub(super) timeout: Span,
}

/// The names of the fields that say so.
pub(super) const PATIENCE: [&str; 2] = ["count", "timeout"];

impl Patience {
    /// Reads the fields that say so.
    pub(super) fn read(fields: &mut Fields) -> Patience {
        Patience {
            count: fields.number("count", 1..=MOST).unwrap_or(1) as usize,
            timeout: fields.duration("timeout", Span::from_millis(0)..=LONGEST).unwrap_or(USUAL),
        }
    }
}

/// Why waiting came to an end without what was waited for.
pub(super) enum InVain {
    TimeUp,
    Reset,
}

/// Waits, in real time, until `look` finds something; it is asked whenever something has happened in the workspace.
pub(super) async fn until<T>(
    workspace: &Workspace,
    epoch: &Epoch,
    timeout: Duration,
    look: impl Fn() -> Option<T>,
) -> Result<T, InVain> {
    let watch = async {
        loop {
            let changed = workspace.journal().changed();
            tokio::pin!(changed);
            // From here on a change is noticed, even if it comes while we look.
            changed.as_mut().enable();
            if let Some(found) = look() {
                return found;
            }
            changed.await;
        }
    };
    tokio::select! {
        biased;
        found = watch => Ok(found),
        () = epoch.ended() => Err(InVain::Reset),
        () = driver::pause(timeout) => Err(InVain::TimeUp),
    }
}

/// The refusal of a wait that a reset has ended.
pub(super) fn overtaken() -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "The workspace was reset while this waited for something to happen in it")
}

/// A 408 that shows what came nearest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimedOut<T> {
    success: bool,
    error: String,
    near_misses: Vec<NearMiss<T>>,
}

#[derive(Serialize)]
pub(super) struct NearMiss<T> {
    /// How it differs from what was waited for.
    pub(super) differences: Vec<Difference>,
    #[serde(flatten)]
    pub(super) what: T,
}

impl<T: Serialize> TimedOut<T> {
    /// `misses` in the order in which they came; those with the fewest differences are shown, of equals the newest.
    pub(super) fn reply(error: String, mut misses: Vec<NearMiss<T>>) -> Reply {
        misses.reverse();
        misses.sort_by_key(|miss| miss.differences.len());
        misses.truncate(NEAREST);
        let answer = TimedOut { success: false, error, near_misses: misses };
        envelope::raw(StatusCode::REQUEST_TIMEOUT, &answer)
    }
}

#[derive(Serialize)]
struct Miss<'a> {
    request: ExchangeView<'a>,
}

/// Waits for requests, and answers with them.
pub fn for_requests(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let mut fields = Fields::read(&request)?;
        fields.only(&[&PATTERN[..], &PATIENCE].concat());
        let pattern = pattern::read(&mut fields);
        let patience = Patience::read(&mut fields);
        fields.finish()?;
        let workspace = &scene.workspace;
        let look = || {
            let found = matching(workspace, &pattern);
            (found.len() >= patience.count).then_some(found)
        };
        match until(workspace, &workspace.epoch(), patience.timeout.duration(), look).await {
            Ok(found) => Ok(envelope::success(StatusCode::OK, &views(&found))),
            Err(InVain::Reset) => Err(overtaken()),
            Err(InVain::TimeUp) => Ok(missed(workspace, &pattern, &patience)),
        }
    })
}

fn missed(workspace: &Workspace, pattern: &Pattern, patience: &Patience) -> Reply {
    let exchanges = workspace.journal().exchanges();
    let differences: Vec<(&Arc<_>, Vec<Difference>)> =
        exchanges.iter().map(|exchange| (exchange, pattern.differences(&sketch(exchange)))).collect();
    let came = differences.iter().filter(|(_, differences)| differences.is_empty()).count();
    let misses = differences.into_iter().filter(|(_, differences)| !differences.is_empty());
    let misses = misses
        .map(|(exchange, differences)| NearMiss { differences, what: Miss { request: ExchangeView::of(exchange) } });
    let Patience { count, timeout } = patience;
    let error = format!(
        "Of {count} requests that were waited for, {came} came within {timeout}; {} others are in the journal, nearMisses shows \
         how the nearest differ",
        exchanges.len() - came
    );
    TimedOut::reply(error, misses.collect())
}
