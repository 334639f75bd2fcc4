//! `POST /__admin/requests/wait`: waits for requests to Akol's API.

use std::sync::Arc;

use akol_mock_world::faults::matching::{Effort, Pattern};
use hyper::StatusCode;
use serde::Serialize;

use super::{
    InVain, Kind, NearMiss, TimedOut, WAIT_OPTIONS, WaitOptions, enough, nearest, of_clock, of_forgotten, of_others,
    overtaken, place_in,
};
use crate::control::requests::{ExchangeView, PATTERN, answer, of_lost};
use crate::control::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::oversight;
use crate::dialect::pattern;
use crate::dialect::refusal::Refusal;
use crate::engine::{Awaited, Exchange, Found};
use crate::http::request::Request;
use crate::http::response::Reply;

#[derive(Serialize)]
struct Miss<'a> {
    request: ExchangeView<'a>,
}

/// Waits for requests, and answers with them.
pub fn wait(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let mut fields = Fields::read(&request)?;
        fields.only(&[&PATTERN[..], &WAIT_OPTIONS].concat());
        let pattern = pattern::read(&mut fields);
        let options = WaitOptions::read(&mut fields);
        fields.finish()?;
        // Its body may be long, and so may the wait.
        drop(request);
        let workspace = scene.workspace;
        let pool = workspace.pool().clone();
        let _place = place_in(&workspace, &pattern)?;
        let epoch = workspace.epoch();
        let mut warnings = oversight::of_pattern(&pattern);
        let (waiting, there) = workspace.journal().wait(pattern.clone(), options.count, false);
        waiting.look_at(there, &pool).await?;
        match enough(&waiting, &pool, &epoch, options.timeout.duration()).await {
            Ok(mut found) => {
                let there = if found.is_whole() { Vec::new() } else { workspace.journal().exchanges() };
                pool.run_if(!there.is_empty(), move || {
                    found.fill(there);
                    let reply = came(found, &mut warnings);
                    envelope::warned(reply, &warnings)
                })
                .await
                .map_err(Refusal::from)
            }
            Err(InVain::Reset) => Err(overtaken()),
            Err(InVain::TimeUp) => {
                let (found, all) = (waiting.found(), workspace.journal().exchanges());
                let workspace = Arc::clone(&workspace);
                let effort = Effort::of(&pattern);
                let nanoseconds: usize = all.iter().map(|one| one.nanoseconds(effort)).sum();
                pool.run_if(nanoseconds > Effort::LONG, move || {
                    let reply = late(found, all, &pattern, options, &mut warnings);
                    if reply.status == StatusCode::REQUEST_TIMEOUT {
                        warnings.extend(of_lost(&workspace));
                        warnings.extend(of_clock(&workspace, options.timeout, Kind::Requests));
                    }
                    envelope::warned(reply, &warnings)
                })
                .await
                .map_err(Refusal::from)
            }
        }
    })
}

/// The answer with the requests that have come. Whatever of them it cannot show is a warning.
fn came(found: Found<Arc<Exchange>>, warnings: &mut Vec<String>) -> Reply {
    let count = found.count();
    let there = found.into_things();
    warnings.extend(of_forgotten(there.len(), count));
    answer(there)
}

/// The answer when time is up: with what came at the very last, or with what came nearest.
fn late(
    mut found: Found<Arc<Exchange>>,
    all: Vec<Arc<Exchange>>,
    pattern: &Pattern,
    options: WaitOptions,
    warnings: &mut Vec<String>,
) -> Reply {
    let misses = all.iter().filter_map(|exchange| {
        let differences = pattern.differences(&exchange.sketch());
        if differences.is_empty() {
            found.put(Arc::clone(exchange));
            return None;
        }
        Some(NearMiss { differences, what: exchange })
    });
    let (others, nearest) = nearest(misses);
    let WaitOptions { count, timeout } = options;
    if found.count() >= count {
        found.fill(all);
        return came(found, warnings);
    }
    let error = format!("Waited {timeout} for requests: {} of {count} came; {}", found.count(), of_others(others));
    let shown = nearest
        .into_iter()
        .map(|NearMiss { differences, what }| NearMiss { differences, what: Miss { request: ExchangeView::of(what) } });
    TimedOut::reply(error, shown.collect())
}
