//! One call of each scenario, from its placing to its end: each state that can be seen, the call as the API shows it, and the
//! webhooks that tell of it. Compared byte for byte with `tests/golden/`.

use std::fs;
use std::path::{Path, PathBuf};

use akol_mock_world::calls::store::Slot;
use akol_mock_world::world::testing::{body, fixtures, report, seconds};

use super::*;

/// Set to anything, it has the files written anew instead of compared.
const REGENERATE: &str = "REGENERATE_GOLDEN_FILES";

/// When an endless call is ended over the API, in seconds after it was placed.
const PATIENCE: u64 = 60;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Golden<'a> {
    /// What could be seen after each thing that happened.
    states: Vec<State>,
    /// In the end.
    call: CallView<'a>,
    /// The bodies as they were sent.
    webhooks: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    at: Timestamp,
    status: Status,
    outcome: Option<Outcome>,
    started_at: Option<Timestamp>,
    lines_so_far: usize,
}

impl State {
    fn of(world: &World, slot: Slot) -> State {
        let call = world.call(slot);
        State {
            at: world.now(),
            status: call.status,
            outcome: call.outcome,
            started_at: call.started_at(),
            lines_so_far: world.lines(call).len(),
        }
    }
}

/// The life of a call to the number that stands for a scenario.
fn life(number: PhoneNumber) -> String {
    let mut world = World::for_tests(42).with_receiver(&[]);
    let slot = world.try_call(&number.to_string(), None).unwrap();
    let gives_up = world.now() + seconds(PATIENCE);
    let is_endless = fixtures().scenario_of_number(number).is_some_and(|scenario| scenario.name == "endless");
    let (mut states, mut webhooks) = (vec![State::of(&world, slot)], Vec::new());
    while !world.call(slot).status.is_final() {
        if is_endless && world.next_due().is_none_or(|due| due > gives_up) {
            world.catch_up(gives_up);
            world.end_by_slot(slot).unwrap();
        } else {
            world.step(Timestamp::MAX);
        }
        states.push(State::of(&world, slot));
    }
    loop {
        let attempts = world.take_deliveries();
        if attempts.is_empty() {
            break;
        }
        for attempt in attempts {
            assert_eq!(body(&attempt)["data"]["callId"], world.call(slot).id.to_string());
            webhooks.push(String::from_utf8(attempt.body.to_vec()).unwrap());
            world.delivery_answered(attempt.key, report(200));
        }
    }
    let call = CallView::of(world.call(slot), &world, world.now());
    serde_json::to_string_pretty(&Golden { states, call, webhooks }).unwrap() + "\n"
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn a_call_of_each_scenario_is_as_it_was_written_down() {
    for scenario in &fixtures().scenarios {
        let path = folder().join(format!("{}.json", scenario.name));
        let life = life(scenario.number.unwrap());
        if std::env::var_os(REGENERATE).is_some() {
            fs::write(&path, &life).unwrap();
            continue;
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        let first_difference = written.lines().zip(life.lines()).find(|(before, now)| before != now);
        assert!(
            written == life,
            "a call of {} is not as {} has it, first here: {first_difference:#?}\nIf it is meant to change, run the tests once with \
             {REGENERATE}=1, and look at the difference",
            scenario.name,
            path.display(),
        );
    }
}

#[test]
fn every_file_that_is_written_down_belongs_to_a_scenario() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(fixtures().scenario(name).is_some(), "{} belongs to no scenario", path.display());
    }
}
