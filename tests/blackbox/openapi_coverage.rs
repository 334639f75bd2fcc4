//! Every operation of both OpenAPI documents, driven to every status that is documented for it. What a document promises and nobody can
//! bring about is found here, and that each answer is as it is documented is what all tests hold their answers to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use akol_mock::{Settings, Webhooks};
use hyper::header::CONTENT_TYPE;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::contract::{CALLS, CONTROL, Document, operation};
use crate::support::receiver::{Reaction, Receiver};
use crate::support::{Answer, Server, placement, settings};

/// Statuses that no test of this file can bring about, and why.
const ELSEWHERE: [(&str, u16, &str); 2] = [
    (
        "",
        408,
        "a body takes 30 s of real time to be too slow; what is said then is tested where it is said, in `dialect::refusal`",
    ),
    (
        "",
        503,
        "the server has to be stopped while a request is under way, which `stop` and `server::tests::shutdown` do",
    ),
];

const MIB: usize = 1 << 20;
const TOO_LONG_FOR_A_STATE: usize = (1 << 30) + 1;

/// What has been seen: operations and the statuses of their answers.
#[derive(Default)]
struct Seen(BTreeSet<(String, u16)>);

impl Seen {
    /// Sends a request, whose answer has to have that status, and notes it.
    async fn ask(
        &mut self,
        server: &Server,
        status: u16,
        line: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let (method, target) = line.split_once(' ').unwrap();
        let mut request = server.request(method.parse().unwrap(), target);
        for (name, value) in headers {
            request
                .headers_mut()
                .unwrap()
                .insert(name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let answer = server.send(request.body(body.into()).unwrap()).await;
        self.note(line, status, &answer);
        answer
    }

    fn note(&mut self, line: &str, status: u16, answer: &Answer) {
        assert_eq!(answer.status.as_u16(), status, "{line}: {:?}", String::from_utf8_lossy(&answer.body));
        let (method, target) = line.split_once(' ').unwrap();
        let found = operation(&method.parse::<Method>().unwrap(), target.split('?').next().unwrap()).unwrap();
        self.0.insert((found.value["operationId"].as_str().unwrap().to_owned(), status));
    }

    /// That nothing is documented which has not been seen.
    fn assert_complete(&self, document: &'static Document) {
        let is_elsewhere =
            |id: &str, code: u16| ELSEWHERE.iter().any(|(ids, status, _)| id.ends_with(ids) && *status == code);
        let documented = document.operations().flat_map(|(_, _, operation)| {
            let id = operation["operationId"].as_str().unwrap();
            operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .map(move |status| (id.to_owned(), status.parse().unwrap()))
        });
        let unseen: Vec<_> = documented.filter(|one| !self.0.contains(one) && !is_elsewhere(&one.0, one.1)).collect();
        assert!(unseen.is_empty(), "documented, and seen by nobody: {unseen:?}");
    }
}

/// Every operation of a document: its line, with ids that nothing has, and what it takes.
fn lines(document: &'static Document, root: &str) -> Vec<(String, bool, bool)> {
    let line = |(method, path, operation): (&str, &str, &Value)| {
        let segments = path.split('/').map(|one| if one.starts_with('{') { "call_nobody" } else { one });
        let path = segments.collect::<Vec<_>>().join("/");
        let documents = |status: &str| operation["responses"].get(status).is_some();
        (format!("{} {root}{path}", method.to_uppercase()), documents("401"), documents("413"))
    };
    document.operations().map(line).collect()
}

/// What any request can be refused for, whatever it is.
async fn refuse_what_is_no_good(seen: &mut Seen, server: &Server, document: &'static Document, root: &str) {
    for (line, _, takes_body) in lines(document, root) {
        seen.ask(server, 414, &format!("{line}?note={}", "x".repeat(9_000)), &[], &Value::Null).await;
        seen.ask(server, 431, &line, &[("x-note", &"x".repeat(17_000))], &Value::Null).await;
        seen.ask(server, 417, &line, &[("expect", "miracles")], &Value::Null).await;
        let head = "Host: localhost\r\nAuthorization: Bearer test\r\nConnection: close\r\n";
        let coded = format!("{line} HTTP/1.1\r\n{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
        seen.note(&line, 501, &server.raw(coded.as_bytes()).await[0]);
        if takes_body {
            let coded = seen.ask(server, 415, &line, &[("content-encoding", "gzip")], &json!({})).await;
            assert_eq!(coded.header("accept-encoding"), "identity");
            let length = if line.ends_with("/state") { TOO_LONG_FOR_A_STATE } else { MIB + 1 };
            let head = "Host: localhost\r\nAuthorization: Bearer test\r\nConnection: close\r\nExpect: 100-continue\r\n";
            let sent = format!("{line} HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n");
            let answers = server.raw(sent.as_bytes()).await;
            seen.note(&line, 413, &answers[0]);
        }
    }
}

#[tokio::test]
async fn akols_api_gives_every_answer_that_is_documented() {
    let mut seen = Seen::default();
    let server = Server::start().await;
    let call = placement("+15005550107");
    refuse_what_is_no_good(&mut seen, &server, &CALLS, "/api/v1").await;
    for (line, _, _) in lines(&CALLS, "/api/v1") {
        let revoked = seen.ask(&server, 401, &line, &[("authorization", "Bearer revoked")], &Value::Null).await;
        assert_eq!(revoked.header("www-authenticate"), "Bearer");
        seen.ask(&server, 403, &line, &[("authorization", "Bearer forbidden")], &Value::Null).await;
        for status in [500, 503] {
            let rule = json!({"effect": {"status": status, "retryAfter": 2}, "times": 1});
            server.post("/__admin/faults", rule).await.data();
            seen.ask(&server, status, &line, &[], &Value::Null).await;
        }
        if line.contains("call_nobody") {
            seen.ask(&server, 400, &line.replace("call_nobody", "%zz"), &[], &Value::Null).await;
            seen.ask(&server, 404, &line, &[], &Value::Null).await;
        }
    }
    list_and_place(&mut seen, &server, &call).await;
    look_and_listen(&mut seen, &server).await;
    let limited = Server::with(Settings { rate_limit: Some(1), ..settings() }).await;
    limited.get("/api/v1/calls").await;
    for (line, _, _) in lines(&CALLS, "/api/v1") {
        let refused = seen.ask(&limited, 429, &line, &[], &Value::Null).await;
        assert_eq!(refused.header("retry-after"), "60");
    }
    seen.assert_complete(&CALLS);
}

async fn list_and_place(seen: &mut Seen, server: &Server, call: &Value) {
    let list = "GET /api/v1/calls";
    seen.ask(server, 200, list, &[], &Value::Null).await;
    seen.ask(server, 400, &format!("{list}?note=%zz"), &[], &Value::Null).await;
    seen.ask(server, 422, &format!("{list}?limit=0"), &[], &Value::Null).await;
    let place = "POST /api/v1/calls";
    seen.ask(server, 201, place, &[], call).await;
    seen.ask(server, 400, place, &[], &Value::Null).await;
    for (field, value, status) in [
        ("campaignId", "cmp_nobody", 404),
        ("campaignId", "cmp_isarblick_trade_fairs", 409),
        ("toNumber", "5551234567", 422),
        ("toNumber", "+15005550129", 429),
        ("toNumber", "+15005550150", 500),
        ("toNumber", "+15005550153", 503),
    ] {
        let mut call = call.clone();
        call[field] = value.into();
        if status == 409 {
            call["fromPhoneNumberId"] = "pn_isarblick_trade_fairs".into();
        }
        seen.ask(server, status, place, &[], &call).await;
    }
}

async fn look_and_listen(seen: &mut Seen, server: &Server) {
    let id = server.place("+15005550107").await;
    seen.ask(server, 200, &format!("POST /api/v1/calls/{id}/end"), &[], &Value::Null).await;
    seen.ask(server, 409, &format!("POST /api/v1/calls/{id}/end"), &[], &Value::Null).await;
    seen.ask(server, 200, "GET /api/v1/calls/call_xxx", &[], &Value::Null).await;
    seen.ask(server, 200, "GET /api/v1/calls/call_xxx/transcript", &[], &Value::Null).await;
    let audio = "GET /api/v1/calls/call_xxx/audio";
    let whole = seen.ask(server, 200, audio, &[], &Value::Null).await;
    for (status, name, value) in [
        (206, "range", "bytes=0-43"),
        (206, "range", "bytes=0-1,4-5"),
        (304, "if-none-match", whole.header("etag")),
        (412, "if-match", "\"0000000000000000\""),
        (416, "range", "bytes=999999999-"),
    ] {
        seen.ask(server, status, audio, &[(name, value)], &Value::Null).await;
    }
}

#[tokio::test]
async fn the_control_api_gives_every_answer_that_is_documented() {
    let mut seen = Seen::default();
    let server = Server::start().await;
    refuse_what_is_no_good(&mut seen, &server, &CONTROL, "/__admin").await;
    let guarded = Server::with(Settings { admin_token: Some("boss".to_owned()), ..settings() }).await;
    for (line, is_guarded, _) in lines(&CONTROL, "/__admin") {
        seen.ask(&server, 400, &format!("{line}?note=%zz"), &[], &Value::Null).await;
        seen.ask(&server, 422, &format!("{line}?note=1"), &[], &Value::Null).await;
        if is_guarded {
            seen.ask(&guarded, 401, &line, &[], &Value::Null).await;
            seen.ask(&server, 403, &line, &[("origin", "http://evil.example")], &Value::Null).await;
        }
    }
    // Whoever has not been let in makes no workspace by asking for one.
    for name in ["health", "openapi.json"] {
        let line = format!("GET /__admin/{name}?workspace=nobody");
        seen.ask(&guarded, 404, &line, &[], &Value::Null).await;
    }
    carry_out(&mut seen, &server).await;
    object(&mut seen, &server).await;
    move_twice(&mut seen).await;
    for wait in ["POST /__admin/requests/wait", "POST /__admin/webhooks/deliveries/wait"] {
        seen.ask(&server, 408, wait, &[], &json!({"timeout": "0s", "count": 1_000})).await;
        let space = server.as_workspace("default");
        let (_, path) = wait.split_once(' ').unwrap();
        let in_vain = json!({"timeout": "30s", "count": 1_000});
        let waiting = tokio::spawn(async move { space.post(path, in_vain).await });
        // As often as it takes until one comes after the wait has begun.
        while !waiting.is_finished() {
            server.post("/__admin/reset", json!({})).await.data();
        }
        seen.note(wait, 409, &waiting.await.unwrap());
    }
    seen.assert_complete(&CONTROL);
}

/// All goes well.
async fn carry_out(seen: &mut Seen, server: &Server) {
    let nothing = Value::Null;
    let subscription = json!({"url": "http://127.0.0.1:9/hooks", "events": ["call.voicemail"]});
    seen.ask(server, 201, "POST /__admin/webhooks/trigger", &[], &json!({"event": "call.ended"})).await;
    let hook = seen.ask(server, 201, "POST /__admin/webhooks", &[], &subscription).await.data()["id"].clone();
    seen.ask(server, 201, "POST /__admin/webhooks/trigger", &[], &json!({"event": "call.voicemail"})).await;
    server.advance_secs(60 * 60 * 24 * 7).await;
    let deliveries = seen.ask(server, 200, "GET /__admin/webhooks/deliveries", &[], &nothing).await.data();
    let sent = deliveries.as_array().unwrap().iter().find(|delivery| delivery["event"] == "call.voicemail").unwrap();
    let sent = format!("/__admin/webhooks/deliveries/{}", sent["id"].as_str().unwrap());
    let incoming = json!({"direction": "inbound", "scenario": "endless"});
    let call = seen.ask(server, 201, "POST /__admin/calls", &[], &incoming).await.data()["id"].clone();
    let call = format!("/__admin/calls/{}", call.as_str().unwrap());
    for _ in 0..2 {
        seen.ask(server, 201, "POST /__admin/faults", &[], &json!({"effect": {"latency": "1ms"}})).await;
    }
    let state = seen.ask(server, 200, "GET /__admin/state", &[], &nothing).await.json();
    for (line, body) in [
        (format!("POST {call}/transition"), json!({"status": "COMPLETED"})),
        (format!("GET {call}/timeline"), Value::Null),
        ("GET /__admin/clock".to_owned(), Value::Null),
        ("PUT /__admin/clock".to_owned(), json!({"mode": "manual"})),
        ("POST /__admin/clock/advance".to_owned(), json!({"by": "1s"})),
        ("POST /__admin/webhooks/deliveries/wait".to_owned(), json!({})),
        (format!("GET {sent}"), Value::Null),
        (format!("POST {sent}/redeliver"), Value::Null),
        ("PATCH /__admin/campaigns/cmp_xxx".to_owned(), json!({"status": "PAUSED"})),
        ("DELETE /__admin/faults/flt_1".to_owned(), Value::Null),
        ("DELETE /__admin/faults".to_owned(), Value::Null),
        ("POST /__admin/requests/count".to_owned(), json!({})),
        ("POST /__admin/requests/wait".to_owned(), json!({})),
        ("DELETE /__admin/requests".to_owned(), Value::Null),
        ("PATCH /__admin/settings".to_owned(), json!({"rateLimit": 100})),
        ("PUT /__admin/webhooks/mischief".to_owned(), json!({"drop": 0.5})),
        (format!("DELETE /__admin/webhooks/{}", hook.as_str().unwrap()), Value::Null),
        ("DELETE /__admin/workspaces/other".to_owned(), Value::Null),
        ("PUT /__admin/state".to_owned(), state),
        ("POST /__admin/reset".to_owned(), Value::Null),
    ] {
        server.as_workspace("other").get("/api/v1/calls").await;
        server.get("/api/v1/calls").await;
        seen.ask(server, 200, &line, &[], &body).await;
    }
    for name in ["businesses", "agents", "phone-numbers", "campaigns", "faults", "requests", "health", "openapi.json"]
        .into_iter()
        .chain(["metrics", "settings", "webhooks", "webhooks/mischief", "workspaces"])
    {
        seen.ask(server, 200, &format!("GET /__admin/{name}"), &[], &nothing).await;
    }
    // A stream has no end to wait for; its head is asked for alone.
    let stream = server.request(Method::HEAD, "/__admin/events").body(Default::default()).unwrap();
    seen.note("GET /__admin/events", 200, &server.send(stream).await);
}

/// What is asked for is not there, or does not go now.
async fn object(seen: &mut Seen, server: &Server) {
    let nothing = Value::Null;
    let paused = json!({"status": "PAUSED"});
    for (status, line, body) in [
        (404, "POST /__admin/calls", json!({"direction": "inbound", "campaignId": "cmp_nobody"})),
        (404, "POST /__admin/calls/call_nobody/transition", json!({"status": "FAILED"})),
        (409, "POST /__admin/calls/call_xxx/transition", json!({"status": "FAILED"})),
        (404, "GET /__admin/calls/call_nobody/timeline", nothing.clone()),
        (404, "GET /__admin/webhooks/deliveries/msg_nobody", nothing.clone()),
        (404, "POST /__admin/webhooks/deliveries/msg_nobody/redeliver", nothing.clone()),
        (404, "PATCH /__admin/campaigns/cmp_nobody", paused.clone()),
        (409, "PATCH /__admin/campaigns/cmp_fernwood_spring", paused),
        (404, "DELETE /__admin/faults/flt_99", nothing.clone()),
        (404, "DELETE /__admin/webhooks/whk_nobody", nothing.clone()),
        (404, "POST /__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_nobody"})),
        (404, "DELETE /__admin/workspaces/nobody", nothing.clone()),
        (409, "DELETE /__admin/workspaces/default", nothing.clone()),
    ] {
        seen.ask(server, status, line, &[], &body).await;
    }
    let kept = server.post("/__admin/webhooks/trigger", json!({"event": "call.ended"})).await.data();
    let kept = kept["id"].as_str().or_else(|| kept[0]["id"].as_str()).unwrap();
    seen.ask(server, 409, &format!("POST /__admin/webhooks/deliveries/{kept}/redeliver"), &[], &nothing).await;
    server.as_workspace("default").subscribe("http://127.0.0.1:9/hooks", &["call.started"]).await;
    seen.ask(server, 409, "POST /__admin/webhooks/trigger", &[], &json!({"event": "call.ended"})).await;
}

/// A clock that is being moved cannot be moved.
async fn move_twice(seen: &mut Seen) {
    let receiver = Receiver::always(Reaction::Hang).await;
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, ..settings() }).await;
    let space = server.as_workspace("default");
    space.place("+15005550107").await;
    let advancing = tokio::spawn(async move { space.post("/__admin/clock/advance", json!({"by": "1h"})).await });
    receiver.wait_for(1).await;
    seen.ask(&server, 409, "POST /__admin/clock/advance", &[], &json!({"by": "1s"})).await;
    seen.ask(&server, 409, "PUT /__admin/clock", &[], &json!({"now": "2027-01-01T00:00:00Z"})).await;
    server.post("/__admin/reset", json!({})).await.data();
    assert_eq!(advancing.await.unwrap().status, StatusCode::CONFLICT, "what it moved is gone");
}

#[test]
fn what_is_tested_elsewhere_is_documented() {
    for (ids, status, why) in ELSEWHERE {
        let documents = || CALLS.operations().chain(CONTROL.operations());
        let is_documented = documents().any(|(_, _, operation)| {
            operation["operationId"].as_str().unwrap().ends_with(ids)
                && operation["responses"].get(status.to_string()).is_some()
        });
        assert!(is_documented, "{ids} {status}: {why}");
    }
}
