//! One request from its head to its reply: whose it is, who may enter, what answers, what is noted of it.

mod calls;
mod control;
mod explain;
mod reference;
mod scope;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::base::rng::Seed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::faults::rules::Trouble;
use hyper::header::{DATE, HeaderName};
use hyper::{Method, StatusCode};

use self::explain::Peers;
use self::scope::Scope;
use self::told::Told;
use crate::api::gate::Gate;
use crate::config::Settings;
use crate::control::guard::Guard;
use crate::dialect::faults;
use crate::dialect::refusal::Refusal;
use crate::engine::{Workspace, Workspaces, date};
use crate::http::access_log::{Entry, Log};
use crate::http::body::Body;
use crate::http::client::Client;
use crate::http::cors::Cors;
use crate::http::maybe_ready::Answering;
use crate::http::request::{Request, decode, discard};
use crate::http::request_body::RequestBody;
use crate::http::request_id::RequestId;
use crate::http::response::Reply;
use crate::http::shutdown::Shutdown;
use crate::http::upload::BodyRoom;
use crate::metrics::Metrics;
use crate::real_time::Stopwatch;
use crate::routes::near::{near, near_that_takes};
use crate::routes::{self, Found, Route, Unrouted};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The headers of Akol's answers that pages of other origins may read, beside those that they always may: all that there are.
const EXPOSED: &str = "x-request-id, date, retry-after, idempotent-replayed, etag, accept-ranges, content-range, content-length, allow, \
                       www-authenticate, accept-encoding";

/// Answers requests.
#[derive(Debug)]
pub struct Service {
    workspaces: Arc<Workspaces>,
    gate: Gate,
    guard: Guard,
    /// The pages that may use Akol's API.
    pages: Cors,
    admin_token: Option<String>,
    metrics: Arc<Metrics>,
    log: Log,
    /// The tokens of which the log has said that they belong to `default`.
    told: Told,
    shutdown: Shutdown,
    /// For the bodies of requests that are not answered yet.
    body_room: BodyRoom,
    /// What the ids of requests grow from that are not for Akol's API, and how many there have been.
    ids: Seed,
    requests: AtomicU64,
    /// Those who have spoken TLS.
    tls_clients: Peers,
}

/// What came of a request: the reply, or why there is none but this.
type Outcome = Result<Reply, Refusal>;

/// What is noted of a request when it has been answered.
struct Notes<'a> {
    request: &'a Request,
    request_id: RequestId,
    /// The position of its route among all routes, if it has one.
    route: Option<usize>,
    came: Stopwatch,
    given: Given<'a>,
    /// What was done to the answer on purpose.
    trouble: &'a Trouble,
}

/// When an answer was given, in real time and by the clock of its workspace, and which workspace that is.
#[derive(Clone, Copy)]
struct Given<'a> {
    moment: Stopwatch,
    at: Timestamp,
    /// The workspace's name.
    workspace: &'a str,
}

impl Given<'_> {
    fn now(workspace: &Workspace) -> Given<'_> {
        let moment = Stopwatch::start();
        Given { moment, at: workspace.clock().at(moment), workspace: workspace.name() }
    }
}

impl Service {
    /// A service for those workspaces, until the server is to stop.
    pub fn new(
        workspaces: Arc<Workspaces>,
        settings: &Settings,
        metrics: Arc<Metrics>,
        log: Log,
        shutdown: Shutdown,
    ) -> Service {
        Service {
            workspaces,
            gate: Gate::new(&settings.auth),
            guard: Guard::new(settings),
            pages: Cors::new(&settings.cors_origins, EXPOSED),
            admin_token: settings.admin_token.clone(),
            metrics,
            log,
            told: Told::default(),
            shutdown,
            body_room: BodyRoom::default(),
            ids: Seed::new(settings.seed).child("control request"),
            requests: AtomicU64::new(0),
            tls_clients: Peers::default(),
        }
    }

    /// Answers one request, whatever it is.
    pub fn answer(
        self: &Arc<Service>,
        request: hyper::Request<RequestBody>,
        client: &Client,
    ) -> Answering<hyper::Response<Body>> {
        let came = Stopwatch::start();
        let (parts, body) = request.into_parts();
        let request = Request::new(parts, client.peer.ip());
        let head = request.check_head();
        let is_head = request.method == Method::HEAD;
        let scope = Scope::of(request.path());
        if let Scope::Api { root } = scope {
            return self.answer_api(request, root, head, body, came);
        }
        let (service, client) = (Arc::clone(self), client.clone());
        Answering::later(async move {
            let reply = match scope {
                Scope::Control { root } => service.answer_control(request, root, head, body, came, &client).await,
                _ => service.answer_reader(request, head, body, came).await,
            };
            reply.into_response(is_head)
        })
    }

    /// An id for a request that is not for Akol's API.
    fn next_id(&self) -> RequestId {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        RequestId::new(self.ids.nth(number).number())
    }

    /// Answers a browser that asks what a page may do. Such a question is no request to an API, and in no journal.
    async fn answer_preflight(&self, allowed: Reply, request: &Request, body: RequestBody, came: Stopwatch) -> Reply {
        // The answer says nothing of a body.
        let _ = discard(&request.headers, body, &self.shutdown).await;
        let (workspace, request_id) = (self.workspaces.default(), self.next_id());
        let given = Given::now(workspace);
        let notes = Notes { request, request_id, route: None, came, given, trouble: &Trouble::NONE };
        self.finish(Ok(allowed), &notes)
    }

    /// The reply with the headers that every one has, and a line in the log.
    fn finish(&self, outcome: Outcome, notes: &Notes<'_>) -> Reply {
        let &Notes { request, request_id, route, came, given, trouble } = notes;
        // Of a request that was not carried out there is no answer, unless a rule or a refusal is one.
        let is_answered = outcome.is_err() || trouble.execute || trouble.status.is_some();
        let (mut reply, error) = match outcome {
            Ok(reply) if self.log.has_requests() => (reply, faults::said(trouble)),
            Ok(reply) => (reply, None),
            Err(refusal) => (refusal.reply(), Some(refusal.message)),
        };
        let took = came.until(given.moment);
        self.metrics.request(route, reply.status.as_u16(), took);
        if self.log.has_requests() {
            self.log.request(&Entry {
                time: given.at,
                workspace: given.workspace,
                method: &request.method,
                target: &request.target(),
                status: is_answered.then_some(reply.status.as_u16()),
                took,
                request_id: request_id.as_str(),
                error: error.as_deref(),
            });
        }
        reply.add(REQUEST_ID, request_id.header());
        reply.add(DATE, date::at(given.at));
        reply
    }
}

/// What in `table` answers a request, and what the request's path names; the table's part of the path begins at `root`.
fn route(table: &'static [Route], request: &mut Request, root: usize) -> Result<Found<'static>, Refusal> {
    let found = routes::find(table, &request.method, &request.path()[root..]);
    if let Ok(found) = &found {
        request.name(found.id.after(root));
    }
    found.map_err(|unrouted| match unrouted {
        Unrouted::NoSuchPath if decode(request.path()).is_some() => nothing_at(request),
        Unrouted::NoSuchPath | Unrouted::BrokenPath => {
            Refusal::bad_request("The path's percent-encoding is broken, or what it encodes is not UTF-8")
        }
        Unrouted::OtherMethods(allowed) => {
            let near = near_that_takes(&request.method, request.path());
            Refusal::method_not_allowed(request.method.as_str(), request.path(), allowed, near.as_deref())
        }
    })
}

fn nothing_at(request: &Request) -> Refusal {
    let path = request.path();
    let meant =
        near(&request.method, path).map_or_else(String::new, |near| format!("; did you mean {}?", Quoted(&near)));
    let message = format!(
        "There is nothing at {}; Akol's API begins at /api/v1/calls, the control API at /__admin/health, the reference to both is at /docs{meant}",
        Quoted(path)
    );
    Refusal::new(StatusCode::NOT_FOUND, message)
}
