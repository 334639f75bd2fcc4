//! Advancing a clock: everything that happens on the way is in the answer, in order, with what receivers do meanwhile.

use std::sync::Arc;

use crate::support::receiver::{Delivery, Reaction, Receiver, events};
use crate::support::space::{Space, plot, story};
use crate::support::{START, Server, in_time, settings};
use akol_mock::{ClockMode, Settings, Speed, Webhooks};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;

const ADVANCE: &str = "/__admin/clock/advance";

/// A receiver that answers with 200 when it is let, and what lets it.
async fn gated() -> (Receiver, watch::Sender<bool>) {
    let (open, gate) = watch::channel(false);
    let receiver = Receiver::start().await;
    receiver.answer_with(move |_| {
        let mut gate = gate.clone();
        async move {
            let _ = gate.wait_for(|open| *open).await;
            Reaction::Status(200)
        }
    });
    (receiver, open)
}

/// A server whose workspace `a` tells a receiver of the start and the end of calls.
async fn told(receiver: &Receiver) -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    space.subscribe(&receiver.url, &["call.started", "call.ended"]).await;
    (server, space)
}

fn is_sorted(events: &Value) -> bool {
    events.as_array().unwrap().is_sorted_by_key(|event| event["at"].as_str().unwrap())
}

#[tokio::test]
async fn two_minutes_tell_every_step_and_every_try_with_its_status_and_the_next() {
    let receiver = Receiver::scripted([Reaction::Status(500), Reaction::Status(500)]).await;
    let (_server, space) = told(&receiver).await;
    let id = space.place("+15005550103").await;
    let advance = space.advance("PT2M").await;
    assert_eq!((&advance["from"], &advance["to"]), (&json!(START), &json!("2026-11-22T12:02:00.000Z")));
    let call = space.call(&id).await;
    let time = |key: &str| call[key].as_str().unwrap()[11..23].to_owned();
    let lines = story(&advance);
    let answered = advance["events"][1]["at"].as_str().unwrap();
    let at = |seconds: u64| {
        let answered: akol_mock::Timestamp = answered.parse().unwrap();
        (answered + std::time::Duration::from_secs(seconds)).to_string()[11..23].to_owned()
    };
    let mut expected = [
        format!("{} ringing", time("startedAt")),
        format!("{} answered", at(0)),
        format!("{} call.started 500 next {}", at(0), at(1)),
        format!("{} call.started 500 next {}", at(1), at(6)),
        format!("{} call.started 200", at(6)),
        format!("{} ended", time("endedAt")),
        format!("{} call.ended 200", time("endedAt")),
    ];
    // Who hangs up may do so before the retries are over; then the end is told after the start has been.
    expected.sort_by_key(|line| line[..12].to_owned());
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    assert!(is_sorted(&advance["events"]), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("call.started")).count(), 3);
    assert_eq!(lines.last().unwrap().split(' ').skip(1).collect::<Vec<_>>(), ["call.ended", "200"]);
    assert_eq!(events(&receiver.deliveries()), ["call.started", "call.started", "call.started", "call.ended"]);
    assert!(lines.contains(&expected[0]) && lines.contains(&expected[2]), "{lines:?}");
    assert!(advance["events"].as_array().unwrap().iter().all(|event| event["callId"] == json!(id)));
}

#[tokio::test]
async fn what_a_receiver_does_before_it_answers_takes_part() {
    let receiver = Receiver::start().await;
    let (_server, space) = told(&receiver).await;
    let caller = space.clone();
    receiver.answer_with(move |delivery: Delivery| {
        let space = caller.clone();
        async move {
            let data = delivery.json()["data"].clone();
            if delivery.event() == "call.ended" && data["toNumber"] == "+15005550105" {
                return Reaction::Status(200);
            }
            match delivery.event().as_str() {
                // The first call is ended as soon as it is answered; and then the next number is tried.
                "call.started" => space.end(data["callId"].as_str().unwrap()).await,
                _ => drop(space.place("+15005550105").await),
            }
            Reaction::Status(200)
        }
    });
    space.place("+15005550107").await;
    let advance = space.advance("2m").await;
    let expected = [
        "ringing",
        "answered",
        "ended",
        "call.started 200",
        "queued",
        "call.ended 200",
        "ringing",
        "ended",
        "call.ended 200",
    ];
    assert_eq!(plot(&advance), expected);
    let lines = story(&advance);
    assert_eq!(lines[1][..12], lines[5][..12], "time stands still while a receiver is busy");
    assert!(lines[5][..12] < lines[6][..12]);
}

#[tokio::test]
async fn a_month_with_a_thousand_calls_is_told_from_first_to_last() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    for _ in 0..10 {
        futures(100, || async { drop(space.place("+15005550105").await) }).await;
    }
    let advance = in_time(space.advance("31d")).await;
    let lines = plot(&advance);
    for (what, count) in [("ringing", 1_000), ("ended", 1_000), ("call.ended kept", 1_000), ("answered", 0)] {
        assert_eq!(lines.iter().filter(|line| *line == what).count(), count, "{what}");
    }
    assert!(is_sorted(&advance["events"]));
    assert_eq!(space.now().await, "2026-12-23T12:00:00.000Z");
}

/// Does the same several times at once.
async fn futures<F: Future<Output = ()>>(count: usize, make: impl Fn() -> F) {
    let mut all: Vec<_> = (0..count).map(|_| Box::pin(make())).collect();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test]
async fn who_waits_for_a_receiver_holds_up_no_other_workspace() {
    let (receiver, open) = gated().await;
    let (server, space) = told(&receiver).await;
    space.place("+15005550107").await;
    let other = server.as_workspace("b");
    let advancing = tokio::spawn(async move { space.advance("1h").await });
    receiver.wait_for(1).await;
    other.place("+15005550105").await;
    assert_eq!(plot(&other.advance("1m").await), ["ringing", "ended", "call.ended kept"]);
    other.reset().await;
    assert!(!advancing.is_finished());
    open.send(true).unwrap();
    let advance = in_time(advancing).await.unwrap();
    assert_eq!(plot(&advance)[..3], ["ringing", "answered", "call.started 200"]);
}

#[tokio::test]
async fn time_stands_still_until_the_receiver_has_answered() {
    let (receiver, open) = gated().await;
    let (_server, space) = told(&receiver).await;
    let id = space.place("+15005550103").await;
    let (watcher, now) = (space.clone(), space.now().await);
    let advancing = tokio::spawn(async move { space.advance("1h").await });
    let told = receiver.wait_for(1).await[0].json();
    let shown = watcher.now().await;
    assert_eq!(shown, told["timestamp"]);
    assert!(shown > now);
    assert_eq!(watcher.call(&id).await["status"], "IN_PROGRESS");
    assert_eq!(watcher.now().await, shown);
    let second = watcher.post(ADVANCE, json!({"by": "1s"})).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.error().contains("Another advance"), "{}", second.error());
    let clock = watcher.get("/__admin/clock").await.data();
    for setting in [
        json!({"now": "2027-01-01T00:00:00Z"}),
        json!({"mode": "real"}),
        json!({"mode": "manual"}),
        json!({"speed": 5}),
        json!({"mode": "real", "speed": 5, "now": "2027-01-01T00:00:00Z"}),
        json!({}),
    ] {
        let set = watcher.send_json(hyper::Method::PUT, "/__admin/clock", setting.clone()).await;
        assert_eq!(set.status, StatusCode::CONFLICT, "{setting}");
        assert!(set.error().contains("Another advance"), "{}", set.error());
    }
    assert_eq!(watcher.get("/__admin/clock").await.data(), clock);
    open.send(true).unwrap();
    in_time(advancing).await.unwrap();
    assert_eq!(watcher.now().await, "2026-11-22T13:00:00.000Z");
    watcher.advance("1s").await;
}

#[tokio::test]
async fn what_was_sent_before_is_waited_for_and_not_told() {
    let (receiver, open) = gated().await;
    let (_server, space) = told(&receiver).await;
    let id = space.receive().await;
    receiver.wait_for(1).await;
    let watcher = space.clone();
    let advancing = tokio::spawn(async move {
        loop {
            let answer = space.post(ADVANCE, json!({"by": "1s"})).await;
            if answer.status == StatusCode::OK {
                return answer.data();
            }
        }
    });
    // The past is refused for being the past, unless an advance is under way.
    let past = json!({"to": "2026-11-22T00:00:00Z"});
    in_time(async { while watcher.post(ADVANCE, past.clone()).await.status != StatusCode::CONFLICT {} }).await;
    open.send(true).unwrap();
    assert_eq!(in_time(advancing).await.unwrap()["events"], json!([]));
    let delivery = watcher.list("/__admin/webhooks/deliveries").await.remove(0);
    assert_eq!((&delivery["callId"], &delivery["state"]), (&json!(id), &json!("received")));
}

#[tokio::test]
async fn retries_of_one_instant_go_in_the_order_of_the_events_whoever_answered_first() {
    let mut stories = Vec::new();
    for is_first_slow in [true, false] {
        let receiver = Receiver::start().await;
        let (_server, space) = told(&receiver).await;
        let (answered, order) = watch::channel(0_usize);
        let (first, answered) = (Arc::new(std::sync::OnceLock::new()), Arc::new(answered));
        let known = Arc::clone(&first);
        receiver.answer_with(move |delivery: Delivery| {
            let (mut order, answered) = (order.clone(), Arc::clone(&answered));
            let id = delivery.json()["data"]["callId"].as_str().unwrap().to_owned();
            let is_first = *known.get_or_init(|| id.clone()) == id;
            async move {
                if is_first == is_first_slow {
                    let _ = order.wait_for(|answered| *answered > 0).await;
                }
                answered.send_modify(|answered| *answered += 1);
                Reaction::Status(500)
            }
        });
        // Both are told at the same instant, outside any advance.
        let one = space.receive().await;
        first.get_or_init(|| one.clone());
        let other = space.receive().await;
        for id in [&one, &other] {
            space.wait_for_delivery(json!({"callId": id, "state": "retrying"})).await;
        }
        let advance = space.advance("1s").await;
        let ids: Vec<_> = advance["events"].as_array().unwrap().iter().map(|event| event["callId"].clone()).collect();
        assert_eq!(ids, [json!(one), json!(other)]);
        stories.push(story(&advance));
    }
    assert_eq!(stories[0], stories[1]);
}

#[tokio::test]
async fn answers_that_come_as_an_advance_begins_are_never_lost() {
    let receiver = Receiver::start().await;
    let (_server, space) = told(&receiver).await;
    for round in 0..40 {
        // Their deliveries are under way while the advance begins.
        let calls = [space.receive().await, space.receive().await, space.receive().await];
        in_time(space.advance("1s")).await;
        for id in &calls {
            space.end(id).await;
        }
        let advance = in_time(space.advance("1s")).await;
        assert_eq!(advance["events"], json!([]), "round {round}");
    }
    let deliveries = space.list("/__admin/webhooks/deliveries?state=received").await;
    assert_eq!(deliveries.len(), 40 * 6);
}

#[tokio::test]
async fn a_clock_that_runs_is_held_for_the_way_and_runs_on_from_there() {
    let server =
        Server::as_set(Settings { clock: ClockMode::Real, start_time: START.parse().ok(), ..settings() }).await;
    let space = server.as_workspace("a");
    space.place("+15005550105").await;
    let advance = space.advance("90d").await;
    assert_eq!(plot(&advance), ["ringing", "ended", "call.ended kept"]);
    let clock = space.get("/__admin/clock").await.data();
    assert_eq!((&clock["mode"], &clock["speed"]), (&json!("real"), &json!(1)));
    assert!(clock["now"].as_str() >= advance["to"].as_str(), "{clock} {advance}");
}

#[tokio::test]
async fn at_any_speed_everything_happens_at_its_own_instant() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() };
    let start_time = START.parse().ok();
    let fast = Settings { clock: ClockMode::Real, speed: Speed::MAX, webhooks, start_time, ..settings() };
    let server = Server::as_set(fast).await;
    let space = server.as_workspace("a");
    let id = space.place("+15005550102").await;
    let told = space.wait_for_delivery(json!({"event": "call.ended", "state": "received"})).await.remove(0);
    let call = space.call(&id).await;
    assert_eq!((&call["status"], &told["createdAt"]), (&json!("VOICEMAIL"), &call["endedAt"]));
    let seconds = |at: &str| call[at].as_str().unwrap().parse::<akol_mock::Timestamp>().unwrap();
    assert!(seconds("endedAt").since(seconds("startedAt")).as_secs() < 120, "{call}");
}

#[tokio::test]
async fn an_advance_that_makes_no_sense_is_refused_and_moves_nothing() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    for (body, fields, said) in [
        (json!({}), vec!["by"], "one of the two"),
        (json!({"by": null, "to": null}), vec!["by"], "one of the two"),
        (json!({"by": "1s", "to": "2027-01-01T00:00:00Z"}), vec!["by"], "one of the two"),
        (json!({"by": 120}), vec!["by"], "is 120"),
        (json!({"by": "-1s"}), vec!["by"], "up to 365000d"),
        (json!({"by": "1mo"}), vec!["by"], "36h"),
        (json!({"by": "365001d"}), vec!["by"], "up to 365000d"),
        (json!({"to": "yesterday"}), vec!["to"], "ISO-8601"),
        (json!({"to": "9999-01-01T00:00:00Z"}), vec!["to"], "1970 to 9998"),
        (json!({"to": "2026-11-22T11:59:59.999Z"}), vec!["to"], "only by a reset"),
        (json!({"By": "1s"}), vec!["By", "by"], "is unknown"),
        (json!({"by": "soon", "speed": 2}), vec!["speed", "by"], "is unknown"),
    ] {
        let answer = space.post(ADVANCE, body.clone()).await;
        assert_eq!(answer.fields(), fields, "{body}");
        assert!(answer.error().contains(said), "{body}: {}", answer.error());
    }
    assert_eq!(space.post(ADVANCE, json!(["1s"])).await.fields(), ["body"]);
    assert_eq!(space.now().await, START);
    assert_eq!(space.advance("0s").await, json!({"from": START, "to": START, "events": []}));
}

#[tokio::test]
async fn an_advance_ends_though_each_delivery_causes_another() {
    let receiver = Receiver::start().await;
    let (_server, space) = told(&receiver).await;
    let caller = space.clone();
    receiver.answer_with(move |_| {
        let space = caller.clone();
        async move {
            space.post("/__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_xxx"})).await.data();
            Reaction::Status(200)
        }
    });
    space.place("+15005550107").await;
    let advance = in_time(space.advance("1h")).await;
    let lines = plot(&advance);
    assert_eq!(lines[..3], ["ringing", "answered", "call.started 200"]);
    // What it causes, and what comes of that a few times over; and then it leaves the receiver to itself.
    let reactions = lines.iter().filter(|line| *line == "call.ended 200").count();
    assert!(reactions >= 3, "{lines:?}");
}

#[tokio::test]
async fn an_advance_ends_though_each_call_causes_two_others() {
    let receiver = Receiver::start().await;
    let (_server, space) = told(&receiver).await;
    let caller = space.clone();
    receiver.answer_with(move |_| {
        let space = caller.clone();
        async move {
            space.place("+15005550105").await;
            space.place("+15005550105").await;
            Reaction::Status(200)
        }
    });
    space.place("+15005550105").await;
    // Each is over within seconds: in ten minutes there would be more calls than memory could hold.
    let advance = in_time(space.advance("10m")).await;
    let delivered = plot(&advance).iter().filter(|line| *line == "call.ended 200").count();
    assert!((1_000..10_000).contains(&delivered), "{delivered}");
}

#[tokio::test]
async fn an_advance_waits_for_what_it_causes_and_not_for_what_many_others_do() {
    let receiver = Receiver::start().await;
    let hanging = Receiver::always(Reaction::Hang).await;
    let (_server, space) = told(&receiver).await;
    space.subscribe(&hanging.url, &["call.voicemail"]).await;
    let ids: Vec<Value> = space.list("/api/v1/calls?limit=100").await.iter().map(|call| call["id"].clone()).collect();
    assert_eq!(ids.len(), 100);
    let (caller, ids) = (space.clone(), Arc::new(ids));
    receiver.answer_with(move |_| {
        let (space, ids) = (caller.clone(), Arc::clone(&ids));
        async move {
            for id in &*ids {
                let wanted = json!({"event": "call.voicemail", "callId": id});
                space.post("/__admin/webhooks/trigger", wanted).await.data();
            }
            Reaction::Status(200)
        }
    });
    space.place("+15005550103").await;
    let advance = in_time(space.advance("10m")).await;
    assert_eq!(plot(&advance), ["ringing", "answered", "call.started 200", "ended", "call.ended 200"]);
    assert!(advance["events"].as_array().unwrap().iter().all(|event| event["event"] != "call.voicemail"));
}
