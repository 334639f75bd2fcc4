//! A request to the server's own reference, or to a path at which there is nothing.

use akol_mock_world::faults::rules::Trouble;
use hyper::StatusCode;
use hyper::header::ALLOW;

use super::{Given, Notes, Outcome, Service, nothing_at, route};
use crate::http::request::{Request, Unreadable, discard};
use crate::http::request_body::RequestBody;
use crate::http::response::Reply;
use crate::real_time::Stopwatch;
use crate::routes::{self, API, CONTROL, Found, Handler, REFERENCE};

/// The target that stands for the server and no path of it. Only `OPTIONS` takes it.
const EVERYTHING: &str = "*";

impl Service {
    /// Answers a request that is for neither API. Needs no token.
    pub(super) async fn answer_reader(
        &self,
        mut request: Request,
        head: Result<(), Unreadable>,
        body: RequestBody,
        came: Stopwatch,
    ) -> Reply {
        let request_id = self.next_id();
        let read = match head {
            Ok(()) => discard(&request.headers, body, &self.shutdown).await,
            Err(malformed) => Err(malformed),
        };
        let (position, outcome) = match read {
            // Nothing else has this path.
            Ok(()) if request.path() == EVERYTHING => (None, Ok(options())),
            Ok(()) => {
                let routed = route(REFERENCE, &mut request, 0);
                let position = routed.as_ref().ok().map(|found| API.len() + CONTROL.len() + found.position);
                (position, routed.and_then(|found| tell(&found, &request)))
            }
            Err(unreadable) => (None, Err(unreadable.into())),
        };
        let given = Given::now(self.workspaces.default());
        let notes = Notes { request: &request, request_id, route: position, came, given, trouble: &Trouble::NONE };
        self.finish(outcome, &notes)
    }
}

/// What `OPTIONS *` is answered, which asks for what holds everywhere.
fn options() -> Reply {
    Reply::empty(StatusCode::NO_CONTENT).with(ALLOW, routes::methods())
}

/// Lets the handler answer. The reference knows only those that look at nothing but the request.
fn tell(found: &Found<'_>, request: &Request) -> Outcome {
    match found.route.handler {
        Handler::Tell(tell) => tell(request),
        Handler::Read(_) | Handler::Write(_) | Handler::Look(_) | Handler::Search(_) | Handler::Act(_) => {
            Err(nothing_at(request))
        }
    }
}
