//! What a client can make is limited, and a 422 names the limit.

use crate::support::space::Space;
use crate::support::{Answer, Server, in_time, settings};
use akol_mock::{Fault, MockServer};
use hyper::StatusCode;
use serde_json::{Value, json};

const WEBHOOKS: &str = "/__admin/webhooks";
const FAULTS: &str = "/__admin/faults";
const WAIT: &str = "/__admin/requests/wait";

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

/// Asserts that something is refused with a 422 that names that field, and says that.
fn assert_refused(answer: &Answer, field: &str, says: &str) {
    assert_eq!(answer.fields(), [field]);
    assert!(answer.error().contains(says), "{}", answer.error());
}

#[tokio::test]
async fn a_workspace_has_a_hundred_webhooks() {
    let (server, space) = space().await;
    let webhook = || json!({"url": "http://127.0.0.1:9/"});
    let mut last = Value::Null;
    for _ in 0..100 {
        last = space.post(WEBHOOKS, webhook()).await.data();
    }
    assert_refused(&space.post(WEBHOOKS, webhook()).await, "url", "there are 100 webhooks already, which is the most");
    let refused = server.server.workspace("a").unwrap().subscribe("http://127.0.0.1:9/").unwrap_err();
    assert_eq!(refused.status, 422);
    space.delete(&format!("{WEBHOOKS}/{}", last["id"].as_str().unwrap())).await.data();
    space.post(WEBHOOKS, webhook()).await.data();
    server.as_workspace("b").post(WEBHOOKS, webhook()).await.data();
}

#[tokio::test]
async fn secrets_have_256_characters_at_most() {
    let (_server, space) = space().await;
    let webhook = |secret: usize| json!({"url": "http://127.0.0.1:9/", "secret": "s".repeat(secret)});
    space.post(WEBHOOKS, webhook(256)).await.data();
    assert_refused(&space.post(WEBHOOKS, webhook(257)).await, "secret", "at most 256");
    let start = |secret: usize| MockServer::builder().settings(settings()).webhook_secret("s".repeat(secret)).start();
    assert!(start(256).await.is_ok());
    assert!(start(257).await.unwrap_err().to_string().contains("256"));
}

#[tokio::test]
async fn fault_rules_are_limited_in_number() {
    let (server, space) = space().await;
    let rule = json!({"effect": {"latency": "1ms"}});
    let library = server.server.workspace("a").unwrap();
    for _ in 0..999 {
        library.add_fault(Fault::status(503)).unwrap();
    }
    space.post(FAULTS, rule.clone()).await.data();
    assert_refused(&space.post(FAULTS, rule.clone()).await, "body", "there are 1000 fault rules already");
    assert_eq!(library.add_fault(Fault::status(503)).unwrap_err().status, 422);
    space.delete(FAULTS).await.data();
    space.post(FAULTS, rule).await.data();
}

#[tokio::test]
async fn the_patterns_of_all_fault_rules_have_64_kib_together() {
    let (_server, space) = space().await;
    let rule = |length: usize| json!({"match": {"body": "x".repeat(length)}, "effect": {"status": 503}});
    let own = json!({"body": ""}).to_string().len();
    space.post(FAULTS, rule(40_000)).await.data();
    let left = (64 << 10) - 40_000 - 2 * own;
    let refused = space.post(FAULTS, rule(left + 1)).await;
    assert_refused(&refused, "match", "65536 that the patterns of all fault rules have together");
    space.post(FAULTS, rule(left)).await.data();
    space.delete(FAULTS).await.data();
    space.post(FAULTS, rule(60_000)).await.data();
}

#[tokio::test]
async fn a_pattern_has_64_kib() {
    let (_server, space) = space().await;
    let own = json!({"body": ""}).to_string().len();
    let pattern = |length: usize| json!({"body": "x".repeat(length - own)});
    let mut waiting = pattern(64 << 10);
    assert_eq!(space.post("/__admin/requests/count", waiting.clone()).await.data()["count"], 0);
    waiting["timeout"] = json!("0s");
    for path in ["/__admin/requests/wait", "/__admin/webhooks/deliveries/wait"] {
        assert_eq!(space.post(path, waiting.clone()).await.status, StatusCode::REQUEST_TIMEOUT);
    }
    for path in ["/__admin/requests/count", "/__admin/requests/wait", "/__admin/webhooks/deliveries/wait"] {
        assert_refused(&space.post(path, pattern((64 << 10) + 1)).await, "body", "it may have 65536");
    }
}

#[tokio::test]
async fn so_many_wait_at_once() {
    let (server, space) = space().await;
    for _ in 0..256 {
        let space = space.clone();
        tokio::spawn(async move {
            // The question below waits, too, if only for a moment, and may have the last place just then.
            let wait = json!({"method": "PUT", "timeout": "10m"});
            while space.post(WAIT, wait.clone()).await.status == StatusCode::UNPROCESSABLE_ENTITY {}
        });
    }
    let at_once = json!({"method": "PUT", "timeout": "0s"});
    let refused = async {
        loop {
            let answer = space.post(WAIT, at_once.clone()).await;
            if answer.status != StatusCode::REQUEST_TIMEOUT {
                return answer;
            }
        }
    };
    assert_refused(&in_time(refused).await, "body", "there are 256 waits of this workspace already");
    let deliveries = space.post("/__admin/webhooks/deliveries/wait", json!({"timeout": "0s"})).await;
    assert_refused(&deliveries, "body", "there are 256 waits of this workspace already");
    assert_eq!(server.as_workspace("b").post(WAIT, at_once.clone()).await.status, StatusCode::REQUEST_TIMEOUT);
    space.reset().await;
    // They are let go, each in its own time.
    let again = async { while space.post(WAIT, at_once.clone()).await.status != StatusCode::REQUEST_TIMEOUT {} };
    in_time(again).await;
}

#[tokio::test]
async fn so_many_watch_at_once() {
    let (_server, space) = space().await;
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(space.events(None).await);
    }
    let refused = space.get("/__admin/events").await;
    assert_refused(&refused, "workspace", "has 64 event streams already, which is the most");
    assert!(space.try_events(None).await.is_none());
    drop(streams.pop());
    space.events_in_time().await;
}
