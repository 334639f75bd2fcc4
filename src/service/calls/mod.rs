//! A request to Akol's API.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::faults::matching::Sketch;
use akol_mock_world::faults::rules::{ConnectionFault, Matched, Trouble};
use hyper::body::Body as HttpBody;
use hyper::{Method, Response, StatusCode};
use uuid::Uuid;

use super::told::{Say, Topic};
use super::{Given, Notes, Outcome, Service, route};
use crate::dialect::faults;
use crate::dialect::refusal::Refusal;
use crate::driver;
use crate::engine::{Arrival, BadName, Entry, Meddling, Void, Workspace, Workspaces};
use crate::http::access_log::Weight;
use crate::http::body::Body;
use crate::http::maybe_ready::Answering;
use crate::http::request::{MAX_BODY, Request, Unreadable, discard};
use crate::http::request_body::RequestBody;
use crate::http::response::Reply;
use crate::http::shutdown::{Phase, Shutdown};
use crate::real_time::Stopwatch;
use crate::routes::{API, Found, Handler, Route};

/// A request that has been let in or not, before its body has come.
struct Visit<'a> {
    workspace: Cow<'a, Arc<Workspace>>,
    entry: Entry,
    is_let_in: bool,
    routed: Result<Found<'static>, Refusal>,
}

impl Visit<'_> {
    /// Whether it would keep others waiting to carry the request out.
    fn is_long_work(&self, request: &Request) -> bool {
        let is_body_read = self.routed.is_ok() && request.is_body_long();
        is_body_read || self.entry.rules.as_ref().is_some_and(|rules| rules.is_long_for(&sketch(request)))
    }

    fn into_owned(self) -> Visit<'static> {
        Visit { workspace: Cow::Owned(self.workspace.into_owned()), ..self }
    }
}

/// What is told of a request beside its answer.
struct Told {
    /// The position of its route among all routes, if it has one.
    route: Option<usize>,
    trouble: Trouble,
    came: Stopwatch,
}

impl Service {
    /// Answers a request whose path below the API's root begins at `root`: at once, unless its body has yet to come or its answer is to
    /// be held back.
    pub(super) fn answer_api(
        self: &Arc<Service>,
        mut request: Request,
        root: usize,
        head: Result<(), Unreadable>,
        body: RequestBody,
        came: Stopwatch,
    ) -> Answering<Response<Body>> {
        let is_readable = head.is_ok();
        if let Some(allowed) = self.pages.preflight(&request).filter(|_| is_readable) {
            let service = Arc::clone(self);
            return Answering::later(async move {
                service.answer_preflight(allowed, &request, body, came).await.into_response(false)
            });
        }
        let visit = self.let_in(&mut request, root, head);
        // Behind a head that is malformed nobody knows what a body is.
        if body.is_end_stream() || !is_readable {
            return match visit.is_long_work(&request) {
                true => self.carry_out_in_pool(visit.into_owned(), request, came, came),
                false => self.carry_out(visit, request, came, came),
            };
        }
        let service = Arc::clone(self);
        let mut visit = visit.into_owned();
        Answering::later(async move {
            let is_wanted = visit.routed.is_ok() && takes_body(&request.method);
            let received = match is_wanted {
                true => request.read_body(body, MAX_BODY, &service.shutdown, &service.body_room).await,
                false => discard(&request.headers, body, &service.shutdown).await,
            };
            if let Err(unreadable) = received {
                // What the head alone is refused for comes first.
                visit.routed = visit.routed.and(Err(unreadable.into()));
            }
            let came_whole = Stopwatch::start();
            match visit.is_long_work(&request) {
                true => service.carry_out_in_pool(visit, request, came, came_whole).await,
                false => service.carry_out(visit, request, came, came_whole).await,
            }
        })
    }

    /// Finds out whose request it is, whether they may enter, and what is to answer.
    fn let_in(&self, request: &mut Request, root: usize, head: Result<(), Unreadable>) -> Visit<'_> {
        let token = head.map_err(Refusal::from).and_then(|()| self.gate.admit(request));
        let bearer = token.as_ref().ok().copied().flatten();
        let workspace = self.workspaces.of_token(bearer);
        if matches!(workspace, Cow::Borrowed(_)) {
            let is_misnamed = bearer.is_some_and(Workspaces::is_misnamed);
            if (is_misnamed || self.workspaces.has_others()) && token.is_ok() {
                self.note_default(bearer, is_misnamed);
            }
        }
        let entry = workspace.enter();
        let admitted = token.and_then(|token| count(&workspace, &entry, token, request));
        let is_let_in = admitted.is_ok();
        let routed = admitted.and_then(|()| route(API, request, root));
        Visit { workspace, entry, is_let_in, routed }
    }

    /// Says once of a token that it belongs to `default`, though it looks like that of a workspace, or others are in use; and once that a
    /// workspace has its name, as soon as there is one.
    fn note_default(&self, token: Option<&str>, is_misnamed: bool) {
        let is_a_name = |token: &str| {
            let is_there = || matches!(self.workspaces.existing(token), Ok(Some(_)));
            token != Workspaces::DEFAULT && !self.told.has(Topic::IsAName, token) && is_there()
        };
        let mut say = self.told.of(Topic::Landed, token.unwrap_or_default());
        let name = token.filter(|token| say != Say::NoMore && is_a_name(token));
        if let Some(name) = name {
            say = self.told.of(Topic::IsAName, name);
        }
        let note = match (say, token) {
            (Say::Nothing, _) => return,
            (Say::NoMore, _) => {
                "many tokens have come to default, while other workspaces are in use; further ones are not told of"
                    .to_owned()
            }
            (Say::It, None) => {
                "requests without a token belong to default, while other workspaces are in use".to_owned()
            }
            (Say::It, Some(_)) if is_misnamed => {
                format!("a token begins with ws_ and names no workspace, so it belongs to default: a name is {BadName}")
            }
            (Say::It, Some(token)) if name.is_some() => {
                format!("the token {token} belongs to default; that of the workspace {token} is ws_{token}")
            }
            (Say::It, Some(token)) => format!(
                "a token, {}, belongs to default, while other workspaces are in use; the token of a workspace is ws_ and its name",
                described(token)
            ),
        };
        let default = self.workspaces.default();
        self.log.note(default.clock().now(), Some(default.name()), Weight::Warning, &note);
    }

    /// The same as [`Service::carry_out`], for what would keep others waiting.
    fn carry_out_in_pool(
        self: &Arc<Service>,
        visit: Visit<'static>,
        mut request: Request,
        came: Stopwatch,
        came_whole: Stopwatch,
    ) -> Answering<Response<Body>> {
        let service = Arc::clone(self);
        Answering::later(async move {
            let is_head = request.method == Method::HEAD;
            let within = Arc::clone(&service);
            let pool = visit.workspace.pool().clone();
            let carrying_out = pool.run(move || {
                request.read_json_ahead();
                within.carry_out(visit, request, came, came_whole)
            });
            let stopped = tokio::select! {
                biased;
                carried_out = carrying_out => match carried_out {
                    Ok(answering) => return answering.await,
                    Err(stopped) => Refusal::from(stopped),
                },
                () = service.shutdown.reached(Phase::GraceOver) => Refusal::stopping(),
            };
            stopped.reply().into_response(is_head)
        })
    }

    /// Does what is asked for, once all of it has come.
    fn carry_out(
        self: &Arc<Service>,
        visit: Visit<'_>,
        mut request: Request,
        came: Stopwatch,
        came_whole: Stopwatch,
    ) -> Answering<Response<Body>> {
        let Visit { workspace, entry, is_let_in, routed } = visit;
        let trouble = match is_let_in && entry.has_trouble {
            true => trouble(&workspace, &entry, &request),
            false => Trouble::NONE,
        };
        request.is_held_back = !trouble.delay.is_zero();
        let told = Told { route: routed.as_ref().ok().map(|found| found.position), trouble, came };
        let arrival = workspace.arrive(&request, workspace.clock().at(came_whole), entry.id, entry.epoch);
        let outcome = match told.trouble.execute {
            true => routed.and_then(|found| handle(found.route, &workspace, &request, &arrival, came_whole)),
            false => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        };
        let outcome = if told.trouble.replaces_answer() { meddle(outcome, &told.trouble) } else { outcome };
        if !request.is_held_back && !arrival.is_overfull {
            return Answering::Now(self.give(outcome, &workspace, &request, &arrival, told));
        }
        // Whatever keeps the answer back needs no body any more.
        request.drop_body();
        let (service, workspace) = (Arc::clone(self), workspace.into_owned());
        Answering::later(async move {
            if arrival.is_overfull {
                workspace.journal().help_waiters(workspace.pool()).await;
            }
            let outcome = hold_back(&workspace, &arrival, told.trouble.delay, outcome, &service.shutdown).await;
            service.give(outcome, &workspace, &request, &arrival, told)
        })
    }

    /// The answer, of which all has been noted.
    fn give(
        &self,
        outcome: Outcome,
        workspace: &Workspace,
        request: &Request,
        arrival: &Arrival,
        told: Told,
    ) -> Response<Body> {
        let Told { route, trouble, came } = told;
        let (request_id, given) = (arrival.exchange.id, Given::now(workspace));
        let notes = Notes { request, request_id, route, came, given, trouble: &trouble };
        let mut reply = self.finish(outcome, &notes);
        self.pages.share(request, &mut reply);
        let meddling = Meddling {
            breakage: trouble.breakage.map(ConnectionFault::as_str),
            delay: trouble.delay,
            rules: trouble.rules,
        };
        workspace.answered(arrival, &reply, given.at, meddling);
        reply.into_response(request.method == Method::HEAD)
    }
}

/// So much of a token, which may be a secret, that its user knows which it is.
fn described(token: &str) -> String {
    /// The most that is shown; never more than a quarter of it.
    const SHOWN: usize = 4;
    let count = token.chars().count();
    let beginning: String = token.chars().take(SHOWN.min(count / 4)).collect();
    match beginning.is_empty() {
        true => format!("of {count} characters"),
        false => format!("of {count} characters, that begins with {beginning:?}"),
    }
}

/// Whether a request of that method has a body that means something.
pub(super) fn takes_body(method: &Method) -> bool {
    method != Method::GET && method != Method::HEAD
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
    let matched = match &entry.rules {
        Some(rules) => rules.matched_by(&sketch(request)),
        None => Matched::default(),
    };
    // A request that a reset has overtaken is refused for that.
    workspace.write_in(&entry.epoch, |world| world.trouble_for(&matched, entry.number)).unwrap_or(Trouble::NONE)
}

/// A request as fault rules see it.
fn sketch(request: &Request) -> Sketch<'_> {
    Sketch::new(request.method.as_str(), request.path(), request.query(), &request.body)
}

/// Lets the handler answer. Akol's API knows none that take their time or look beyond the world.
fn handle(route: &Route, workspace: &Workspace, request: &Request, arrival: &Arrival, came: Stopwatch) -> Outcome {
    match route.handler {
        Handler::Read(look) => workspace.read_at(came, |world, now| look(world, now, request)),
        Handler::Write(change) => workspace
            .write_in(&arrival.epoch, |world| change(world, request))
            .unwrap_or_else(|Void| Err(Refusal::void())),
        Handler::Tell(tell) => tell(request),
        Handler::Look(_) | Handler::Search(_) | Handler::Act(_) => Err(super::nothing_at(request)),
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

/// Lets that much real time pass before the answer is given. If a reset comes meanwhile, the answer is void; a server that is to stop gives it
/// up when its grace is over.
async fn hold_back(
    workspace: &Arc<Workspace>,
    arrival: &Arrival,
    delay: Duration,
    outcome: Outcome,
    shutdown: &Shutdown,
) -> Outcome {
    let ticket = outcome.as_ref().ok().and_then(|reply| reply.ticket);
    let _held = ticket.map(|key| HeldKey { workspace, arrival, key: Uuid::from_u128(key) });
    tokio::select! {
        biased;
        () = arrival.epoch.ended() => Err(Refusal::void()),
        () = driver::pause(delay) => outcome,
        () = shutdown.reached(Phase::GraceOver) => Err(Refusal::stopping()),
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
