//! Fault rules in the control API: making, listing and taking them back. What they do is tested in `faults_on_the_wire`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Answer, Server, settings};
use akol_mock::Settings;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const FAULTS: &str = "/__admin/faults";

async fn add(server: &Server, rule: Value) -> Value {
    let answer = server.post(FAULTS, rule).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.data()
}

async fn list(server: &Server) -> Value {
    server.get(FAULTS).await.data()
}

async fn delete(server: &Server, path: &str) -> Answer {
    server.send(server.request(Method::DELETE, path).body(Default::default()).unwrap()).await
}

/// The fields that are named, with what is said of each.
fn complaints(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(error, "field"), text(error, "message"))).collect()
}

#[tokio::test]
async fn a_rule_is_answered_with_its_id_and_all_that_it_says() {
    let server = Server::start().await;
    assert_eq!(list(&server).await, json!([]));
    let first = add(&server, json!({"effect": {"status": 503}})).await;
    let expected = json!({
        "id": "flt_1", "match": {}, "times": null, "probability": 1, "effect": {"status": 503, "execute": false},
        "hits": 0, "left": null,
    });
    assert_eq!(first, expected);
    let second = add(
        &server,
        json!({
            "match": {"method": "post", "path": "/api/v1/calls", "body": {"toNumber": "+15551234567"}},
            "times": 2, "probability": 0.25, "effect": {"status": 429, "retryAfter": 7, "execute": true},
        }),
    )
    .await;
    let expected = json!({
        "id": "flt_2", "match": {"method": "POST", "path": "/api/v1/calls", "body": {"toNumber": "+15551234567"}},
        "times": 2, "probability": 0.25, "effect": {"status": 429, "retryAfter": 7, "execute": true},
        "hits": 0, "left": 2,
    });
    assert_eq!(second, expected);
    assert_eq!(list(&server).await, json!([first, second]));
}

#[tokio::test]
async fn what_a_rule_is_answered_with_can_be_sent_again() {
    let server = Server::start().await;
    for effect in [
        json!({"status": 500, "execute": false}),
        json!({"latency": "2s"}),
        json!({"latency": {"median": "80ms", "sigma": 0.4}}),
        json!({"fault": "EMPTY_RESPONSE", "execute": true}),
        json!({"fault": "MALFORMED_RESPONSE_CHUNK", "execute": false}),
        json!({"fault": "RANDOM_DATA_THEN_CLOSE", "execute": true}),
        json!({"fault": "CONNECTION_RESET_BY_PEER", "execute": true}),
    ] {
        assert_eq!(add(&server, json!({"effect": effect})).await["effect"], effect);
    }
    let fault = add(&server, json!({"effect": {"fault": "EMPTY_RESPONSE"}})).await;
    assert_eq!(fault["effect"]["execute"], true, "by default the client cannot know");
    let latency = add(&server, json!({"effect": {"latency": "PT2M"}})).await;
    assert_eq!(latency["effect"]["latency"], "2m");
}

#[tokio::test]
async fn rules_are_taken_back_one_by_one_or_all_together() {
    let server = Server::start().await;
    for _ in 0..3 {
        add(&server, json!({"effect": {"latency": "1ms"}})).await;
    }
    assert_eq!(delete(&server, "/__admin/faults/flt_2").await.data(), json!({"deleted": 1}));
    let missing = delete(&server, "/__admin/faults/flt_2").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.error().contains("flt_2"), "{}", missing.error());
    assert_eq!(list(&server).await.as_array().unwrap().len(), 2);
    assert_eq!(delete(&server, FAULTS).await.data(), json!({"deleted": 2}));
    assert_eq!(delete(&server, FAULTS).await.data(), json!({"deleted": 0}));
    assert_eq!(list(&server).await, json!([]));
    assert_eq!(add(&server, json!({"effect": {"status": 500}})).await["id"], "flt_4", "no id is given twice");
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once_and_no_rule_is_made() {
    let server = Server::start().await;
    let answer = server
        .post(
            FAULTS,
            json!({
                "match": {"method": "PO ST", "path": "calls", "status": 200, "headers": {}},
                "times": 0, "probability": 1.5, "effect": {"status": 200, "execute": "yes"}, "colour": "red",
            }),
        )
        .await;
    let mut named = answer.fields();
    named.sort_unstable();
    let expected = [
        "colour",
        "effect.execute",
        "effect.status",
        "match.headers",
        "match.method",
        "match.path",
        "match.status",
        "probability",
        "times",
    ];
    assert_eq!(named, expected);
    assert_eq!(list(&server).await, json!([]));
}

#[tokio::test]
async fn each_complaint_says_what_was_given_and_what_would_do() {
    let server = Server::start().await;
    for (rule, field, parts) in [
        (json!({}), "effect", ["missing", "{\"status\": 503}"]),
        (json!({"effect": null}), "effect", ["null", "an object"]),
        (json!({"effect": "EMPTY_RESPONSE"}), "effect", ["EMPTY_RESPONSE", "an object"]),
        (json!({"effect": {}}), "effect", ["has none", "exactly one of status, latency, fault"]),
        (
            json!({"effect": {"status": 500, "latency": "1s"}}),
            "effect",
            ["has status and latency", "exactly one of status, latency, fault"],
        ),
        (json!({"effect": {"status": 399}}), "effect.status", ["399", "from 400 to 599"]),
        (json!({"effect": {"status": 600}}), "effect.status", ["600", "from 400 to 599"]),
        (json!({"effect": {"status": "503"}}), "effect.status", ["\"503\"", "a whole number"]),
        (json!({"effect": {"status": 503, "retryAfter": 1.5}}), "effect.retryAfter", ["1.5", "a whole number"]),
        (json!({"effect": {"latency": "1s", "retryAfter": 1}}), "effect.retryAfter", ["only with", "status"]),
        (json!({"effect": {"latency": "1s", "execute": true}}), "effect.execute", ["only with", "status or fault"]),
        (json!({"effect": {"latency": "6m"}}), "effect.latency", ["\"6m\"", "from 1ms to 5m"]),
        (json!({"effect": {"latency": "soon"}}), "effect.latency", ["\"soon\"", "\"PT2M\""]),
        (json!({"effect": {"latency": 2}}), "effect.latency", ["is 2", "{\"median\": \"80ms\", \"sigma\": 0.4}"]),
        (json!({"effect": {"latency": {"sigma": 1}}}), "effect.latency.median", ["missing", "\"2s\""]),
        (json!({"effect": {"latency": {"median": "1s"}}}), "effect.latency.sigma", ["missing", "0.4"]),
        (
            json!({"effect": {"latency": {"median": "1s", "sigma": 3.5}}}),
            "effect.latency.sigma",
            ["3.5", "a number from 0 to 3"],
        ),
        (
            json!({"effect": {"latency": {"median": "1s", "sigma": 1, "mean": 1}}}),
            "effect.latency.mean",
            ["unknown", "median or sigma"],
        ),
        (json!({"effect": {"fault": "RESET"}}), "effect.fault", ["\"RESET\"", "CONNECTION_RESET_BY_PEER"]),
        (json!({"effect": {"fault": "EMPTY_RESPONSE", "n": 1}}), "effect.n", ["unknown", "retryAfter"]),
        (json!({"effect": {"status": 500}, "times": 1.5}), "times", ["1.5", "a whole number from 1"]),
        (json!({"effect": {"status": 500}, "probability": -0.1}), "probability", ["-0.1", "from 0 to 1"]),
        (json!({"effect": {"status": 500}, "match": []}), "match", ["an array", "an object"]),
        (json!({"effect": {"status": 500}, "match": {"path": ""}}), "match.path", ["\"\"", "**"]),
        (json!({"effect": {"status": 500}, "match": {"method": 1}}), "match.method", ["is 1", "GET or POST"]),
    ] {
        let answer = server.post(FAULTS, rule.clone()).await;
        let complaints = complaints(&answer);
        assert_eq!(complaints.len(), 1, "{rule}: {complaints:?}");
        assert_eq!(complaints[0].0, field, "{rule}: {complaints:?}");
        assert!(parts.iter().all(|part| complaints[0].1.contains(part)), "{rule}: {complaints:?}");
    }
    assert_eq!(list(&server).await, json!([]));
}

#[tokio::test]
async fn no_more_rules_than_a_thousand_are_taken() {
    let server = Server::start().await;
    for _ in 0..1_000 {
        add(&server, json!({"effect": {"latency": "1ms"}})).await;
    }
    let refused = server.post(FAULTS, json!({"effect": {"latency": "1ms"}})).await;
    assert_eq!(refused.fields(), ["body"]);
    assert!(refused.error().contains("1000") && refused.error().contains("DELETE"), "{}", refused.error());
}

#[tokio::test]
async fn rules_are_made_of_json_and_behind_the_admin_token() {
    let server = Server::with(Settings { admin_token: Some("boss".into()), ..settings() }).await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = server.send_json(method, FAULTS, json!({"effect": {"status": 500}})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let server = Server::start().await;
    let request = server.request(Method::POST, FAULTS).header(CONTENT_TYPE, "application/json");
    assert_eq!(server.send(request.body("{\"effect\":".into()).unwrap()).await.status, StatusCode::BAD_REQUEST);
    let answer = server.send_json(Method::PUT, FAULTS, json!({})).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "DELETE, GET, HEAD, POST"));
}
