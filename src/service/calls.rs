//! A request to Akol's API.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::{HeaderMap, Method, StatusCode};
use uuid::Uuid;

use super::{Notes, Outcome, Service, route};
use crate::dialect::faults;
use crate::dialect::refusal::Refusal;
use crate::domain::faults::{ConnectionFault, Trouble};
use crate::domain::matching::Sketch;
use crate::driver;
use crate::engine::{Arrival, BadName, Entry, Meddling, Void, Workspace, Workspaces};
use crate::routes::{API, Handler, Route};
use crate::time::Stopwatch;
use crate::wire::reply::Reply;
use crate::wire::request::{MAX_BODY, Request, Unreadable, discard, read_body};

impl Service {
    /// Answers a request whose path below the API's root begins at `root`.
    pub(super) async fn answer_api(&self, mut request: Request, root: usize, body: Incoming, came: Stopwatch) -> Reply {
        if let Some(allowed) = self.pages.preflight(&request) {
            return Box::pin(self.answer_preflight(allowed, &request, body, came)).await;
        }
        let head = request.check_head().map_err(Refusal::from);
        let token = head.and_then(|()| self.gate.admit(&request));
        let bearer = token.as_ref().ok().copied().flatten();
        let workspace = self.workspaces.of_token(bearer);
        if bearer.is_some_and(Workspaces::is_misnamed) {
            let note = format!(
                "a token begins with ws_ and names no workspace, so it belongs to default: a name is {BadName}"
            );
            self.log.note(workspace.clock().now(), &note);
        }
        let entry = workspace.enter();
        let admitted = token.and_then(|token| count(&workspace, &entry, token, &request));
        let is_let_in = admitted.is_ok();
        let mut routed = admitted.and_then(|()| route(API, &mut request, root));
        let position = routed.as_ref().ok().map(|found| found.position);
        let mut came_whole = came;
        if !body.is_end_stream() {
            let is_wanted = routed.is_ok() && takes_body(&request.method);
            match Box::pin(receive(&request.headers, body, is_wanted)).await {
                Ok(body) => request.body = body,
                Err(unreadable) => routed = Err(unreadable.into()),
            }
            came_whole = Stopwatch::start();
        }

        let trouble = match is_let_in && entry.has_trouble {
            true => trouble(&workspace, &entry, &request),
            false => Trouble::NONE,
        };
        request.is_held_back = !trouble.delay.is_zero();
        let arrival = workspace.arrive(request, came_whole, entry.id, entry.epoch);
        let outcome = match trouble.execute {
            true => routed.and_then(|found| handle(found.route, &workspace, &arrival, came_whole)),
            false => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        };
        let outcome = match meddle(outcome, &trouble) {
            outcome if trouble.delay.is_zero() => outcome,
            outcome => Box::pin(hold_back(&workspace, &arrival, trouble.delay, outcome)).await,
        };
        let given = Stopwatch::start();
        let notes = Notes {
            workspace: &workspace,
            request: &arrival.request,
            request_id: arrival.exchange.id,
            route: position,
            came,
            given,
        };
        let reply = self.finish(outcome, &notes);
        let reply = self.pages.share(&arrival.request, reply);
        let meddling = Meddling {
            breakage: trouble.breakage.map(ConnectionFault::as_str),
            delay: trouble.delay,
            rules: trouble.rules,
        };
        workspace.answered(&arrival, &reply, given, meddling);
        reply
    }
}

/// Whether a request of that method has a body that means something.
pub(super) fn takes_body(method: &Method) -> bool {
    method != Method::GET && method != Method::HEAD
}

/// A body that has yet to come: the bytes of one that is wanted, none of one that is not.
async fn receive(headers: &HeaderMap, body: Incoming, is_wanted: bool) -> Result<Bytes, Unreadable> {
    match is_wanted {
        true => read_body(headers, body, MAX_BODY).await,
        false => {
            discard(headers, body).await;
            Ok(Bytes::new())
        }
    }
}

/// Counts a request against the rate limit of its token, or of its address where it has none.
fn count(workspace: &Workspace, entry: &Entry, token: Option<&str>, request: &Request) -> Result<(), Refusal> {
    if !entry.limits_requests {
        return Ok(());
    }
    let client = token.map_or_else(|| format!("address {}", request.peer), |token| format!("token {token}"));
    let counted = workspace.write_in(&entry.epoch, |world| world.count_request(&client));
    counted.map_err(|Void| Refusal::void())?.map_err(Refusal::too_many_requests)
}

/// What befalls a request on purpose.
fn trouble(workspace: &Workspace, entry: &Entry, request: &Request) -> Trouble {
    let sketch = Sketch {
        method: request.method.as_str(),
        path: request.path(),
        query: request.query(),
        status: None,
        body: &request.body,
    };
    // A request that a reset has overtaken is refused for that.
    workspace.write_in(&entry.epoch, |world| world.trouble_for(&sketch, entry.number)).unwrap_or(Trouble::NONE)
}

/// Lets the handler answer. Akol's API knows none that take their time or look beyond the world.
fn handle(route: &Route, workspace: &Workspace, arrival: &Arrival, came: Stopwatch) -> Outcome {
    match route.handler {
        Handler::Read(look) => workspace.read_at(came, |world, now| look(world, now, &arrival.request)),
        Handler::Write(change) => workspace
            .write_in(&arrival.epoch, |world| change(world, &arrival.request))
            .unwrap_or_else(|Void| Err(Refusal::void())),
        Handler::Tell(tell) => tell(&arrival.request),
        Handler::Look(_) | Handler::Act(_) => Err(super::nothing_at(arrival.request.path())),
    }
}

/// What is sent in the place of an answer, where rules say so.
fn meddle(outcome: Outcome, trouble: &Trouble) -> Outcome {
    let (subject, ticket) = outcome.as_ref().map_or((None, None), |reply| (reply.subject, reply.ticket));
    let outcome = match (trouble.status, trouble.rules.last()) {
        (Some((status, retry_after)), Some(rule)) => {
            Ok(Reply { subject, ticket, ..Refusal::by_rule(rule, status, retry_after).reply() })
        }
        _ => outcome,
    };
    match trouble.breakage {
        Some(fault) => {
            let reply = outcome.unwrap_or_else(|refusal| refusal.reply());
            Ok(reply.broken(faults::breakage(fault)))
        }
        None => outcome,
    }
}

/// Lets that much real time pass before the answer is given. If a reset comes meanwhile, the answer is void.
async fn hold_back(workspace: &Arc<Workspace>, arrival: &Arrival, delay: Duration, outcome: Outcome) -> Outcome {
    let ticket = outcome.as_ref().ok().and_then(|reply| reply.ticket);
    let _held = ticket.map(|key| HeldKey { workspace, arrival, key: Uuid::from_u128(key) });
    tokio::select! {
        biased;
        () = arrival.epoch.ended() => Err(Refusal::void()),
        () = driver::pause(delay) => outcome,
    }
}

/// An idempotency key whose first answer is held back: given back also where the client does not wait for it.
struct HeldKey<'a> {
    workspace: &'a Workspace,
    arrival: &'a Arrival,
    key: Uuid,
}

impl Drop for HeldKey<'_> {
    fn drop(&mut self) {
        // After a reset nobody holds it any more.
        let _ = self.workspace.write_in(&self.arrival.epoch, |world| world.answers().release(self.key));
    }
}
