//! The life of a call, watched while the clock is moved.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use crate::support::{Server, placement};
use akol_mock::Timestamp;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// Scenario, the number that stands for it, how its calls end, and whether anybody answers.
const TABLE: [(&str, &str, &str, &str, bool); 9] = [
    ("completed", "+15005550100", "COMPLETED", "completed", true),
    ("transferred", "+15005550101", "COMPLETED", "transferred", true),
    ("voicemail", "+15005550102", "VOICEMAIL", "voicemail_left", true),
    ("hung_up", "+15005550103", "COMPLETED", "hung_up", true),
    ("no_answer", "+15005550104", "FAILED", "no_answer", false),
    ("busy", "+15005550105", "FAILED", "busy", false),
    ("failed", "+15005550106", "FAILED", "failed", false),
    ("endless", "+15005550107", "COMPLETED", "completed", true),
    ("ringing", "+15005550108", "FAILED", "no_answer", false),
];

fn instant(call: &Value, field: &str) -> Timestamp {
    call[field].as_str().unwrap_or_else(|| panic!("{field} in {call}")).parse().unwrap()
}

fn has_ended(call: &Value) -> bool {
    !call["endedAt"].is_null()
}

fn lines(call: &Value) -> &[Value] {
    call["transcript"].as_array().unwrap()
}

/// Checks what is true of any ended call.
fn check_ended(call: &Value, status: &str, outcome: &str, answered: bool) {
    assert_eq!((&call["status"], &call["outcome"]), (&json!(status), &json!(outcome)), "{call}");
    let rang_and_talked = instant(call, "endedAt").since(instant(call, "startedAt"));
    let seconds = call["durationSeconds"].as_u64().unwrap();
    assert_eq!(seconds > 0, answered);
    assert!(Duration::from_secs(seconds) <= rang_and_talked);
    assert_eq!(!lines(call).is_empty(), answered);
    assert_eq!(call["sentiment"].is_string(), answered);
    assert_eq!(call["summary"].is_string(), answered);
    if answered {
        let last = lines(call).last().unwrap()["timestamp"].as_u64().unwrap();
        assert!(last < seconds * 1_000, "the last line begins before the end: {call}");
    }
}

/// Lets every call of a server end, and gives this one.
async fn ended(server: &Server, id: &str) -> Value {
    server.advance_secs(2 * 60 * 60).await;
    server.call(id).await
}

#[tokio::test]
async fn each_magic_number_stands_for_its_scenario() {
    let server = Server::start().await;
    let mut placed = Vec::new();
    for (_, to, ..) in TABLE {
        placed.push(server.place(to).await);
    }
    server.advance_secs(2 * 60 * 60).await;
    for (id, (_, _, status, outcome, answered)) in placed.iter().zip(TABLE) {
        check_ended(&server.call(id).await, status, outcome, answered);
    }
}

#[tokio::test]
async fn each_scenario_can_be_asked_for_by_header() {
    let server = Server::start().await;
    // The header is asked before the number: this one would ring out.
    for (name, _, status, outcome, answered) in TABLE {
        let answer = server.place_as(name, placement("+15005550104")).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name}");
        let call = ended(&server, answer.data()["id"].as_str().unwrap()).await;
        check_ended(&call, status, outcome, answered);
    }
}

#[tokio::test]
async fn a_campaigns_scenario_comes_after_the_number_and_before_the_draw() {
    let server = Server::start().await;
    for (name, _, status, outcome, answered) in TABLE {
        let changed = server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"scenario": name})).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        let ordinary = server.place("+15558880001").await;
        let magic = server.place("+15005550105").await;
        check_ended(&ended(&server, &ordinary).await, status, outcome, answered);
        check_ended(&server.call(&magic).await, "FAILED", "busy", false);
    }
    let answer = server.place_as("voicemail", placement("+15558880001")).await;
    let id = answer.data()["id"].as_str().unwrap().to_owned();
    check_ended(&ended(&server, &id).await, "VOICEMAIL", "voicemail_left", true);
}

#[tokio::test]
async fn without_a_scenario_calls_end_in_many_ways() {
    let server = Server::start().await;
    let mut outcomes = std::collections::BTreeMap::new();
    let mut placed = Vec::new();
    for person in 0..100 {
        placed.push(server.place(&format!("+155588810{person:02}")).await);
    }
    server.advance_secs(60 * 60).await;
    for id in &placed {
        let call = server.call(id).await;
        *outcomes.entry(call["outcome"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    assert!(outcomes.len() >= 5, "{outcomes:?}");
    assert!(outcomes["completed"] > outcomes["transferred"], "{outcomes:?}");
}

#[tokio::test]
async fn a_call_is_queued_for_half_a_second_to_two_then_rings() {
    let server = Server::start().await;
    let placed_at = server.handle.now();
    let mut placed = Vec::new();
    for person in 0..30 {
        placed.push(server.place(&format!("+155588820{person:02}")).await);
    }
    server.advance(Duration::from_millis(499)).await;
    for id in &placed {
        assert!(server.call(id).await["startedAt"].is_null());
    }
    server.advance(Duration::from_millis(1_501)).await;
    for id in &placed {
        let call = server.call(id).await;
        let queued = instant(&call, "startedAt").since(placed_at).as_millis();
        assert!((500..=2_000).contains(&queued), "{queued} ms");
    }
}

/// What of a call may only grow.
#[derive(Default)]
struct Watched {
    statuses: Vec<String>,
    transcript: Vec<Value>,
}

impl Watched {
    fn see(&mut self, call: &Value, now: Timestamp) {
        let status = call["status"].as_str().unwrap().to_owned();
        if self.statuses.last() != Some(&status) {
            self.statuses.push(status.clone());
        }
        let lines = lines(call);
        assert!(lines.starts_with(&self.transcript), "lines stay as they are: {lines:?}, before {:?}", self.transcript);
        self.transcript = lines.to_vec();
        let times: Vec<u64> = lines.iter().map(|line| line["timestamp"].as_u64().unwrap()).collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        assert!(times.first().is_none_or(|first| *first == 0));
        let is_live = ["RINGING", "IN_PROGRESS"].contains(&status.as_str());
        for field in ["outcome", "endedAt", "durationSeconds", "sentiment", "summary"] {
            assert!(!is_live || call[field].is_null(), "{field} is not known yet: {call}");
        }
        assert!(!is_live || call["tags"] == json!([]));
        assert!(status != "RINGING" || lines.is_empty());
        assert!(call["endedAt"].is_null() || instant(call, "endedAt") <= now);
        if let Some(last) = times.last() {
            let ran = now.since(instant(call, "startedAt")).as_millis() as u64;
            assert!(*last <= ran, "nothing is said that lies ahead");
        }
    }
}

async fn watch(to: &str) -> (Watched, Value) {
    let server = Server::start().await;
    let id = server.place(to).await;
    let mut watched = Watched::default();
    let mut lengths = Vec::new();
    loop {
        let call = server.call(&id).await;
        watched.see(&call, server.handle.now());
        lengths.push(watched.transcript.len());
        let transcript = server.get(&format!("/api/v1/calls/{id}/transcript")).await.data();
        assert_eq!(transcript, call["transcript"]);
        if has_ended(&call) {
            assert!(lengths.windows(2).all(|pair| pair[1] <= pair[0] + 1), "line by line: {lengths:?}");
            return (watched, call);
        }
        server.advance(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn an_answered_call_rings_talks_line_by_line_and_ends() {
    for to in ["+15005550100", "+15005550101", "+15005550103"] {
        let (watched, call) = watch(to).await;
        assert_eq!(watched.statuses, ["RINGING", "IN_PROGRESS", "COMPLETED"]);
        assert!(watched.transcript.len() > 1);
        check_ended(&call, "COMPLETED", call["outcome"].as_str().unwrap(), true);
    }
}

#[tokio::test]
async fn a_machine_takes_the_message_while_in_progress() {
    let (watched, _) = watch("+15005550102").await;
    assert_eq!(watched.statuses, ["RINGING", "IN_PROGRESS", "VOICEMAIL"]);
    assert!(!watched.transcript.is_empty());
}

#[tokio::test]
async fn a_call_that_nobody_answers_fails_without_a_word() {
    for to in ["+15005550104", "+15005550105", "+15005550106"] {
        let (watched, call) = watch(to).await;
        assert_eq!(watched.statuses, ["RINGING", "FAILED"]);
        assert_eq!((&call["durationSeconds"], &call["tags"]), (&json!(0), &json!([])));
    }
}

#[tokio::test]
async fn an_endless_call_lasts_as_long_as_its_business_lets_calls_last() {
    let server = Server::start().await;
    for (campaign, number, minutes) in [
        ("cmp_xxx", "pn_xxx", 30),
        ("cmp_fernwood_care", "pn_fernwood_care", 15),
        ("cmp_isarblick_guests", "pn_isarblick_guests", 45),
    ] {
        let body = json!({"campaignId": campaign, "toNumber": "+15005550107", "fromPhoneNumberId": number});
        let placed = server.post("/api/v1/calls", body).await.data();
        let id = placed["id"].as_str().unwrap();
        let answered = server.advance_until(id, |call| call["status"] == "IN_PROGRESS").await;
        server.advance_secs(minutes * 60 - 1).await;
        let late = server.call(id).await;
        assert_eq!(late["status"], "IN_PROGRESS");
        assert!(lines(&late).len() > lines(&answered).len());
        server.advance_secs(1).await;
        let over = server.call(id).await;
        check_ended(&over, "COMPLETED", "completed", true);
        assert_eq!(over["durationSeconds"], minutes * 60);
    }
}

#[tokio::test]
async fn a_phone_that_nobody_picks_up_rings_for_ten_minutes() {
    let server = Server::start().await;
    let id = server.place("+15005550108").await;
    server.advance_secs(2).await;
    let started = instant(&server.call(&id).await, "startedAt");
    server.handle.advance_to(started + Duration::from_millis(599_999)).await.unwrap();
    assert_eq!(server.call(&id).await["status"], "RINGING");
    server.advance(Duration::from_millis(1)).await;
    let call = server.call(&id).await;
    check_ended(&call, "FAILED", "no_answer", false);
    assert_eq!(instant(&call, "endedAt").since(started), Duration::from_secs(600));
}

#[tokio::test]
async fn it_makes_no_difference_who_looks_and_how_often_the_clock_is_moved() {
    let watched = watch("+15005550101").await.1;
    let server = Server::start().await;
    let id = server.place("+15005550101").await;
    server.advance_secs(24 * 60 * 60).await;
    assert_eq!(server.call(&id).await, watched);
}
