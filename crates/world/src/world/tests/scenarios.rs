//! What each scenario makes of a call.

use std::time::Duration;

use crate::calls::call::{Outcome, Status};
use crate::calls::facet::Filter;
use crate::directory::campaigns::CampaignChange;
use crate::error::Error;
use crate::world::testing::*;
use crate::world::{Placement, World};

/// Status and outcome of a call of that scenario once it has ended, and whether anything was said.
fn fate(scenario: &str) -> (Status, Outcome, bool) {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody(scenario);
    world.let_end(slot);
    let call = world.call(slot);
    (call.status, call.outcome.unwrap(), !world.lines(call).is_empty())
}

#[test]
fn every_scenario_ends_as_it_says() {
    assert_eq!(fate("completed"), (Status::Completed, Outcome::Completed, true));
    assert_eq!(fate("transferred"), (Status::Completed, Outcome::Transferred, true));
    assert_eq!(fate("voicemail"), (Status::Voicemail, Outcome::VoicemailLeft, true));
    assert_eq!(fate("hung_up"), (Status::Completed, Outcome::HungUp, true));
    assert_eq!(fate("no_answer"), (Status::Failed, Outcome::NoAnswer, false));
    assert_eq!(fate("busy"), (Status::Failed, Outcome::Busy, false));
    assert_eq!(fate("failed"), (Status::Failed, Outcome::Failed, false));
    assert_eq!(fate("endless"), (Status::Completed, Outcome::Completed, true));
    assert_eq!(fate("ringing"), (Status::Failed, Outcome::NoAnswer, false));
}

#[test]
fn a_placed_call_waits_half_a_second_to_two_before_it_rings() {
    for seed in 0..50 {
        let mut world = World::for_tests(seed);
        let slot = world.call_somebody("completed");
        assert_eq!(world.call(slot).started_at(), None);
        world.step(world.next_due().unwrap());
        let waited = world.call(slot).started_at().unwrap().since(start()).as_millis();
        assert!((500..=2_000).contains(&waited), "{waited} ms");
    }
}

#[test]
fn somebody_who_calls_is_answered_at_once() {
    let mut world = World::for_tests(1);
    let slot = world.somebody_calls("completed");
    let call = world.call(slot);
    assert_eq!((call.status, call.started_at(), call.answered_at), (Status::InProgress, Some(start()), Some(start())));
}

#[test]
fn an_endless_call_lasts_as_long_as_its_business_allows() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("endless");
    world.let_end(slot);
    assert_eq!(world.call(slot).duration_seconds(), Some(30 * 60));
    let lines = world.lines(world.call(slot));
    assert!(lines.last().is_some_and(|line| line.end > 29 * 60_000), "they talk to the end");
}

#[test]
fn a_call_that_is_ended_in_the_queue_never_rang() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    world.end_by_slot(slot).unwrap();
    let call = world.call(slot);
    assert_eq!((call.status, call.outcome), (Status::Failed, Some(Outcome::Canceled)));
    assert_eq!((call.started_at(), call.duration_seconds()), (None, Some(0)));
    assert_eq!(world.next_due(), None, "nothing is left to happen to it");
}

#[test]
fn a_call_that_is_ended_in_the_queue_is_listed_by_when_it_was_ended() {
    let mut world = World::for_tests(1);
    let canceled = world.call_somebody("completed");
    world.end_by_slot(canceled).unwrap();
    world.pass(Duration::from_millis(100));
    let later = world.somebody_calls("completed");
    let ids: Vec<_> = world.list(&Filter::default(), 0..2).1.iter().map(|call| call.id).collect();
    assert_eq!(ids, [world.call(later).id, world.call(canceled).id], "it would have rung after the other had begun");
}

#[test]
fn a_call_that_is_ended_while_it_rings_is_canceled_and_while_they_talk_is_hung_up() {
    for (status, ends_as, outcome) in
        [(Status::Ringing, Status::Failed, Outcome::Canceled), (Status::InProgress, Status::Completed, Outcome::HungUp)]
    {
        let mut world = World::for_tests(1);
        let slot = world.call_somebody("completed");
        world.step(world.next_due().unwrap());
        world.let_become(slot, status);
        world.pass(seconds(1));
        world.end_by_slot(slot).unwrap();
        assert_eq!((world.call(slot).status, world.call(slot).outcome), (ends_as, Some(outcome)));
        let id = world.call(slot).id.to_string();
        assert_eq!(world.end_call(&id), Err(Error::AlreadyEnded { id: id.clone(), status: ends_as }));
    }
}

#[test]
fn a_call_that_is_cut_short_is_filed_so() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    world.let_become(slot, Status::InProgress);
    world.pass(seconds(5));
    world.end_by_slot(slot).unwrap();
    let filing = world.story(world.call(slot)).filing();
    assert!(filing.summary.unwrap().to_string().ends_with("ended after 5 seconds, before all was said."));
    assert_eq!(filing.tags.as_ref(), ["cut-short"]);
}

#[test]
fn a_call_that_is_too_short_for_its_dialogue_begins_with_its_first_line_all_the_same() {
    let changes = [("scenarios.toml", "talk = \"25s..3m\"", "talk = \"2s\"")];
    for seed in 0..20 {
        let mut world = World::of_changed_fixtures(seed, &changes);
        let slot = world.call_somebody("completed");
        world.let_end(slot);
        let call = world.call(slot);
        assert_eq!((call.duration_seconds(), call.outcome), (Some(2), Some(Outcome::Completed)));
        let starts: Vec<u32> = world.lines(call).iter().map(|line| line.start).collect();
        assert_eq!(starts.first(), Some(&0), "{starts:?}");
        assert!(starts.iter().all(|start| *start < 2_000), "{starts:?}");
    }
}

#[test]
fn a_number_has_one_name_at_every_business_and_the_one_that_the_fixtures_give() {
    let mut world = World::for_tests(1).with_past(0);
    let slot = world.try_call("+15551234567", None).unwrap();
    let name = world.story(world.call(slot)).caller_name();
    assert_eq!(name.as_deref(), Some("Alice (existing contact)"));

    let mut name_at = |campaign: &str, number: &str| {
        let to = "+15551239999".parse().unwrap();
        let slot = world.place(&Placement { campaign_id: campaign, number_id: number, to, scenario: None }).unwrap();
        world.story(world.call(slot)).caller_name().unwrap().into_owned()
    };
    let first = name_at("cmp_xxx", "pn_xxx");
    assert_eq!(name_at("cmp_isarblick_guests", "pn_isarblick_guests"), format!("{first} (existing contact)"));
}

#[test]
fn the_request_goes_before_the_number_and_the_number_before_the_campaign() {
    const BUSY: &str = "+15005550105";
    let follow = |to: &str, asked_for: Option<&str>| {
        let mut world = World::for_tests(1);
        let change = CampaignChange { scenario: Some(Some("failed".to_owned())), ..CampaignChange::default() };
        world.change_campaign(CAMPAIGN, change).unwrap();
        let slot = world.try_call(to, asked_for).unwrap();
        world.let_end(slot);
        world.call(slot).outcome.unwrap()
    };
    assert_eq!(follow(SOMEBODY, None), Outcome::Failed);
    assert_eq!(follow(BUSY, None), Outcome::Busy);
    assert_eq!(follow(BUSY, Some("no_answer")), Outcome::NoAnswer);
}

#[test]
fn an_unknown_scenario_is_refused_with_those_that_there_are() {
    let refused = World::for_tests(1).try_call(SOMEBODY, Some("vanished")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Validation failed: X-Akol-Scenario is \"vanished\", must be completed, transferred, voicemail, hung_up, no_answer, busy, \
         failed, endless or ringing for an outbound call"
    );
}

#[test]
fn numbers_that_ask_for_a_fault_get_it_and_no_call_is_made() {
    for to in ["+15005550129", "+15005550150", "+15005550153"] {
        let mut world = World::for_tests(1);
        let refused = world.try_call(to, None);
        assert!(matches!(refused, Err(Error::Injected(_) | Error::MinutesUsedUp { usage: None, .. })), "{refused:?}");
        assert_eq!(world.call_store().len(), 0);
        assert!(world.try_call(to, Some("completed")).is_ok(), "a scenario that is asked for goes first");
    }
}

#[test]
fn who_calls_again_is_an_existing_contact_under_the_same_name() {
    let mut world = World::for_tests(1);
    let [first, second] = [world.call_somebody("completed"), world.somebody_calls("completed")];
    let name = |slot| world.story(world.call(slot)).caller_name().unwrap();
    assert!(!name(first).contains('('), "{}", name(first));
    assert_eq!(name(second), format!("{} (existing contact)", name(first)));
}

#[test]
fn a_number_that_does_not_fit_its_campaign_is_refused() {
    let mut world = World::for_tests(1);
    let mut place = |campaign_id, number_id| {
        world.place(&Placement { campaign_id, number_id, to: SOMEBODY.parse().unwrap(), scenario: None }).unwrap_err()
    };
    assert_eq!(place("cmp_nowhere", NUMBER), Error::not_found("campaign", "cmp_nowhere"));
    assert_eq!(place(CAMPAIGN, "pn_nowhere"), Error::not_found("phone number", "pn_nowhere"));
    assert_eq!(
        place(CAMPAIGN, "pn_bluespruce_main"),
        Error::invalid("fromPhoneNumberId", "is \"pn_bluespruce_main\", which belongs to another campaign")
    );
}

#[test]
fn what_becomes_of_a_call_does_not_depend_on_the_calls_of_others() {
    let facts = |world: &World, slot| format!("{:?}", world.call(slot));
    let mut alone = World::for_tests(1);
    let only = alone.try_call(SOMEBODY, None).unwrap();
    let mut busy = World::for_tests(1);
    for line in 10..30 {
        busy.try_call(&format!("+121255500{line}"), None).unwrap();
    }
    let among_others = busy.try_call(SOMEBODY, None).unwrap();
    assert_eq!(facts(&alone, only), facts(&busy, among_others));
}

#[test]
fn a_business_that_allows_little_time_gets_short_calls() {
    for seed in 0..30 {
        let mut world = World::of_changed_fixtures(
            seed,
            &[
                ("businesses/documentation.toml", "maxCallDurationMinutes = 30", "maxCallDurationMinutes = 1"),
                ("scenarios.toml", "talk = \"25s..3m\"", "talk = \"90s..3m\""),
            ],
        );
        let slot = world.call_somebody("completed");
        world.let_end(slot);
        let call = world.call(slot);
        assert_eq!((call.duration_seconds(), call.outcome), (Some(60), Some(Outcome::Completed)));
        let lines = world.lines(call);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.end < 60_000), "{lines:?}");
    }
}
