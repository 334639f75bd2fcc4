//! A request to the control API.

use std::sync::Arc;

use akol_mock_world::error::Error;
use akol_mock_world::faults::rules::Trouble;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use subtle::ConstantTimeEq;

use super::calls::takes_body;
use super::told::Topic;
use super::{Given, Notes, Outcome, Service, route};
use crate::api::gate::bearer_token;
use crate::blocking_pool::Stopped;
use crate::control::scene::Scene;
use crate::dialect::envelope;
use crate::dialect::parameters::Parameters;
use crate::dialect::refusal::Refusal;
use crate::dialect::server_sent;
use crate::engine::{Workspace, Workspaces};
use crate::http::client::Client;
use crate::http::request::{MAX_BODY, Request, Unreadable, discard};
use crate::http::request_body::RequestBody;
use crate::http::response::Reply;
use crate::http::shutdown::Phase;
use crate::real_time::Stopwatch;
use crate::routes::{API, CONTROL, Found, Handler, Route};
use crate::suggest::nearest;

/// Open to everybody: what says that the server is ready, and what can be read in the project, too.
const OPEN: [&str; 2] = ["/health", "/openapi.json"];

/// Says for which workspace an answer is; for none that was found, `default`, by whose clock the answer is dated.
const WORKSPACE: HeaderName = HeaderName::from_static("x-akol-workspace");

/// What is said here is so at this moment: no browser and no proxy is to keep it.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The workspace that a request is for.
struct Chosen {
    workspace: Arc<Workspace>,
    how: How,
}

/// How it came to be chosen.
#[derive(Clone, Copy)]
enum How {
    /// The query names none.
    Unsaid,
    /// The query names it, and it was there.
    Named,
    /// The query names it, and the request has made it.
    Made,
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

fn without_digits(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

impl Service {
    /// Answers a request whose path below the control API's root begins at `root`.
    pub(super) async fn answer_control(
        &self,
        mut request: Request,
        root: usize,
        head: Result<(), Unreadable>,
        body: RequestBody,
        came: Stopwatch,
        client: &Client,
    ) -> Reply {
        let is_readable = head.is_ok();
        if let Some(allowed) = self.guard.preflight(&request).filter(|_| is_readable) {
            let reply = self.answer_preflight(allowed, &request, body, came).await;
            return reply.with(WORKSPACE, self.workspaces.default().name()).with(CACHE_CONTROL, NO_STORE);
        }
        let request_id = self.next_id();
        let admitted = head.map_err(Refusal::from).and_then(|()| self.admit(&request, root));
        let is_let_in = admitted.is_ok();
        let routed = admitted.and_then(|()| route(CONTROL, &mut request, root));
        let is_open = is_open(&request.path()[root..]);
        let found = routed.and_then(|found| Ok((self.workspace_for(&request, found.route, is_open)?, found)));
        let (workspace, position, outcome, warnings) = match found {
            Ok((chosen, found)) => {
                let position = API.len() + found.position;
                let is_of_workspace = found.route.is_of_workspace();
                let outcome = self.handle(&chosen.workspace, found, &mut request, body, client).await;
                let warnings = if is_of_workspace { self.warnings(&chosen, &request) } else { Vec::new() };
                (chosen.workspace, Some(position), outcome, warnings)
            }
            Err(refusal) => {
                if is_readable {
                    // It is refused already, whatever else is wrong with it.
                    let _ = discard(&request.headers, body, &self.shutdown).await;
                }
                let named = is_let_in.then(|| self.named_and_there(&request)).flatten();
                let workspace = named.unwrap_or_else(|| Arc::clone(self.workspaces.default()));
                (workspace, None, Err(refusal), Vec::new())
            }
        };
        let (given, trouble) = (Given::now(&workspace), &Trouble::NONE);
        let notes = Notes { request: &request, request_id, route: position, came, given, trouble };
        let reply = envelope::warned(self.finish(outcome, &notes), &warnings);
        let mut reply = server_sent::warned(reply, &warnings);
        reply.add(WORKSPACE, workspace.name());
        reply.add(CACHE_CONTROL, NO_STORE);
        self.guard.share(&request, &mut reply);
        reply
    }

    /// What may be an oversight in the choice of the workspace.
    fn warnings(&self, chosen: &Chosen, request: &Request) -> Vec<String> {
        let name = chosen.workspace.name();
        let mut warnings = Vec::new();
        // With a token of its own, the control API takes no other.
        let token = bearer_token(request).filter(|_| self.admin_token.is_none());
        let other = token.and_then(Workspaces::name_of_token).filter(|other| *other != name);
        if let Some(other) = other {
            warnings.push(format!(
                "The token {}{other} names the workspace {other}, but this request is about {name}: the control API goes by the query alone; \
                 say ?workspace={other}",
                Workspaces::TOKEN_PREFIX
            ));
        }
        match chosen.how {
            How::Unsaid if other.is_none() && self.workspaces.has_others() => {
                let others = self.names_of_others(name);
                warnings.push(format!(
                    "This was asked of the workspace default, as the query names none, while others are in use: {others}; name one with \
                     ?workspace=NAME, or default with ?workspace=default"
                ));
            }
            How::Made => warnings.push(self.warning_of_made(name)),
            How::Unsaid | How::Named => {}
        }
        if name != Workspaces::DEFAULT && self.told.has(Topic::Landed, name) {
            warnings.push(format!(
                "Requests with the token {name} came to the workspace default; the token of this workspace is {}{name}",
                Workspaces::TOKEN_PREFIX
            ));
        }
        warnings
    }

    /// That a workspace was made by the request, and which may have been meant.
    fn warning_of_made(&self, name: &str) -> String {
        let all = self.workspaces.all();
        let others = all.iter().map(|workspace| workspace.name()).filter(|other| *other != name);
        let bare = name.strip_prefix(Workspaces::TOKEN_PREFIX).filter(|bare| !bare.is_empty());
        // Those that differ in a number alone are workspaces of parallel tests.
        let others = others.filter(|other| without_digits(other) != without_digits(name));
        let meant = match (bare, nearest(name, others)) {
            (Some(bare), _) => {
                format!("; {name} is the token of the workspace {bare}, which is named with ?workspace={bare}")
            }
            (None, Some(near)) => format!("; did you mean {near}?"),
            (None, None) => String::new(),
        };
        format!("There was no workspace {name} before this request, which has made it{meant}")
    }

    /// The names of the workspaces beside that of `name`, not too many.
    fn names_of_others(&self, name: &str) -> String {
        const SHOWN: usize = 5;
        let all = self.workspaces.all();
        let others: Vec<&str> = all.iter().map(|workspace| workspace.name()).filter(|other| *other != name).collect();
        let shown = others[..others.len().min(SHOWN)].join(", ");
        match others.len().checked_sub(SHOWN) {
            Some(more @ 1..) => format!("{shown} and {more} more"),
            _ => shown,
        }
    }

    async fn handle(
        &self,
        workspace: &Arc<Workspace>,
        found: Found<'static>,
        request: &mut Request,
        body: RequestBody,
        client: &Client,
    ) -> Outcome {
        let route = found.route;
        if takes_body(&request.method) {
            request.read_body(body, route.max_body, &self.shutdown, &self.body_room).await?;
            if request.is_body_long() && route.max_body == MAX_BODY {
                let mut whole = request.clone();
                let reading = workspace.pool().run(move || {
                    whole.read_json_ahead();
                    whole
                });
                *request = self.unless_grace_over(reading).await?;
            }
        } else {
            discard(&request.headers, body, &self.shutdown).await?;
        }
        if route.is_open_ended {
            client.cancel_on_close();
        }
        let given_up = if route.is_open_ended { Phase::Stopping } else { Phase::GraceOver };
        match route.handler {
            Handler::Tell(tell) => tell(request),
            Handler::Read(look) => workspace.read(|world, now| look(world, now, request)),
            Handler::Write(change) => workspace.write(|world| change(world, request)),
            // A stream that began now would not end.
            Handler::Look(_) if route.is_open_ended && self.shutdown.phase() >= given_up => Err(Refusal::stopping()),
            Handler::Look(look) => look(workspace, request),
            Handler::Search(look) => {
                let (pool, workspace, request) = (workspace.pool(), Arc::clone(workspace), request.clone());
                self.unless_grace_over(pool.run(move || look(&workspace, &request))).await?
            }
            Handler::Act(act) => {
                let scene = Scene {
                    workspace: Arc::clone(workspace),
                    workspaces: Arc::clone(&self.workspaces),
                    metrics: Arc::clone(&self.metrics),
                };
                tokio::select! {
                    biased;
                    // The body is the handler's, which may not need it for as long as it takes.
                    outcome = act(scene, request.take()) => outcome,
                    () = self.shutdown.reached(given_up) => Err(Refusal::stopping()),
                }
            }
        }
    }

    /// What comes of work in the pool, unless the server stops and its grace is over.
    async fn unless_grace_over<T>(&self, work: impl Future<Output = Result<T, Stopped>>) -> Result<T, Refusal> {
        tokio::select! {
            biased;
            output = work => Ok(output?),
            () = self.shutdown.reached(Phase::GraceOver) => Err(Refusal::stopping()),
        }
    }

    /// Whether a request may use the control API.
    fn admit(&self, request: &Request, root: usize) -> Result<(), Refusal> {
        if is_open(&request.path()[root..]) {
            return Ok(());
        }
        self.guard.admit(request)?;
        let Some(wanted) = &self.admin_token else { return Ok(()) };
        match bearer_token(request) {
            None => {
                Err(Refusal::unauthorized("No bearer token provided; the control API wants the one of --admin-token"))
            }
            Some(given) if given.as_bytes().ct_eq(wanted.as_bytes()).into() => Ok(()),
            Some(_) => Err(Refusal::unauthorized("Invalid token; the control API wants the one of --admin-token")),
        }
    }

    /// The workspace that the query names, whatever else is wrong with it; if there is such a one.
    fn named_and_there(&self, request: &Request) -> Option<Arc<Workspace>> {
        let mut parameters = Parameters::read(request.query()).ok()?;
        self.workspaces.existing(parameters.text("workspace")?).ok().flatten()
    }

    /// The workspace that the query names: `default` where it names none. None is made where something is wrong with the query, nor by
    /// those whom nobody has let in, as others would have to make room for it.
    fn workspace_for(&self, request: &Request, route: &Route, is_open: bool) -> Result<Chosen, Refusal> {
        let mut parameters = Parameters::read(request.query())?;
        parameters.only(&[&["workspace"], route.parameters].concat());
        parameters.finish()?;
        let mut parameters = Parameters::read(request.query())?;
        let default = || Arc::clone(self.workspaces.default());
        let named = parameters.workspace(|name| match self.workspaces.existing(name)? {
            Some(workspace) => Ok(Ok(Chosen { workspace, how: How::Named })),
            None if is_open => Ok(Err(Error::not_found("workspace", name))),
            // What is told of the whole server needs no other world.
            None if !route.is_of_workspace() => Ok(Ok(Chosen { workspace: default(), how: How::Named })),
            None => self.workspaces.named(name).map(|workspace| Ok(Chosen { workspace, how: How::Made })),
        });
        parameters.finish()?;
        let unsaid = || Chosen { workspace: default(), how: How::Unsaid };
        Ok(named.transpose()?.unwrap_or_else(unsaid))
    }
}
