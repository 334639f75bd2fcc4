//! `GET /__admin/calls/:id/timeline`: all that befell one call, in order.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;

use super::happening::Shown;
use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::domain::call::{Call, CallId};
use crate::domain::moment::{CallStep, Moment, Transition, What};
use crate::engine::{Exchange, Workspace};
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimelineView<'a> {
    call_id: CallId,
    entries: Vec<Shown<'a>>,
}

/// Requests, steps, deliveries and their answers, as far back as they are kept; the call's own steps always.
pub fn timeline(workspace: &Arc<Workspace>, request: &Request) -> Result<Reply, Refusal> {
    let call = workspace.read(|world, _| world.find_call(request.id()).cloned())?;
    let moments: Vec<(u64, Moment)> =
        workspace.journal().moments().into_iter().filter(|(_, moment)| moment.call == call.id).collect();
    let exchanges = workspace.journal().exchanges();
    let forgotten = forgotten_steps(&call, &moments);

    let of_world = moments.iter().map(|(number, moment)| (moment.at, *number, Shown::of_moment(moment)));
    let of_api = exchanges
        .iter()
        .filter(|exchange| is_about(exchange, call.id))
        .map(|exchange| (exchange.at, exchange.number, Shown::of_exchange(exchange)));
    let of_old = forgotten.iter().map(|moment| (moment.at, 0, Shown::of_moment(moment)));
    let mut entries: Vec<(Timestamp, u64, Shown<'_>)> = of_world.chain(of_api).chain(of_old).collect();
    entries.sort_by_key(|(at, number, _)| (*at, *number));
    let entries = entries.into_iter().map(|(_, _, shown)| shown).collect();
    Ok(envelope::success(StatusCode::OK, &TimelineView { call_id: call.id, entries }))
}

/// Whether a request named the call, or made it.
fn is_about(exchange: &Exchange, call: CallId) -> bool {
    exchange.request.id().parse() == Ok(call)
        || exchange.answer().is_some_and(|answer| answer.reply.subject == Some(call.number()))
}

/// The steps of a call that are known from the call itself, and kept no more: those of past calls, and of long ago.
fn forgotten_steps(call: &Call, kept: &[(u64, Moment)]) -> Vec<Moment> {
    use crate::domain::call::Status;
    let is_kept = |wanted: CallStep| {
        kept.iter()
            .any(|(_, moment)| matches!(moment.what, What::Transition(Transition { step, .. }) if step == wanted))
    };
    let steps = [
        (CallStep::Ringing, call.started_at(), Status::Ringing, None),
        (CallStep::Answered, call.answered_at, Status::InProgress, None),
        (CallStep::Ended, call.ended_at, call.status, call.outcome),
    ];
    let moment = |(step, at, status, outcome): (CallStep, Option<Timestamp>, Status, _)| {
        let what = What::Transition(Transition { step, status, outcome });
        at.filter(|_| !is_kept(step)).map(|at| Moment { at, call: call.id, what })
    };
    steps.into_iter().filter_map(moment).collect()
}
