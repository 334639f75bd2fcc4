//! What receivers are told of a call, and when.

use std::time::Duration;

use serde_json::Value;

use crate::base::time::Timestamp;
use crate::calls::call::{Outcome, Status};
use crate::world::testing::*;
use crate::world::{Inbound, World};

/// What is told of a call of that scenario.
fn told(scenario: &str) -> Vec<Value> {
    let mut world = World::for_tests(1).with_receiver(&[]);
    let slot = world.call_somebody(scenario);
    world.let_end(slot);
    world.receive_all()
}

#[test]
fn each_scenario_tells_what_happened_in_order() {
    let conversation = ["call.started", "call.ended", "call.completed", "transcript.ready", "summary.ready"];
    for scenario in ["completed", "hung_up", "endless"] {
        assert_eq!(events(&told(scenario)), conversation, "{scenario}");
    }
    assert_eq!(
        events(&told("transferred")),
        ["call.started", "call.transferred", "call.ended", "call.completed", "transcript.ready", "summary.ready"]
    );
    assert_eq!(
        events(&told("voicemail")),
        ["call.started", "call.voicemail", "call.ended", "transcript.ready", "summary.ready"]
    );
    for scenario in ["no_answer", "ringing"] {
        assert_eq!(events(&told(scenario)), ["call.ended", "call.missed"], "{scenario}");
    }
    for scenario in ["busy", "failed"] {
        assert_eq!(events(&told(scenario)), ["call.ended", "call.failed"], "{scenario}");
    }
}

#[test]
fn a_call_that_breaks_after_the_answer_has_connected() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    let slot = world.call_somebody("endless");
    world.let_become(slot, Status::InProgress);
    let id = world.call(slot).id.to_string();
    world.force(&id, Status::Failed, None).unwrap();
    assert_eq!(world.call(slot).outcome, Some(Outcome::Failed));
    assert_eq!(events(&world.receive_all()), ["call.started", "call.ended", "transcript.ready", "summary.ready"]);
}

#[test]
fn what_is_not_known_yet_is_left_out() {
    let keys = |body: &Value| body["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let bodies = told("completed");
    let at_the_start = ["agentId", "callId", "campaignId", "direction", "fromNumber", "startedAt", "toNumber"];
    assert_eq!(keys(&bodies[0]), at_the_start);
    let mut at_the_end =
        [at_the_start.as_slice(), &["duration", "endedAt", "outcome", "sentiment", "summary"]].concat();
    at_the_end.push("transcript");
    at_the_end.sort_unstable();
    assert_eq!(keys(&bodies[1]), at_the_end);
}

#[test]
fn an_event_bears_the_instant_of_what_it_tells() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    let slot = world.call_somebody("transferred");
    world.let_end(slot);
    let call = world.call(slot).clone();
    let bodies = world.receive_all();
    let instant = |position: usize| at(bodies[position]["timestamp"].as_str().unwrap());
    assert_eq!(instant(0), call.answered_at.unwrap());
    let handover = call.ended_at.unwrap().since(instant(1));
    assert!(instant(1) > instant(0) && handover <= seconds(3) && !handover.is_zero(), "{handover:?}");
    assert_eq!(instant(2), call.ended_at.unwrap());
}

#[test]
fn a_failed_delivery_holds_back_only_the_events_of_its_own_call() {
    let mut world = World::for_tests(1).with_receiver(&[seconds(600)]);
    let [first, second] = [SOMEBODY, "+12125550002"].map(|to| world.try_call(to, Some("completed")).unwrap());
    world.let_become(first, Status::InProgress);
    world.let_become(second, Status::InProgress);
    for attempt in world.take_deliveries() {
        let id = body(&attempt)["data"]["callId"].clone();
        let status = if id == world.call(first).id.to_string() { 500 } else { 200 };
        world.delivery_answered(attempt.key, report(status));
    }
    let failed_at = world.now();
    world.let_end(first);
    world.let_end(second);
    let bodies = world.receive_all();
    assert!(bodies.iter().all(|body| body["data"]["callId"] == world.call(second).id.to_string()));
    assert_eq!(bodies.len(), 4);
    let again = failed_at + seconds(600);
    world.catch_up(again - Duration::from_millis(1));
    assert!(world.take_deliveries().is_empty());
    world.catch_up(again);
    assert_eq!(events(&world.receive_all())[..2], ["call.started", "call.ended"]);
}

#[test]
fn nothing_is_told_where_nobody_listens() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    world.let_end(slot);
    assert!(world.take_deliveries().is_empty());
    assert_eq!(world.step(Timestamp::MAX), None);
}

#[test]
fn what_falls_due_at_one_instant_does_not_depend_on_what_came_first() {
    let people: Vec<String> = (0..20).map(|number| format!("+1212555{number:04}")).collect();
    let seen = |people: &mut dyn Iterator<Item = &String>| {
        let mut world = World::for_tests(1).with_receiver(&[seconds(1)]);
        for person in people {
            let from = person.parse().ok();
            let call = Inbound { campaign_id: Some(CAMPAIGN), from, scenario: Some("endless"), to: None };
            world.receive(&call).unwrap();
        }
        for attempt in world.take_deliveries() {
            world.delivery_answered(attempt.key, report(500));
        }
        world.take_moments();
        // Their tries are made again at one instant, and they end at one.
        let mut told = Vec::new();
        while world.step(Timestamp::MAX).is_some() {
            told.extend(world.receive_all());
        }
        let listed = world.outbox().newest(usize::MAX, |_| true).into_iter().map(|delivery| format!("{delivery:?}"));
        let listed: Vec<String> = listed.collect();
        (told, world.take_moments(), listed)
    };
    let (told, moments, listed) = seen(&mut people.iter());
    assert_eq!(told.len(), 20 * 5);
    assert_eq!((told, moments, listed), seen(&mut people.iter().rev()));
}
