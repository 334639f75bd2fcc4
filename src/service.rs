//! One request from its head to its reply: who may enter, what answers, what is logged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::body::Incoming;
use hyper::header::{DATE, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use subtle::ConstantTimeEq;

use crate::api::gate::{Gate, bearer_token};
use crate::config::Settings;
use crate::control::guard::Guard;
use crate::dialect::refusal::Refusal;
use crate::domain::quoted::Quoted;
use crate::engine::Workspace;
use crate::rng::Seed;
use crate::routes::{self, API, CONTROL, Handler, Route, Unrouted};
use crate::time::{Stopwatch, Timestamp};
use crate::wire::body::Body;
use crate::wire::log::{Entry, Log};
use crate::wire::reply::Reply;
use crate::wire::request::{Request, discard, read_body};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers requests.
#[derive(Debug)]
pub struct Service {
    workspace: Arc<Workspace>,
    gate: Gate,
    guard: Guard,
    admin_token: Option<String>,
    log: Log,
    /// What request ids grow from, and how many there have been.
    ids: Seed,
    requests: AtomicU64,
    date: DateHeader,
}

/// Which API a path belongs to.
enum Scope<'a> {
    /// Akol's, and the path below its root.
    Api(&'a str),
    /// The control API, and the path below its root.
    Control(&'a str),
    Neither,
}

impl Scope<'_> {
    fn of(path: &str) -> Scope<'_> {
        if let Some(rest) = path.strip_prefix("/api") {
            let below = rest.strip_prefix("/v1").filter(|below| below.is_empty() || below.starts_with('/'));
            return match below.unwrap_or(rest) {
                below if below.is_empty() || below.starts_with('/') => Scope::Api(below),
                _ => Scope::Neither,
            };
        }
        match path.strip_prefix("/__admin") {
            Some(below) if below.is_empty() || below.starts_with('/') => Scope::Control(below),
            _ => Scope::Neither,
        }
    }
}

impl Service {
    /// A service for that workspace.
    pub fn new(workspace: Arc<Workspace>, settings: &Settings, log: Log) -> Service {
        Service {
            workspace,
            gate: Gate::new(&settings.auth),
            guard: Guard::new(settings),
            admin_token: settings.admin_token.clone(),
            log,
            ids: Seed::new(settings.seed).child("request"),
            requests: AtomicU64::new(0),
            date: DateHeader::default(),
        }
    }

    /// Answers one request, whatever it is.
    pub async fn answer(&self, request: hyper::Request<Incoming>, peer: SocketAddr) -> hyper::Response<Body> {
        let stopwatch = Stopwatch::start();
        let request_id = self.next_id();
        let (parts, body) = request.into_parts();
        let mut request = Request::new(parts, peer.ip());

        let (reply, error) = match self.reply(&mut request, body).await {
            Ok(reply) => (reply, None),
            Err(refusal) => (refusal.reply(), Some(refusal.message)),
        };
        let reply = match Scope::of(&request.path) {
            Scope::Control(_) => self.guard.share(&request, reply),
            Scope::Api(_) | Scope::Neither => reply,
        };
        let now = self.workspace.clock().now();
        let reply = reply.with(REQUEST_ID, request_id.as_str()).with(DATE, self.date.at(now));
        if self.log.is_on() {
            self.log.request(&Entry {
                time: now,
                method: &request.method,
                target: &request.target(),
                status: reply.status.as_u16(),
                took: stopwatch.elapsed(),
                request_id: &request_id,
                error: error.as_deref(),
            });
        }
        reply.into_response(request.method == Method::HEAD)
    }

    /// The whole answer to what hyper could not read as a request.
    pub fn explain(&self, status: StatusCode) -> Vec<u8> {
        let message = match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                "The request has more than 100 headers, or they are too long"
            }
            StatusCode::URI_TOO_LONG => "The request's path and query are too long",
            _ => "This is not an HTTP/1.1 request: its request line or a header is malformed",
        };
        let (now, request_id) = (self.workspace.clock().now(), self.next_id());
        self.log.note(now, &format!("{} {message} ({request_id})", status.as_u16()));
        let reply =
            Refusal::new(status, message).reply().with(REQUEST_ID, request_id.as_str()).with(DATE, self.date.at(now));
        reply.into_bytes()
    }

    fn next_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("req_{:016x}", self.ids.nth(number).number())
    }

    async fn reply(&self, request: &mut Request, body: Incoming) -> Result<Reply, Refusal> {
        if matches!(Scope::of(&request.path), Scope::Control(_))
            && let Some(allowed) = self.guard.preflight(request)
        {
            return Ok(allowed);
        }
        let admitted = request.check_head().map_err(Refusal::from).and_then(|()| self.admit(request));
        let takes_body = request.method != Method::GET && request.method != Method::HEAD;
        if admitted.is_ok() && takes_body {
            request.body = read_body(&request.headers, body).await?;
        } else {
            discard(&request.headers, body).await;
        }
        let route = admitted?;
        match route.handler {
            Handler::Read(look) => self.workspace.read(|world, now| look(world, now, request)),
            Handler::Write(change) => self.workspace.write(|world| change(world, request)),
        }
    }

    /// Finds the route of a request that is let in, and notes in the request what its path names.
    fn admit(&self, request: &mut Request) -> Result<&'static Route, Refusal> {
        let found = match Scope::of(&request.path) {
            Scope::Api(below) => {
                let token = self.gate.admit(request)?;
                self.count(token, request)?;
                routes::find(API, &request.method, below)
            }
            Scope::Control(below) => {
                if below != "/health" {
                    self.guard.admit(request)?;
                    self.admit_to_control(request)?;
                }
                routes::find(CONTROL, &request.method, below)
            }
            Scope::Neither => Err(Unrouted::NoSuchPath),
        };
        match found {
            Ok((route, id)) => {
                request.id = id;
                Ok(route)
            }
            Err(Unrouted::NoSuchPath) => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                format!(
                    "There is nothing at {}; Akol's API begins at /api/v1/calls, the control API at /__admin/health",
                    Quoted(&request.path)
                ),
            )),
            Err(Unrouted::BrokenPath) => {
                Err(Refusal::bad_request("The path's percent-encoding is broken, or what it encodes is not UTF-8"))
            }
            Err(Unrouted::OtherMethods(allowed)) => {
                Err(Refusal::method_not_allowed(request.method.as_str(), &request.path, allowed))
            }
        }
    }

    /// Counts a request against the rate limit of its token, or of its address where it has none.
    fn count(&self, token: Option<&str>, request: &Request) -> Result<(), Refusal> {
        if !self.workspace.read(|world, _| world.limits_requests()) {
            return Ok(());
        }
        let client = token.map_or_else(|| format!("address {}", request.peer), |token| format!("token {token}"));
        self.workspace.write(|world| world.count_request(&client)).map_err(Refusal::too_many_requests)
    }

    fn admit_to_control(&self, request: &Request) -> Result<(), Refusal> {
        let Some(wanted) = &self.admin_token else { return Ok(()) };
        match bearer_token(request) {
            None => {
                Err(Refusal::unauthorized("No bearer token provided; the control API wants the one of --admin-token"))
            }
            Some(given) if given.as_bytes().ct_eq(wanted.as_bytes()).into() => Ok(()),
            Some(_) => Err(Refusal::unauthorized("Invalid token; the control API wants the one of --admin-token")),
        }
    }
}

/// The `Date` header by the emulator's clock, written once a second.
#[derive(Debug, Default)]
struct DateHeader(Mutex<Option<(i64, HeaderValue)>>);

impl DateHeader {
    fn at(&self, now: Timestamp) -> HeaderValue {
        let mut cached = self.0.lock();
        if let Some((second, value)) = &*cached
            && *second == now.as_secs()
        {
            return value.clone();
        }
        // A date is letters, digits, commas and colons, so it is always a header.
        let value = HeaderValue::try_from(now.http_date()).unwrap_or_else(|_| HeaderValue::from_static(""));
        *cached = Some((now.as_secs(), value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_may_be_left_out() {
        let below = |path| match Scope::of(path) {
            Scope::Api(below) => Some(below.to_owned()),
            Scope::Control(_) | Scope::Neither => None,
        };
        assert_eq!(below("/api/v1/calls").as_deref(), Some("/calls"));
        assert_eq!(below("/api/calls").as_deref(), Some("/calls"));
        assert_eq!(below("/api/v1").as_deref(), Some(""));
        assert_eq!(below("/api/v10/calls").as_deref(), Some("/v10/calls"));
        assert_eq!(below("/apiary"), None);
        assert_eq!(below("/"), None);
    }
}
