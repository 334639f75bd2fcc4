//! The past that a world starts with is one that could have been.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::*;
use crate::base::time::Timestamp;
use crate::calls::call::{Call, Outcome, Speaker, Status};
use crate::content::person::Person;
use crate::world::World;
use crate::world::testing::*;

const SEEDS: [u64; 3] = [1, 42, 977];

fn world(seed: u64, calls: u32) -> World {
    World::for_tests(seed).with_past(calls)
}

/// The drawn calls of a world, without those that the fixtures give word for word, oldest first.
fn drawn(world: &World) -> Vec<&Call> {
    let is_drawn = |call: &&Call| !matches!(call.plan.script, Script::Verbatim(_));
    let mut calls: Vec<&Call> = world.call_store().iter().filter(is_drawn).collect();
    calls.sort_by_key(|call| call.rings_at);
    calls
}

/// Everything that can be seen of a world's calls, as text.
fn rendered(world: &World) -> String {
    let show = |call: &Call| {
        let (story, filing) = (world.story(call), world.story(call).filing());
        let (name, summary) = (story.caller_name(), filing.summary.map(|summary| summary.to_string()));
        let (numbers, lines) = (world.numbers(call), world.lines(call));
        format!("{call:?} {numbers:?} {name:?} {summary:?} {:?} {lines:?}\n", filing.tags)
    };
    world.call_store().iter().map(show).collect()
}

#[test]
fn there_are_as_many_past_calls_as_were_asked_for_and_the_documented_one() {
    for calls in [0, 1, 200] {
        let world = world(42, calls);
        assert_eq!(drawn(&world).len(), calls as usize);
        assert_eq!(world.call_store().len(), calls as usize + 1);
        assert_eq!(world.find_call("call_xxx").unwrap().duration_seconds(), Some(88));
    }
}

#[test]
fn the_past_is_over_and_goes_back_thirty_days() {
    for seed in SEEDS {
        let world = world(seed, 500);
        let calls = drawn(&world);
        assert!(calls.iter().all(|call| call.ended_at.is_some_and(|ended| ended < start())));
        assert!(calls.iter().all(|call| call.rings_at >= start() - DAY * DAYS - seconds(3_600)));
        let days: BTreeSet<_> = calls.iter().map(|call| call.rings_at.date()).collect();
        assert!(days.len() > 28, "calls on {} days", days.len());
        assert_eq!(world.next_due(), None, "nothing is left to happen to them");
    }
}

#[test]
fn people_call_and_are_called_in_business_hours() {
    for seed in SEEDS {
        let world = world(seed, 1_000);
        for call in drawn(&world) {
            let business = world.fixtures().directory.business_of(call.campaign);
            // What would not be over by the start was moved to just before it.
            let was_moved = call.ended_at.unwrap() + seconds(1) == start();
            assert!(is_open(business, call.rings_at) || was_moved, "{} at {}", business.id, call.rings_at);
        }
    }
}

/// Whether a business is open, read off its local calendar.
fn is_open(business: &Business, at: Timestamp) -> bool {
    let local = Timestamp::from_millis(at.as_millis() + i64::from(business.utc_offset) * 60_000).civil();
    let (day, minutes) =
        (local.weekday().to_monday_zero_offset() as usize, local.hour() as u32 * 60 + local.minute() as u32);
    business.hours.iter().any(|hours| hours.days[day] && (hours.from..hours.to).contains(&minutes))
}

#[test]
fn the_calendar_that_counts_is_the_businesss_own() {
    let fixtures = fixtures();
    let mut business = fixtures.directory.businesses[0].clone();
    business.hours.truncate(1);
    (business.hours[0].days, business.hours[0].from, business.hours[0].to) = ([true; 7], 9 * 60, 17 * 60);
    for (utc_offset, ends, last_opened) in [
        // 11:00 on Saturday in Auckland, where it is still Friday in London.
        (13 * 60, "2026-11-20T22:00:00Z", "2026-11-20T20:00:00Z"),
        // 20:00 on Thursday in Honolulu, where it is already Friday in London.
        (-10 * 60, "2026-11-20T06:00:00Z", "2026-11-19T19:00:00Z"),
    ] {
        business.utc_offset = utc_offset;
        let opening = opening(&business, at(ends)).stretches;
        assert_eq!(opening.last().unwrap().0, at(last_opened));
        let hours = opening.iter().map(|(_, length)| length.as_secs()).sum::<u64>() / 3_600;
        assert_eq!(hours, 30 * 8, "thirty times around the clock");
    }
}

#[test]
fn mornings_and_afternoons_are_busier_than_noon() {
    let mut eighths = [0_u32; 8];
    let (opening, fixtures) = (seconds(8 * 3_600), fixtures());
    let past = Past::before(start(), &fixtures, 0, Seed::new(1));
    let mut stream = Seed::new(1).stream();
    for _ in 0..8_000 {
        eighths[(past.moment(opening, &mut stream).as_secs() / 3_600) as usize] += 1;
    }
    assert!(eighths[2] > eighths[4] && eighths[6] > eighths[4], "{eighths:?}");
    assert!(eighths.iter().all(|calls| *calls > 300), "{eighths:?}");
}

#[test]
fn who_had_a_call_before_is_an_existing_contact_and_nobody_else() {
    for seed in SEEDS {
        let world = world(seed, 1_000);
        let mut known = HashSet::new();
        let calls = drawn(&world);
        for call in &calls {
            let name = world.story(call).caller_name().unwrap();
            let is_known = !known.insert(call.person);
            assert_eq!(name.ends_with(" (existing contact)"), is_known, "{name} at {}", call.rings_at);
        }
        let returning = calls.iter().filter(|call| call.returning).count();
        assert!((300..600).contains(&returning), "{returning} of 1000");
    }
}

#[test]
fn who_had_a_call_in_the_past_is_recognised_later() {
    let mut world = world(42, 100);
    let person = drawn(&world)[0].person.to_string();
    let slot = world.try_call(&person, Some("completed")).unwrap();
    assert!(world.call(slot).returning);
}

#[test]
fn statuses_outcomes_and_sentiments_belong_together() {
    for seed in SEEDS {
        let world = world(seed, 1_000);
        for call in drawn(&world) {
            let was_answered = call.answered_at.is_some();
            let status = match call.outcome.unwrap() {
                Outcome::Completed | Outcome::Transferred | Outcome::HungUp => Status::Completed,
                Outcome::VoicemailLeft => Status::Voicemail,
                Outcome::NoAnswer | Outcome::Busy | Outcome::Failed | Outcome::Canceled => Status::Failed,
            };
            assert_eq!((call.status, was_answered), (status, status != Status::Failed), "{call:?}");
            assert_eq!(call.sentiment.is_some(), was_answered);
            assert_eq!(world.lines(call).is_empty(), !was_answered, "{call:?}");
            assert!(status != Status::Voicemail || call.direction == Direction::Outbound);
            assert!(call.connected(start()) <= world.fixtures().directory.business_of(call.campaign).max_call_duration);
        }
    }
}

#[test]
fn every_outcome_that_can_be_drawn_occurs_about_as_often_as_it_should() {
    let world = world(42, 2_000);
    for direction in Direction::ALL {
        let calls: Vec<_> = drawn(&world).into_iter().filter(|call| call.direction == *direction).collect();
        let scenarios = &world.fixtures().scenarios;
        let weights = scenarios.iter().map(|scenario| scenario.weight(*direction) as usize).sum::<usize>();
        let mut expected = BTreeMap::<Outcome, usize>::new();
        for scenario in scenarios.iter().filter(|scenario| scenario.weight(*direction) > 0) {
            *expected.entry(scenario.ends).or_default() += scenario.weight(*direction) as usize * calls.len() / weights;
        }
        for (outcome, expected) in expected {
            let found = calls.iter().filter(|call| call.outcome == Some(outcome)).count();
            assert!((expected / 2..=expected * 2).contains(&found), "{direction} {outcome}: {found} for {expected}");
        }
    }
}

#[test]
fn campaigns_have_calls_if_they_have_a_share() {
    let world = world(42, 2_000);
    for (position, campaign) in (0..).zip(&world.fixtures().directory.campaigns) {
        let calls = drawn(&world).iter().filter(|call| call.campaign == CampaignIndex(position)).count();
        let share = campaign.share * world.fixtures().directory.business(campaign.business).share;
        assert_eq!(calls > 0, share > 0, "{} has {calls}", campaign.id);
    }
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let [one, same, other] = [42, 42, 43].map(|seed| rendered(&world(seed, 150)));
    assert!(one == same);
    let of_one: HashSet<&str> = one.lines().collect();
    let shared = other.lines().filter(|line| of_one.contains(line)).count();
    assert_eq!(shared, 1, "only the documented call is the same");
}

#[test]
fn people_have_first_and_last_names_and_numbers_of_their_businesss_pattern() {
    let world = world(42, 500);
    let directory = &world.fixtures().directory;
    let mut names = HashSet::new();
    for call in drawn(&world) {
        let business = directory.business_of(call.campaign);
        let person = Person::of(call.person, Seed::new(42));
        assert!(person.full.starts_with(&person.first) && person.full.len() > person.first.len() + 1);
        assert!(world.story(call).caller_name().unwrap().starts_with(&person.full));
        let number = call.person.to_string();
        let fits = |(digit, form): (char, char)| match form {
            '#' => digit.is_ascii_digit(),
            '^' => ('1'..='9').contains(&digit),
            other => digit == other,
        };
        assert!(number.len() == business.callers.len() && number.chars().zip(business.callers.chars()).all(fits));
        names.insert(person.full);
    }
    assert!(names.len() > 250, "{} names", names.len());
}

#[test]
fn everybody_speaks_at_about_a_hundred_and_fifty_words_a_minute() {
    let world = world(42, 1_000);
    let (mut words, mut millis) = (0, 0);
    for call in drawn(&world).into_iter().filter(|call| call.plan.is_whole) {
        for line in world.lines(call) {
            let of_line = line.text.split_whitespace().count() as u64;
            let took = u64::from(line.end - line.start);
            words += of_line;
            millis += took;
            let pace = of_line * 60_000 / took;
            assert!((140..=205).contains(&pace), "{pace} words a minute: {line:?}");
        }
    }
    let pace = words * 60_000 / millis;
    assert!((147..=156).contains(&pace), "{pace} words a minute");
}

#[test]
fn both_sides_speak_and_the_agent_begins() {
    let world = world(42, 500);
    for call in drawn(&world).into_iter().filter(|call| call.outcome == Some(Outcome::Completed)) {
        let lines = world.lines(call);
        assert_eq!((lines[0].speaker, lines[0].start), (Speaker::Agent, 0), "{lines:?}");
        assert!(lines.iter().any(|line| line.speaker == Speaker::Caller), "{lines:?}");
        assert!(!lines.iter().any(|line| line.text.contains(['{', '}'])), "{lines:?}");
    }
}
