//! `POST /__admin/requests/wait`: waits for requests to Akol's API.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;

use super::{
    InVain, NearMiss, PATIENCE, Patience, TimedOut, enough, nearest, of_clock, of_others, overtaken, place_in,
};
use crate::control::requests::{ExchangeView, PATTERN, answer};
use crate::control::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::oversight;
use crate::dialect::pattern;
use crate::domain::matching::Pattern;
use crate::engine::Exchange;
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
        let Scene { workspace, aside, .. } = scene;
        let _place = place_in(&workspace)?;
        let epoch = workspace.epoch();
        let mut warnings = oversight::of_pattern(&pattern);
        let (waiting, there) = workspace.journal().wait(pattern.clone(), patience.count);
        aside.run(waiting.look_at(there)).await?;
        match enough(&waiting, &epoch, patience.timeout.duration()).await {
            Ok(found) => aside.run(move || envelope::warned(answer(found), &warnings)).await,
            Err(InVain::Reset) => Err(overtaken()),
            Err(InVain::TimeUp) => {
                let (found, all) = (waiting.found(), workspace.journal().exchanges());
                let workspace = Arc::clone(&workspace);
                aside
                    .run(move || {
                        let reply = late(found, &all, &pattern, patience);
                        warnings.extend(of_clock(&workspace).filter(|_| reply.status == StatusCode::REQUEST_TIMEOUT));
                        envelope::warned(reply, &warnings)
                    })
                    .await
            }
        }
    })
}

/// The answer when time is up: with what came at the very last, or with what came nearest.
fn late(found: Vec<Arc<Exchange>>, all: &[Arc<Exchange>], pattern: &Pattern, patience: Patience) -> Reply {
    let mut came: BTreeMap<u64, Arc<Exchange>> = found.into_iter().map(|one| (one.number, one)).collect();
    let misses = all.iter().filter_map(|exchange| {
        let differences = pattern.differences(&exchange.sketch());
        if differences.is_empty() {
            came.insert(exchange.number, Arc::clone(exchange));
            return None;
        }
        Some(NearMiss { differences, what: exchange })
    });
    let (others, nearest) = nearest(misses);
    let Patience { count, timeout } = patience;
    if came.len() >= count {
        return answer(came.into_values().collect());
    }
    let error = format!("Waited {timeout} for requests: {} of {count} came; {}", came.len(), of_others(others));
    let shown = nearest
        .into_iter()
        .map(|NearMiss { differences, what }| NearMiss { differences, what: Miss { request: ExchangeView::of(what) } });
    TimedOut::reply(error, shown.collect())
}
