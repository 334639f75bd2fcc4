//! Transitions that a test makes happen: where the lifecycle allows them, with all that follows from them.

use crate::support::space::{Space, plot};
use crate::support::{Answer, START, Server, in_time};
use hyper::StatusCode;
use serde_json::{Value, json};

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

async fn force(space: &Space, id: &str, body: Value) -> Answer {
    space.post(&format!("/__admin/calls/{id}/transition"), body).await
}

/// A call that stands there.
async fn call_that_is(space: &Space, standing: &str) -> String {
    let id = space.place(if standing == "VOICEMAIL" { "+15005550102" } else { "+15005550107" }).await;
    match standing {
        "queued" => {}
        "RINGING" => drop(force(space, &id, json!({"status": "RINGING"})).await.data()),
        "IN_PROGRESS" => drop(force(space, &id, json!({"status": "IN_PROGRESS"})).await.data()),
        "COMPLETED" => {
            force(space, &id, json!({"status": "IN_PROGRESS"})).await.data();
            space.end(&id).await;
        }
        "FAILED" => space.end(&id).await,
        "VOICEMAIL" => drop(space.advance("5m").await),
        other => panic!("{other}"),
    }
    id
}

/// The events that have been kept of a call.
async fn told(space: &Space, id: &str) -> Vec<String> {
    let deliveries = space.list(&format!("/__admin/webhooks/deliveries?callId={id}")).await;
    deliveries.iter().map(|delivery| delivery["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_status_follows_where_the_lifecycle_allows_it_and_nowhere_else() {
    let (_server, space) = space().await;
    let all = ["RINGING", "IN_PROGRESS", "COMPLETED", "FAILED", "VOICEMAIL"];
    for (from, allowed) in [
        ("queued", vec!["RINGING", "IN_PROGRESS", "FAILED"]),
        ("RINGING", vec!["IN_PROGRESS", "FAILED"]),
        ("IN_PROGRESS", vec!["COMPLETED", "FAILED", "VOICEMAIL"]),
        ("COMPLETED", vec![]),
        ("FAILED", vec![]),
        ("VOICEMAIL", vec![]),
    ] {
        for to in all {
            let id = call_that_is(&space, from).await;
            let before = space.call(&id).await;
            let answer = force(&space, &id, json!({"status": to})).await;
            let is_allowed = allowed.contains(&to);
            assert_eq!(answer.status == StatusCode::OK, is_allowed, "{from} to {to}: {answer:?}");
            let after = space.call(&id).await;
            if is_allowed {
                assert_eq!((&after["status"], answer.data()), (&json!(to), after.clone()), "{from} to {to}");
                continue;
            }
            assert_eq!(answer.status, StatusCode::CONFLICT, "{from} to {to}");
            assert_eq!(after, before, "{from} to {to}");
            let error = answer.error();
            assert!(error.contains(&id), "{error}");
            assert!(allowed.iter().all(|status| error.contains(status)), "{error}");
        }
    }
}

#[tokio::test]
async fn an_end_has_an_outcome_that_fits_it() {
    let (_server, space) = space().await;
    let all = ["completed", "transferred", "voicemail_left", "hung_up", "no_answer", "busy", "failed", "canceled"];
    for (from, to, fitting) in [
        ("queued", "RINGING", vec![]),
        ("queued", "IN_PROGRESS", vec![]),
        ("queued", "FAILED", vec!["no_answer", "busy", "failed", "canceled"]),
        ("RINGING", "FAILED", vec!["no_answer", "busy", "failed", "canceled"]),
        ("IN_PROGRESS", "FAILED", vec!["failed"]),
        ("IN_PROGRESS", "COMPLETED", vec!["completed", "transferred", "hung_up"]),
        ("IN_PROGRESS", "VOICEMAIL", vec!["voicemail_left"]),
    ] {
        for outcome in all {
            let id = call_that_is(&space, from).await;
            let before = space.call(&id).await;
            let answer = force(&space, &id, json!({"status": to, "outcome": outcome})).await;
            if fitting.contains(&outcome) {
                let call = answer.data();
                assert_eq!((&call["status"], &call["outcome"]), (&json!(to), &json!(outcome)), "{from} to {to}");
                assert!(!call["endedAt"].is_null(), "{call}");
                assert_eq!(space.get(&format!("/api/v1/calls/{id}/transcript")).await.status, StatusCode::OK);
            } else {
                assert_eq!(answer.fields(), ["outcome"], "{from} to {to}, {outcome}");
                assert!(fitting.iter().all(|one| answer.error().contains(one)), "{}", answer.error());
                assert_eq!(space.call(&id).await, before);
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_says_is_as_it_was_planned_or_as_is_most_common() {
    let (_server, space) = space().await;
    for (number, path, outcome) in [
        ("+15005550105", vec!["FAILED"], "busy"),
        ("+15005550106", vec!["FAILED"], "failed"),
        ("+15005550100", vec!["RINGING", "FAILED"], "no_answer"),
        ("+15005550103", vec!["IN_PROGRESS", "COMPLETED"], "hung_up"),
        ("+15005550101", vec!["IN_PROGRESS", "COMPLETED"], "transferred"),
        ("+15005550102", vec!["IN_PROGRESS", "COMPLETED"], "completed"),
        ("+15005550102", vec!["IN_PROGRESS", "VOICEMAIL"], "voicemail_left"),
        ("+15005550100", vec!["IN_PROGRESS", "FAILED"], "failed"),
    ] {
        let id = space.place(number).await;
        for status in &path {
            force(&space, &id, json!({"status": status})).await.data();
        }
        assert_eq!(space.call(&id).await["outcome"], outcome, "{number} {path:?}");
    }
}

#[tokio::test]
async fn webhooks_tell_of_it_as_if_it_had_come_about_by_itself() {
    let (_server, space) = space().await;
    for (path, outcome, events) in [
        (vec!["RINGING"], None, vec![]),
        (vec!["FAILED"], Some("busy"), vec!["call.ended"]),
        (vec!["IN_PROGRESS"], None, vec!["call.started"]),
        (vec!["IN_PROGRESS", "COMPLETED"], Some("hung_up"), vec!["call.started", "call.ended"]),
        (vec!["IN_PROGRESS", "COMPLETED"], Some("transferred"), vec!["call.started", "call.transferred", "call.ended"]),
        (vec!["IN_PROGRESS", "VOICEMAIL"], None, vec!["call.started", "call.voicemail", "call.ended"]),
    ] {
        let id = space.place("+15005550107").await;
        let (last, before) = path.split_last().unwrap();
        for status in before {
            force(&space, &id, json!({"status": status})).await.data();
        }
        force(&space, &id, json!({"status": last, "outcome": outcome})).await.data();
        assert_eq!(told(&space, &id).await, events, "{path:?}");
    }
}

#[tokio::test]
async fn a_handover_is_told_once_and_each_kind_for_itself() {
    let (_server, space) = space().await;
    for (number, status, outcome, events) in [
        ("+15005550101", "COMPLETED", "transferred", vec!["call.started", "call.transferred", "call.ended"]),
        ("+15005550102", "VOICEMAIL", "voicemail_left", vec!["call.started", "call.voicemail", "call.ended"]),
        (
            "+15005550102",
            "COMPLETED",
            "transferred",
            vec!["call.started", "call.voicemail", "call.transferred", "call.ended"],
        ),
        (
            "+15005550101",
            "VOICEMAIL",
            "voicemail_left",
            vec!["call.started", "call.transferred", "call.voicemail", "call.ended"],
        ),
    ] {
        let id = space.place(number).await;
        // Up to the moment at which it has been told as planned.
        in_time(async {
            while told(&space, &id).await.len() < 2 {
                space.advance("500ms").await;
            }
        })
        .await;
        assert_eq!(space.call(&id).await["status"], "IN_PROGRESS");
        force(&space, &id, json!({"status": status, "outcome": outcome})).await.data();
        assert_eq!(told(&space, &id).await, events, "{number} {status}");
    }
}

#[tokio::test]
async fn afterwards_the_call_goes_on_as_it_was_planned() {
    let (server, space) = space().await;
    let by_itself = server.as_workspace("b");
    for (number, ends) in
        [("+15005550103", "hung_up"), ("+15005550102", "voicemail_left"), ("+15005550104", "completed")]
    {
        let id = space.place(number).await;
        let answered = force(&space, &id, json!({"status": "IN_PROGRESS"})).await.data();
        assert_eq!(answered["startedAt"].as_str().unwrap(), space.now().await);
        let lines = plot(&space.advance("10m").await);
        assert!(!lines.contains(&"ringing".to_owned()) && !lines.contains(&"answered".to_owned()), "{lines:?}");
        let call = space.call(&id).await;
        assert_eq!(call["outcome"], ends, "{call}");
        assert!(!call["transcript"].as_array().unwrap().is_empty());
        let same = by_itself.place(number).await;
        by_itself.advance("10m").await;
        if number != "+15005550104" {
            let undisturbed = by_itself.call(&same).await;
            assert_eq!(call["durationSeconds"], undisturbed["durationSeconds"], "{number}");
            assert_eq!(call["transcript"], undisturbed["transcript"], "{number}");
        }
    }
    let id = space.place("+15005550104").await;
    force(&space, &id, json!({"status": "RINGING"})).await.data();
    assert_eq!(plot(&space.advance("1m").await), ["ended", "call.ended kept"]);
    assert_eq!(space.call(&id).await["outcome"], "no_answer");
}

#[tokio::test]
async fn nothing_is_due_any_more_of_a_call_that_was_made_to_end() {
    let (_server, space) = space().await;
    for standing in ["queued", "RINGING", "IN_PROGRESS"] {
        let id = call_that_is(&space, standing).await;
        force(&space, &id, json!({"status": "FAILED"})).await.data();
        assert_eq!(space.advance("1d").await["events"], json!([]), "{standing}");
        assert_eq!(space.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.status, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn a_call_that_comes_in_reaches_no_machine() {
    let (_server, space) = space().await;
    let id = space.receive().await;
    let refused = force(&space, &id, json!({"status": "VOICEMAIL"})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let ended = force(&space, &id, json!({"status": "COMPLETED", "outcome": "transferred"})).await.data();
    assert_eq!((&ended["endedAt"], &ended["durationSeconds"]), (&json!(START), &json!(0)));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let (_server, space) = space().await;
    let id = space.place("+15005550107").await;
    for (body, fields) in [
        (json!({}), vec!["status"]),
        (json!({"status": null}), vec!["status"]),
        (json!({"status": "ringing"}), vec!["status"]),
        (json!({"status": "QUEUED", "outcome": "lost"}), vec!["status", "outcome"]),
        (json!({"status": "FAILED", "outcome": 1}), vec!["outcome"]),
        (json!({"status": "FAILED", "reason": "busy"}), vec!["reason"]),
    ] {
        assert_eq!(force(&space, &id, body.clone()).await.fields(), fields, "{body}");
    }
    for unknown in ["call_1", "nonsense"] {
        let answer = force(&space, unknown, json!({"status": "FAILED"})).await;
        assert_eq!((answer.status, answer.error().contains(unknown)), (StatusCode::NOT_FOUND, true));
    }
    assert_eq!(told(&space, &id).await, [""; 0]);
}
