//! The control API: what the world holds, changing campaigns, and calls that come in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use crate::support::{Answer, Server, placement, settings};
use akol_mock::{Auth, Settings};
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

async fn list(server: &Server, what: &str) -> Vec<Value> {
    server.get(&format!("/__admin/{what}")).await.data().as_array().unwrap().clone()
}

async fn patch(server: &Server, id: &str, change: Value) -> Answer {
    server.send_json(Method::PATCH, &format!("/__admin/campaigns/{id}"), change).await
}

async fn campaign(server: &Server, id: &str) -> Value {
    list(server, "campaigns").await.into_iter().find(|campaign| campaign["id"] == id).unwrap()
}

async fn receive(server: &Server, call: Value) -> Answer {
    server.post("/__admin/calls", call).await
}

#[tokio::test]
async fn health_says_ok_without_a_token() {
    let settings = Settings { auth: Auth::Strict(vec!["only".into()]), admin_token: Some("boss".into()), ..settings() };
    let server = Server::with(settings).await;
    let answer =
        server.send(Request::get(format!("{}/__admin/health", server.base)).body(Default::default()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["status"], "ok");
    assert_eq!(answer.data()["status"], "ok");
}

#[tokio::test]
async fn the_world_is_of_one_piece() {
    let server = Server::start().await;
    let by_id = |things: Vec<Value>| -> BTreeMap<String, Value> {
        things.into_iter().map(|thing| (thing["id"].as_str().unwrap().to_owned(), thing)).collect()
    };
    let businesses = by_id(list(&server, "businesses").await);
    let agents = by_id(list(&server, "agents").await);
    let numbers = by_id(list(&server, "phone-numbers").await);
    let campaigns = by_id(list(&server, "campaigns").await);
    assert!(businesses.len() >= 5);
    for (id, campaign) in &campaigns {
        let business = campaign["businessId"].as_str().unwrap();
        assert!(businesses.contains_key(business));
        assert_eq!(agents[campaign["agentId"].as_str().unwrap()]["businessId"], business);
        for number in campaign["phoneNumberIds"].as_array().unwrap() {
            assert_eq!(numbers[number.as_str().unwrap()]["campaignId"], *id);
            assert_eq!(numbers[number.as_str().unwrap()]["businessId"], business);
        }
    }
    for call in server.all_calls().await {
        let campaign = &campaigns[call["campaignId"].as_str().unwrap()];
        assert_eq!((&call["businessId"], &call["agentId"]), (&campaign["businessId"], &campaign["agentId"]));
        assert!(campaign["phoneNumberIds"].as_array().unwrap().contains(&call["phoneNumberId"]), "{call}");
        let own = if call["direction"] == "inbound" { &call["toNumber"] } else { &call["fromNumber"] };
        assert_eq!(*own, numbers[call["phoneNumberId"].as_str().unwrap()]["number"]);
    }
    let has = |field: &str, value: &str| campaigns.values().any(|campaign| campaign[field] == value);
    assert!(["DRAFT", "SCHEDULED", "RUNNING", "PAUSED", "COMPLETED", "FAILED"].iter().all(|one| has("status", one)));
    assert!(["wav", "mp3", "off"].iter().all(|one| has("recording", one)));
}

#[tokio::test]
async fn a_campaign_is_paused_and_resumed() {
    let server = Server::start().await;
    for (status, answer) in [("PAUSED", 429), ("RUNNING", 201), ("RUNNING", 201), ("PAUSED", 429), ("PAUSED", 429)] {
        let changed = patch(&server, "cmp_xxx", json!({"status": status})).await;
        assert_eq!((changed.status, &changed.data()["status"]), (StatusCode::OK, &json!(status)));
        assert_eq!(campaign(&server, "cmp_xxx").await, changed.data());
        let placed = server.post("/api/v1/calls", placement("+15557770070")).await;
        assert_eq!(placed.status.as_u16(), answer);
    }
}

#[tokio::test]
async fn only_running_and_paused_follow_each_other() {
    let server = Server::start().await;
    let all = ["DRAFT", "SCHEDULED", "RUNNING", "PAUSED", "COMPLETED", "FAILED"];
    let of_each = [
        "cmp_fernwood_spring",
        "cmp_bluespruce_cooling",
        "cmp_fernwood_care",
        "cmp_bluespruce_estimates",
        "cmp_brightsmile_whitening",
        "cmp_fernwood_winback",
    ];
    for (from, id) in all.iter().zip(of_each) {
        for to in all.iter().filter(|to| *to != from) {
            let answer = patch(&server, id, json!({"status": to})).await;
            let allowed = matches!((*from, *to), ("RUNNING", "PAUSED") | ("PAUSED", "RUNNING"));
            assert_eq!(answer.status.as_u16(), if allowed { 200 } else { 409 }, "{from} to {to}");
            if allowed {
                patch(&server, id, json!({"status": from})).await.data();
            } else {
                assert!(answer.error().contains(from) && answer.error().contains(to), "{}", answer.error());
            }
            assert_eq!(campaign(&server, id).await["status"], *from);
        }
    }
}

#[tokio::test]
async fn a_change_that_is_partly_wrong_changes_nothing() {
    let server = Server::start().await;
    let before = campaign(&server, "cmp_xxx").await;
    for (change, status, named) in [
        (json!({"status": "PAUSED", "recording": "ogg"}), 422, "wav, mp3 or off"),
        (json!({"status": "PAUSED", "recording": "mp3", "scenario": "lucky"}), 422, "completed"),
        (json!({"status": "COMPLETED", "recording": "mp3", "scenario": "busy"}), 409, "COMPLETED"),
        (json!({"status": "paused", "recording": "mp3"}), 422, "PAUSED"),
        (json!({"recording": "mp3", "colour": "red"}), 422, "colour"),
        (json!({"recording": "mp3", "scenario": 1}), 422, "scenario is 1"),
        (json!({"recording": "mp3", "scenario": ""}), 422, "scenario"),
        (json!({"recording": ["mp3"], "scenario": "busy"}), 422, "an array"),
        (json!([{"recording": "mp3"}]), 422, "an array"),
    ] {
        let answer = patch(&server, "cmp_xxx", change.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{change}");
        assert!(answer.error().contains(named), "{change}: {}", answer.error());
        assert_eq!(campaign(&server, "cmp_xxx").await, before, "{change}");
    }
    assert_eq!(patch(&server, "cmp_nobody", json!({"recording": "mp3"})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_change_does_not_name_stays() {
    let server = Server::start().await;
    let before = campaign(&server, "cmp_xxx").await;
    assert_eq!(patch(&server, "cmp_xxx", json!({})).await.data(), before);
    let mut expected = before.clone();
    expected["recording"] = json!("mp3");
    assert_eq!(patch(&server, "cmp_xxx", json!({"recording": "mp3"})).await.data(), expected);
    expected["scenario"] = json!("busy");
    assert_eq!(patch(&server, "cmp_xxx", json!({"scenario": "busy"})).await.data(), expected);
    expected["scenario"] = json!(null);
    assert_eq!(patch(&server, "cmp_xxx", json!({"scenario": null})).await.data(), expected);
}

#[tokio::test]
async fn the_recording_setting_decides_what_audio_is_sent() {
    let server = Server::start().await;
    for (setting, status, content_type) in
        [("mp3", 200, "audio/mp3"), ("wav", 200, "audio/wav"), ("off", 404, "application/json")]
    {
        patch(&server, "cmp_xxx", json!({"recording": setting})).await.data();
        let answer = server.get("/api/v1/calls/call_xxx/audio").await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, content_type));
    }
}

#[tokio::test]
async fn an_inbound_call_is_answered_at_once() {
    let server = Server::start().await;
    let call = json!({"direction": "inbound", "fromNumber": "+15557770071", "toNumber": "+15557654321", "scenario": "completed"});
    let answer = receive(&server, call).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let call = answer.data();
    assert_eq!((&call["campaignId"], &call["phoneNumberId"]), (&json!("cmp_xxx"), &json!("pn_xxx")));
    assert_eq!((&call["fromNumber"], &call["toNumber"]), (&json!("+15557770071"), &json!("+15557654321")));
    assert_eq!((&call["direction"], &call["status"]), (&json!("inbound"), &json!("IN_PROGRESS")));
    assert_eq!(call["startedAt"], crate::support::START);
    server.advance_secs(600).await;
    let ended = server.call(call["id"].as_str().unwrap()).await;
    assert_eq!((&ended["status"], &ended["outcome"]), (&json!("COMPLETED"), &json!("completed")));
    let instant = |field: &str| ended[field].as_str().unwrap().parse::<akol_mock::Timestamp>().unwrap();
    assert_eq!(ended["durationSeconds"], instant("endedAt").since(instant("startedAt")).as_secs());
}

#[tokio::test]
async fn inbound_scenarios_end_as_they_say() {
    let server = Server::start().await;
    for (scenario, status, outcome) in [
        ("completed", "COMPLETED", "completed"),
        ("transferred", "COMPLETED", "transferred"),
        ("hung_up", "COMPLETED", "hung_up"),
        ("no_answer", "FAILED", "no_answer"),
        ("busy", "FAILED", "busy"),
        ("failed", "FAILED", "failed"),
        ("endless", "COMPLETED", "completed"),
        ("ringing", "FAILED", "no_answer"),
    ] {
        let call = receive(&server, json!({"direction": "inbound", "campaignId": "cmp_xxx", "scenario": scenario}))
            .await
            .data();
        server.advance_secs(3_600).await;
        let ended = server.call(call["id"].as_str().unwrap()).await;
        assert_eq!((&ended["status"], &ended["outcome"]), (&json!(status), &json!(outcome)), "{scenario}");
    }
}

#[tokio::test]
async fn with_nothing_but_a_direction_somebody_calls_a_running_campaign() {
    let server = Server::start().await;
    let mut callers = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let call = receive(&server, json!({"direction": "inbound"})).await.data();
        assert_eq!(campaign(&server, call["campaignId"].as_str().unwrap()).await["status"], "RUNNING");
        callers.insert(call["fromNumber"].as_str().unwrap().to_owned());
    }
    assert!(callers.len() > 5, "{callers:?}");
}

#[tokio::test]
async fn an_inbound_call_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    for (call, status, named) in [
        (json!({}), 422, "direction"),
        (json!({"direction": "outbound"}), 422, "POST /api/v1/calls"),
        (json!({"direction": "sideways"}), 422, "inbound"),
        (json!({"direction": "inbound", "scenario": "voicemail"}), 422, "scenario"),
        (json!({"direction": "inbound", "scenario": "lucky"}), 422, "hung_up"),
        (json!({"direction": "inbound", "fromNumber": "5551234"}), 422, "E.164"),
        (json!({"direction": "inbound", "toNumber": "+15550000000"}), 404, "+15550000000"),
        (json!({"direction": "inbound", "campaignId": "cmp_nobody"}), 404, "cmp_nobody"),
        (json!({"direction": "inbound", "campaignId": "cmp_xxx", "toNumber": "+13035550118"}), 422, "toNumber"),
        (json!({"direction": "inbound", "from": "+15557770072"}), 422, "from"),
        (json!("inbound"), 422, "a string"),
    ] {
        let answer = receive(&server, call.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{call}: {answer:?}");
        assert!(answer.error().contains(named), "{call}: {}", answer.error());
    }
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn the_admin_token_is_asked_for_where_there_is_one() {
    let server = Server::with(Settings { admin_token: Some("boss".into()), ..settings() }).await;
    let calls = [
        (Method::GET, "/__admin/campaigns"),
        (Method::GET, "/__admin/businesses"),
        (Method::GET, "/__admin/agents"),
        (Method::GET, "/__admin/phone-numbers"),
        (Method::PATCH, "/__admin/campaigns/cmp_xxx"),
        (Method::POST, "/__admin/calls"),
        (Method::GET, "/__admin/nothing"),
        (Method::DELETE, "/__admin/campaigns"),
    ];
    for (method, path) in calls {
        for authorization in
            [None, Some("Bearer test"), Some("Bearer bos"), Some("Bearer bosss"), Some("boss"), Some("Basic boss")]
        {
            let mut request = Request::builder().method(method.clone()).uri(format!("{}{path}", server.base));
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let answer = server.send(request.body(Default::default()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} {authorization:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert!(answer.error().contains("--admin-token") && !answer.error().contains("boss"), "{}", answer.error());
        }
    }
    let request = Request::get(format!("{}/__admin/campaigns", server.base)).header("authorization", "Bearer boss");
    assert_eq!(server.send(request.body(Default::default()).unwrap()).await.status, StatusCode::OK);
    assert_eq!(server.get("/api/v1/calls").await.status, StatusCode::OK, "Akol's API takes its own tokens");
}

#[tokio::test]
async fn without_an_admin_token_none_is_needed_not_even_with_strict_auth() {
    let server = Server::with(Settings { auth: Auth::Strict(vec!["only".into()]), ..settings() }).await;
    let answer =
        server.send(Request::get(format!("{}/__admin/agents", server.base)).body(Default::default()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_parameter_that_means_nothing_is_refused_and_nothing_is_done() {
    let server = Server::start().await;
    server.place("+15557770073").await;
    for (method, path, field) in [
        (Method::POST, "/__admin/reset?workspase=a", "workspase"),
        (Method::DELETE, "/__admin/requests?method=GET", "method"),
        (Method::GET, "/__admin/requests?body=x", "body"),
        (Method::GET, "/__admin/webhooks/deliveries?callid=call_xxx", "callid"),
        (Method::GET, "/__admin/clock?workspace=new&x=1", "x"),
    ] {
        let answer = server.send(server.request(method, path).body(Default::default()).unwrap()).await;
        assert_eq!(answer.fields(), [field], "{path}");
        assert!(answer.error().contains("must be workspace") || answer.error().contains("or "), "{}", answer.error());
    }
    assert_eq!(server.all_calls().await.len(), 202, "no reset");
    let names: Vec<Value> = list(&server, "workspaces").await.iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["default"]);
}

#[tokio::test]
async fn a_reset_takes_no_body_that_says_something() {
    let server = Server::start().await;
    server.place("+15557770074").await;
    assert_eq!(server.post("/__admin/reset", json!({"seed": 5})).await.fields(), ["seed"]);
    assert_eq!(server.all_calls().await.len(), 202);
    assert_eq!(server.post("/__admin/reset", json!({})).await.status, StatusCode::OK);
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn the_first_of_many_unknown_fields_are_named_and_the_others_counted() {
    let server = Server::start().await;
    let many =
        |count: usize| (0..count).map(|number| (format!("x{number:04}"), json!(1))).collect::<serde_json::Map<_, _>>();
    for (count, named, last) in
        [(20, 20, None), (21, 21, Some("has 1 more unknown field")), (6_500, 21, Some("has 6480 more unknown fields"))]
    {
        let answer = server.post("/__admin/requests/count", Value::Object(many(count))).await;
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        assert_eq!((answer.status, errors.len()), (StatusCode::UNPROCESSABLE_ENTITY, named), "{count}");
        assert!(answer.body.len() < 8_000, "{count}: {} bytes", answer.body.len());
        if let Some(last) = last {
            assert_eq!(errors[20], json!({"field": "body", "message": last}));
        }
    }
    let within = server.post("/__admin/faults", json!({"match": many(25), "effect": {"status": 503}})).await;
    assert_eq!(within.json()["errors"][20], json!({"field": "match", "message": "has 5 more unknown fields"}));
    let query: Vec<String> = many(25).keys().map(|name| format!("{name}=1")).collect();
    let queried = server.get(&format!("/__admin/clock?{}", query.join("&"))).await;
    assert_eq!(queried.json()["errors"][20], json!({"field": "query", "message": "has 5 more unknown parameters"}));
}
