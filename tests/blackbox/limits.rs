//! Every limit at its bound: what is just within is taken, and one more is not.

use crate::support::space::Space;
use crate::support::{Server, settings};
use akol_mock::Settings;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const HEAD: &str = "Host: akol\r\nAuthorization: Bearer test\r\nConnection: close\r\n";

async fn status(server: &Server, target: &str, headers: &str) -> u16 {
    let answers = server.raw(format!("GET {target} HTTP/1.1\r\n{HEAD}{headers}\r\n").as_bytes()).await;
    assert_eq!(answers.len(), 1);
    answers[0].status.as_u16()
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte() {
    let server = Server::start().await;
    for (length, expected) in [(1 << 20, 201), ((1 << 20) + 1, 413)] {
        let call =
            json!({"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}).to_string();
        let padding = " ".repeat(length - call.len());
        let head = format!("{HEAD}Content-Type: application/json\r\nContent-Length: {length}\r\n");
        let request = format!("POST /api/v1/calls HTTP/1.1\r\n{head}\r\n{call}{padding}");
        assert_eq!(server.raw(request.as_bytes()).await[0].status.as_u16(), expected, "{length}");
    }
}

#[tokio::test]
async fn a_request_may_have_100_headers() {
    let server = Server::start().await;
    for (count, expected) in [(100, 200), (101, 431)] {
        let more: String = (3..count).map(|number| format!("X-{number}: a\r\n")).collect();
        assert_eq!(status(&server, "/api/v1/calls?limit=1", &more).await, expected, "{count}");
    }
}

#[tokio::test]
async fn headers_may_have_16_kibibytes_of_names_and_values() {
    let server = Server::start().await;
    // Each line has a colon, a space and a line break that do not count.
    let used = HEAD.len() - 3 * 4 + "x-long".len();
    for (length, expected) in [(16 << 10, 200), ((16 << 10) + 1, 431)] {
        let more = format!("x-long: {}\r\n", "a".repeat(length - used));
        assert_eq!(status(&server, "/api/v1/calls?limit=1", &more).await, expected, "{length}");
    }
}

#[tokio::test]
async fn path_and_query_may_have_8_kibibytes() {
    let server = Server::start().await;
    for (length, expected) in [(8 << 10, 200), ((8 << 10) + 1, 414)] {
        // The question mark belongs to neither.
        let target = format!("/api/v1/calls?limit=1&x={}", "a".repeat(length - "/api/v1/callslimit=1&x=".len()));
        assert_eq!(status(&server, &target, "").await, expected, "{length}");
    }
}

/// Holds a field of a request to the control API to its bounds.
async fn hold(space: &Space, method: Method, path: &str, body: impl Fn(Value) -> Value, taken: Value, refused: Value) {
    for (values, is_taken) in [(taken, true), (refused, false)] {
        for value in values.as_array().unwrap() {
            let answer = space.send_json(method.clone(), &format!("/__admin{path}"), body(value.clone())).await;
            // A wait that is taken may end in vain.
            let is_refused = answer.status == StatusCode::UNPROCESSABLE_ENTITY;
            assert_eq!(is_refused, !is_taken, "{path} {}: {} {:?}", body(value.clone()), answer.status, answer.body);
            assert!(answer.status.is_success() || is_refused || answer.status == StatusCode::REQUEST_TIMEOUT);
        }
    }
}

#[tokio::test]
async fn the_settings_end_at_their_bounds() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let of = |name: &'static str| move |value| json!({name: value});
    let patch = async |name, taken, refused| hold(&space, Method::PATCH, "/settings", of(name), taken, refused).await;
    patch("rateLimit", json!([1, 1_000_000_000]), json!([0, 1_000_000_001, -1])).await;
    patch("minuteLimit", json!([0, u64::MAX]), json!([-1, 18_446_744_073_709_551_616.0])).await;
    patch("latency", json!(["1ms", "5m"]), json!(["0ms", "5m 1ms"])).await;
    let weight = |value| json!({"scenarioWeights": {"busy": value}});
    hold(&space, Method::PATCH, "/settings", weight, json!([0, 1_000_000]), json!([-1, 1_000_001])).await;
    let log_normal = |value| json!({"latency": {"median": value, "sigma": 0.5}});
    hold(&space, Method::PATCH, "/settings", log_normal, json!(["1ms", "5m"]), json!(["0ms", "5m 1ms"])).await;
    let sigma = |value| json!({"latency": {"median": "80ms", "sigma": value}});
    hold(&space, Method::PATCH, "/settings", sigma, json!([0, 0.001, 3]), json!([-0.001, 3.001])).await;
}

#[tokio::test]
async fn the_clock_ends_at_its_bounds() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let speed = |value| json!({"speed": value});
    hold(&space, Method::PUT, "/clock", speed, json!([0.001, 1_000_000]), json!([0, 0.0001, 1_000_000.001, 1_000_001]))
        .await;
}

#[tokio::test]
async fn the_rules_of_faults_end_at_their_bounds() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let post = async |body: fn(Value) -> Value, taken, refused| {
        hold(&space, Method::POST, "/faults", body, taken, refused).await;
    };
    let most = u32::MAX;
    let past = u64::from(most) + 1;
    post(|value| json!({"times": value, "effect": {"status": 503}}), json!([1, most]), json!([0, past])).await;
    let probability = |value| json!({"probability": value, "effect": {"status": 503}});
    post(probability, json!([0, 0.000_001, 1]), json!([-0.1, 1.000_001])).await;
    post(|value| json!({"effect": {"status": value}}), json!([400, 599]), json!([399, 600])).await;
    post(|value| json!({"effect": {"status": 503, "retryAfter": value}}), json!([0, most]), json!([-1, past])).await;
    post(|value| json!({"effect": {"latency": value}}), json!(["1ms", "5m"]), json!(["0ms", "5m 1ms"])).await;
    let (fits, too_long) = (format!("/{}", "a".repeat(999)), format!("/{}", "a".repeat(1_000)));
    let path = |value| json!({"match": {"path": value}, "effect": {"status": 503}});
    post(path, json!([fits]), json!([too_long, ""])).await;
    let method = |value| json!({"match": {"method": value}, "effect": {"status": 503}});
    post(method, json!(["A", "A".repeat(32)]), json!(["", "A".repeat(33)])).await;
}

#[tokio::test]
async fn there_may_be_a_thousand_rules_of_faults() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let rule = || json!({"match": {"path": "/never"}, "effect": {"status": 503}});
    for number in 0..1_000 {
        assert_eq!(space.post("/__admin/faults", rule()).await.status, StatusCode::CREATED, "{number}");
    }
    let refused = space.post("/__admin/faults", rule()).await;
    assert!(refused.status.is_client_error() && refused.error().contains("1000"), "{refused:?}");
    space.delete("/__admin/faults/flt_1").await.data();
    assert_eq!(space.post("/__admin/faults", rule()).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn mischief_ends_at_its_bounds() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let put = async |name: &'static str, taken, refused| {
        hold(&space, Method::PUT, "/webhooks/mischief", move |value| json!({name: value}), taken, refused).await;
    };
    put("delay", json!(["1ms", "24h"]), json!(["0ms", "24h 1ms"])).await;
    for name in ["duplicate", "reorder", "drop", "badSignature", "staleTimestamp"] {
        put(name, json!([0, 0.000_001, 1]), json!([-0.1, 1.000_001])).await;
    }
}

#[tokio::test]
async fn waits_end_at_their_bounds() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    // One has come already, so that a wait of ten minutes is over at once.
    space.get("/api/v1/calls?limit=1").await.data();
    space.receive().await;
    for path in ["/requests/wait", "/webhooks/deliveries/wait"] {
        let count = |value| json!({"count": value, "timeout": "0ms"});
        hold(&space, Method::POST, path, count, json!([1, 1_000_000]), json!([0, 1_000_001])).await;
        let timeout = |value| json!({"timeout": value});
        hold(&space, Method::POST, path, timeout, json!(["0ms", "10m"]), json!(["10m 1ms", "-1ms"])).await;
    }
}

#[tokio::test]
async fn lists_end_at_their_bounds() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    for path in ["/__admin/requests", "/__admin/webhooks/deliveries"] {
        for (limit, expected) in [("1", 200), ("4294967295", 200), ("0", 422), ("4294967296", 422)] {
            assert_eq!(space.get(&format!("{path}?limit={limit}")).await.status, expected, "{path} {limit}");
        }
    }
    for (query, expected) in
        [("limit=1", 200), ("limit=100", 200), ("limit=0", 422), ("limit=101", 422), ("page=1", 200), ("page=0", 422)]
    {
        assert_eq!(space.get(&format!("/api/v1/calls?{query}")).await.status, expected, "{query}");
    }
    for (status, expected) in [("100", 200), ("599", 200), ("99", 422), ("600", 422)] {
        assert_eq!(space.get(&format!("/__admin/requests?status={status}")).await.status, expected, "{status}");
    }
}

#[tokio::test]
async fn as_many_finished_deliveries_are_kept_as_the_option_says() {
    for size in [0, 1, 3] {
        let server = Server::with(Settings { journal_size: size, ..settings() }).await;
        let space = server.as_workspace("a");
        let mut events = Vec::new();
        for _ in 0..2 {
            // An answer and an end, each of which is kept for reading as nobody has subscribed.
            let id = space.receive().await;
            space.end(&id).await;
            events.extend([(id.clone(), "call.started"), (id, "call.ended")]);
        }
        let kept = space.list("/__admin/webhooks/deliveries").await;
        let kept = kept.iter().map(|one| (one["callId"].as_str().unwrap().to_owned(), one["event"].as_str().unwrap()));
        let kept: Vec<_> = kept.collect();
        let newest = &events[events.len() - size as usize..];
        assert!(kept.iter().eq(newest) || kept.iter().rev().eq(newest), "{size}: {kept:?}");
    }
}

#[tokio::test]
async fn a_request_for_16_parts_of_a_recording_gets_them_and_one_for_17_the_whole() {
    let server = Server::start().await;
    for (count, expected) in [(16, 206), (17, 200)] {
        let parts: Vec<String> = (0..count).map(|part| format!("{0}-{0}", part * 2)).collect();
        let range = format!("Range: bytes={}\r\n", parts.join(","));
        assert_eq!(status(&server, "/api/v1/calls/call_xxx/audio", &range).await, expected, "{count}");
    }
}
