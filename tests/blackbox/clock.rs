//! The clock of a workspace: shown, set and moved to the end of time.

use crate::support::space::{Space, plot};
use crate::support::{Answer, START, Server, settings};
use akol_mock::{ClockMode, Settings, Speed, Timestamp};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const CLOCK: &str = "/__admin/clock";
const END_OF_TIME: &str = "9998-12-31T23:59:59.999Z";

async fn put(space: &Space, body: Value) -> Answer {
    space.send_json(Method::PUT, CLOCK, body).await
}

/// A server whose clocks run that fast.
async fn running(speed: Speed) -> Server {
    Server::as_set(Settings { clock: ClockMode::Real, speed, start_time: START.parse().ok(), ..settings() }).await
}

fn instant(clock: &Value) -> Timestamp {
    clock["now"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_clock_that_stands_shows_the_same_until_it_is_moved() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let stands = json!({"mode": "manual", "now": START, "speed": 1});
    for _ in 0..3 {
        assert_eq!(space.get(CLOCK).await.data(), stands);
    }
    let answer = space.get("/api/v1/calls").await;
    assert_eq!(answer.header("date"), "Sun, 22 Nov 2026 12:00:00 GMT");
    space.advance("36h").await;
    assert_eq!(space.get("/api/v1/calls").await.header("date"), "Tue, 24 Nov 2026 00:00:00 GMT");
}

#[tokio::test]
async fn every_part_of_the_clock_can_be_set_alone_and_together() {
    let later = "2026-12-01T00:00:00.000Z";
    for (body, mode, speed, now) in [
        (json!({}), "manual", json!(1), START),
        (json!({"mode": null, "now": null, "speed": null}), "manual", json!(1), START),
        (json!({"mode": "manual"}), "manual", json!(1), START),
        (json!({"speed": 0.5}), "manual", json!(0.5), START),
        (json!({"speed": 1e6}), "manual", json!(1_000_000), START),
        (json!({"now": START}), "manual", json!(1), START),
        (json!({"now": later}), "manual", json!(1), later),
        (json!({"now": "2026-12-01T01:00:00+01:00"}), "manual", json!(1), later),
        (json!({"now": "2026-12-01"}), "manual", json!(1), later),
        (json!({"now": later, "speed": 60}), "manual", json!(60), later),
        (json!({"mode": "manual", "now": later, "speed": 0.001}), "manual", json!(0.001), later),
        (json!({"mode": "real"}), "real", json!(1), START),
        (json!({"mode": "real", "speed": 1_000_000}), "real", json!(1_000_000), START),
        (json!({"mode": "real", "now": later}), "real", json!(1), later),
        (json!({"mode": "real", "now": later, "speed": 2.5}), "real", json!(2.5), later),
    ] {
        let server = Server::start().await;
        let space = server.as_workspace("a");
        let set = put(&space, body.clone()).await.data();
        assert_eq!((&set["mode"], &set["speed"]), (&json!(mode), &speed), "{body}");
        match mode {
            "manual" => assert_eq!(set["now"], now, "{body}"),
            _ => assert!(set["now"].as_str().unwrap() >= now, "{body}"),
        }
        let after = space.get(CLOCK).await.data();
        assert!(instant(&after) >= instant(&set) && after["mode"] == set["mode"], "{body}: {set} {after}");
    }
}

#[tokio::test]
async fn a_clock_that_is_to_stand_at_an_instant_stands_there_and_nowhere_else() {
    let server = running(Speed::MAX).await;
    let space = server.as_workspace("a");
    for year in 6_000..6_020 {
        let now = format!("{year}-01-01T00:00:00.000Z");
        let set = put(&space, json!({"mode": "manual", "now": now})).await.data();
        assert_eq!(set, json!({"mode": "manual", "now": now, "speed": 1_000_000}));
        assert_eq!(put(&space, json!({"mode": "real"})).await.data()["mode"], "real");
    }
}

#[tokio::test]
async fn what_a_later_instant_passes_by_happens_on_the_way() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let id = space.place("+15005550105").await;
    put(&space, json!({"now": "2026-11-23T00:00:00Z"})).await.data();
    let call = space.call(&id).await;
    assert!(call["endedAt"].as_str().unwrap() < "2026-11-22T12:01:00.000Z", "{call}");
}

#[tokio::test]
async fn what_is_due_stays_so_when_the_clock_goes_differently() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    let id = space.place("+15005550103").await;
    for change in [json!({"speed": 1_000}), json!({"mode": "real"}), json!({"mode": "manual"}), json!({"speed": 7})] {
        put(&space, change).await.data();
    }
    assert_eq!(space.call(&id).await["outcome"], Value::Null);
    put(&space, json!({"mode": "real", "speed": 1_000_000})).await.data();
    let told = space.wait_for_delivery(json!({"event": "call.ended"})).await.remove(0);
    let call = space.call(&id).await;
    assert_eq!((&call["outcome"], &call["endedAt"]), (&json!("hung_up"), &told["createdAt"]));
}

#[tokio::test]
async fn a_clock_that_is_stopped_leaves_nothing_behind_that_it_has_passed() {
    let server = running(Speed::MAX).await;
    for round in 0..30 {
        let space = server.as_workspace(&format!("w{round}"));
        let id = space.place("+15005550105").await;
        // It has run for years: the call is over, whether the driver has come to it or not, and its events are kept without anybody looking.
        put(&space, json!({"mode": "manual"})).await.data();
        let stands = space.now().await;
        let timeline = space.get(&format!("/__admin/calls/{id}/timeline")).await.data();
        let last = timeline["entries"].as_array().unwrap().last().unwrap().clone();
        assert!(last["at"].as_str().unwrap() <= stands.as_str(), "{last} {stands}");
        space.advance("2m").await;
        space.wait_for_delivery(json!({"callId": id, "event": "call.ended"})).await;
    }
}

#[tokio::test]
async fn time_never_goes_back_however_the_clock_is_treated() {
    let server = running(Speed::MAX).await;
    let space = server.as_workspace("a");
    let mut seen = instant(&space.get(CLOCK).await.data());
    let changes = [
        json!({"mode": "manual"}),
        json!({"mode": "real", "speed": 0.001}),
        json!({"speed": 1_000_000}),
        json!({"speed": 1}),
        json!({"mode": "manual", "speed": 60}),
        json!({"mode": "real"}),
    ];
    for change in changes.iter().cycle().take(60) {
        let set = instant(&put(&space, change.clone()).await.data());
        let shown = instant(&space.get(CLOCK).await.data());
        assert!(seen <= set && set <= shown, "{change}: {seen} {set} {shown}");
        seen = instant(&json!({"now": space.advance("1ms").await["to"]}));
        assert!(shown <= seen, "{change}: {shown} {seen}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_set() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    for (body, fields) in [
        (json!({"mode": "real", "now": "2026-11-22T11:59:59.999Z"}), vec!["now"]),
        (json!({"mode": "real", "speed": 0}), vec!["speed"]),
        (json!({"mode": "real", "speed": -1}), vec!["speed"]),
        (json!({"mode": "real", "speed": 0.0001}), vec!["speed"]),
        (json!({"mode": "real", "speed": 1_000_000.001}), vec!["speed"]),
        (json!({"mode": "real", "speed": 1e300}), vec!["speed"]),
        (json!({"mode": "real", "speed": "60"}), vec!["speed"]),
        (json!({"mode": "Real"}), vec!["mode"]),
        (json!({"mode": true, "now": 0, "speed": []}), vec!["mode", "now", "speed"]),
        (json!({"mode": "real", "time": START}), vec!["time"]),
        (json!({"now": "9999-01-01T00:00:00Z"}), vec!["now"]),
        (json!({"now": "9999-01-01"}), vec!["now"]),
        (json!({"now": "1969-12-31T23:59:59Z"}), vec!["now"]),
        (json!({"now": "2026-12-01T00:00:00"}), vec!["now"]),
    ] {
        let answer = put(&space, body.clone()).await;
        assert_eq!(answer.fields(), fields, "{body}");
        assert_eq!(space.get(CLOCK).await.data(), json!({"mode": "manual", "now": START, "speed": 1}), "{body}");
    }
    let without_offset = put(&space, json!({"now": "2026-12-01T00:00:00"})).await.error();
    assert!(without_offset.contains("an ISO-8601 instant with Z or an offset, or a date"), "{without_offset}");
    let past = put(&space, json!({"now": "2026-11-21T00:00:00Z"})).await.error();
    assert!(past.contains("2026-11-21T00:00:00.000Z") && past.contains(START), "{past}");
}

#[tokio::test]
async fn a_thousand_years_and_the_end_of_time_are_instants_like_any_other() {
    let server = Server::with(Settings { rate_limit: Some(1_000), minute_limit: Some(10_000), ..settings() }).await;
    let space = server.as_workspace("a");
    space.place("+15005550100").await;
    assert_eq!(space.advance("365000d").await["to"], "3026-03-25T12:00:00.000Z");
    let id = space.place("+15005550100").await;
    assert_eq!(space.advance("8760000h").await["to"], "4025-07-25T12:00:00.000Z");
    assert_eq!(space.call(&id).await["status"], "COMPLETED");

    let last_day = space.post("/__admin/clock/advance", json!({"to": "9998-12-31T23:59:00Z"})).await;
    assert_eq!(last_day.status, StatusCode::OK);
    let key = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";
    assert_eq!(space.place_with_key(key, "+15005550102").await.status, StatusCode::CREATED);
    let advance = space.advance("1000d").await;
    assert_eq!(advance["to"], END_OF_TIME);
    assert_eq!(plot(&advance).last().unwrap(), "call.ended kept");
    for _ in 0..2 {
        // Everything that begins now is over at once, as there is no later.
        space.place("+15005550101").await;
        let advance = space.advance("1s").await;
        assert_eq!((&advance["from"], &advance["to"]), (&json!(END_OF_TIME), &json!(END_OF_TIME)));
        assert_eq!(plot(&advance).last().unwrap(), "call.ended kept");
    }
    for path in ["/api/v1/calls?startDate=9998-12-31", "/__admin/requests", "/__admin/clock", "/__admin/settings"] {
        assert_eq!(space.get(path).await.status, StatusCode::OK, "{path}");
    }
    put(&space, json!({"mode": "real", "speed": 1_000_000})).await.data();
    space.place("+15005550104").await;
    assert_eq!(space.now().await, END_OF_TIME);
    space.reset().await;
    assert_eq!(space.get(CLOCK).await.data(), json!({"mode": "manual", "now": START, "speed": 1}));
}
