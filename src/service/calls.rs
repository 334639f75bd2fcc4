//! A request to Akol's API.

use hyper::Method;
use hyper::body::Incoming;

use super::{Notes, Outcome, Service, route};
use crate::dialect::refusal::Refusal;
use crate::engine::{Arrival, Meddling, Workspace};
use crate::routes::{API, Handler, Route};
use crate::time::Stopwatch;
use crate::wire::reply::Reply;
use crate::wire::request::{MAX_BODY, Request, discard, read_body};

impl Service {
    /// Answers a request whose path below the API's root begins at `root`.
    pub(super) async fn answer_api(
        &self,
        mut request: Request,
        root: usize,
        body: Incoming,
        stopwatch: Stopwatch,
    ) -> Reply {
        let head = request.check_head().map_err(Refusal::from);
        let token = head.and_then(|()| self.gate.admit(&request));
        let workspace = self.workspaces.of_token(token.as_ref().ok().copied().flatten());
        let request_id = workspace.next_request_id();
        let admitted = token.and_then(|token| count(&workspace, token, &request));
        let mut routed = admitted.and_then(|()| route(API, &request, &request.path[root..]));
        if let Ok((_, id)) = &mut routed {
            request.id = std::mem::take(id);
        }
        if routed.is_ok() && takes_body(&request.method) {
            match read_body(&request.headers, body, MAX_BODY).await {
                Ok(body) => request.body = body,
                Err(unreadable) => routed = Err(unreadable.into()),
            }
        } else {
            discard(&request.headers, body).await;
        }

        let arrival = workspace.arrive(request, request_id);
        let outcome = routed.and_then(|(route, _)| handle(route, &workspace, &arrival));
        let notes =
            Notes { workspace: &workspace, request: arrival.request(), request_id: &arrival.exchange.id, stopwatch };
        let reply = self.finish(outcome, &notes);
        workspace.answered(&arrival, &reply, Meddling::default());
        reply
    }
}

/// Whether a request of that method has a body that means something.
pub(super) fn takes_body(method: &Method) -> bool {
    method != Method::GET && method != Method::HEAD
}

/// Counts a request against the rate limit of its token, or of its address where it has none.
fn count(workspace: &Workspace, token: Option<&str>, request: &Request) -> Result<(), Refusal> {
    if !workspace.peek(|world| world.limits_requests()) {
        return Ok(());
    }
    let client = token.map_or_else(|| format!("address {}", request.peer), |token| format!("token {token}"));
    workspace.write(|world| world.count_request(&client)).map_err(Refusal::too_many_requests)
}

/// Lets the handler answer. Akol's API knows only those that read or change the world.
fn handle(route: &Route, workspace: &Workspace, arrival: &Arrival) -> Outcome {
    match route.handler {
        Handler::Read(look) => workspace.read(|world, now| look(world, now, arrival.request())),
        Handler::Write(change) => workspace
            .write_in(&arrival.epoch, |world| change(world, arrival.request()))
            .unwrap_or_else(|_| Err(Refusal::void())),
        Handler::Look(_) | Handler::Act(_) => Err(super::nothing_at(&arrival.request().path)),
    }
}
