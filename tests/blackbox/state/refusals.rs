//! What is no state of this server's is refused, with the place of the fault, and nothing is changed.

use super::{STATE, blank, export, import};
use crate::support::{Server, settings};
use akol_mock::{BUILT_IN_FIXTURES, Settings};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

async fn document(server: &Server) -> Value {
    serde_json::from_slice::<Value>(&export(server).await).unwrap()["data"].clone()
}

#[tokio::test]
async fn a_fault_is_named_by_its_place_and_nothing_is_changed() {
    let server = Server::start().await;
    let good = document(&server).await;
    let second = blank().await;
    let before = export(&second).await;
    for (pointer, value, field, says) in [
        ("/version", json!(2), "version", "is 2, must be 1"),
        ("/version", json!("1"), "version", "must be 1"),
        ("/fixtures", json!("0".repeat(64)), "fixtures", "--fixtures"),
        ("/fixtures", json!(7), "fixtures", "is 7"),
        ("/seed", json!("-1"), "seed", "below 2^64"),
        ("/seed", json!(42), "seed", "expected a string"),
        ("/clock/now", json!("2020-01-01T00:00:00.000Z"), "clock.now", "world.now"),
        ("/clock/mode", json!("slow"), "clock.mode", "neither real nor manual"),
        ("/clock/speed", json!(0), "clock.speed", "0.001"),
        ("/requests", json!(-1), "requests", "-1"),
        ("/world/calls/3/status", json!("DONE"), "world.calls[3].status", "COMPLETED"),
        ("/world/calls/3/plan/ringMs", json!("1s"), "world.calls[3].plan.ringMs", "expected u64"),
        ("/world/calls/3/plan", json!({"ringMs": 1}), "world.calls[3].plan", "missing field"),
        ("/world/calls/3/endedAt", json!(null), "world.calls[3].endedAt", "if and only if"),
        ("/world/campaigns", json!({}), "world.campaigns.cmp_bluespruce_cooling", "is missing"),
        ("/journal/nextNumber", json!(0), "journal.forgotten", "below nextNumber"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let refused = import(&second, bad.to_string()).await;
        let fields = refused.fields();
        assert!(fields.len() == 1 && (fields[0] == field || pointer == "/world/campaigns"), "{pointer}: {refused:?}");
        assert!(refused.error().contains(says), "{pointer}: {}", refused.error());
    }
    let mut more = good.clone();
    more["world"]["more"] = json!(1);
    let refused = import(&second, more.to_string()).await;
    assert!(refused.fields()[0].starts_with("world") && refused.error().contains("more"), "{refused:?}");
    let mut less = good.clone();
    less.as_object_mut().unwrap().remove("version");
    assert_eq!(import(&second, less.to_string()).await.fields(), ["version"]);
    assert_eq!(import(&second, "[]").await.fields().len(), 1);
    assert_eq!(import(&second, "7").await.fields(), ["body"]);
    assert_eq!(export(&second).await, before, "nothing was partly applied");
}

#[tokio::test]
async fn what_is_no_json_is_a_400() {
    let server = Server::start().await;
    for body in ["", "{", "{\"version\": 1", "nonsense", "\u{feff}{}"] {
        let refused = import(&server, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body:?}: {refused:?}");
    }
    let whole = export(&server).await;
    let refused = import(&server, whole.slice(..whole.len() / 2)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused:?}");
}

#[tokio::test]
async fn a_world_of_other_fixtures_is_refused() {
    let folder = std::env::temp_dir().join(format!("akol-mock-state-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (_, scenarios) = BUILT_IN_FIXTURES.iter().find(|(path, _)| *path == "scenarios.toml").unwrap();
    std::fs::write(folder.join("scenarios.toml"), scenarios).unwrap();
    let same = Server::with(Settings { fixtures: Some(folder.clone()), ..settings() }).await;
    std::fs::write(folder.join("scenarios.toml"), format!("{scenarios}\n# changed\n")).unwrap();
    let other = Server::with(Settings { fixtures: Some(folder.clone()), ..settings() }).await;
    std::fs::remove_dir_all(&folder).unwrap();
    let document = export(&Server::start().await).await;
    import(&same, document.clone()).await.data();
    let refused = import(&other, document).await;
    assert_eq!(refused.fields(), ["fixtures"]);
    assert!(refused.error().contains("made of other fixtures"), "{}", refused.error());
}

#[tokio::test]
async fn more_than_a_mebibyte_is_taken_and_the_limit_is_named() {
    let big = Server::with(Settings { calls: 5_000, ..settings() }).await;
    let document = export(&big).await;
    assert!(document.len() > 1 << 20);
    assert_eq!(import(&blank().await, document).await.data()["calls"], 5_001);
    let head = format!(
        "PUT {STATE} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        (1u64 << 30) + 1
    );
    let answers = big.raw(head.as_bytes()).await;
    let refused = answers.last().unwrap();
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{refused:?}");
    assert!(refused.error().contains("1073741824 bytes"), "{}", refused.error());
    let other = big.send_json(Method::PUT, "/__admin/clock", json!({"mode": "x".repeat(1 << 20)})).await;
    assert!(other.error().contains("1048576 bytes"), "{}", other.error());
}

#[tokio::test]
async fn what_is_limited_elsewhere_is_limited_in_a_document() {
    let server = Server::start().await;
    server.send_json(Method::POST, "/__admin/webhooks", json!({"url": "http://127.0.0.1:9/"})).await;
    super::place(&server, "+12025550123", Some("00000000-0000-4000-8000-000000000001")).await.data();
    let good = document(&server).await;
    let second = blank().await;
    let before = export(&second).await;
    let call = &good["world"]["calls"][0]["id"];
    let gone = json!("call_gone");
    let repeat = |call: &Value, subscription: u32| json!([{"callId": call, "event": "call.started", "subscription": subscription, "count": 1}]);
    for (pointer, value, field, says) in [
        ("/world/webhooks/settings/secret", json!("s".repeat(257)), "world.webhooks.settings.secret", "at most 256"),
        ("/world/webhooks/settings/retriesMs", json!(vec![1; 21]), "world.webhooks.settings.retriesMs", "at most 20"),
        ("/world/idempotency/0/answer", json!("x".repeat(65_537)), "world.idempotency[0].answer", "at most 65536"),
        ("/world/callsWith", json!({"+12025550199": 1}), "world.callsWith", "+12025550199"),
        ("/world/webhooks/repeats", repeat(call, 7), "world.webhooks.repeats[0].subscription", "is 7"),
        ("/world/webhooks/repeats", repeat(&gone, 0), "world.webhooks.repeats[0].callId", "none of"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let refused = import(&second, bad.to_string()).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]),
            "{refused:?}"
        );
        assert!(refused.error().contains(says), "{pointer}: {}", refused.error());
    }
    assert_eq!(export(&second).await, before, "nothing was partly applied");
    import(&second, good.to_string()).await.data();
}
