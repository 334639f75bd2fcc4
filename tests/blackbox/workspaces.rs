//! Workspaces: worlds that know nothing of each other.

use crate::support::program::Program;
use crate::support::receiver::{Reaction, Receiver};
use crate::support::space::{Space, plot};
use crate::support::{START, Server, in_time, placement, settings};
use akol_mock::Settings;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

const KEY: &str = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";

/// Everything about a workspace that can be asked, as one.
async fn portrait(space: &Space) -> Vec<Value> {
    let mut shown = Vec::new();
    for path in [
        "/__admin/clock",
        "/__admin/settings",
        "/__admin/campaigns",
        "/__admin/faults",
        "/__admin/webhooks",
        "/__admin/webhooks/mischief",
        "/__admin/webhooks/deliveries",
        "/__admin/requests",
        "/api/v1/calls?limit=100",
    ] {
        shown.push(space.get(path).await.json());
    }
    shown
}

async fn names(space: &Space) -> Vec<String> {
    let all = space.list("/__admin/workspaces").await;
    all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_needs_no_token_makes_no_workspace() {
    let server = Server::start().await;
    for path in ["/__admin/health", "/__admin/openapi.json"] {
        let answer = server.get(&format!("{path}?workspace=stranger")).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::NOT_FOUND, r#"No workspace "stranger" on this server"#.into())
        );
        assert_eq!(server.get(&format!("{path}?workspace=a%20b")).await.status, 422);
    }
    assert_eq!(server.get("/__admin/workspaces").await.data().as_array().unwrap().len(), 1);
    server.as_workspace("known").get("/api/v1/calls").await;
    assert_eq!(server.get("/__admin/health?workspace=known").await.status, 200);
}

#[tokio::test]
async fn nothing_that_is_done_in_one_shows_in_another() {
    let server = Server::with(Settings { rate_limit: Some(20), ..settings() }).await;
    let (mine, theirs, fresh) = (server.as_workspace("a"), server.as_workspace("A"), server.as_workspace("c"));
    let receiver = Receiver::start().await;
    // The first use of a name makes a workspace, and says so.
    theirs.get("/__admin/clock").await;
    let before = portrait(&theirs).await;

    let id = mine.receive().await;
    mine.place_with_key(KEY, "+15005550107").await.data();
    mine.subscribe(&receiver.url, &["call.ended"]).await;
    mine.end(&id).await;
    mine.advance("1d").await;
    let put = |path: &'static str, body| mine.send_json(Method::PUT, path, body);
    let patch = |path: &'static str, body| mine.send_json(Method::PATCH, path, body);
    put("/__admin/webhooks/mischief", json!({"drop": 1})).await.data();
    put("/__admin/clock", json!({"mode": "real", "speed": 0.001})).await.data();
    patch("/__admin/campaigns/cmp_xxx", json!({"status": "PAUSED"})).await.data();
    patch("/__admin/settings", json!({"rateLimit": 1, "minuteLimit": 1, "overage": true})).await.data();
    mine.fault(json!({"effect": {"status": 503}})).await;
    for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(mine.get("/api/v1/calls").await.status, status);
    }

    for path in ["", "/transcript", "/audio"] {
        let other = theirs.get(&format!("/api/v1/calls/{id}{path}")).await;
        let unknown = theirs.get(&format!("/api/v1/calls/call_1{path}")).await;
        assert_eq!((other.status, unknown.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(other.error().replace(&id, "call_1"), unknown.error());
    }
    for path in [format!("/api/v1/calls/{id}/end"), format!("/__admin/calls/{id}/transition")] {
        let answer = theirs.post(&path, json!({"status": "COMPLETED"})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(theirs.get(&format!("/__admin/calls/{id}/timeline")).await.status, StatusCode::NOT_FOUND);

    theirs.delete("/__admin/requests").await.data();
    fresh.delete("/__admin/requests").await.data();
    let (after, first) = (portrait(&theirs).await, portrait(&fresh).await);
    assert_eq!(after[..7], before[..7]);
    assert_eq!(after[8], before[8]);
    assert_eq!(first[..7], before[..7]);
    // The key is unknown there, and the number has had no call.
    let placed = theirs.place_with_key(KEY, "+15005550105").await;
    assert_eq!((placed.status, placed.header("idempotent-replayed")), (StatusCode::CREATED, ""));
}

#[tokio::test]
async fn a_token_that_names_no_workspace_belongs_to_default() {
    let server = Server::start().await;
    let default = server.as_workspace("default");
    let id = default.receive().await;
    let longest = format!("ws_{}", "x".repeat(64));
    let too_long = format!("ws_{}", "x".repeat(65));
    for (token, is_default) in [
        ("test", true),
        ("ws_", true),
        ("ws_a.b", true),
        (too_long.as_str(), true),
        ("WS_a", true),
        ("ws_default", true),
        ("ws_Default", false),
        ("ws_-", false),
        ("ws__", false),
        (longest.as_str(), false),
    ] {
        let request = Request::get(format!("{}/api/v1/calls/{id}", server.base));
        let request = request.header("authorization", format!("Bearer {token}").into_bytes());
        let status = server.send(request.body(Default::default()).unwrap()).await.status;
        assert_eq!(status == StatusCode::OK, is_default, "{token}: {status}");
    }
    let found = names(&default).await;
    assert_eq!(found, ["default".to_owned(), "-".to_owned(), "Default".to_owned(), "_".to_owned(), "x".repeat(64)]);
}

#[tokio::test]
async fn every_control_call_refuses_a_name_that_is_none() {
    let server = Server::start().await;
    let calls = [
        "GET /settings",
        "PATCH /settings",
        "POST /reset",
        "GET /clock",
        "PUT /clock",
        "POST /clock/advance",
        "GET /campaigns",
        "GET /businesses",
        "GET /agents",
        "GET /phone-numbers",
        "PATCH /campaigns/cmp_xxx",
        "POST /calls",
        "POST /calls/call_xxx/transition",
        "GET /calls/call_xxx/timeline",
        "GET /requests",
        "DELETE /requests",
        "POST /requests/count",
        "POST /requests/wait",
        "GET /faults",
        "POST /faults",
        "DELETE /faults",
        "GET /webhooks",
        "POST /webhooks",
        "POST /webhooks/trigger",
        "GET /webhooks/deliveries",
        "POST /webhooks/deliveries/wait",
        "POST /webhooks/deliveries/msg_1/redeliver",
        "PUT /webhooks/mischief",
        "GET /workspaces",
        "DELETE /workspaces/a",
        "GET /events",
    ];
    for call in calls {
        let (method, path) = call.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        for name in ["", "two%20words", "a.b", &"x".repeat(65)] {
            let path = format!("/__admin{path}?workspace={name}");
            let answer = server.send_json(method.clone(), &path, json!({})).await;
            assert_eq!(answer.fields(), ["workspace"], "{call} {name}");
            assert!(answer.error().contains("1 to 64 letters"), "{}", answer.error());
        }
        let twice = server.send_json(method, &format!("/__admin{path}?workspace=a&workspace=a"), json!({})).await;
        assert_eq!(twice.fields(), ["workspace"], "{call}");
    }
    assert_eq!(names(&server.as_workspace("default")).await, ["default"]);
}

#[tokio::test]
async fn they_are_listed_by_name_and_each_with_its_own_numbers() {
    let server = Server::with(Settings { calls: 10, ..settings() }).await;
    let (a, b, default) = (server.as_workspace("b"), server.as_workspace("a"), server.as_workspace("default"));
    a.place("+15005550105").await;
    a.advance("1h").await;
    b.get("/api/v1/calls").await.data();
    let [secret_of_a, secret_of_b] = ["a", "b"].map(|name| server.server.workspace(name).unwrap().webhook_secret());
    let expected = json!([
        {"name": "default", "now": START, "calls": 11, "requests": 0, "webhookSecret": server.secret},
        {"name": "a", "now": START, "calls": 11, "requests": 1, "webhookSecret": secret_of_a},
        {"name": "b", "now": "2026-11-22T13:00:00.000Z", "calls": 12, "requests": 1, "webhookSecret": secret_of_b},
    ]);
    assert_eq!(default.get("/__admin/workspaces").await.data(), expected);
}

#[tokio::test]
async fn one_that_is_dropped_is_new_at_its_next_use() {
    let server = Server::start().await;
    let (space, default) = (server.as_workspace("a"), server.as_workspace("default"));
    let id = space.place("+15005550107").await;
    space.advance("1h").await;
    assert_eq!(default.delete("/__admin/workspaces/a").await.data(), json!({"name": "a"}));
    assert_eq!(names(&default).await, ["default"]);
    assert_eq!(space.get(&format!("/api/v1/calls/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(space.now().await, START);
    let refused = default.delete("/__admin/workspaces/default").await;
    assert_eq!((refused.status, refused.error().contains("reset")), (StatusCode::CONFLICT, true));
    for name in ["nobody", "a.b"] {
        let unknown = default.delete(&format!("/__admin/workspaces/{name}")).await;
        assert_eq!((unknown.status, unknown.error().contains(name)), (StatusCode::NOT_FOUND, true));
    }
}

/// Starts an advance of a new workspace `a` that waits for its receiver. Whoever drops the sender lets the receiver answer.
async fn busy(server: &Server) -> (tokio::task::JoinHandle<StatusCode>, watch::Sender<()>) {
    let (open, gate) = watch::channel(());
    let receiver = Receiver::start().await;
    receiver.answer_with(move |_| {
        let mut gate = gate.clone();
        async move {
            while gate.changed().await.is_ok() {}
            Reaction::Status(200)
        }
    });
    let space = server.as_workspace("a");
    space.subscribe(&receiver.url, &["call.ended"]).await;
    space.place("+15005550105").await;
    let advancing = async move { space.post("/__admin/clock/advance", json!({"by": "1h"})).await.status };
    let advancing = tokio::spawn(advancing);
    receiver.wait_for(1).await;
    (advancing, open)
}

#[tokio::test]
async fn what_is_under_way_ends_with_the_workspace_that_is_dropped() {
    let server = Server::start().await;
    let (space, default) = (server.as_workspace("a"), server.as_workspace("default"));
    let (advancing, _open) = busy(&server).await;
    space.fault(json!({"match": {"method": "GET"}, "effect": {"latency": "5m"}})).await;
    let mut events = space.events(None).await;
    let waiter = space.clone();
    let never = json!({"method": "DELETE", "timeout": "10m"});
    let waiting = tokio::spawn(async move { waiter.post("/__admin/requests/wait", never).await });
    let reader = space.clone();
    let reading = tokio::spawn(async move { reader.get("/api/v1/calls").await });
    space.wait_for_request(json!({"method": "GET"})).await;
    default.delete("/__admin/workspaces/a").await.data();
    assert_eq!(in_time(advancing).await.unwrap(), StatusCode::CONFLICT);
    assert_eq!(in_time(reading).await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event);
    }
    assert_eq!(last.unwrap().name, "notice");
    // It may have begun just before, or just after in the new one.
    if !waiting.is_finished() {
        waiting.abort();
    }
    assert_eq!(space.now().await, START);
}

#[tokio::test]
async fn for_one_too_many_the_one_goes_that_was_idle_longest() {
    let server = Server::with(Settings { max_workspaces: Some(4), ..settings() }).await;
    let default = server.as_workspace("default");
    for name in ["a", "b", "c"] {
        server.as_workspace(name).place("+15005550105").await;
    }
    server.as_workspace("a").get("/api/v1/calls").await.data();
    let id = server.as_workspace("d").place("+15005550105").await;
    assert_eq!(names(&default).await, ["default", "a", "c", "d"]);
    assert_eq!(server.as_workspace("b").calls().await, 201);
    assert_eq!(names(&default).await, ["default", "a", "b", "d"]);
    assert_eq!(server.as_workspace("d").call(&id).await["id"], json!(id));
}

#[tokio::test]
async fn default_is_one_of_them_and_stays() {
    let server = Server::with(Settings { max_workspaces: Some(2), ..settings() }).await;
    let default = server.as_workspace("default");
    let id = default.place("+15005550105").await;
    for name in ["a", "b"] {
        server.as_workspace(name).place("+15005550105").await;
        assert_eq!(names(&default).await, ["default", name]);
    }
    assert_eq!(default.call(&id).await["id"], json!(id));
}

#[tokio::test]
async fn one_that_is_being_used_is_not_idle() {
    let server = Server::with(Settings { max_workspaces: Some(3), ..settings() }).await;
    let (advancing, open) = busy(&server).await;
    for name in ["b", "c", "d"] {
        server.as_workspace(name).place("+15005550105").await;
    }
    assert_eq!(names(&server.as_workspace("default")).await, ["default", "a", "d"]);
    drop(open);
    assert_eq!(in_time(advancing).await.unwrap(), StatusCode::OK);
    assert_eq!(server.as_workspace("a").now().await, "2026-11-22T13:00:00.000Z");
}

#[test]
fn the_log_says_which_had_to_go() {
    let program = Program::start(&["--max-workspaces", "2", "--clock", "manual", "--calls", "0"]);
    for name in ["first", "second"] {
        program.get(&format!("/__admin/clock?workspace={name}"));
    }
    let log = program.stop().stderr;
    assert!(log.contains("workspace first was dropped") && log.contains("--max-workspaces"), "{log}");
    assert!(!log.contains("workspace second was dropped"), "{log}");
}

#[tokio::test]
async fn the_first_uses_of_a_name_at_once_make_one_world() {
    let server = Server::start().await;
    let mut placing = Vec::new();
    for _ in 0..50 {
        let space = server.as_workspace("crowd");
        placing.push(tokio::spawn(async move { space.post("/api/v1/calls", placement("+15005550105")).await.status }));
    }
    for placed in placing {
        assert_eq!(in_time(placed).await.unwrap(), StatusCode::CREATED);
    }
    let space = server.as_workspace("crowd");
    assert_eq!(space.calls().await, 251);
    assert_eq!(plot(&space.advance("1m").await).iter().filter(|line| *line == "ended").count(), 50);
}

#[tokio::test]
async fn a_receiver_that_hangs_for_one_is_free_for_another() {
    let server = Server::start().await;
    let receiver = Receiver::always(Reaction::Hang).await;
    let (stuck, other) = (server.as_workspace("a"), server.as_workspace("b"));
    for space in [&stuck, &other] {
        space.subscribe(&receiver.url, &["call.ended"]).await;
    }
    // Of more calls than a receiver is told of at once by one workspace.
    for call in &stuck.list("/api/v1/calls?limit=70").await {
        let event = json!({"event": "call.ended", "callId": call["id"]});
        stuck.post("/__admin/webhooks/trigger", event).await.data();
    }
    receiver.wait_for(64).await;
    let told = other.post("/__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_xxx"})).await;
    let id = told.data()[0]["webhookId"].clone();
    let came = receiver.wait_for(65).await;
    assert_eq!((came.len(), &came[64].json()["webhookId"]), (65, &id));
}
