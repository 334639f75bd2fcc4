//! `POST /calls`: what is answered, and what is refused.

use crate::support::{Server, placement, settings};
use akol_mock::{Settings, Timestamp};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// The fields of a call, in the order in which they are documented.
const FIELDS: [&str; 18] = [
    "id",
    "businessId",
    "campaignId",
    "agentId",
    "phoneNumberId",
    "direction",
    "fromNumber",
    "toNumber",
    "callerName",
    "status",
    "outcome",
    "startedAt",
    "endedAt",
    "durationSeconds",
    "sentiment",
    "summary",
    "tags",
    "transcript",
];

#[tokio::test]
async fn a_placed_call_is_answered_with_the_whole_call() {
    let server = Server::start().await;
    for path in ["/api/v1/calls", "/api/calls"] {
        let answer = server.post(path, placement("+15557770001")).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(answer.header("content-type"), "application/json");
        let data = answer.data();
        let (id, name) = (data["id"].as_str().unwrap(), data["callerName"].as_str().unwrap());
        let expected = format!(
            concat!(
                r#"{{"success":true,"data":{{"id":"{}","businessId":"biz_xxx","campaignId":"cmp_xxx","#,
                r#""agentId":"agt_xxx","phoneNumberId":"pn_xxx","direction":"outbound","#,
                r#""fromNumber":"+15557654321","toNumber":"+15557770001","callerName":"{}","status":"RINGING","#,
                r#""outcome":null,"startedAt":null,"endedAt":null,"durationSeconds":null,"sentiment":null,"#,
                r#""summary":null,"tags":[],"transcript":[]}}}}"#
            ),
            id, name
        );
        assert_eq!(std::str::from_utf8(&answer.body).unwrap(), expected);
        assert_eq!(server.get(&format!("{path}/{id}")).await.body, answer.body);
    }
}

#[tokio::test]
async fn the_fields_keep_their_order_until_the_end() {
    let server = Server::start().await;
    let id = server.place("+15005550100").await;
    server.advance_secs(600).await;
    let answer = server.get(&format!("/api/v1/calls/{id}")).await;
    let body = std::str::from_utf8(&answer.body).unwrap();
    let positions: Vec<usize> = FIELDS.map(|field| body.find(&format!("\"{field}\":")).expect(field)).to_vec();
    assert!(positions.is_sorted(), "{body}");
    assert_eq!(answer.data().as_object().unwrap().len(), FIELDS.len());
}

#[tokio::test]
async fn the_documented_request_works_with_any_token_and_further_fields() {
    let server = Server::start().await;
    let body = r#"{ "campaignId": "cmp_xxx", "toNumber": "+15551234567", "fromPhoneNumberId": "pn_xxx", "note": [1] }"#;
    let request = server.request(Method::POST, "/api/v1/calls").header("content-type", "application/json");
    let request = request.header("idempotency-key", "0d4a1ad3-7f5f-4d9e-9a3c-0d1b8c5f7f10");
    let answer = server.send(request.body(body.into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.data()["toNumber"], "+15551234567");
}

#[tokio::test]
async fn what_does_not_exist_is_a_404_that_names_it() {
    let server = Server::start().await;
    for (field, id) in [("campaignId", "cmp_nobody"), ("campaignId", "pn_xxx"), ("fromPhoneNumberId", "pn_nobody")] {
        let mut body = placement("+15557770002");
        body[field] = json!(id);
        let answer = server.post("/api/v1/calls", body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.error().contains(id), "{}", answer.error());
    }
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn a_number_of_another_campaign_is_refused() {
    let server = Server::start().await;
    let mut body = placement("+15557770003");
    body["fromPhoneNumberId"] = json!("pn_fernwood_care");
    let answer = server.post("/api/v1/calls", body).await;
    assert_eq!(answer.fields(), ["fromPhoneNumberId"]);
    assert!(answer.error().contains("another campaign"), "{}", answer.error());
}

fn placement_with(campaign: &str, number: &str) -> Value {
    json!({"campaignId": campaign, "toNumber": "+15557770004", "fromPhoneNumberId": number})
}

#[tokio::test]
async fn a_paused_campaign_takes_no_calls() {
    let server = Server::start().await;
    let answer =
        server.post("/api/v1/calls", placement_with("cmp_bluespruce_estimates", "pn_bluespruce_estimates")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.error().contains("paused"), "{}", answer.error());
    assert!(!answer.headers.contains_key("retry-after"), "nobody knows when it will be resumed");
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn a_campaign_that_does_not_run_is_a_conflict() {
    let server = Server::start().await;
    for (campaign, number, status) in [
        ("cmp_fernwood_spring", "pn_fernwood_spring", "DRAFT"),
        ("cmp_bluespruce_cooling", "pn_bluespruce_cooling", "SCHEDULED"),
        ("cmp_brightsmile_whitening", "pn_brightsmile_whitening", "COMPLETED"),
        ("cmp_fernwood_winback", "pn_fernwood_winback", "FAILED"),
    ] {
        let answer = server.post("/api/v1/calls", placement_with(campaign, number)).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{campaign}");
        assert!(answer.error().contains(status) && answer.error().contains(campaign), "{}", answer.error());
    }
}

#[tokio::test]
async fn an_unknown_scenario_is_refused_with_those_there_are() {
    let server = Server::start().await;
    for name in ["lucky", "Completed", "", "completed,busy"] {
        let answer = server.place_as(name, placement("+15557770005")).await;
        assert_eq!(answer.fields(), ["X-Akol-Scenario"], "{name:?}");
        for known in ["completed", "transferred", "voicemail", "hung_up", "no_answer", "busy", "endless", "ringing"] {
            assert!(answer.error().contains(known), "{}", answer.error());
        }
    }
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn two_scenarios_for_one_call_are_refused() {
    let server = Server::start().await;
    let request = server.request(Method::POST, "/api/v1/calls").header("content-type", "application/json");
    let request = request.header("x-akol-scenario", "completed").header("x-akol-scenario", "busy");
    let answer = server.send(request.body(placement("+15557770007").to_string().into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.error().contains("The header X-Akol-Scenario is given 2 times"), "{}", answer.error());
}

#[tokio::test]
async fn who_had_a_call_before_is_an_existing_contact() {
    let server = Server::start().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let id = server.place("+15557770006").await;
        names.push(server.call(&id).await["callerName"].as_str().unwrap().to_owned());
    }
    assert!(!names[0].contains('('), "{names:?}");
    assert_eq!(names[1], format!("{} (existing contact)", names[0]));
    assert_eq!(names[2], names[1]);

    let inbound = json!({"direction": "inbound", "fromNumber": "+15557770006"});
    assert_eq!(server.post("/__admin/calls", inbound).await.data()["callerName"], names[1]);
    let id = server.place("+15551234567").await;
    assert_eq!(server.call(&id).await["callerName"], "Alice (existing contact)", "as in the documentation's call");
}

#[tokio::test]
async fn a_magic_number_says_the_minutes_are_used_up() {
    let server = Server::start().await;
    let answer = server.post("/api/v1/calls", placement("+15005550129")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.error().contains("Monthly call minutes are used up"), "{}", answer.error());
    let month_end: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    let wait = month_end.since(server.handle.now()).as_secs();
    assert_eq!(answer.header("retry-after"), wait.to_string());
}

#[tokio::test]
async fn magic_numbers_break_the_server_on_request() {
    let server = Server::start().await;
    for (to, status) in [("+15005550150", 500), ("+15005550153", 503)] {
        let answer = server.post("/api/v1/calls", placement(to)).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(!answer.error().is_empty() && !answer.header("x-request-id").is_empty());
    }
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn magic_faults_come_after_what_is_really_wrong() {
    let server = Server::start().await;
    let mut body = placement("+15005550150");
    body["campaignId"] = json!("cmp_nobody");
    assert_eq!(server.post("/api/v1/calls", body).await.status, StatusCode::NOT_FOUND);
    let explicit = server.place_as("completed", placement("+15005550150")).await;
    assert_eq!(explicit.status, StatusCode::CREATED, "the header is asked before the number");
}

#[tokio::test]
async fn a_call_ends_though_its_campaign_is_paused_meanwhile() {
    let server = Server::with(Settings { calls: 0, ..settings() }).await;
    let id = server.place("+15005550100").await;
    server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"status": "PAUSED"})).await;
    server.advance_secs(300).await;
    assert_eq!(server.call(&id).await["status"], "COMPLETED");
}
