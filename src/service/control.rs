//! A request to the control API.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::calls::takes_body;
use super::{Given, Notes, Outcome, Service, route};
use crate::api::gate::bearer_token;
use crate::control::scene::Scene;
use crate::dialect::parameters::Parameters;
use crate::dialect::refusal::Refusal;
use crate::domain::error::Error;
use crate::engine::Workspace;
use crate::routes::{API, CONTROL, Found, Handler, Route};
use crate::time::Stopwatch;
use crate::wire::reply::Reply;
use crate::wire::request::{Request, discard, read_body};
use crate::wire::request_body::RequestBody;

/// Open to everybody: what says that the server is ready, and what can be read in the project, too.
const OPEN: [&str; 2] = ["/health", "/openapi.json"];

fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

impl Service {
    /// Answers a request whose path below the control API's root begins at `root`.
    pub(super) async fn answer_control(
        &self,
        mut request: Request,
        root: usize,
        body: RequestBody,
        came: Stopwatch,
    ) -> Reply {
        if let Some(allowed) = self.guard.preflight(&request) {
            return self.answer_preflight(allowed, &request, body, came).await;
        }
        let request_id = self.next_id();
        let admitted = request.check_head().map_err(Refusal::from).and_then(|()| self.admit(&request, root));
        let routed = admitted.and_then(|()| route(CONTROL, &mut request, root));
        let is_open = is_open(&request.path()[root..]);
        let found = routed.and_then(|found| Ok((self.workspace_for(&request, found.route, is_open)?, found)));
        let (workspace, position, outcome) = match found {
            Ok((workspace, found)) => {
                let position = API.len() + found.position;
                let outcome = self.handle(&workspace, found, &mut request, body).await;
                (workspace, Some(position), outcome)
            }
            Err(refusal) => {
                // It is refused already, whatever else is wrong with it.
                let _ = discard(&request.headers, body).await;
                (Arc::clone(self.workspaces.default()), None, Err(refusal))
            }
        };
        let notes = Notes { request: &request, request_id, route: position, came, given: Given::now(&workspace) };
        let mut reply = self.finish(outcome, &notes);
        self.guard.share(&request, &mut reply);
        reply
    }

    async fn handle(
        &self,
        workspace: &Arc<Workspace>,
        found: Found<'static>,
        request: &mut Request,
        body: RequestBody,
    ) -> Outcome {
        let route = found.route;
        if takes_body(&request.method) {
            request.body = read_body(&request.headers, body, route.max_body).await?;
        } else {
            discard(&request.headers, body).await?;
        }
        match route.handler {
            Handler::Tell(tell) => tell(request),
            Handler::Read(look) => workspace.read(|world, now| look(world, now, request)),
            Handler::Write(change) => workspace.write(|world| change(world, request)),
            Handler::Look(look) => look(workspace, request),
            Handler::Search(look) => {
                let (workspace, request) = (Arc::clone(workspace), request.clone());
                self.aside.run(move || look(&workspace, &request)).await?
            }
            Handler::Act(act) => {
                let scene = Scene {
                    workspace: Arc::clone(workspace),
                    workspaces: Arc::clone(&self.workspaces),
                    metrics: Arc::clone(&self.metrics),
                    aside: self.aside.clone(),
                };
                act(scene, request.clone()).await
            }
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

    /// The workspace that the query names: `default` where it names none. None is made where something is wrong with the query, nor by
    /// those whom nobody has let in, as others would have to make room for it.
    fn workspace_for(&self, request: &Request, route: &Route, is_open: bool) -> Result<Arc<Workspace>, Refusal> {
        let mut parameters = Parameters::read(request.query())?;
        parameters.only(&[&["workspace"], route.parameters].concat());
        parameters.finish()?;
        let mut parameters = Parameters::read(request.query())?;
        let named = parameters.workspace(|name| match is_open {
            true => Ok(self.workspaces.existing(name)?.ok_or_else(|| Error::not_found("workspace", name))),
            false => self.workspaces.named(name).map(Ok),
        });
        parameters.finish()?;
        Ok(named.transpose()?.unwrap_or_else(|| Arc::clone(self.workspaces.default())))
    }
}
