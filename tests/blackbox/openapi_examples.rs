//! The examples of the OpenAPI document are what a server said: `openapi/calls/examples.json` is written by this file.
//!
//! `WRITE_EXAMPLES=1 cargo test --test blackbox openapi_examples` writes it anew. Without that, what it holds must be what is said.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use akol_mock::{Settings, Webhooks};
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;

use crate::support::receiver::Receiver;
use crate::support::{Answer, Server, placement, settings};

const FILE: &str = "openapi/calls/examples.json";
const START: &str = "2026-04-20T15:00:00Z";
const KEY: &str = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";

/// The examples in the order in which they were said: name, what it is, and its JSON as it came.
#[derive(Default)]
struct Examples(Vec<(String, String, String)>);

impl Examples {
    fn add(&mut self, name: &str, summary: &str, json: &[u8]) {
        self.0.push((name.to_owned(), summary.to_owned(), String::from_utf8(json.to_vec()).unwrap()));
    }

    /// The answer, whose status has to be this.
    fn answer(&mut self, name: &str, summary: &str, status: u16, answer: &Answer) {
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        self.add(name, summary, &answer.body);
    }

    /// As a part of the document, one example a line.
    fn to_json(&self) -> String {
        let mut text = "{\"components\": {\"examples\": {\n".to_owned();
        for (position, (name, summary, value)) in self.0.iter().enumerate() {
            let comma = if position + 1 < self.0.len() { "," } else { "" };
            writeln!(text, "{}: {{\"summary\": {}, \"value\": {value}}}{comma}", json!(name), json!(summary)).unwrap();
        }
        text + "}}}\n"
    }
}

async fn server() -> Server {
    Server::with(Settings { start_time: START.parse().ok(), ..settings() }).await
}

/// `GET` with one more header.
async fn get_with(server: &Server, path: &str, name: &str, value: &str) -> Answer {
    let request = server.request(Method::GET, path).header(name, value);
    server.send(request.body(Default::default()).unwrap()).await
}

/// `GET /calls` with another token, or none.
async fn list_as(server: &Server, token: Option<&str>) -> Answer {
    let mut request = server.request(Method::GET, "/api/v1/calls");
    request.headers_mut().unwrap().remove(AUTHORIZATION);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    server.send(request.body(Default::default()).unwrap()).await
}

/// `POST /calls` with a body as it stands.
async fn place_text(server: &Server, content_type: &str, body: &'static str) -> Answer {
    let request = server.request(Method::POST, "/api/v1/calls").header(CONTENT_TYPE, content_type);
    server.send(request.body(body.into()).unwrap()).await
}

/// What the endpoints answer when all is well.
async fn successes(said: &mut Examples) {
    let server = server().await;
    let page = server.get("/api/v1/calls?status=VOICEMAIL&campaignId=cmp_brightsmile_recall&limit=1").await;
    said.answer("firstPage", "The newest voicemail of a campaign", 200, &page);
    let nothing = server.get("/api/v1/calls?campaignId=cmp_nobody").await;
    said.answer("nothingFound", "No call matches", 200, &nothing);
    let documented = server.get("/api/v1/calls/call_xxx").await;
    said.answer("completedCall", "The example of Akol's documentation", 200, &documented);
    let transcript = server.get("/api/v1/calls/call_xxx/transcript").await;
    said.answer("transcript", "Of the same call", 200, &transcript);
    let queued = server.place_with_key(KEY, placement("+15005550107").to_string()).await;
    said.answer("queuedCall", "Just placed", 201, &queued);
    let id = queued.data()["id"].as_str().unwrap().to_owned();
    server.advance_secs(30).await;
    let live = server.get(&format!("/api/v1/calls/{id}")).await;
    said.answer("callInProgress", "Half a minute later", 200, &live);
    let ended = server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await;
    said.answer("endedCall", "Ended over the API", 200, &ended);
}

/// What is answered to requests that cannot be read, or by whom it does not have to.
async fn refused_requests(said: &mut Examples) {
    let server = server().await;
    said.answer("brokenEncoding", "Percent-encoding", 400, &server.get("/api/v1/calls?status=%zz").await);
    let malformed = place_text(&server, "application/json", r#"{"campaignId": "#).await;
    said.answer("malformedJson", "Malformed JSON", 400, &malformed);
    said.answer("noJson", "Another type", 400, &place_text(&server, "text/plain", "{}").await);
    said.answer("noToken", "No token", 401, &list_as(&server, None).await);
    said.answer("revokedToken", "A revoked one", 401, &list_as(&server, Some("revoked")).await);
    said.answer("forbiddenToken", "Not allowed", 403, &list_as(&server, Some("forbidden")).await);
    let long = format!("/api/v1/calls?note={}", "x".repeat(9_000));
    said.answer("targetTooLong", "Too long", 414, &server.get(&long).await);
    let long = get_with(&server, "/api/v1/calls", "x-note", &"x".repeat(17_000)).await;
    said.answer("headersTooLong", "Too long", 431, &long);
    let invalid = server.get("/api/v1/calls?status=ringing&limit=1000&startDate=yesterday").await;
    said.answer("invalidFilters", "Three that are wrong", 422, &invalid);
    let limit = json!({"rateLimit": 1});
    server.send_json(Method::PATCH, "/__admin/settings", limit).await.data();
    server.get("/api/v1/calls").await;
    said.answer("tooManyRequests", "Rate limit", 429, &server.get("/api/v1/calls").await);
}

/// What is answered where a call cannot be placed.
async fn refused_calls(said: &mut Examples) {
    let server = server().await;
    let place = |campaign: &'static str, to: &'static str, number: &'static str| {
        server.post("/api/v1/calls", json!({"campaignId": campaign, "toNumber": to, "fromPhoneNumberId": number}))
    };
    let anyone = "+15551234567";
    said.answer("unknownCampaign", "No such campaign", 404, &place("cmp_nobody", anyone, "pn_xxx").await);
    said.answer("unknownNumber", "No such number", 404, &place("cmp_xxx", anyone, "pn_nobody").await);
    let scheduled = place("cmp_isarblick_trade_fairs", anyone, "pn_isarblick_trade_fairs").await;
    said.answer("campaignNotRunning", "Not begun", 409, &scheduled);
    said.answer("invalidCall", "Two fields", 422, &place("cmp_xxx", "5551234567", "").await);
    let stranger = place("cmp_xxx", anyone, "pn_brightsmile_recall").await;
    said.answer("numberOfAnotherCampaign", "Another campaign's number", 422, &stranger);
    server.place_with_key(KEY, placement(anyone).to_string()).await.data();
    let reused = server.place_with_key(KEY, placement("+15557654321").to_string()).await;
    said.answer("keyReused", "A key that was used", 422, &reused);
    let paused = place("cmp_pennington_reminders", anyone, "pn_pennington_reminders").await;
    said.answer("campaignPaused", "Paused campaign", 429, &paused);
    said.answer("minutesUsedUp", "Monthly minutes", 429, &place("cmp_xxx", "+15005550129", "pn_xxx").await);
    said.answer("internalServerError", "As asked for", 500, &place("cmp_xxx", "+15005550150", "pn_xxx").await);
    said.answer("serviceUnavailable", "As asked for", 503, &place("cmp_xxx", "+15005550153", "pn_xxx").await);
}

/// What is answered where a call is not, or not as it has to be.
async fn refused_looks(said: &mut Examples) {
    let server = server().await;
    said.answer("unknownCall", "No such call", 404, &server.get("/api/v1/calls/call_nobody").await);
    said.answer("alreadyEnded", "Over", 409, &server.post("/api/v1/calls/call_xxx/end", json!({})).await);
    let audio = |id: &str| format!("/api/v1/calls/{id}/audio");
    let busy = server.place("+15005550105").await;
    let endless = server.place("+15005550107").await;
    server.advance_secs(60).await;
    said.answer("noRecordingYet", "Not ended", 404, &server.get(&audio(&endless)).await);
    said.answer("neverAnswered", "Never answered", 404, &server.get(&audio(&busy)).await);
    let other = get_with(&server, &audio("call_xxx"), "if-match", "\"0000000000000000\"").await;
    said.answer("otherRecording", "Another one", 412, &other);
    let past = get_with(&server, &audio("call_xxx"), "range", "bytes=999999999-").await;
    said.answer("pastTheEnd", "Past the end", 416, &past);
}

/// What a receiver is told: of each event the first.
async fn events(said: &mut Examples) {
    let receiver = Receiver::start().await;
    let events = Webhooks::EVENTS.map(str::to_owned).to_vec();
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], events, ..Webhooks::default() };
    let server = Server::with(Settings { start_time: START.parse().ok(), webhooks, ..settings() }).await;
    for number in ["+15005550101", "+15005550102", "+15005550104", "+15005550105"] {
        server.place(number).await;
        server.advance_secs(600).await;
    }
    let deliveries = receiver.deliveries();
    for event in Webhooks::EVENTS {
        let name =
            event.split_once('.').map(|(noun, what)| format!("{noun}{}{}", what[..1].to_uppercase(), &what[1..]));
        let delivery = deliveries.iter().find(|delivery| delivery.event() == event);
        said.add(&name.unwrap(), "As it is sent", &delivery.unwrap_or_else(|| panic!("no {event}")).body);
    }
}

#[tokio::test]
async fn every_example_is_what_a_server_says() {
    let mut said = Examples::default();
    successes(&mut said).await;
    refused_requests(&mut said).await;
    refused_calls(&mut said).await;
    refused_looks(&mut said).await;
    events(&mut said).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let said = said.to_json();
    if std::env::var_os("WRITE_EXAMPLES").is_some() {
        fs::write(&path, &said).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    for (written, said) in written.lines().zip(said.lines()) {
        assert_eq!(written, said, "WRITE_EXAMPLES=1 writes {FILE} anew");
    }
    assert_eq!(written.len(), said.len(), "WRITE_EXAMPLES=1 writes {FILE} anew");
}
