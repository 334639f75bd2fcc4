//! `GET /__admin/calls/:id/timeline`: all that befell one call, in order.

use std::sync::Arc;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::{Call, CallId};
use akol_mock_world::event::{CallStep, Moment, Transition, What};
use hyper::StatusCode;

use super::happening::Shown;
use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::engine::{Exchange, Workspace};
use crate::http::request::Request;
use crate::http::response::Reply;

/// What befell a call.
enum Entry {
    /// To the call itself, or an event of it.
    Moment(Moment),
    /// A request that was about it.
    Exchange(Arc<Exchange>),
}

/// Requests, steps, deliveries and their answers, as far back as they are kept; the call's own steps always.
pub fn timeline(workspace: &Arc<Workspace>, request: &Request) -> Result<Reply, Refusal> {
    let call = workspace.read(|world, _| world.find_call(request.id()).cloned())?;
    let mut moments = workspace.journal().moments();
    moments.retain(|(_, moment)| moment.call == call.id);
    let exchanges = workspace.journal().exchanges();
    let forgotten = forgotten_steps(&call, &moments);

    let of_world = moments.into_iter().map(|(number, moment)| (moment.at, number, Entry::Moment(moment)));
    let about = exchanges.into_iter().filter(|exchange| is_about(exchange, call.id));
    let of_api = about.map(|exchange| (exchange.at, exchange.number, Entry::Exchange(exchange)));
    let of_old = forgotten.into_iter().map(|moment| (moment.at, 0, Entry::Moment(moment)));
    let mut entries: Vec<(Timestamp, u64, Entry)> = of_world.chain(of_api).chain(of_old).collect();
    entries.sort_by_key(|(at, number, _)| (*at, *number));
    let before = format!(r#"{{"callId":"{}","entries":["#, call.id);
    Ok(envelope::success_list_in(StatusCode::OK, &before, entries, |(_, _, entry), bytes| {
        let shown = match entry {
            Entry::Moment(moment) => Shown::of_moment(moment),
            Entry::Exchange(exchange) => Shown::of_exchange(exchange),
        };
        envelope::write_json(&shown, bytes);
    }))
}

/// Whether a request named the call, or made it.
fn is_about(exchange: &Exchange, call: CallId) -> bool {
    exchange.request.id().parse() == Ok(call)
        || exchange.answer().is_some_and(|answer| answer.reply.subject == Some(call.number()))
}

/// The steps of a call that are known from the call itself, and kept no more: those of past calls, and of long ago.
fn forgotten_steps(call: &Call, kept: &[(u64, Moment)]) -> Vec<Moment> {
    use akol_mock_world::calls::call::Status;
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
