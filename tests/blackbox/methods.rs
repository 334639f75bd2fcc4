//! Paths and methods: what there is, what each takes, and what every answer carries.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use crate::support::{Answer, Server, placement, settings};
use akol_mock::{Auth, Settings};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

/// Every path of Akol's API, and the methods that it takes.
const API: [(&str, &[&str]); 5] = [
    ("/calls", &["GET", "HEAD", "POST"]),
    ("/calls/call_xxx", &["GET", "HEAD"]),
    ("/calls/call_xxx/audio", &["GET", "HEAD"]),
    ("/calls/call_xxx/transcript", &["GET", "HEAD"]),
    ("/calls/call_xxx/end", &["POST"]),
];

/// The same of the control API.
const CONTROL: &[(&str, &[&str])] = &[
    ("/__admin/health", &["GET", "HEAD"]),
    ("/__admin/settings", &["GET", "HEAD", "PATCH"]),
    ("/__admin/businesses", &["GET", "HEAD"]),
    ("/__admin/agents", &["GET", "HEAD"]),
    ("/__admin/phone-numbers", &["GET", "HEAD"]),
    ("/__admin/campaigns", &["GET", "HEAD"]),
    ("/__admin/campaigns/cmp_xxx", &["PATCH"]),
    ("/__admin/calls", &["POST"]),
    ("/__admin/webhooks", &["GET", "HEAD", "POST"]),
    ("/__admin/webhooks/whk_1", &["DELETE"]),
    ("/__admin/webhooks/trigger", &["POST"]),
    ("/__admin/webhooks/mischief", &["GET", "HEAD", "PUT"]),
    ("/__admin/webhooks/deliveries", &["GET", "HEAD"]),
    ("/__admin/webhooks/deliveries/msg_1", &["GET", "HEAD"]),
    ("/__admin/webhooks/deliveries/msg_1/redeliver", &["POST"]),
];

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];

/// Every path there is, in every form.
fn paths() -> Vec<(String, &'static [&'static str])> {
    let api =
        API.iter().flat_map(|(path, methods)| ["/api/v1", "/api"].map(|root| (format!("{root}{path}"), *methods)));
    api.chain(CONTROL.iter().map(|(path, methods)| ((*path).to_owned(), *methods))).collect()
}

async fn send(server: &Server, method: &str, path: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    server.send(server.request(method, path).body(Default::default()).unwrap()).await
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_a_405_that_names_those_it_does() {
    let server = Server::start().await;
    for (path, accepted) in paths() {
        for method in METHODS.iter().filter(|method| !accepted.contains(method)) {
            let answer = send(&server, method, &path).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.header("allow"), accepted.join(", "), "{method} {path}");
            if *method != "HEAD" {
                assert!(answer.error().contains(method), "{}", answer.error());
            }
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_takes_is_no_405() {
    let server = Server::start().await;
    for (path, accepted) in paths() {
        for method in accepted {
            let answer = send(&server, method, &path).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            // The path may name a thing that there is not, but it is one.
            let is_nowhere = answer.status == StatusCode::NOT_FOUND
                && *method != "HEAD"
                && answer.error().starts_with("There is nothing at");
            assert!(!is_nowhere, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_does_but_without_a_body() {
    let server = Server::start().await;
    let missing = ["/api/v1/calls/call_nobody", "/api/v1/nothing", "/nothing", "/api/v1/calls?limit=0"];
    let known = paths().into_iter().filter(|(_, methods)| methods.contains(&"GET")).map(|(path, _)| path);
    for path in known.chain(missing.map(str::to_owned)) {
        let (get, head) = (send(&server, "GET", &path).await, send(&server, "HEAD", &path).await);
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
        let without_id = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            headers
        };
        assert_eq!(without_id(&head), without_id(&get), "{path}");
    }
}

#[tokio::test]
async fn with_and_without_the_version_is_the_same() {
    let server = Server::start().await;
    for (path, _) in API.iter().filter(|(_, methods)| methods.contains(&"GET")) {
        let answers =
            [send(&server, "GET", &format!("/api/v1{path}")).await, send(&server, "GET", &format!("/api{path}")).await];
        assert_eq!(answers[0].status, StatusCode::OK);
        assert_eq!(answers[0].body, answers[1].body, "{path}");
    }
    let id = server.post("/api/calls", placement("+15005550108")).await.data()["id"].clone();
    let ended = send(&server, "POST", &format!("/api/calls/{}/end", id.as_str().unwrap())).await;
    assert_eq!(ended.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unknown_path_is_a_404_that_shows_the_way() {
    let server = Server::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/calls",
        "/api/v1/v1/calls",
        "/api/v1/Calls",
        "/api/v1/calls/",
        "/api/v1//calls",
        "/api/v1/calls//audio",
        "/api/v1/calls/call_xxx/",
        "/api/v1/calls/call_xxx/recording",
        "/api/v1/calls/call_xxx/audio/1",
        "/apis/v1/calls",
        "/v1/calls",
        "/calls",
        "/favicon.ico",
        "/__admin",
        "/__admin/",
        "/__admin/nothing",
        "/__administration",
        "/__admin/campaigns/",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = send(&server, method, path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
            assert!(answer.error().contains("/api/v1/calls"), "{}", answer.error());
        }
    }
}

#[tokio::test]
async fn every_answer_carries_an_id_of_its_own() {
    let settings = Settings { auth: Auth::Strict(vec!["test".into()]), rate_limit: Some(30), ..settings() };
    let server = Server::with(settings).await;
    let mut seen = BTreeSet::new();
    let mut statuses = BTreeSet::new();
    let mut look = |answer: Answer| {
        let id = answer.header("x-request-id").to_owned();
        assert!(!id.is_empty(), "{answer:?}");
        assert!(seen.insert(id), "an id was used twice");
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
        statuses.insert(answer.status.as_u16());
    };
    look(server.post("/api/v1/calls", placement("+15557770060")).await);
    look(server.post("/api/v1/calls", placement("+15005550150")).await);
    look(server.post("/api/v1/calls", placement("+15005550153")).await);
    look(server.post("/api/v1/calls", json!([])).await);
    look(server.post("/api/v1/calls/call_xxx/end", json!({})).await);
    for path in
        ["/api/v1/calls", "/api/v1/calls/call_xxx/audio", "/api/v1/calls/call_nobody", "/nothing", "/api/v1/calls/%"]
    {
        for method in ["GET", "HEAD", "DELETE"] {
            look(send(&server, method, path).await);
        }
    }
    look(
        server
            .send(
                server
                    .request(Method::GET, "/api/v1/calls/call_xxx/audio")
                    .header("range", "bytes=0-9")
                    .body(Default::default())
                    .unwrap(),
            )
            .await,
    );
    look(server.send(Request::get(format!("{}/api/v1/calls", server.base)).body(Default::default()).unwrap()).await);
    for _ in 0..30 {
        look(server.get("/api/v1/calls?limit=1").await);
    }
    assert_eq!(statuses, [200, 201, 206, 400, 401, 404, 405, 409, 422, 429, 500, 503].into());
}

#[tokio::test]
async fn a_request_id_of_the_clients_is_not_taken_over() {
    let server = Server::start().await;
    let request = server.request(Method::GET, "/api/v1/calls/call_xxx").header("x-request-id", "mine");
    let answer = server.send(request.body(Default::default()).unwrap()).await;
    assert_ne!(answer.header("x-request-id"), "mine");
}

#[tokio::test]
async fn the_date_is_that_of_the_servers_clock() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/calls").await.header("date"), "Sun, 22 Nov 2026 12:00:00 GMT");
    server.advance_secs(36 * 60 * 60 + 1).await;
    assert_eq!(server.get("/nothing").await.header("date"), "Tue, 24 Nov 2026 00:00:01 GMT");
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_answered_with_the_one_that_was_meant() {
    let server = Server::start().await;
    for (method, path, meant) in [
        ("GET", "/__admin/workspace", "/__admin/workspaces"),
        ("POST", "/__admin/webhook/triger", "/__admin/webhooks/trigger"),
        ("POST", "/__admin/webhooks/triger", "/__admin/webhooks/trigger"),
        ("GET", "/__admin/clock/", "/__admin/clock"),
        ("GET", "/clock", "/__admin/clock"),
        ("POST", "/calls/call_xxx/end", "/api/v1/calls/call_xxx/end"),
        ("GET", "/api/v1/call", "/api/v1/calls"),
        ("GET", "/doc", "/docs"),
    ] {
        let error = send(&server, method, path).await.error();
        assert!(error.ends_with(&format!("; did you mean {meant:?}?")), "{method} {path}: {error}");
    }
    for (method, path) in [("GET", "/"), ("GET", "/favicon.ico"), ("POST", "/__admin/faults/reste"), ("GET", "/api")] {
        let error = send(&server, method, path).await.error();
        assert!(!error.contains("did you mean"), "{method} {path}: {error}");
    }
}
