//! The table of the whole API: method, path, handler, one line each.

pub mod near;

use std::ops::Range;
use std::sync::Arc;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::world::World;
use hyper::Method;

use crate::api::{audio, end, get, list, place, transcript};
use crate::control::scene::{Pending, Scene};
use crate::control::{
    calls, campaigns, clock, deliveries, directory, events, faults, health, metrics, mischief, requests, reset,
    settings, state, timeline, wait, webhooks, workspaces,
};
use crate::dialect::refusal::Refusal;
use crate::engine::Workspace;
use crate::http::request::{Id, MAX_BODY, Request};
use crate::http::response::Reply;
use crate::reference::{document, viewer};

/// What answers a request: a plain function from world and request to reply.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Looks at nothing but the request.
    Tell(fn(&Request) -> Result<Reply, Refusal>),
    /// Looks at the world as it is at an instant.
    Read(fn(&World, Timestamp, &Request) -> Result<Reply, Refusal>),
    /// Changes the world.
    Write(fn(&mut World, &Request) -> Result<Reply, Refusal>),
    /// Looks at what a workspace has beside its world, or changes that.
    Look(fn(&Arc<Workspace>, &Request) -> Result<Reply, Refusal>),
    /// The same, where that may take longer than a moment.
    Search(fn(&Arc<Workspace>, &Request) -> Result<Reply, Refusal>),
    /// Takes its time.
    Act(fn(Scene, Request) -> Pending),
}

/// One line of a table.
pub struct Route {
    method: Method,
    /// The path below the table's root. `:id` stands for any one segment.
    path: &'static str,
    /// What stands before the `:id`, and what after it, where there is one.
    around: Option<(&'static str, &'static str)>,
    /// What answers.
    pub handler: Handler,
    /// The longest body that is read, in bytes.
    pub max_body: usize,
    /// Whether it may take as long as it likes, waiting for others: it ends when its client leaves, and as soon as the server is to stop.
    pub is_open_ended: bool,
    /// The parameters that its query may have. Akol's API ignores all others; the control API refuses them.
    pub parameters: &'static [&'static str],
}

use Handler::{Act, Look, Read, Search, Tell, Write};

/// Akol's API, below `/api/v1` and `/api`.
pub const API: &[Route] = &[
    route(Method::GET, "/calls", Read(list::list)),
    route(Method::POST, "/calls", Write(place::place)),
    route(Method::GET, "/calls/:id", Read(get::get)),
    route(Method::GET, "/calls/:id/audio", Read(audio::audio)),
    route(Method::GET, "/calls/:id/transcript", Read(transcript::transcript)),
    route(Method::POST, "/calls/:id/end", Write(end::end)),
];

/// The control API, below `/__admin`.
pub const CONTROL: &[Route] = &[
    route(Method::GET, "/health", Read(health::health)),
    route(Method::GET, "/openapi.json", Tell(document::control)),
    route(Method::GET, "/settings", Read(settings::show)),
    route(Method::PATCH, "/settings", Write(settings::change)),
    route(Method::GET, "/businesses", Read(directory::businesses)),
    route(Method::GET, "/agents", Read(directory::agents)),
    route(Method::GET, "/phone-numbers", Read(directory::phone_numbers)),
    route(Method::GET, "/campaigns", Read(campaigns::list)),
    route(Method::PATCH, "/campaigns/:id", Write(campaigns::change)),
    route(Method::POST, "/calls", Write(calls::receive)),
    route(Method::POST, "/calls/:id/transition", Write(calls::transition)),
    route(Method::GET, "/calls/:id/timeline", Search(timeline::timeline)),
    route(Method::POST, "/reset", Act(reset::reset)),
    route(Method::GET, "/state", Act(state::show)),
    route(Method::PUT, "/state", Act(state::put)).taking(state::MAX_STATE),
    route(Method::GET, "/clock", Look(clock::show)),
    route(Method::PUT, "/clock", Act(clock::set)),
    route(Method::POST, "/clock/advance", Act(clock::advance)).open_ended(),
    route(Method::GET, "/requests", Search(requests::list)).asking(&["method", "path", "status", "since", "limit"]),
    route(Method::DELETE, "/requests", Search(requests::clear)),
    route(Method::POST, "/requests/count", Search(requests::count)),
    route(Method::POST, "/requests/wait", Act(wait::requests::wait)).open_ended(),
    route(Method::GET, "/events", Look(events::stream)).open_ended(),
    route(Method::GET, "/metrics", Act(metrics::show)),
    route(Method::GET, "/workspaces", Act(workspaces::list)),
    route(Method::DELETE, "/workspaces/:id", Act(workspaces::drop)),
    route(Method::GET, "/faults", Read(faults::list)),
    route(Method::POST, "/faults", Write(faults::add)),
    route(Method::DELETE, "/faults", Write(faults::clear)),
    route(Method::DELETE, "/faults/:id", Write(faults::remove)),
    route(Method::GET, "/webhooks", Read(webhooks::list)),
    route(Method::POST, "/webhooks", Write(webhooks::subscribe)),
    route(Method::DELETE, "/webhooks/:id", Write(webhooks::unsubscribe)),
    route(Method::POST, "/webhooks/trigger", Write(webhooks::trigger)),
    route(Method::GET, "/webhooks/mischief", Read(mischief::show)),
    route(Method::PUT, "/webhooks/mischief", Write(mischief::change)),
    route(Method::GET, "/webhooks/deliveries", Look(deliveries::list))
        .asking(&["event", "callId", "state", "since", "limit"]),
    route(Method::POST, "/webhooks/deliveries/wait", Act(wait::deliveries::wait)).open_ended(),
    route(Method::GET, "/webhooks/deliveries/:id", Read(deliveries::get)),
    route(Method::POST, "/webhooks/deliveries/:id/redeliver", Write(deliveries::redeliver)),
];

/// What the server says about itself, below no root.
pub const REFERENCE: &[Route] = &[
    route(Method::GET, "/openapi.json", Tell(document::calls)),
    route(Method::GET, "/docs", Tell(viewer::page)),
    route(Method::GET, "/docs/", Tell(viewer::page)),
    route(Method::GET, "/docs/page.js", Tell(viewer::script)),
    route(Method::GET, "/docs/viewer.js", Tell(viewer::viewer)),
];

/// Method and whole path of every route: those of Akol's API, then the control API's, then the reference's.
pub fn all() -> impl Iterator<Item = (&'static Method, String)> {
    let below = |root: &'static str| move |route: &'static Route| (&route.method, format!("{root}{}", route.path));
    API.iter().map(below("/api/v1")).chain(CONTROL.iter().map(below("/__admin"))).chain(REFERENCE.iter().map(below("")))
}

/// All methods that any route takes, as `Allow` has them.
pub fn methods() -> String {
    allowed([API, CONTROL, REFERENCE].into_iter().flatten())
}

const fn route(method: Method, path: &'static str, handler: Handler) -> Route {
    Route { method, path, around: around(path), handler, max_body: MAX_BODY, is_open_ended: false, parameters: &[] }
}

/// What stands before and after the `:id` of a path. It begins at the only colon.
const fn around(path: &str) -> Option<(&str, &str)> {
    let mut position = 0;
    while position < path.len() {
        if path.as_bytes()[position] == b':' {
            let (before, rest) = path.split_at(position);
            return Some((before, rest.split_at(":id".len()).1));
        }
        position += 1;
    }
    None
}

/// Why no route answers a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Unrouted {
    /// There is nothing at that path.
    NoSuchPath,
    /// The path's percent-encoding is broken.
    BrokenPath,
    /// The path takes only these methods.
    OtherMethods(String),
}

/// What answers a request.
pub struct Found<'a> {
    /// The route.
    pub route: &'a Route,
    /// Its position in the table.
    pub position: usize,
    /// The segment of the path that its `:id` stands for.
    pub id: Id,
}

/// The route that answers `method` on `path`. A path that stands in the table as it is never stands for one
/// with an `:id`.
pub fn find<'a>(table: &'a [Route], method: &Method, path: &str) -> Result<Found<'a>, Unrouted> {
    let is_literal = table.iter().any(|route| route.path == path);
    let lead_there = || {
        let routes = table.iter().enumerate().filter(move |(_, route)| !is_literal || route.path == path);
        routes.filter_map(|(position, route)| Some((position, route, route.matches(path)?)))
    };
    let found = lead_there().find(|(_, route, _)| route.takes(method));
    let Some((position, route, place)) = found else {
        return Err(Unrouted::instead(lead_there().map(|(_, route, _)| route)));
    };
    let id = if place.is_empty() { Some(Id::None) } else { Id::read(path, place) };
    id.map(|id| Found { route, position, id }).ok_or(Unrouted::BrokenPath)
}

impl Unrouted {
    /// Why none of the routes that lead to a path answers a request to it.
    fn instead<'a>(routes: impl Iterator<Item = &'a Route>) -> Unrouted {
        match allowed(routes) {
            methods if methods.is_empty() => Unrouted::NoSuchPath,
            methods => Unrouted::OtherMethods(methods),
        }
    }
}

/// The methods that those routes take, as `Allow` has them; empty where there is no route.
fn allowed<'a>(routes: impl Iterator<Item = &'a Route>) -> String {
    let mut methods = Vec::new();
    for route in routes {
        if route.method == Method::GET {
            methods.push(Method::HEAD.as_str());
        }
        methods.push(route.method.as_str());
    }
    methods.sort_unstable();
    methods.dedup();
    methods.join(", ")
}

impl Route {
    /// The same route, for bodies of that many bytes at most.
    const fn taking(mut self, max_body: usize) -> Route {
        self.max_body = max_body;
        self
    }

    /// The same route, which may take as long as it likes.
    const fn open_ended(mut self) -> Route {
        self.is_open_ended = true;
        self
    }

    /// The same route, whose query may have those parameters.
    const fn asking(mut self, parameters: &'static [&'static str]) -> Route {
        self.parameters = parameters;
        self
    }

    /// Whether what it shows or does is of one workspace, and not of the whole server.
    pub fn is_of_workspace(&self) -> bool {
        !matches!(self.path, "/health" | "/openapi.json" | "/metrics" | "/workspaces" | "/workspaces/:id")
    }

    /// Whether it answers requests with that method. `HEAD` goes where `GET` goes.
    fn takes(&self, method: &Method) -> bool {
        self.method == method || (method == Method::HEAD && self.method == Method::GET)
    }

    /// Where the segment is that `:id` stands for, empty where there is none; `None` where the path is another.
    fn matches(&self, path: &str) -> Option<Range<usize>> {
        let Some((before, after)) = self.around else { return (self.path == path).then_some(0..0) };
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        let is_segment = !id.is_empty() && !id.as_bytes().contains(&b'/');
        is_segment.then(|| before.len()..before.len() + id.len())
    }
}

#[cfg(test)]
mod tests {
    mod documents;
    mod limits;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_finds_its_route_and_its_id() {
        let found = find(API, &Method::GET, "/calls/call_x%78x/audio").unwrap();
        assert_eq!((found.route.path, found.id), ("/calls/:id/audio", Id::Decoded("call_xxx".into())));
        assert_eq!(API[found.position].path, found.route.path);
        assert_eq!(find(API, &Method::HEAD, "/calls").unwrap().route.path, "/calls");
    }

    #[test]
    fn a_path_of_its_own_goes_before_an_id() {
        let path = "/webhooks/whk_1";
        assert_eq!(find(CONTROL, &Method::DELETE, path).unwrap().id.of(path), "whk_1");
        let refused = find(CONTROL, &Method::DELETE, "/webhooks/mischief").err().unwrap();
        assert_eq!(refused, Unrouted::OtherMethods("GET, HEAD, PUT".to_owned()));
    }

    #[test]
    fn other_methods_and_paths_are_told_apart() {
        let why = |method: Method, path| find(API, &method, path).err().unwrap();
        assert_eq!(why(Method::DELETE, "/calls"), Unrouted::OtherMethods("GET, HEAD, POST".to_owned()));
        assert_eq!(why(Method::GET, "/calls/call_xxx/end"), Unrouted::OtherMethods("POST".to_owned()));
        assert_eq!(why(Method::GET, "/calls/%zz"), Unrouted::BrokenPath);
        for path in ["", "/", "/call", "/calls/", "/calls//audio", "/calls/call_xxx/audio/", "/calls/a/b/c"] {
            assert_eq!(why(Method::GET, path), Unrouted::NoSuchPath, "{path:?}");
        }
    }

    /// As a path is matched with a route segment by segment.
    fn reference<'a>(route: &Route, path: &'a str) -> Option<&'a str> {
        let mut id = "";
        let mut given = path.split('/');
        for wanted in route.path.split('/') {
            match (wanted, given.next()?) {
                (":id", segment) if !segment.is_empty() => id = segment,
                (wanted, segment) if wanted == segment => {}
                _ => return None,
            }
        }
        given.next().is_none().then_some(id)
    }

    proptest! {
        #[test]
        fn a_path_is_matched_as_its_segments_are(
            path in "(/(calls|webhooks|deliveries|audio|end|redeliver|clock|:id|[a-z%_]{0,3})){0,4}/?",
        ) {
            for route in API.iter().chain(CONTROL).chain(REFERENCE) {
                let id = route.matches(&path).map(|place| &path[place]);
                prop_assert_eq!(id, reference(route, &path), "{}", route.path);
            }
        }
    }
}
