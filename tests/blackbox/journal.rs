//! The journal: API requests as they arrive, with their answers.

use crate::support::space::Space;
use crate::support::{START, Server, in_time, placement, settings};
use akol_mock::Settings;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const REQUESTS: &str = "/__admin/requests";
const KEPT: usize = 64 * 1024;

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

async fn count(space: &Space, pattern: Value) -> u64 {
    space.post("/__admin/requests/count", pattern).await.data()["count"].as_u64().unwrap()
}

fn paths(requests: &[Value]) -> Vec<&str> {
    requests.iter().map(|request| request["path"].as_str().unwrap()).collect()
}

/// Sends a body of JSON that long.
async fn send_long(space: &Space, length: usize) {
    let padding = length - json!({"padding": ""}).to_string().len();
    let body = json!({"padding": "x".repeat(padding)}).to_string();
    assert_eq!(body.len(), length);
    let request = space.request(Method::POST, "/api/v1/calls").header("content-type", "application/json");
    let answer = space.send(request.body(Full::from(Bytes::from(body))).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_request_is_shown_with_all_that_was_said() {
    let (_server, space) = space().await;
    let answer = space.post("/api/calls?x=1&y=%20", placement("+15005550105")).await;
    space.advance("1h").await;
    let shown = space.list(REQUESTS).await.remove(0);
    assert_eq!((&shown["id"], &shown["at"]), (&json!(answer.header("x-request-id")), &json!(START)));
    assert_eq!((&shown["method"], &shown["path"]), (&json!("POST"), &json!("/api/calls")));
    assert_eq!((&shown["query"], &shown["body"]), (&json!("x=1&y=%20"), &placement("+15005550105")));
    assert_eq!(shown["headers"]["content-type"], "application/json");
    assert_eq!(
        (&shown["bodyLength"], &shown["isBodyCut"]),
        (&shown["headers"]["content-length"].as_str().unwrap().parse::<u64>().unwrap().into(), &json!(false))
    );
    let said = &shown["answer"];
    assert_eq!((&said["status"], &said["at"], &said["body"]), (&json!(201), &json!(START), &answer.json()));
    assert_eq!((&said["bodyLength"], &said["isBodyCut"]), (&json!(answer.body.len()), &json!(false)));
    assert_eq!(said["headers"]["x-request-id"], shown["id"]);
    assert_eq!((&said["faults"], &said["delayMs"], &said["broken"]), (&json!([]), &json!(0), &Value::Null));
}

/// Sends a body that need be nothing in particular, and gives the status of its answer and how the journal shows it.
async fn shown(space: &Space, body: impl Into<Bytes>) -> (StatusCode, Value, Value) {
    let request = space.request(Method::POST, "/api/v1/calls").header("content-type", "application/json");
    let answer = space.send(request.body(Full::from(body.into())).unwrap()).await;
    let shown = space.list(REQUESTS).await.pop().unwrap();
    (answer.status, shown["body"].clone(), shown["bodyEncoding"].clone())
}

#[tokio::test]
async fn what_a_handler_calls_malformed_is_shown_as_text() {
    let (_server, space) = space().await;
    let deep = |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    for body in
        [deep(2_000), deep(127), "{\"x\":\"\\ud83d\"}".to_owned(), "{\"x\":1e400}".to_owned(), "{} {}".to_owned()]
    {
        let (status, shown, encoding) = shown(&space, body.clone()).await;
        assert_eq!((status, shown, encoding), (StatusCode::BAD_REQUEST, json!(body), json!("text")));
    }
    // What is JSON, but deeper than other readers take.
    let (status, body, encoding) = shown(&space, deep(60)).await;
    assert_eq!((status, body, encoding), (StatusCode::UNPROCESSABLE_ENTITY, json!(deep(60)), json!("text")));
    let (_, body, encoding) = shown(&space, deep(47)).await;
    assert!(body.is_object() && encoding == "json");
    assert_eq!(shown(&space, "").await.1, Value::Null);
}

#[tokio::test]
async fn a_body_of_bytes_is_shown_as_base64_and_a_text_is_told_from_it() {
    let (_server, space) = space().await;
    let (_, body, encoding) = shown(&space, &b"\xff\x00"[..]).await;
    assert_eq!((body, encoding), (json!("/wA="), json!("base64")));
    assert_eq!(shown(&space, "/wA=").await.2, "text");
    assert_eq!(shown(&space, "\"/wA=\"").await.2, "json");
    assert_eq!(shown(&space, "").await.2, Value::Null);
    // Where a text is cut, so may be its last character.
    let (_, body, encoding) = shown(&space, format!("x{}", "é".repeat(KEPT))).await;
    assert_eq!((body.as_str().unwrap().len(), encoding), (KEPT - 1, json!("text")));
}

#[tokio::test]
async fn patterns_tell_numbers_apart_by_their_last_digit() {
    let (_server, space) = space().await;
    shown(&space, "{\"order\": 18446744073709551616, \"n\": 1.0}").await;
    for (part, expected) in [
        ("18446744073709551616", 1),
        ("18446744073709551616.0", 1),
        ("18446744073709551618", 0),
        ("18446744073709551617", 0),
    ] {
        let request = space.request(Method::POST, "/__admin/requests/count").header("content-type", "application/json");
        let body = format!("{{\"body\": {{\"order\": {part}, \"n\": 1}}}}");
        let answer = space.send(request.body(Full::from(Bytes::from(body))).unwrap()).await;
        assert_eq!(answer.data()["count"], expected, "{part}");
    }
}

#[tokio::test]
async fn it_is_there_from_its_arrival_on() {
    let (_server, space) = space().await;
    space.fault(json!({"match": {"method": "GET"}, "effect": {"latency": "5m"}})).await;
    let reader = space.clone();
    let reading = tokio::spawn(async move { reader.get("/api/v1/calls").await });
    let arrived = space.wait_for_request(json!({"method": "GET"})).await.remove(0);
    assert_eq!(arrived["answer"], Value::Null);
    assert_eq!(count(&space, json!({"method": "GET"})).await, 1);
    assert_eq!(count(&space, json!({"status": 200})).await, 0);
    assert!(!reading.is_finished());
    space.reset().await;
    in_time(reading).await.unwrap();
}

#[tokio::test]
async fn what_never_comes_to_a_handler_is_there_too_and_the_control_api_is_not() {
    let (_server, space) = space().await;
    space.get("/api/v1/nothing").await;
    space.delete("/api/v1/calls").await;
    space.post("/api/v1/calls", json!([])).await;
    space.get("/__admin/settings").await;
    space.get("/nowhere").await;
    let requests = space.list(REQUESTS).await;
    assert_eq!(paths(&requests), ["/api/v1/nothing", "/api/v1/calls", "/api/v1/calls"]);
    let statuses: Vec<_> = requests.iter().map(|request| request["answer"]["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [404, 405, 422]);
}

#[tokio::test]
async fn only_the_newest_are_kept() {
    let server = Server::with(Settings { journal_size: 3, ..settings() }).await;
    let space = server.as_workspace("a");
    for number in 0..10 {
        space.get(&format!("/api/v1/calls/call_{}", number + 1)).await;
    }
    let requests = space.list(REQUESTS).await;
    assert_eq!(paths(&requests), ["/api/v1/calls/call_8", "/api/v1/calls/call_9", "/api/v1/calls/call_10"]);
    assert_eq!(count(&space, json!({})).await, 3);
    let none = Server::with(Settings { journal_size: 0, ..settings() }).await;
    let space = none.as_workspace("a");
    space.get("/api/v1/calls").await.data();
    assert!(space.list(REQUESTS).await.is_empty());
}

#[tokio::test]
async fn a_body_over_64_kib_is_kept_cut_and_says_so() {
    let (_server, space) = space().await;
    for length in [KEPT, KEPT + 1, 500_000] {
        send_long(&space, length).await;
    }
    let requests = space.list(REQUESTS).await;
    for (request, length) in requests.iter().zip([KEPT, KEPT + 1, 500_000]) {
        assert_eq!(request["bodyLength"], length);
        assert_eq!(request["isBodyCut"], length > KEPT, "{length}");
        match length > KEPT {
            true => assert_eq!(request["body"].as_str().unwrap().len(), KEPT),
            false => assert_eq!(request["body"]["padding"].as_str().unwrap().len(), KEPT - 14),
        }
    }
    // What is cut is no JSON, and like no pattern.
    assert_eq!(count(&space, json!({"body": {}})).await, 1);
    let answer = space.get("/api/v1/calls?limit=100").await;
    assert!(answer.body.len() > KEPT, "{}", answer.body.len());
    let said = space.list(REQUESTS).await.pop().unwrap()["answer"].clone();
    assert_eq!((&said["bodyLength"], &said["isBodyCut"]), (&json!(answer.body.len()), &json!(true)));
    assert!(answer.body.starts_with(said["body"].as_str().unwrap().as_bytes()));
}

#[tokio::test]
async fn requests_are_found_by_method_path_status_and_instant() {
    let (_server, space) = space().await;
    let id = space.place("+15005550107").await;
    space.advance("1m").await;
    space.get(&format!("/api/calls/{id}")).await.data();
    space.get("/api/v1/calls/call_1").await;
    space.end(&id).await;
    let end = format!("/api/v1/calls/{id}/end");
    for (query, expected) in [
        ("method=post".to_owned(), vec!["/api/v1/calls", &end]),
        ("status=404".to_owned(), vec!["/api/v1/calls/call_1"]),
        (format!("path={end}"), vec![&end]),
        ("since=2026-11-22T12:01:00.000Z&method=GET&status=404".to_owned(), vec!["/api/v1/calls/call_1"]),
        ("since=2026-11-22T12:01:00.000Z&limit=1".to_owned(), vec![&end]),
        ("since=2026-11-23T00:00:00Z".to_owned(), vec![]),
        ("since=2026-11-23".to_owned(), vec![]),
        ("since=2026-11-22&limit=1".to_owned(), vec![&end]),
    ] {
        assert_eq!(paths(&space.list(&format!("{REQUESTS}?{query}")).await), expected, "{query}");
    }
    let wrong = space.get(&format!("{REQUESTS}?method=&path=&status=99&since=now&limit=4294967296")).await;
    assert_eq!(wrong.fields(), ["method", "path", "status", "since", "limit"]);
}

#[tokio::test]
async fn they_are_counted_by_what_their_bodies_say() {
    let (_server, space) = space().await;
    for number in ["+15005550105", "+15005550105", "+15005550129", "no number"] {
        space.post("/api/v1/calls", placement(number)).await;
    }
    space.get("/api/v1/calls").await.data();
    for (pattern, expected) in [
        (json!({}), 5),
        (json!({"method": "POST"}), 4),
        (json!({"body": {"toNumber": "+15005550105"}}), 2),
        (json!({"body": {"toNumber": "+15005550105", "campaignId": "cmp_xxx"}, "status": 201}), 2),
        (json!({"body": {"campaignId": "cmp_xxx"}, "status": 429}), 1),
        (json!({"body": {"campaignId": "cmp_yyy"}}), 0),
        (json!({"body": {}}), 4),
        (json!({"status": 422, "method": null}), 1),
    ] {
        assert_eq!(count(&space, pattern.clone()).await, expected, "{pattern}");
    }
    for (pattern, fields) in [
        (json!({"methods": "GET"}), vec!["methods"]),
        (json!({"status": "200"}), vec!["status"]),
        (json!({"method": "G T", "status": 600}), vec!["method", "status"]),
        (json!({"count": 1}), vec!["count"]),
    ] {
        let answer = space.post("/__admin/requests/count", pattern.clone()).await;
        assert_eq!(answer.fields(), fields, "{pattern}");
    }
}

#[tokio::test]
async fn forgotten_requests_are_gone_and_the_next_are_kept() {
    let (_server, space) = space().await;
    for _ in 0..3 {
        space.get("/api/v1/calls").await.data();
    }
    assert_eq!(space.delete(REQUESTS).await.data(), json!({"deleted": 3}));
    assert_eq!(space.delete(REQUESTS).await.data(), json!({"deleted": 0}));
    space.get("/api/calls").await.data();
    assert_eq!(paths(&space.list(REQUESTS).await), ["/api/calls"]);
}
