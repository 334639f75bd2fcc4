//! The control API and web pages: which may use it, and what they are told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Answer, Server, settings};
use akol_mock::Settings;
use hyper::{Method, StatusCode};
use serde_json::json;

const CAMPAIGN: &str = "/__admin/campaigns/cmp_xxx";

async fn allowing(origin: &str) -> Server {
    Server::with(Settings { admin_origins: vec![origin.to_owned()], ..settings() }).await
}

/// A request to pause the documentation's campaign, as a browser would send it.
async fn pause(server: &Server, headers: &[(&str, &str)]) -> Answer {
    let mut request = server.request(Method::PATCH, CAMPAIGN).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(json!({"status": "PAUSED"}).to_string().into()).unwrap()).await
}

async fn is_paused(server: &Server) -> bool {
    let campaigns = server.get("/__admin/campaigns").await.data();
    campaigns.as_array().unwrap().iter().any(|one| one["id"] == "cmp_xxx" && one["status"] == "PAUSED")
}

async fn get_with(server: &Server, path: &str, name: &str, value: &str) -> Answer {
    server.send(server.request(Method::GET, path).header(name, value).body(Default::default()).unwrap()).await
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_and_reads_nothing() {
    let server = Server::start().await;
    for headers in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://localhost:3000")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")],
        &[("host", "evil.example:2565")],
    ] {
        let refused = pause(&server, headers).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(refused.error().contains("--admin-origin"), "{}", refused.error());
        assert!(!refused.headers.contains_key("access-control-allow-origin"));
        assert!(!is_paused(&server).await, "{headers:?}");
    }
}

#[tokio::test]
async fn the_servers_own_pages_may_do_everything() {
    let server = Server::start().await;
    let own = server.base.clone();
    assert_eq!(pause(&server, &[("origin", &own), ("sec-fetch-site", "same-origin")]).await.status, StatusCode::OK);
    assert!(is_paused(&server).await);
}

#[tokio::test]
async fn health_and_akols_api_answer_whoever_asks() {
    let server = Server::start().await;
    for path in ["/__admin/health", "/api/v1/calls/call_xxx"] {
        for (name, value) in
            [("origin", "http://evil.example"), ("host", "evil.example"), ("sec-fetch-site", "cross-site")]
        {
            assert_eq!(get_with(&server, path, name, value).await.status, StatusCode::OK, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_link_to_the_control_api_can_be_followed() {
    let server = Server::start().await;
    let request = server.request(Method::GET, "/__admin/campaigns").header("sec-fetch-site", "cross-site");
    let request = request.header("sec-fetch-mode", "navigate").body(Default::default()).unwrap();
    assert_eq!(server.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_asks_and_then_does() {
    let origin = "http://localhost:3000";
    let server = allowing(origin).await;
    let ask = server.request(Method::OPTIONS, CAMPAIGN).header("origin", origin);
    let ask = ask.header("access-control-request-method", "PATCH");
    let ask = ask.header("access-control-request-headers", "content-type");
    let allowed = server.send(ask.body(Default::default()).unwrap()).await;
    assert_eq!((allowed.status, allowed.body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(allowed.header("access-control-allow-origin"), origin);
    assert!(allowed.header("access-control-allow-methods").contains("PATCH"));
    assert_eq!(allowed.header("access-control-allow-headers"), "content-type");
    let done = pause(&server, &[("origin", origin)]).await;
    assert_eq!((done.status, done.header("access-control-allow-origin")), (StatusCode::OK, origin));
    assert_eq!(done.header("vary"), "origin");
    assert!(done.header("access-control-expose-headers").contains("x-request-id"));
    assert!(is_paused(&server).await);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_can_read_refusals() {
    let origin = "http://localhost:3000";
    let server = Server::with(Settings {
        admin_origins: vec![origin.to_owned()],
        admin_token: Some("boss".to_owned()),
        ..settings()
    })
    .await;
    let refused = pause(&server, &[("origin", origin)]).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (StatusCode::UNAUTHORIZED, origin));
    let ask = server.request(Method::OPTIONS, CAMPAIGN).header("origin", origin);
    let ask = ask.header("access-control-request-method", "PATCH").body(Default::default()).unwrap();
    assert_eq!(server.send(ask).await.status, StatusCode::NO_CONTENT, "a preflight carries no token");
}

#[tokio::test]
async fn a_preflight_of_another_site_is_refused() {
    let server = allowing("http://localhost:3000").await;
    let ask = server.request(Method::OPTIONS, CAMPAIGN).header("origin", "http://evil.example");
    let ask = ask.header("access-control-request-method", "PATCH").body(Default::default()).unwrap();
    let refused = server.send(ask).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_star_lets_everybody_in() {
    let server = allowing("*").await;
    assert_eq!(get_with(&server, "/__admin/campaigns", "host", "evil.example").await.status, StatusCode::OK);
    let read = get_with(&server, "/__admin/campaigns", "origin", "null").await;
    assert_eq!((read.status, read.header("access-control-allow-origin")), (StatusCode::OK, "*"));
}
