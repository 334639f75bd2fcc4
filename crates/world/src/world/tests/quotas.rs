//! Minutes, requests, and the answers that are remembered.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::account::idempotency::{Known, RequestDigest};
use crate::base::json::Object;
use crate::error::Error;
use crate::world::testing::*;
use crate::world::{Quotas, World};

fn with_minutes(minutes: u64, overage: bool) -> Quotas {
    Quotas { minutes_per_month: Some(minutes), overage, ..Quotas::default() }
}

/// Has a call of one begun minute.
fn talk(world: &mut World) {
    let slot = world.call_somebody("hung_up");
    world.let_end(slot);
    assert!((1..=60).contains(&world.call(slot).duration_seconds().unwrap()));
}

#[test]
fn calls_are_refused_once_the_minutes_of_the_month_are_used_up() {
    let mut world = World::for_tests(1).with_quotas(with_minutes(2, false));
    talk(&mut world);
    talk(&mut world);
    let now = world.now();
    let renewed_at = at("2026-12-01T00:00:00Z");
    let refusal = Error::MinutesUsedUp { usage: Some((2, 2)), at: now, renewed_at };
    assert_eq!(world.try_call(SOMEBODY, None), Err(refusal));
    world.catch_up(renewed_at - Duration::from_millis(1));
    assert!(world.try_call(SOMEBODY, None).is_err());
    world.catch_up(renewed_at);
    assert!(world.try_call(SOMEBODY, None).is_ok());
}

#[test]
fn with_overage_calls_go_on() {
    let mut world = World::for_tests(1).with_quotas(with_minutes(1, true));
    talk(&mut world);
    talk(&mut world);
    assert!(world.try_call(SOMEBODY, None).is_ok());
}

#[test]
fn calls_that_nobody_answers_cost_no_minutes_and_those_that_go_on_cost_none_yet() {
    let mut world = World::for_tests(1).with_quotas(with_minutes(1, false));
    for scenario in ["no_answer", "busy", "failed"] {
        let slot = world.call_somebody(scenario);
        world.let_end(slot);
    }
    let endless = world.call_somebody("endless");
    world.pass(seconds(600));
    assert!(world.try_call(SOMEBODY, None).is_ok());
    world.end_by_slot(endless).unwrap();
    assert!(world.try_call(SOMEBODY, None).is_err());
}

#[test]
fn minutes_count_in_the_month_in_which_the_call_ends() {
    let mut world = World::starting(1, at("2026-10-31T23:50:00Z")).with_quotas(with_minutes(1, false));
    let slot = world.call_somebody("endless");
    world.let_end(slot);
    assert_eq!(world.now().month_start(), at("2026-11-01T00:00:00Z"));
    assert!(world.try_call(SOMEBODY, None).is_err());
}

#[test]
fn past_calls_of_this_month_count_too() {
    let mut world = World::for_tests(1).with_past(50).with_quotas(with_minutes(1, false));
    assert!(world.try_call(SOMEBODY, None).is_err());
}

#[test]
fn minutes_count_in_a_world_that_starts_before_the_documented_call() {
    let mut world = World::starting(1, at("2026-01-05T12:00:00Z")).with_past(0).with_quotas(with_minutes(1, false));
    talk(&mut world);
    assert!(world.try_call(SOMEBODY, None).is_err(), "a minute has been used");
}

#[test]
fn requests_are_counted_for_each_client_only_where_there_is_a_limit() {
    let mut free = World::for_tests(1);
    assert!((0..1_000).all(|_| free.count_request("a").is_ok()) && !free.limits_requests());
    let mut limited = World::for_tests(1).with_quotas(Quotas { requests_per_minute: Some(2), ..Quotas::default() });
    assert!(limited.limits_requests());
    assert_eq!([(); 2].map(|()| limited.count_request("a")), [Ok(()), Ok(())]);
    limited.pass(seconds(20));
    assert_eq!(limited.count_request("a"), Err(seconds(40)));
    assert_eq!(limited.count_request("b"), Ok(()));
    limited.pass(seconds(40));
    assert_eq!(limited.count_request("a"), Ok(()));
}

#[test]
fn an_answer_is_remembered_for_a_day_on_the_worlds_clock() {
    let mut world = World::for_tests(1);
    let (key, request, answer) = (Uuid::from_u128(7), RequestDigest::of(&Object::new()), Bytes::from_static(b"first"));
    world.answers().remember(key, request, answer.clone(), start());
    world.pass(seconds(24 * 60 * 60) - Duration::from_millis(1));
    let now = world.now();
    assert_eq!(world.answers().look_up(key, &request, now), Known::Same(answer));
    world.pass(Duration::from_millis(1));
    let now = world.now();
    assert_eq!(world.answers().look_up(key, &request, now), Known::New);
}
