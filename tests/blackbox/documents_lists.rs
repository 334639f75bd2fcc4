//! What the README lists of the two APIs, held to their OpenAPI documents, which other tests hold to the server.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Server;
use crate::support::markdown::{Document, code_of};

fn readme() -> Document {
    Document::read("README.md")
}

async fn documents() -> (Value, Value) {
    let server = Server::start().await;
    (server.get("/openapi.json").await.json(), server.get("/__admin/openapi.json").await.json())
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn set(texts: Vec<String>) -> BTreeSet<String> {
    let count = texts.len();
    let set: BTreeSet<String> = texts.into_iter().collect();
    assert_eq!(set.len(), count, "one is named twice: {set:?}");
    set
}

/// What a reference leads to; a value that is none stands for itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// The query parameters of an operation, but for the workspace's.
fn parameters(document: &Value, path: &str) -> BTreeSet<String> {
    let listed = document["paths"][path]["get"]["parameters"].as_array().unwrap();
    let listed = listed.iter().map(|parameter| resolved(document, parameter)).filter(|one| one["in"] == "query");
    listed.map(|one| one["name"].as_str().unwrap().to_owned()).filter(|name| name != "workspace").collect()
}

/// The fields of the body that an operation takes.
fn fields(document: &Value, path: &str, method: &str) -> BTreeSet<String> {
    let body = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    resolved(document, body)["properties"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn steps_states_and_results_are_all_named() {
    let (_, control) = documents().await;
    let schemas = &control["components"]["schemas"];
    let readme = readme();
    assert_eq!(set(readme.listed("- Steps: ")), texts(&schemas["CallStep"]["enum"]));
    let results = &schemas["Delivering"]["properties"]["result"]["enum"];
    assert_eq!(set(readme.listed(" Deliveries: ")), texts(results));
    assert_eq!(set(readme.listed("- States: ")), texts(&schemas["DeliveryState"]["enum"]));
}

#[tokio::test]
async fn filters_are_all_named() {
    let (calls, control) = documents().await;
    let readme = readme();
    let mut filters = parameters(&calls, "/calls");
    for page in ["page", "limit"] {
        assert!(filters.remove(page));
    }
    assert_eq!(set(readme.listed("``` Filters: ")), filters);
    assert_eq!(set(readme.listed("`kept`. Filters: ")), parameters(&control, "/webhooks/deliveries"));
    let mut pattern = set(readme.listed("A pattern has any of ").into_iter().take(4).collect());
    assert_eq!(pattern, fields(&control, "/requests/count", "post"));
    // The list takes those that a query can hold, and two more.
    pattern.remove("body");
    pattern.extend(["since".to_owned(), "limit".to_owned()]);
    assert_eq!(pattern, parameters(&control, "/requests"));
}

#[tokio::test]
async fn what_the_bodies_take_is_named() {
    let (_, control) = documents().await;
    let readme = readme();
    let wait = set(readme.listed("`POST …/deliveries/wait` takes "));
    assert_eq!(wait, fields(&control, "/webhooks/deliveries/wait", "post"));
    let table = readme.table("Control API", &["call", "does"]);
    let does = |call: &str| {
        let row = table.rows.iter().find(|row| row[0] == call).unwrap_or_else(|| panic!("no row {call}"));
        row[1].clone()
    };
    assert_eq!(set(code_of(&does("`GET`, `PATCH /settings`"))), fields(&control, "/settings", "patch"));
    for (call, path, method) in [
        ("`PATCH /campaigns/:id`", "/campaigns/{campaignId}", "patch"),
        ("`POST /calls`", "/calls", "post"),
        ("`POST /calls/:id/transition`", "/calls/{callId}/transition", "post"),
        ("`POST /webhooks/trigger`", "/webhooks/trigger", "post"),
    ] {
        let does = does(call);
        let shown = does.split(['{', ',']).filter_map(|part| part.trim().strip_prefix('"'));
        let shown = shown.filter_map(|part| part.split_once('"')).filter(|(_, rest)| !rest.starts_with(" or"));
        let shown: BTreeSet<String> = shown.map(|(name, _)| name.to_owned()).collect();
        let fields = fields(&control, path, method);
        let missing: Vec<&String> = fields.difference(&shown).collect();
        assert!(missing.is_empty(), "{call} does not name {missing:?} in {does}");
    }
}

/// Each call that a cell of the table names: its method, and its path as the OpenAPI document has it.
fn calls_of(cell: &str) -> Vec<(String, String)> {
    let (mut methods, mut is_open, mut calls) = (Vec::new(), false, Vec::new());
    for code in code_of(cell) {
        let (method, path) = match code.split_once(' ') {
            Some((method, path)) => (Some(method.to_owned()), Some(path.to_owned())),
            None if code.starts_with('/') => (None, Some(code)),
            None => (Some(code), None),
        };
        if let Some(method) = method {
            if !is_open {
                methods.clear();
            }
            methods.push(method);
        }
        is_open = path.is_none();
        let path = path.iter().map(|path| {
            let parts = path.split('/').map(|part| if part.starts_with(':') { "{}" } else { part });
            parts.collect::<Vec<_>>().join("/")
        });
        calls.extend(path.flat_map(|path| methods.iter().map(move |method| (method.clone(), path.clone()))));
    }
    calls
}

#[test]
fn a_cell_of_the_table_may_name_several_calls() {
    let call = |method: &str, path: &str| (method.to_owned(), path.to_owned());
    assert_eq!(
        calls_of("`GET`, `PUT /clock`, `POST /clock/advance`"),
        [call("GET", "/clock"), call("PUT", "/clock"), call("POST", "/clock/advance")]
    );
    assert_eq!(calls_of("`GET /a`, `/a/:id`"), [call("GET", "/a"), call("GET", "/a/{}")]);
}

#[tokio::test]
async fn the_table_of_the_control_api_has_every_call() {
    let (_, control) = documents().await;
    let readme = readme();
    let rows = &readme.table("Control API", &["call", "does"]).rows;
    let shown: Vec<(String, String)> = rows.iter().flat_map(|row| calls_of(&row[0])).collect();
    let mut known = BTreeSet::new();
    for (path, operations) in control["paths"].as_object().unwrap() {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for method in operations.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            known.insert((method.to_uppercase(), path.clone()));
        }
    }
    // Its chapter has another name.
    known.remove(&("GET".to_owned(), "/openapi.json".to_owned()));
    assert_eq!(shown.iter().cloned().collect::<BTreeSet<_>>(), known);
    assert_eq!(shown.len(), known.len(), "one has two rows");
}
