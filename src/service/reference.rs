//! A request to the server's own reference, or to a path at which there is nothing.

use super::{Given, Notes, Outcome, Service, nothing_at, route};
use crate::dialect::refusal::Refusal;
use crate::routes::{API, CONTROL, Found, Handler, REFERENCE};
use crate::time::Stopwatch;
use crate::wire::reply::Reply;
use crate::wire::request::{Request, discard};
use crate::wire::request_body::RequestBody;

impl Service {
    /// Answers a request that is for neither API. Needs no token.
    pub(super) async fn answer_reader(&self, mut request: Request, body: RequestBody, came: Stopwatch) -> Reply {
        let request_id = self.next_id();
        let discarded = discard(&request.headers, body, &self.shutdown).await;
        let head = request.check_head().map_err(Refusal::from);
        let routed = head.and_then(|()| route(REFERENCE, &mut request, 0));
        let routed = routed.and_then(|found| discarded.map(|()| found).map_err(Refusal::from));
        let position = routed.as_ref().ok().map(|found| API.len() + CONTROL.len() + found.position);
        let outcome = routed.and_then(|found| tell(&found, &request));
        let given = Given::now(self.workspaces.default());
        let notes = Notes { request: &request, request_id, route: position, came, given };
        self.finish(outcome, &notes)
    }
}

/// Lets the handler answer. The reference knows only those that look at nothing but the request.
fn tell(found: &Found<'_>, request: &Request) -> Outcome {
    match found.route.handler {
        Handler::Tell(tell) => tell(request),
        Handler::Read(_) | Handler::Write(_) | Handler::Look(_) | Handler::Search(_) | Handler::Act(_) => {
            Err(nothing_at(request.path()))
        }
    }
}
