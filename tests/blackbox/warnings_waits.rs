//! What a wait in vain, a count or a list says of its cause: the clock, an event that is never made, a journal that is full.

use akol_mock::{ClockMode, Settings, Speed};
use hyper::StatusCode;
use serde_json::json;

use crate::support::{Server, settings};
use crate::warnings::{space, warnings};

#[tokio::test]
async fn a_wait_in_vain_on_a_clock_that_stands_says_what_is_due() {
    let (_server, space) = space().await;
    let wait = json!({"event": "call.ended", "timeout": "1ms"});
    let idle = space.post("/__admin/webhooks/deliveries/wait", wait.clone()).await;
    let stands = "The clock stands at 2026-11-22T12:00:00.000Z, and nothing is due";
    let none = format!("{stands}, so none comes by itself; place a call, or trigger an event");
    assert_eq!(warnings(&idle), none);
    let request = space.post("/__admin/requests/wait", json!({"timeout": "1ms"})).await;
    assert_eq!(warnings(&request), format!("{stands}; requests come from clients"));
    space.place("+15005550100").await;
    for path in ["/__admin/webhooks/deliveries/wait", "/__admin/requests/wait"] {
        let body = if path.contains("deliveries") {
            wait.clone()
        } else {
            json!({"method": "POST", "count": 9, "timeout": "1ms"})
        };
        let told = space.post(path, body).await;
        assert_eq!(told.status, StatusCode::REQUEST_TIMEOUT);
        let due = "and what is due next is due at 2026-11-22T12:00:0";
        assert!(warnings(&told).contains(due) && warnings(&told).contains("/__admin/clock/advance"), "{told:?}");
    }
    space.advance("1h").await;
    assert_eq!(warnings(&space.post("/__admin/webhooks/deliveries/wait", wait).await), "", "it came");
    let server = Server::as_set(Settings { clock: ClockMode::Real, ..settings() }).await;
    let running = server.post("/__admin/requests/wait", json!({"timeout": "1ms"})).await;
    assert_eq!((running.status, warnings(&running).as_str()), (StatusCode::REQUEST_TIMEOUT, ""));
}

#[tokio::test]
async fn a_wait_in_vain_on_a_clock_that_runs_slowly_says_how_long_it_takes_until_something_is_due() {
    let slow = Settings { clock: ClockMode::Real, speed: Speed::MIN, ..settings() };
    let server = Server::as_set(slow).await;
    let wait = async |path: &str| {
        let told = server.post(path, json!({"timeout": "1ms", "count": 9})).await;
        assert_eq!(told.status, StatusCode::REQUEST_TIMEOUT, "{told:?}");
        warnings(&told)
    };
    let paths = ["/__admin/webhooks/deliveries/wait", "/__admin/requests/wait"];
    for path in paths {
        assert_eq!(wait(path).await, "", "nothing is due");
    }
    server.place("+15005550100").await;
    for path in paths {
        let told = wait(path).await;
        // It is queued for half a second to two.
        let left = told
            .strip_prefix("The clock runs at 0.001 times real time, and what is due next is due in ")
            .and_then(|rest| rest.split_once(" of it, past the timeout of 1ms; wait longer, or "))
            .unwrap_or_else(|| panic!("{told}"));
        let advance = "advance the clock with POST /__admin/clock/advance?workspace=default";
        let advice = match path.contains("requests") {
            true => format!("if the client that is to send the request waits for that, {advance}"),
            false => advance.to_owned(),
        };
        assert!(left.0.ends_with(['s', 'm']) && left.1 == advice, "{told}");
    }
}

#[tokio::test]
async fn an_event_that_is_never_made_is_told_and_no_clock_is_blamed() {
    let (_server, space) = space().await;
    let wait = async |event: &str| {
        let waited = space.post("/__admin/webhooks/deliveries/wait", json!({"event": event, "timeout": "1ms"})).await;
        assert_eq!(waited.status, StatusCode::REQUEST_TIMEOUT);
        warnings(&waited)
    };
    let list = async |event: &str| warnings(&space.get(&format!("/__admin/webhooks/deliveries?event={event}")).await);
    let told = "call.completed is none of the events that are kept while no webhook is subscribed (--webhook-events), so none comes but by \
                POST /__admin/webhooks/trigger";
    assert_eq!((wait("call.completed").await.as_str(), list("call.completed").await.as_str()), (told, told));
    assert!(wait("call.ended").await.starts_with("The clock stands"));
    assert_eq!(list("call.ended").await, "");
    space.post("/__admin/webhooks/trigger", json!({"event": "call.completed"})).await;
    assert_eq!(list("call.completed").await, "", "it came by a trigger");
    space.post("/__admin/webhooks", json!({"url": "http://127.0.0.1:9/hooks", "events": ["call.ended"]})).await;
    assert!(wait("call.missed").await.starts_with("No webhook is subscribed to call.missed"));
    assert!(!wait("call.missed").await.contains("clock"));
}

#[tokio::test]
async fn requests_that_the_journal_has_no_room_for_are_told_where_it_is_asked() {
    let server = Server::with(Settings { journal_size: 5, ..settings() }).await;
    let space = server.as_workspace("a");
    let count = async || warnings(&space.post("/__admin/requests/count", json!({})).await);
    for _ in 0..5 {
        space.get("/api/v1/calls?limit=1").await;
    }
    assert_eq!(count().await, "");
    space.get("/api/v1/calls?limit=1").await;
    let told = |which: &str| {
        format!("{which} not among these: the journal had no room for more (--journal-size, --journal-bytes)")
    };
    assert_eq!(count().await, told("The oldest request is"));
    space.advance("1s").await;
    for _ in 0..3 {
        space.get("/api/v1/calls?limit=1").await;
    }
    assert_eq!(count().await, told("The oldest 4 requests are"));
    let list = async |query: &str| warnings(&space.get(&format!("/__admin/requests?{query}")).await);
    assert_eq!(list("").await, told("The oldest 4 requests are"));
    assert_eq!(list("limit=3").await, "", "the newest are wanted");
    assert_eq!(list("since=2026-11-22T12:00:01Z").await, "", "those that went came before");
    let wait = space.post("/__admin/requests/wait", json!({"count": 9, "timeout": "1ms"})).await;
    assert!(warnings(&wait).contains(&told("The oldest 4 requests are")), "{wait:?}");
    space.delete("/__admin/requests").await;
    assert_eq!(count().await, "", "they were forgotten on purpose");
}
