//! Settings that change while the world lives.

use crate::account::settings::{WeightChange, Weights};
use crate::calls::call::{Direction, Outcome};
use crate::error::Error;
use crate::world::testing::*;
use crate::world::{Inbound, World};

fn position(scenario: &str) -> usize {
    fixtures().scenarios.iter().position(|known| known.name == scenario).unwrap()
}

fn change(scenario: &str, direction: Direction, weight: Option<u32>) -> WeightChange {
    WeightChange { scenario: position(scenario), direction, weight }
}

/// Changes that leave one scenario for calls of that direction.
fn only(scenario: &str, direction: Direction) -> Vec<WeightChange> {
    let weight = |position_of: usize| Some(u32::from(position_of == position(scenario)));
    let all = 0..fixtures().scenarios.len();
    all.map(|scenario| WeightChange { scenario, direction, weight: weight(scenario) }).collect()
}

fn set_weights(world: &mut World, changes: &[WeightChange]) -> Result<(), Error> {
    let mut settings = world.settings().clone();
    settings.weights = settings.weights.changed(changes, &fixtures().scenarios)?;
    world.change_settings(settings);
    Ok(())
}

/// The outcomes of a call to each of a few numbers, once they have ended.
fn outcomes(world: &mut World) -> Vec<Outcome> {
    let slots: Vec<_> = (0..20).map(|n| world.try_call(&format!("+1212555{n:04}"), None).unwrap()).collect();
    let ended = |slot| {
        world.let_end(slot);
        world.call(slot).outcome.unwrap()
    };
    slots.into_iter().map(ended).collect()
}

#[test]
fn a_scenario_is_drawn_by_its_present_weight() {
    let mut world = World::for_tests(1);
    set_weights(&mut world, &only("busy", Direction::Outbound)).unwrap();
    assert!(outcomes(&mut world).iter().all(|outcome| *outcome == Outcome::Busy));
}

#[test]
fn weights_of_the_other_direction_stay() {
    let mut world = World::for_tests(1);
    let before = world.settings().weights.for_calls(Direction::Outbound).to_vec();
    set_weights(&mut world, &only("hung_up", Direction::Inbound)).unwrap();
    assert_eq!(world.settings().weights.for_calls(Direction::Outbound), before);
    for _ in 0..10 {
        let slot = world.receive(&Inbound { campaign_id: Some(CAMPAIGN), ..Inbound::default() }).unwrap();
        world.let_end(slot);
        assert_eq!(world.call(slot).outcome, Some(Outcome::HungUp));
    }
}

#[test]
fn the_fixtures_own_weights_draw_what_they_drew_before() {
    let undisturbed = outcomes(&mut World::for_tests(1));
    let mut world = World::for_tests(1);
    set_weights(&mut world, &only("busy", Direction::Outbound)).unwrap();
    let back: Vec<_> =
        only("busy", Direction::Outbound).into_iter().map(|change| WeightChange { weight: None, ..change }).collect();
    set_weights(&mut world, &back).unwrap();
    assert_eq!(world.settings().weights, Weights::of(&fixtures().scenarios));
    assert_eq!(outcomes(&mut world), undisturbed);
}

#[test]
fn weights_that_leave_nothing_to_draw_are_refused() {
    let mut world = World::for_tests(1);
    let mut nothing = only("busy", Direction::Outbound);
    nothing.push(change("busy", Direction::Outbound, Some(0)));
    let refused = set_weights(&mut world, &nothing).unwrap_err().to_string();
    assert!(refused.contains("scenarioWeights leaves no scenario") && refused.contains("outbound"), "{refused}");
    assert_eq!(world.settings().weights, Weights::of(&fixtures().scenarios));
}

#[test]
fn a_machine_that_answers_is_never_called_from() {
    let mut world = World::for_tests(1);
    let refused = set_weights(&mut world, &[change("voicemail", Direction::Inbound, Some(1))]).unwrap_err().to_string();
    assert!(refused.contains("scenarioWeights.voicemail.inbound must be 0"), "{refused}");
    set_weights(&mut world, &[change("voicemail", Direction::Inbound, Some(0))]).unwrap();
    set_weights(&mut world, &[change("voicemail", Direction::Inbound, None)]).unwrap();
}

#[test]
fn a_new_limit_counts_from_the_next_request_on() {
    let mut world = World::for_tests(1);
    let limit = |world: &mut World, requests| {
        let mut settings = world.settings().clone();
        settings.quotas.requests_per_minute = requests;
        world.change_settings(settings);
    };
    assert!(!world.limits_requests());
    limit(&mut world, Some(2));
    assert_eq!(world.count_request("a"), Ok(()));
    assert_eq!(world.count_request("a"), Ok(()));
    assert_eq!(world.count_request("a"), Err(seconds(60)));
    limit(&mut world, Some(3));
    assert_eq!(world.count_request("a"), Ok(()));
    assert_eq!(world.count_request("a"), Err(seconds(60)));
    limit(&mut world, None);
    assert_eq!(world.count_request("a"), Ok(()));
}
