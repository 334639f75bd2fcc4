//! `GET /calls/:id` and `GET /calls/:id/transcript`.

use crate::support::Server;
use hyper::StatusCode;
use serde_json::Value;

/// The example that Akol's documentation prints.
const DOCUMENTED: &str = r#"{"id":"call_xxx","businessId":"biz_xxx","campaignId":"cmp_xxx","agentId":"agt_xxx","phoneNumberId":"pn_xxx","direction":"inbound","fromNumber":"+15551234567","toNumber":"+15557654321","callerName":"Alice (existing contact)","status":"COMPLETED","outcome":"completed","startedAt":"2026-04-18T14:21:42.000Z","endedAt":"2026-04-18T14:23:10.000Z","durationSeconds":88,"sentiment":"positive","summary":"Caller asked about hours and booked a Saturday slot.","tags":["appointment","first-time"],"transcript":[{"speaker":"agent","text":"Thanks for calling.","timestamp":0},{"speaker":"caller","text":"Are you open Saturday?","timestamp":2400}]}"#;

#[tokio::test]
async fn the_documented_example_is_there_to_the_byte() {
    let server = Server::start().await;
    for path in ["/api/v1/calls/call_xxx", "/api/calls/call_xxx"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(!answer.header("x-request-id").is_empty());
        let expected = format!(r#"{{"success":true,"data":{DOCUMENTED}}}"#);
        assert_eq!(std::str::from_utf8(&answer.body).unwrap(), expected);
    }
}

#[tokio::test]
async fn the_transcript_alone_is_the_list_of_lines() {
    let server = Server::start().await;
    let documented: Value = serde_json::from_str(DOCUMENTED).unwrap();
    assert_eq!(server.get("/api/v1/calls/call_xxx/transcript").await.data(), documented["transcript"]);
}
