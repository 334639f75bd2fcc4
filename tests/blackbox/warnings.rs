//! What may be an oversight, said in `warnings` and in the log; and for which workspace an answer of the control API is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use akol_mock::{Fault, MockServer, RequestPattern, Settings};
use http_body_util::Full;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::program::Program;
use crate::support::space::Space;
use crate::support::{Answer, Server, settings};

/// The warnings of an answer, joined; empty where there are none.
pub fn warnings(answer: &Answer) -> String {
    let json = answer.json();
    let Some(warnings) = json.get("warnings") else { return String::new() };
    let warnings: Vec<&str> = warnings.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(!warnings.is_empty(), "they are absent where there are none");
    warnings.join("\n")
}

pub async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    space.get("/__admin/clock").await;
    (server, space)
}

#[tokio::test]
async fn every_answer_of_the_control_api_names_its_workspace() {
    let server = Server::start().await;
    for (path, name) in [
        ("/__admin/health", "default"),
        ("/__admin/clock", "default"),
        ("/__admin/clock?workspace=alice", "alice"),
        ("/__admin/calls/call_none/timeline?workspace=alice", "alice"),
        ("/__admin/nothing", "default"),
        ("/__admin/clock?workspace=two+words", "default"),
        ("/__admin/metrics", "default"),
    ] {
        assert_eq!(server.get(path).await.header("x-akol-workspace"), name, "{path}");
    }
    server.get("/__admin/clock?workspace=t1").await;
    for path in ["/__admin/requests?workspace=t1&until=1", "/__admin/requests?workspace=t1&status=999"] {
        let refused = server.get(path).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, "t1");
        assert_eq!((refused.status, refused.header("x-akol-workspace")), expected, "{path}");
    }
    let unknown = server.get("/__admin/requests?workspace=t2&until=1").await;
    assert_eq!(unknown.header("x-akol-workspace"), "default", "none was made");
    assert_eq!(server.get("/api/v1/calls").await.header("x-akol-workspace"), "", "Akol's API has no such header");
}

#[tokio::test]
async fn a_workspace_that_the_request_has_made_is_told_with_the_one_that_was_meant() {
    let server = Server::start().await;
    let ask = async |name: &str| warnings(&server.get(&format!("/__admin/clock?workspace={name}")).await);
    assert_eq!(ask("misspelt").await, "There was no workspace misspelt before this request, which has made it");
    assert_eq!(ask("misspelt").await, "", "it was there");
    assert!(ask("mispelt").await.ends_with("; did you mean misspelt?"));
    for one_of_many in ["t0", "t1", "f1", "test-10", "test-11", "test-9"] {
        assert!(ask(one_of_many).await.ends_with("which has made it"), "{one_of_many}");
    }
    assert!(ask("ws_misspelt").await.contains("ws_misspelt is the token of the workspace misspelt"));
    assert_eq!(server.get("/__admin/health?workspace=none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_follows_a_workspace_that_was_made_for_it_is_told_first() {
    let (server, space) = space().await;
    let misspelt = server.as_workspace("aa");
    let first = misspelt.try_events(None).await.unwrap().next().await.unwrap();
    assert_eq!(first.name, "notice");
    let notice = first.data["notice"].as_str().unwrap();
    assert!(notice.starts_with("There was no workspace aa before this request"), "{notice}");
    // One that is there is followed without a word.
    let mut stream = space.events(None).await;
    space.place("+15005550105").await;
    assert_eq!(stream.next().await.unwrap().name, "transition");
}

#[tokio::test]
async fn what_is_told_of_the_whole_server_makes_no_workspace() {
    let server = Server::start().await;
    for path in ["/__admin/workspaces?workspace=none", "/__admin/metrics?workspace=none"] {
        assert_eq!(server.get(path).await.header("x-akol-workspace"), "default", "{path}");
    }
    assert_eq!(server.get("/__admin/workspaces").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn default_is_told_where_others_are_in_use_and_the_query_names_none() {
    let server = Server::start().await;
    assert_eq!(warnings(&server.get("/__admin/clock").await), "");
    for name in ["c", "b", "d", "e", "f", "g"] {
        server.as_workspace(name).get("/api/v1/calls").await;
    }
    let told = warnings(&server.get("/__admin/clock").await);
    assert!(told.contains("others are in use: b, c, d, e, f and 1 more"), "{told}");
    let refused = server.get("/__admin/calls/call_none/timeline").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(warnings(&refused), told, "a refusal may come of it");
    let text = String::from_utf8(refused.body.to_vec()).unwrap();
    assert!(text.starts_with("{\"success\":false,\"error\":"), "the error is read first: {text}");
    let long = server.post("/__admin/clock/advance", json!({"by": "10d"})).await;
    assert_eq!(warnings(&long), told);
    for path in ["/__admin/clock?workspace=default", "/__admin/workspaces", "/__admin/health", "/__admin/openapi.json"]
    {
        let answer = server.get(path).await;
        assert!(answer.json().get("warnings").is_none(), "{path}");
    }
}

#[tokio::test]
async fn a_token_that_was_meant_for_a_workspace_is_told_there() {
    let (server, _) = space().await;
    let request = server.request(Method::GET, "/api/v1/calls").body(Full::default()).unwrap();
    let (mut head, body) = request.into_parts();
    head.headers.insert("authorization", "Bearer a".parse().unwrap());
    server.send(hyper::Request::from_parts(head, body)).await;
    let told = warnings(&server.get("/__admin/requests?workspace=a").await);
    assert_eq!(told, "Requests with the token a came to the workspace default; the token of this workspace is ws_a");
}

#[tokio::test]
async fn the_token_of_a_workspace_is_told_where_the_request_is_about_another() {
    let server = Server::start().await;
    let ask = async |path: &str, token: &str| {
        let request = hyper::Request::get(format!("{}{path}", server.base)).header("authorization", token);
        warnings(&server.send(request.body(Full::default()).unwrap()).await)
    };
    let told = |other: &str| {
        format!(
            "The token ws_alice names the workspace alice, but this request is about {other}: the control API goes by the query alone; say \
             ?workspace=alice"
        )
    };
    assert_eq!(ask("/__admin/clock", "Bearer ws_alice").await, told("default"));
    server.as_workspace("alice").get("/__admin/clock").await;
    server.as_workspace("bob").get("/__admin/clock").await;
    assert_eq!(ask("/__admin/clock", "Bearer ws_alice").await, told("default"), "once, though others are in use");
    assert_eq!(ask("/__admin/clock?workspace=bob", "bearer ws_alice").await, told("bob"));
    assert_eq!(ask("/__admin/clock?workspace=alice", "Bearer ws_alice").await, "");
    for fine in ["Bearer ws_default", "Bearer ws_two.words", "Bearer alice", "Basic ws_alice"] {
        assert_eq!(ask("/__admin/clock?workspace=default", fine).await, "", "{fine}");
    }
    assert_eq!(ask("/__admin/workspaces", "Bearer ws_alice").await, "", "it is about all of them");
    let closed = Server::with(Settings { admin_token: Some("ws_alice".to_owned()), ..settings() }).await;
    let request =
        hyper::Request::get(format!("{}/__admin/clock", closed.base)).header("authorization", "Bearer ws_alice");
    let answer = closed.send(request.body(Full::default()).unwrap()).await;
    assert_eq!((answer.status, warnings(&answer).as_str()), (StatusCode::OK, ""), "a secret is not shown");
}

#[tokio::test]
async fn a_pattern_that_nothing_can_match_is_told_wherever_it_is_given() {
    let (_server, space) = space().await;
    let meant = "No route of Akol's API has a path like \"/calls\"; did you mean \"/api/v1/calls\"?";
    let rule = |path: &str| json!({"match": {"path": path}, "effect": {"status": 503}});
    let told = space.post("/__admin/faults", rule("/calls")).await;
    assert_eq!((told.status, warnings(&told).as_str()), (StatusCode::CREATED, meant));
    assert_eq!(warnings(&space.post("/__admin/requests/count", json!({"path": "/calls"})).await), meant);
    assert_eq!(warnings(&space.get("/__admin/requests?path=/calls").await), meant);
    let waited = space.post("/__admin/requests/wait", json!({"path": "/calls", "timeout": "1ms"})).await;
    assert_eq!(waited.status, StatusCode::REQUEST_TIMEOUT);
    assert!(warnings(&waited).contains(meant), "{waited:?}");
    for fine in ["/api/calls", "/api/v1/calls/*", "**/end"] {
        assert_eq!(warnings(&space.post("/__admin/faults", rule(fine)).await), "", "{fine}");
    }
    let lower = json!({"method": "post", "path": "/api/calls"});
    assert_eq!(warnings(&space.post("/__admin/requests/count", lower).await), "", "case is no mistake");
}

#[tokio::test]
async fn a_rule_that_strikes_nothing_is_told() {
    let (_server, space) = space().await;
    let add = async |rule: Value| warnings(&space.post("/__admin/faults", rule).await);
    assert!(add(json!({"probability": 0, "effect": {"status": 503}})).await.contains("The probability is 0"));
    assert_eq!(add(json!({"effect": {"latency": "1ms"}})).await, "");
    assert_eq!(add(json!({"times": 1, "effect": {"status": 503}})).await, "");
    assert_eq!(add(json!({"effect": {"status": 503}})).await, "");
    assert!(
        add(json!({"match": {"method": "GET"}, "effect": {"status": 500}})).await.contains("Rule flt_4 comes first")
    );
    assert_eq!(space.post("/__admin/faults", json!({"times": 0, "effect": {"status": 503}})).await.fields(), ["times"]);
    let text = json!({"effect": {"status": "503"}});
    assert_eq!(space.post("/__admin/faults", text).await.fields(), ["effect.status"]);
}

#[tokio::test]
async fn a_filter_that_nothing_has_is_told() {
    let (_server, space) = space().await;
    let get = async |query: &str| warnings(&space.get(&format!("/__admin/webhooks/deliveries?{query}")).await);
    assert_eq!(get("callId=call_none").await, "There is no call \"call_none\" in this workspace");
    assert_eq!(get("callId=call_xxx&event=call.ended").await, "");
    assert!(get("since=2031-01-01").await.starts_with("since is 2031-01-01T00:00:00.000Z, and it is only 2026"));
    let subscription = json!({"url": "http://127.0.0.1:9/hooks", "events": ["call.ended"]});
    assert_eq!(warnings(&space.post("/__admin/webhooks", subscription.clone()).await), "");
    assert!(get("event=call.missed").await.starts_with("No webhook is subscribed to call.missed"));
    assert_eq!(get("event=call.ended").await, "");
    let wait = json!({"callId": "call_none", "timeout": "1ms"});
    assert!(warnings(&space.post("/__admin/webhooks/deliveries/wait", wait).await).contains("There is no call"));
    assert!(warnings(&space.post("/__admin/webhooks", subscription).await).contains("has the same URL"));
}

#[tokio::test]
async fn a_clock_at_its_end_is_told() {
    let (_server, space) = space().await;
    let advance = async |body: Value| warnings(&space.post("/__admin/clock/advance", body).await);
    assert_eq!(advance(json!({"to": "9998-12-30T00:00:00Z"})).await, "");
    assert_eq!(advance(json!({"by": "1d"})).await, "");
    let told = "The clock goes no further than 9998-12-31T23:59:59.999Z, so it moved by less than was asked";
    assert_eq!(
        (advance(json!({"by": "1d"})).await.as_str(), advance(json!({"by": "1s"})).await.as_str()),
        (told, told)
    );
}

#[tokio::test]
async fn an_event_that_is_not_true_of_its_call_is_told() {
    let (_server, space) = space().await;
    let trigger = async |event: &str, call_id: &str| {
        let told = space.post("/__admin/webhooks/trigger", json!({"event": event, "callId": call_id})).await;
        assert_eq!(told.status, StatusCode::CREATED, "{told:?}");
        warnings(&told)
    };
    for true_of_it in ["call.started", "call.ended", "call.completed", "summary.ready"] {
        assert_eq!(trigger(true_of_it, "call_xxx").await, "", "{true_of_it}");
    }
    let told = "call_xxx has not come to what call.missed tells; it was told all the same";
    assert_eq!(trigger("call.missed", "call_xxx").await, told);
    let id = space.place("+15005550100").await;
    assert!(trigger("call.started", &id).await.contains("has not come to what call.started tells"));
}

#[tokio::test]
async fn a_setting_without_effect_is_told() {
    let (_server, space) = space().await;
    let mischief =
        async |drop: u8| space.send_json(Method::PUT, "/__admin/webhooks/mischief", json!({"drop": drop})).await;
    assert!(warnings(&mischief(1).await).starts_with("There is no webhook yet"));
    assert_eq!(warnings(&mischief(0).await), "");
    let patch = async |change: Value| space.send_json(Method::PATCH, "/__admin/settings", change).await;
    assert_eq!(warnings(&patch(json!({"overage": true})).await), "overage has no effect without a minuteLimit");
    assert_eq!(warnings(&patch(json!({"overage": true, "minuteLimit": 5})).await), "");
    let speed = space.send_json(Method::PUT, "/__admin/clock", json!({"speed": 60})).await;
    assert!(warnings(&speed).contains("while the clock stands"), "{speed:?}");
    assert_eq!(warnings(&space.send_json(Method::PUT, "/__admin/clock", json!({"mode": "manual"})).await), "");
}

#[test]
fn the_log_says_once_of_each_token_that_it_landed_in_default() {
    let program = Program::start(&["--log-level", "quiet", "--auth", "off"]);
    let get = |token: &str| {
        let request = crate::support::program::request("GET", "/api/v1/calls?limit=1", "");
        let request = match token {
            "" => request.replace("Authorization: Bearer test\r\n", ""),
            token => request.replace("Bearer test", &format!("Bearer {token}")),
        };
        crate::support::program::exchange(program.address, &request)
    };
    get("alice");
    get("ws_alice");
    for token in
        ["alice", "long-lived-token", "short", "", "alice", "long-lived-token", "ws_two.words", "ws_two.words", ""]
    {
        get(token);
    }
    let log = program.stop().stderr;
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 5, "{log}");
    for (line, part) in lines.iter().zip([
        "the token alice belongs to default; that of the workspace alice is ws_alice",
        "a token, of 16 characters, that begins with \"long\", belongs to default, while other workspaces are in use",
        "a token, of 5 characters, that begins with \"s\", belongs to default",
        "requests without a token belong to default",
        "a token begins with ws_ and names no workspace",
    ]) {
        assert!(line.contains("  default  warning: ") && line.contains(part), "{line} should have {part}");
    }
    assert!(!log.contains("lived"), "{log}");
}

#[test]
fn the_log_says_once_that_a_token_is_the_name_of_a_workspace_though_that_is_made_later() {
    let program = Program::start(&["--log-level", "quiet"]);
    let get = |token: &str| {
        let request = crate::support::program::request("GET", "/api/v1/calls?limit=1", "");
        crate::support::program::exchange(program.address, &request.replace("Bearer test", &format!("Bearer {token}")))
    };
    for token in ["ws_bob", "alice", "alice", "ws_alice", "alice", "alice", "ws_alice", "bob", "bob"] {
        get(token);
    }
    let log = program.stop().stderr;
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    for (line, part) in lines.iter().zip([
        "a token, of 5 characters, that begins with \"a\", belongs to default, while other workspaces are in use",
        "the token alice belongs to default; that of the workspace alice is ws_alice",
        "the token bob belongs to default; that of the workspace bob is ws_bob",
    ]) {
        assert!(line.contains(part), "{line} should have {part}");
    }
}

#[test]
fn the_library_says_so_too() {
    let server = MockServer::builder().start_blocking().unwrap();
    let pattern = RequestPattern::of("GET", "/calls").unwrap();
    server.add_fault(Fault::status(503).on(pattern)).unwrap();
    let asserting = AssertUnwindSafe(|| server.assert_requested("GET", "/calls", 1));
    let report = catch_unwind(asserting).unwrap_err();
    let report = report.downcast_ref::<String>().unwrap();
    assert!(report.contains("warning: No route of Akol's API has a path like \"/calls\""), "{report}");
}
