//! The state of a workspace, out of one server and into another, which goes on as the first would have.

mod refusals;

use std::time::Duration;

use crate::support::receiver::{Delivery, Reaction, Receiver};
use crate::support::{Answer, Server, contract, placement, settings};
use akol_mock::{ClockMode, Settings, Signature, Webhooks};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const STATE: &str = "/__admin/state";
const KEY: &str = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";

async fn export(server: &Server) -> Bytes {
    let answer = server.get(STATE).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

async fn import(server: &Server, document: impl Into<Bytes>) -> Answer {
    let request = server.request(Method::PUT, STATE).header(CONTENT_TYPE, "application/json");
    server.send(request.body(Full::from(document.into())).unwrap()).await
}

/// A server that receives events from nobody but who was told to: all that it is to know comes with the state.
async fn blank() -> Server {
    Server::with(Settings { seed: 7, calls: 3, ..settings() }).await
}

/// What is sent to Akol's API is the same whichever server it goes to.
async fn api(server: &Server, method: Method, path: &str, key: Option<&str>, body: impl Into<Bytes>) -> Answer {
    let request = server.request(method, path).header(HOST, "akol.test").header(CONTENT_TYPE, "application/json");
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    server.send(request.body(Full::from(body.into())).unwrap()).await
}

async fn place(server: &Server, to: &str, key: Option<&str>) -> Answer {
    api(server, Method::POST, "/api/v1/calls", key, placement(to).to_string()).await
}

/// An answer of Akol's API, headers included, as one text.
fn whole(answer: &Answer) -> String {
    let headers: Vec<String> = answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    format!("{}\n{}\n{:?}", answer.status, headers.join("\n"), answer.body)
}

/// The same of the control API, whose request ids are the server's and not the workspace's.
fn but_for_its_id(mut answer: Answer) -> String {
    answer.headers.remove("x-request-id");
    whole(&answer)
}

async fn first_half(server: &Server, well: &Receiver, sick: &Receiver) {
    let put = async |path: &str, method: Method, body: Value| {
        let answer = server.send_json(method, path, body).await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
    };
    put("/__admin/webhooks", Method::POST, json!({"url": well.url, "events": ["call.started", "call.ended"]})).await;
    put("/__admin/webhooks", Method::POST, json!({"url": sick.url})).await;
    let mischief = json!({"duplicate": 0.3, "reorder": 0.3, "badSignature": 0.2, "staleTimestamp": 0.2, "delay": "3s"});
    put("/__admin/webhooks/mischief", Method::PUT, mischief).await;
    put("/__admin/settings", Method::PATCH, json!({"rateLimit": 22, "scenarioWeights": {"busy": {"outbound": 50}}}))
        .await;
    put("/__admin/campaigns/cmp_xxx", Method::PATCH, json!({"recording": "mp3"})).await;
    let path = "/api/v1/calls/call_xxx/transcript";
    put(
        "/__admin/faults",
        Method::POST,
        json!({"match": {"path": path}, "times": 3, "probability": 0.5, "effect": {"status": 503}}),
    )
    .await;
    for to in ["+15005550100", "+15005550101", "+15005550102", "+15005550104", "+15005550107", "+15005550108"] {
        place(server, to, None).await;
        server.advance_secs(11).await;
    }
    place(server, "+15557770001", Some(KEY)).await;
    for to in ["+15557770002", "+15557770003"] {
        place(server, to, None).await;
    }
    server.post("/__admin/calls", json!({"direction": "inbound", "fromNumber": "+15557770004"})).await;
    api(server, Method::GET, path, None, "").await;
    api(server, Method::POST, "/api/v1/calls", None, b"\xff\x00 no text".as_slice()).await;
    server.advance_secs(20).await;
    place(server, "+15557770005", None).await;
}

/// What a server answers, and its receivers are told, in the second half of the session.
async fn second_half(server: &Server) -> Vec<String> {
    let mut seen = Vec::new();
    for path in ["/api/v1/calls?limit=50", "/api/v1/calls/call_xxx/transcript", "/api/v1/calls/call_xxx/transcript"] {
        seen.push(whole(&api(server, Method::GET, path, None, "").await));
    }
    seen.push(whole(&place(server, "+15557770001", Some(KEY)).await));
    seen.push(whole(&place(server, "+15557770009", Some(KEY)).await));
    let list = server.get("/__admin/requests").await.data();
    let first = list[0]["answer"]["body"]["data"]["id"].as_str().unwrap().to_owned();
    for turn in 0..6 {
        seen.push(whole(&place(server, &format!("+1555777000{turn}"), None).await));
        seen.push(whole(&api(server, Method::GET, "/api/v1/calls?status=COMPLETED", None, "").await));
        seen.push(but_for_its_id(server.post("/__admin/clock/advance", json!({"by": "9s"})).await));
        seen.push(whole(&api(server, Method::GET, &format!("/api/v1/calls/{first}"), None, "").await));
    }
    seen.push(but_for_its_id(server.post("/__admin/calls", json!({"direction": "inbound"})).await));
    seen.push(but_for_its_id(server.post("/__admin/webhooks/trigger", json!({"event": "call.ended"})).await));
    seen.push(but_for_its_id(server.post("/__admin/clock/advance", json!({"by": "45m"})).await));
    for path in [
        "/__admin/requests",
        "/__admin/faults",
        "/__admin/webhooks",
        "/__admin/webhooks/deliveries",
        "/__admin/settings",
        "/__admin/campaigns",
        "/__admin/clock",
        &format!("/__admin/calls/{first}/timeline"),
    ] {
        seen.push(but_for_its_id(server.get(path).await));
    }
    seen.push(whole(&api(server, Method::GET, &format!("/api/v1/calls/{first}/audio"), None, "").await));
    seen.push(whole(&api(server, Method::GET, "/api/v1/calls?limit=100", None, "").await));
    seen
}

/// What has come since so many had, in an order that does not hang on which connection was quicker.
fn told(receiver: &Receiver, since: usize) -> Vec<String> {
    let text = |one: &Delivery| format!("{} {:?} {:?}", one.request_line, one.headers, one.body);
    let mut told: Vec<String> = receiver.deliveries()[since..].iter().map(text).collect();
    told.sort();
    told
}

#[tokio::test]
async fn a_state_goes_on_in_a_fresh_server_to_the_byte() {
    let (well, sick) = (Receiver::start().await, Receiver::always(Reaction::Status(500)).await);
    let webhooks = Webhooks {
        retries: [1, 40, 600].map(Duration::from_secs).into(),
        signature: Signature::Standard,
        ..Webhooks::default()
    };
    let secret = Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    let webhooks = Webhooks { secret, events: Webhooks::EVENTS.map(ToOwned::to_owned).to_vec(), ..webhooks };
    let first = Server::with(Settings { webhooks, minute_limit: Some(5_000), ..settings() }).await;
    first_half(&first, &well, &sick).await;
    let document = export(&first).await;
    assert_eq!(export(&first).await, document, "the same state makes the same document");

    let second = blank().await;
    let put = import(&second, document.clone()).await;
    let calls = serde_json::from_slice::<Value>(&document).unwrap()["data"]["world"]["calls"].as_array().unwrap().len();
    assert_eq!(put.data(), json!({"workspace": "default", "now": first.handle.now().to_string(), "calls": calls}));
    assert_eq!(export(&second).await, document);

    let before = (well.deliveries().len(), sick.deliveries().len());
    let seen_first = second_half(&first).await;
    let told_first = (told(&well, before.0), told(&sick, before.1));
    let between = (well.deliveries().len(), sick.deliveries().len());
    let seen_second = second_half(&second).await;
    for (position, (one, other)) in seen_first.iter().zip(&seen_second).enumerate() {
        assert_eq!(one, other, "answer {position}");
    }
    assert!(told_first.0.len() > 10 && told_first.1.len() > 20, "{} and {}", told_first.0.len(), told_first.1.len());
    assert!(told_first == (told(&well, between.0), told(&sick, between.1)), "what receivers were told differs");
    assert!(export(&first).await == export(&second).await, "the states differ in the end");
    let has = |status: &str| seen_first.iter().any(|answer| answer.starts_with(status));
    assert!(has("429") && has("503") && has("422") && has("201"), "the session had some of everything");
}

#[tokio::test]
async fn the_document_is_small_and_a_body_of_any_bytes_survives() {
    let first = Server::start().await;
    assert!(export(&first).await.len() < 120_000);
    api(&first, Method::POST, "/api/v1/calls", None, b"\xff\x00".as_slice()).await;
    let document = export(&first).await;
    let bodies = &serde_json::from_slice::<Value>(&document).unwrap()["data"]["journal"]["requests"][0]["body"];
    assert_eq!(*bodies, json!({"base64": "/wA="}));
    let second = blank().await;
    import(&second, document.clone()).await.data();
    assert_eq!(export(&second).await, document);
}

#[tokio::test]
async fn the_document_may_come_bare_and_into_any_workspace() {
    let first = Server::start().await;
    place(&first, "+15005550107", None).await;
    let document = export(&first).await;
    let data = serde_json::from_slice::<Value>(&document).unwrap()["data"].to_string();
    let request = first.request(Method::PUT, "/__admin/state?workspace=copy").header(CONTENT_TYPE, "application/json");
    let put = first.send(request.body(Full::from(data)).unwrap()).await;
    assert_eq!(put.data()["workspace"], "copy");
    assert_eq!(first.get("/__admin/state?workspace=copy").await.body, document);
}

#[tokio::test]
async fn a_real_clock_goes_on_from_where_it_was() {
    let settings = Settings { clock: ClockMode::Real, start_time: "2026-01-01T00:00:00Z".parse().ok(), ..settings() };
    let first = Server::as_set(Settings { speed: "0.001".parse().unwrap(), ..settings }).await;
    let document = export(&first).await;
    let second = blank().await;
    import(&second, document).await.data();
    let clock = second.get("/__admin/clock").await.data();
    assert_eq!((&clock["mode"], &clock["speed"]), (&json!("real"), &json!(0.001)));
    assert!(clock["now"].as_str().unwrap().starts_with("2026-01-01T00:0"), "{clock}");
}

#[tokio::test]
async fn what_was_under_way_sets_out_again_as_the_same_try() {
    let receiver = Receiver::scripted([Reaction::Hang]).await;
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], signature: Signature::Standard, ..Webhooks::default() };
    let first = Server::with(Settings { webhooks, ..settings() }).await;
    first.post("/__admin/calls", json!({"direction": "inbound"})).await;
    receiver.wait_for(1).await;
    let document = export(&first).await;
    drop(first);

    let second = blank().await;
    import(&second, document).await.data();
    let told = receiver.wait_for(2).await;
    assert_eq!(told[0].body, told[1].body);
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    second.advance_secs(0).await;
    let deliveries = second.get("/__admin/webhooks/deliveries").await.data();
    assert_eq!(deliveries[0]["state"], "received", "{deliveries}");
    assert_eq!(deliveries[0]["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_under_way_before_does_not_show_after() {
    let document = export(&Server::start().await).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = Receiver::on(listener, [], Reaction::Hang);
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, ..settings() }).await;
    server.send_json(Method::PATCH, "/__admin/settings", json!({"latency": "5m"})).await.data();
    let held = api(&server, Method::POST, "/api/v1/calls", Some(KEY), placement("+15005550107").to_string());
    let advance = async {
        let placed = json!({"path": "/api/v1/calls", "timeout": "20s"});
        server.post("/__admin/requests/wait", placed).await.data();
        while server.get("/__admin/workspaces").await.data()[0]["calls"] == 201 {}
        server.post("/__admin/clock/advance", json!({"by": "1h"})).await
    };
    let put = async {
        // Nothing but the advance can have brought it about.
        receiver.wait_for(1).await;
        import(&server, document.clone()).await
    };
    let (held, advance, put) = tokio::join!(held, advance, put);
    assert_eq!(put.status, StatusCode::OK, "{put:?}");
    assert_eq!(held.status, StatusCode::SERVICE_UNAVAILABLE, "{held:?}");
    assert_eq!(advance.status, StatusCode::CONFLICT, "{advance:?}");
    assert_eq!(export(&server).await, document, "nothing of it is in the state that was put");
}

#[tokio::test]
async fn whoever_watches_is_told_that_the_state_is_another() {
    let server = Server::start().await;
    let document = export(&server).await;
    let mut reader = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).await.unwrap();
    let request = b"GET /__admin/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    reader.write_all(request).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(": connected") {
        assert!(reader.read_buf(&mut heard).await.unwrap() > 0);
    }
    import(&server, document).await.data();
    reader.read_to_end(&mut heard).await.unwrap();
    contract::check_head_of(request, &heard);
    let text = String::from_utf8(heard).unwrap();
    assert!(text.contains("another state was put into the workspace"), "{text}");
}
