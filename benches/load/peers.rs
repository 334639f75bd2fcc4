//! Mocks that a user would pick instead, under the same load: each answers as well as it can be told to in a page of configuration.
//!
//! Only json-server keeps calls and filters them; the others give fixed answers, of the size of akol-mock's where they can be told which.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::ground::Ground;
use crate::load::Script;
use crate::process::{Process, free_port, pinned, product};
use crate::race::{Side, race};
use crate::request::Request;
use crate::row::{Goal, Measured, Row};
use crate::rows::starting;

const INSTALLED: &str = "benches/peers/node_modules/.bin";
const ONE: &str = "/calls/call_xxx";
const PAGE: &str = "/calls?status=COMPLETED&limit=20";

/// One row for each peer and kind of request.
pub fn rows() -> Vec<Row> {
    let row = |name, work, measure| Row { name, work, goal: Goal::Shown, unit: "req/s", measure };
    vec![
        row("json-server-get", "json-server, one call", |ground| one(ground, json_server)),
        row("json-server-list", "json-server, filtered list of 1,000", |ground| {
            // It has other names for the same.
            page(ground, json_server, "/calls?status=COMPLETED&_page=1&_limit=20")
        }),
        row("json-server-place", "json-server, a call is placed", |ground| placed(ground, json_server)),
        row("prism-get", "Prism, one call", |ground| one(ground, prism)),
        row("prism-list", "Prism, fixed list", |ground| page(ground, prism, PAGE)),
        row("mockoon-get", "Mockoon, one call", |ground| one(ground, mockoon)),
        row("mockoon-list", "Mockoon, fixed list", |ground| page(ground, mockoon, PAGE)),
        row("mountebank-get", "mountebank, one call", |ground| one(ground, mountebank)),
        row("mountebank-list", "mountebank, fixed list", |ground| page(ground, mountebank, PAGE)),
        row("mountebank-place", "mountebank, fixed answer to a placed call", |ground| placed(ground, mountebank)),
    ]
}

type Start = fn(&Ground) -> Process;

fn one(ground: &Ground, start: Start) -> Measured {
    page(ground, start, ONE)
}

/// Asks a peer for that, and akol-mock for what means the same.
fn page(ground: &Ground, start: Start, target: &str) -> Measured {
    let ours = if target == ONE { ONE } else { PAGE };
    let script = |name, target| ground.script(name, &[Request::get(target)]);
    against_bare(ground, start, &script("peer", target), &script("peer-bare", ours))
}

fn placed(ground: &Ground, start: Start) -> Measured {
    let script = Script::placing(&ground.folder, "peer-place", 0);
    against_bare(ground, start, &script, &script)
}

/// A peer against bare hyper, which answers as akol-mock would.
fn against_bare(ground: &Ground, start: Start, theirs: &Script, ours: &Script) -> Measured {
    let bare = ground.bare(&ground.product(&["--calls", "1000"]), &ours.sample);
    let peer = start(ground);
    theirs.sample.iter().for_each(|request| drop(peer.get(request)));
    race(ground, Side { server: &bare, script: ours }, Side { server: &peer, script: theirs }).into()
}

/// A program of Node's on the server's core, once it answers.
fn node(ground: &Ground, program: &str, arguments: &[&str], port: std::net::SocketAddr) -> Process {
    let mut command: Command = pinned(ground.options.cores.0, "node");
    command.arg(format!("{INSTALLED}/{program}")).args(arguments);
    command.stderr(Stdio::null());
    let peer = Process::start_at(command, port);
    starting::wait_for(port);
    peer
}

fn json_server(ground: &Ground) -> Process {
    let server = ground.product(&["--calls", "1000"]);
    let mut calls: Vec<Value> = Vec::new();
    for page in 1..=11 {
        let listed = server.get(&Request::get(&format!("/calls?limit=100&page={page}"))).json();
        calls.extend(listed["data"].as_array().cloned().unwrap_or_default());
    }
    let (store, routes) = (ground.folder.join("json-server.json"), ground.folder.join("json-server-routes.json"));
    fs::write(&store, json!({"calls": calls}).to_string()).expect("a store can be written");
    fs::write(&routes, json!({"/api/v1/*": "/$1"}).to_string()).expect("routes can be written");
    let port = free_port();
    let (store, routes, number) = (store.to_string_lossy(), routes.to_string_lossy(), port.port().to_string());
    node(
        ground,
        "json-server",
        &["--quiet", "--host", "127.0.0.1", "--port", &number, "--routes", &routes, &store],
        port,
    )
}

/// Both take the document that akol-mock gives of itself.
fn document(ground: &Ground) -> String {
    let written = Command::new(product()).arg("openapi").output().expect("it writes its document").stdout;
    let mut document: Value = serde_json::from_slice(&written).expect("it is JSON");
    // Prism looks at paths alone.
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let is_below = |path: &str| path.starts_with("/api/");
    document["paths"] = paths
        .into_iter()
        .map(|(path, item)| if is_below(&path) { (path, item) } else { (format!("/api/v1{path}"), item) })
        .collect::<serde_json::Map<String, Value>>()
        .into();
    document["servers"] = json!([{"url": "http://127.0.0.1"}]);
    let file = ground.folder.join("openapi.json");
    fs::write(&file, document.to_string()).expect("a document can be written");
    file.to_string_lossy().into_owned()
}

fn prism(ground: &Ground) -> Process {
    let (port, file) = (free_port(), document(ground));
    let number = port.port().to_string();
    node(ground, "prism", &["mock", "--verboseLevel", "silent", "--host", "127.0.0.1", "--port", &number, &file], port)
}

fn mockoon(ground: &Ground) -> Process {
    let (port, file) = (free_port(), document(ground));
    let number = port.port().to_string();
    let options = ["start", "--data", &file, "--port", &number, "--hostname", "127.0.0.1", "--disable-log-to-file"];
    node(ground, "mockoon-cli", &options, port)
}

fn mountebank(ground: &Ground) -> Process {
    let server = ground.product(&["--calls", "1000"]);
    let stub = |method: &str, path: &str, request: &Request| {
        let answer = server.get(request);
        let headers = json!({"content-type": "application/json", "connection": "keep-alive"});
        let is = json!({"statusCode": answer.status, "headers": headers, "body": answer.text()});
        json!({"predicates": [{"equals": {"method": method, "path": path}}], "responses": [{"is": is}]})
    };
    let port = free_port();
    let stubs = [
        stub("GET", "/api/v1/calls/call_xxx", &Request::get(ONE)),
        stub("GET", "/api/v1/calls", &Request::get(PAGE)),
        stub("POST", "/api/v1/calls", &Request::place(0)),
    ];
    let imposter = json!({"port": port.port(), "protocol": "http", "stubs": stubs});
    let file = ground.folder.join("imposters.json");
    fs::write(&file, json!({"imposters": [imposter]}).to_string()).expect("imposters can be written");
    let (own, file) = (free_port().port().to_string(), file.to_string_lossy().into_owned());
    // Its pid file would lie where it is started.
    let pid = ground.folder.join("mb.pid").to_string_lossy().into_owned();
    let options = ["start", "--port", &own, "--localOnly", "--nologfile", "--pidfile", &pid, "--configfile", &file];
    node(ground, "mb", &options, port)
}
