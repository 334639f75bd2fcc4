//! `POST /__admin/requests/wait`: waits for requests to Akol's API.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;

use super::{InVain, NearMiss, PATIENCE, Patience, TimedOut, overtaken, until};
use crate::control::requests::{ExchangeView, PATTERN, matching, sketch, views};
use crate::control::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::pattern;
use crate::domain::matching::{Difference, Pattern};
use crate::engine::{Exchange, Workspace};
use crate::wire::reply::Reply;
use crate::wire::request::Request;

#[derive(Serialize)]
struct Miss<'a> {
    request: ExchangeView<'a>,
}

/// Waits for requests, and answers with them.
pub fn wait(scene: Scene, request: Request) -> Pending {
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
            Err(InVain::TimeUp) => Ok(late(workspace, &pattern, &patience)),
        }
    })
}

/// The answer when time is up: what came at the very last, or what came nearest.
fn late(workspace: &Workspace, pattern: &Pattern, patience: &Patience) -> Reply {
    let exchanges = workspace.journal().exchanges();
    let differences: Vec<(&Arc<Exchange>, Vec<Difference>)> =
        exchanges.iter().map(|exchange| (exchange, pattern.differences(&sketch(exchange)))).collect();
    let came = differences.iter().filter(|(_, differences)| differences.is_empty()).count();
    if came >= patience.count {
        let found = differences.iter().filter(|(_, differences)| differences.is_empty());
        let found: Vec<_> = found.map(|(exchange, _)| Arc::clone(exchange)).collect();
        return envelope::success(StatusCode::OK, &views(&found));
    }
    let misses = differences.into_iter().filter(|(_, differences)| !differences.is_empty());
    let misses = misses
        .map(|(exchange, differences)| NearMiss { differences, what: Miss { request: ExchangeView::of(exchange) } });
    let Patience { count, timeout } = patience;
    let error = format!(
        "Waited {timeout} for requests: {came} of {count} came; nearMisses shows how the nearest of the others in the journal, {} \
         in all, differ",
        exchanges.len() - came
    );
    TimedOut::reply(error, misses.collect())
}
