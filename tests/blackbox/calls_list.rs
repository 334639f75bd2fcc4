//! `GET /calls`: filters, dates and the order of the list. Each answer is judged against the whole list, filtered here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{START, Server, settings};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// The values that each filter is tried with.
const FILTERS: [(&str, &[&str]); 8] = [
    ("direction", &["inbound", "outbound"]),
    ("status", &["RINGING", "IN_PROGRESS", "COMPLETED", "FAILED", "VOICEMAIL"]),
    ("outcome", &["completed", "transferred", "voicemail_left", "hung_up", "no_answer", "busy", "failed", "canceled"]),
    ("sentiment", &["positive", "neutral", "negative"]),
    ("businessId", &["biz_xxx", "biz_brightsmile", "biz_fernwood", "biz_nobody"]),
    ("campaignId", &["cmp_xxx", "cmp_fernwood_care", "cmp_bluespruce_outreach", "cmp_brightsmile_aligners"]),
    ("agentId", &["agt_xxx", "agt_juno", "agt_harper", "agt_nobody"]),
    ("phoneNumberId", &["pn_xxx", "pn_fernwood_care_east", "pn_brightsmile_main", "pn_nobody"]),
];

/// A server whose calls are in every status: past ones, some queued, ringing, talking, and one ended in the queue.
async fn busy_server() -> Server {
    let server = Server::start().await;
    server.place("+15005550107").await;
    server.advance_secs(60).await;
    let ringing = ["+15005550108", "+15005550100", "+15005550104", "+15005550102"];
    for to in ringing {
        server.place(to).await;
    }
    let canceled = server.place("+15005550101").await;
    server.post(&format!("/api/v1/calls/{canceled}/end"), json!({})).await;
    server.advance_secs(3).await;
    for to in ["+15005550100", "+15005550101", "+15005550103"] {
        server.place(to).await;
    }
    server
}

fn ids(calls: &[Value]) -> Vec<&str> {
    calls.iter().map(|call| call["id"].as_str().unwrap()).collect()
}

/// The calls of the whole list that have all these values.
fn with_all(calls: &[Value], wanted: &[(&str, &str)]) -> Vec<Value> {
    let fits = |call: &&Value| wanted.iter().all(|(field, value)| call[field] == *value);
    calls.iter().filter(fits).cloned().collect()
}

/// The calls of the whole list that started within these bounds, both included.
fn within(calls: &[Value], from: &str, to: &str) -> Vec<Value> {
    let fits = |call: &&Value| call["startedAt"].as_str().is_some_and(|start| (from..=to).contains(&start));
    calls.iter().filter(fits).cloned().collect()
}

#[tokio::test]
async fn every_filter_alone_selects_what_it_names() {
    let server = busy_server().await;
    let all = server.all_calls().await;
    let mut found = 0;
    for (field, values) in FILTERS {
        let mut of_field = 0;
        for value in values {
            let expected = with_all(&all, &[(field, value)]);
            assert_eq!(server.all_calls_of(&format!("&{field}={value}")).await, expected, "{field}={value}");
            of_field += expected.len();
        }
        assert!(of_field > 0, "no call has any of the values of {field}");
        found += of_field;
    }
    assert!(found > all.len(), "the list has too few calls to tell anything");
}

#[tokio::test]
async fn filters_in_combination_are_all_to_be_met() {
    let server = busy_server().await;
    let all = server.all_calls().await;
    let mut selective = 0;
    for (position, (one, its_values)) in FILTERS.iter().enumerate() {
        for (other, other_values) in &FILTERS[position + 1..] {
            for (a, b) in its_values.iter().flat_map(|a| other_values.iter().map(move |b| (a, b))) {
                let expected = with_all(&all, &[(one, a), (other, b)]);
                let answer = server.get(&format!("/api/v1/calls?limit=100&{one}={a}&{other}={b}")).await;
                let expected_page = &expected[..expected.len().min(100)];
                assert_eq!(answer.data().as_array().unwrap(), expected_page, "{one}={a} {other}={b}");
                assert_eq!(answer.json()["pagination"]["total"], expected.len());
                selective += usize::from(!expected.is_empty());
            }
        }
    }
    assert!(selective > 30, "only {selective} combinations selected anything");
}

#[tokio::test]
async fn all_ten_filters_go_together() {
    let server = busy_server().await;
    let all = server.all_calls().await;
    let mut found = 0;
    for call in all.iter().filter(|call| call["sentiment"].is_string()) {
        let mut query = String::new();
        let mut wanted = Vec::new();
        for (field, _) in FILTERS {
            let value = call[field].as_str().unwrap();
            query += &format!("&{field}={value}");
            wanted.push((field, value));
        }
        let start = call["startedAt"].as_str().unwrap();
        let expected = within(&with_all(&all, &wanted), start, "2026-11-22T13:00:00.000Z");
        query += &format!("&startDate={start}&endDate=2026-11-22T13:00:00Z");
        assert_eq!(server.all_calls_of(&query).await, expected, "{query}");
        found += expected.len();
    }
    assert!(found > 0);
}

#[tokio::test]
async fn bounds_on_the_start_are_inclusive_to_the_millisecond() {
    let server = busy_server().await;
    let all = server.all_calls().await;
    let starts: Vec<&str> = all.iter().filter_map(|call| call["startedAt"].as_str()).collect();
    for window in starts.windows(9).step_by(7) {
        let (to, from) = (window[0], window[8]);
        let expected = within(&all, from, to);
        assert!(expected.len() >= 9);
        assert_eq!(server.all_calls_of(&format!("&startDate={from}&endDate={to}")).await, expected);
        let alone = within(&all, from, from);
        assert_eq!(server.all_calls_of(&format!("&startDate={from}&endDate={from}")).await, alone);
    }
    let (newest, oldest) = (starts[0], starts[starts.len() - 1]);
    assert_eq!(server.all_calls_of(&format!("&startDate={newest}")).await, within(&all, newest, "9"));
    assert_eq!(server.all_calls_of(&format!("&endDate={oldest}")).await, within(&all, "0", oldest));
}

#[tokio::test]
async fn a_bare_date_is_its_whole_day() {
    let server = Server::start().await;
    let all = server.all_calls().await;
    let mut found = 0;
    for day in 1..=22 {
        let date = format!("2026-11-{day:02}");
        let expected = within(&all, &format!("{date}T00:00:00.000Z"), &format!("{date}T23:59:59.999Z"));
        assert_eq!(server.all_calls_of(&format!("&startDate={date}&endDate={date}")).await, expected, "{date}");
        found += expected.len();
    }
    assert!(found > 50);
    let documented = server.all_calls_of("&startDate=2026-04-18&endDate=2026-04-18").await;
    assert_eq!(ids(&documented), ["call_xxx"]);
}

#[tokio::test]
async fn any_offset_is_understood() {
    let server = Server::start().await;
    // The documentation's call started at 14:21:42 UTC.
    for (from, to, found) in [
        ("2026-04-18T16:21:42%2B02:00", "2026-04-18T16:21:42%2B02:00", true),
        ("2026-04-18T16:21:42.001%2B02:00", "2026-04-18T23:00:00%2B02:00", false),
        ("2026-04-18T08:51:42-05:30", "2026-04-18T08:51:42.000-05:30", true),
        ("2026-04-18T00:00:00Z", "2026-04-18T08:51:41.999-05:30", false),
        ("2026-04-18T16:21:42%2B0200", "2026-04-18T14:21:42Z", true),
        ("2026-04-19T00:21:42%2B10:00", "2026-04-18T15:00:00Z", true),
        ("2026-04-18T14:21:42%2B00:00", "2026-04-18T14:21:42-00:00", true),
    ] {
        let calls = server.all_calls_of(&format!("&startDate={from}&endDate={to}")).await;
        assert_eq!(ids(&calls), if found { vec!["call_xxx"] } else { vec![] }, "{from} to {to}");
    }
}

#[tokio::test]
async fn a_plus_that_was_not_encoded_is_refused_with_a_hint() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/calls?startDate=2026-04-18T16:21:42+02:00").await;
    assert_eq!(answer.fields(), ["startDate"]);
    assert!(answer.error().contains("%2B"), "{}", answer.error());
}

#[tokio::test]
async fn a_start_after_the_end_is_refused() {
    let server = Server::start().await;
    for query in [
        "startDate=2026-11-02&endDate=2026-11-01",
        "startDate=2026-11-02T00:00:00.001Z&endDate=2026-11-02T00:00:00Z",
        "endDate=2026-11-01T23:59:59Z&startDate=2026-11-02",
    ] {
        let answer = server.get(&format!("/api/v1/calls?{query}")).await;
        assert_eq!(answer.fields(), ["startDate"], "{query}");
        assert!(answer.error().contains("endDate"), "{}", answer.error());
    }
    let same_day = server.get("/api/v1/calls?startDate=2026-11-02T10:00:00Z&endDate=2026-11-02").await;
    assert_eq!(same_day.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bound_far_away_is_no_bound() {
    let server = Server::start().await;
    let all = server.all_calls().await;
    for from in ["0001-01-01T00:00:00Z", "1900-01-01", "1969-12-31T23:59:59.999Z", "1970-01-01"] {
        assert_eq!(server.all_calls_of(&format!("&startDate={from}")).await, all, "{from}");
        assert!(server.all_calls_of(&format!("&endDate={from}")).await.is_empty(), "{from}");
    }
    for to in ["9999-12-31T23:59:59.999Z", "9999-12-31", "9999-12-31T23:59:59-12:00", "2100-01-01"] {
        assert_eq!(server.all_calls_of(&format!("&endDate={to}")).await, all, "{to}");
        assert!(server.all_calls_of(&format!("&startDate={to}")).await.is_empty(), "{to}");
    }
}

#[tokio::test]
async fn what_is_no_date_is_refused() {
    let server = Server::start().await;
    for date in [
        "yesterday",
        "",
        "2026-13-01",
        "2026-02-30",
        "2026-11-01T25:00:00Z",
        "2026-11-01T10:00:00",
        "1793534400",
        "01/11/2026",
        "2026-11-01%20",
        "2026-11-01T10:00:00%2B99:00",
        "%00",
        "-2026-11-01",
    ] {
        for field in ["startDate", "endDate"] {
            let answer = server.get(&format!("/api/v1/calls?{field}={date}")).await;
            assert_eq!(answer.fields(), [field], "{date:?}");
            assert!(answer.error().contains("2026-04-18"), "shows what would do: {}", answer.error());
        }
    }
}

#[tokio::test]
async fn the_newest_comes_first_and_ties_go_by_id() {
    let crowded = akol_mock::Settings { calls: 1_000, ..settings() };
    let server = Server::with(crowded).await;
    // Many that begin at the same instant.
    for caller in 0..40 {
        let call = json!({"direction": "inbound", "fromNumber": format!("+1555000{caller:04}"), "scenario": "endless"});
        server.post("/__admin/calls", call).await;
    }
    let all = server.all_calls().await;
    let started: Vec<(&str, &str)> =
        all.iter().map(|call| (call["startedAt"].as_str().unwrap(), call["id"].as_str().unwrap())).collect();
    assert!(started[..40].iter().all(|(start, _)| *start == START));
    let mut sorted = started.clone();
    sorted.sort_by(|(start, id), (other_start, other_id)| other_start.cmp(start).then(id.cmp(other_id)));
    assert_eq!(started, sorted);
}

#[tokio::test]
async fn queued_calls_come_first_and_match_no_date() {
    let server = Server::start().await;
    let inbound = server.post("/__admin/calls", json!({"direction": "inbound"})).await.data();
    let mut queued = Vec::new();
    for last in 0..5 {
        queued.push(server.place(&format!("+1555123450{last}")).await);
    }
    let all = server.all_calls().await;
    assert!(all[..5].iter().all(|call| call["startedAt"].is_null() && call["status"] == "RINGING"));
    queued.sort_unstable();
    assert_eq!(ids(&all[..5]), queued, "none is newer than another, so they stand in the order of their ids");
    assert_eq!(all[5]["id"], inbound["id"]);
    let dated = server.all_calls_of("&startDate=2000-01-01").await;
    assert_eq!(ids(&dated), ids(&all[5..]));
    assert!(server.all_calls_of("&startDate=2026-11-22T12:00:00.001Z").await.is_empty());

    server.advance_secs(2).await;
    let rung = server.all_calls().await;
    assert!(rung[..5].iter().all(|call| call["startedAt"].is_string()));
    assert_eq!(server.all_calls_of("&startDate=2026-11-22T12:00:00.001Z").await, rung[..5]);
}

#[tokio::test]
async fn each_item_is_the_whole_call() {
    let server = busy_server().await;
    for listed in server.all_calls().await.iter().take(30) {
        assert_eq!(*listed, server.call(listed["id"].as_str().unwrap()).await);
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let server = Server::start().await;
    for path in ["/api/v1/calls?limit=3", "/api/calls?status=nonsense"] {
        let get = server.get(path).await;
        let head = server.send(server.request(Method::HEAD, path).body(Default::default()).unwrap()).await;
        assert_eq!(head.status, get.status);
        assert_eq!(head.header("content-length"), get.body.len().to_string());
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert!(head.body.is_empty());
    }
}
