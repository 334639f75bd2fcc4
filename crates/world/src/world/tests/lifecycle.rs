//! Whatever happens to a world, its calls live as the lifecycle says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId, Outcome, Status};
use crate::calls::lifecycle::{Cause, next};
use crate::content::dialogue::Line;
use crate::world::{Inbound, Placement, World};

/// Campaigns that take calls, each with a number of its own; businesses with different limits.
const LINES: [(&str, &str); 4] = [
    ("cmp_xxx", "pn_xxx"),
    ("cmp_bluespruce_outreach", "pn_bluespruce_outreach"),
    ("cmp_fernwood_care", "pn_fernwood_care"),
    ("cmp_isarblick_guests", "pn_isarblick_guests"),
];

#[derive(Clone, Debug)]
enum Command {
    Place { line: usize, to: u64 },
    Receive { line: usize, scenario: usize },
    End { call: prop::sample::Index },
    Pass { millis: u64 },
    StepOnce,
}

fn command() -> impl Strategy<Value = Command> {
    // Scenario numbers, and some that stand for none.
    let to = prop_oneof![15_005_550_100_u64..=15_005_550_108, 12_125_550_000_u64..12_125_550_004];
    let millis = prop_oneof![0_u64..3_000, 0_u64..60_000, Just(45 * 60_000)];
    prop_oneof![
        3 => (0..LINES.len(), to).prop_map(|(line, to)| Command::Place { line, to }),
        1 => (0..LINES.len(), 0_usize..8).prop_map(|(line, scenario)| Command::Receive { line, scenario }),
        2 => any::<prop::sample::Index>().prop_map(|call| Command::End { call }),
        4 => millis.prop_map(|millis| Command::Pass { millis }),
        2 => Just(Command::StepOnce),
    ]
}

/// What was seen of a call when it was last looked at.
struct Seen {
    status: Status,
    /// All its facts, once it has ended.
    ended: Option<String>,
    lines: Vec<Line>,
}

/// Looks at every call after every step.
#[derive(Default)]
struct Observer(BTreeMap<CallId, Seen>);

impl Observer {
    fn look(&mut self, world: &World) {
        for call in world.call_store().iter() {
            let seen = self.0.get(&call.id);
            if let Some(Seen { ended: Some(facts), .. }) = seen {
                assert_eq!(*facts, format!("{call:?}"), "an ended call changed");
                continue;
            }
            let lines = world.lines(call);
            match seen {
                Some(seen) => {
                    assert!(may_follow(seen.status, call.status), "{} to {}", seen.status, call.status);
                    assert!(lines.starts_with(&seen.lines), "{:?} does not go on from {:?}", lines, seen.lines);
                }
                None => assert!(matches!(call.status, Status::Ringing | Status::InProgress), "{call:?}"),
            }
            check_facts(call, world);
            check_lines(call, &lines, world);
            let ended = call.status.is_final().then(|| format!("{call:?}"));
            self.0.insert(call.id, Seen { status: call.status, ended, lines });
        }
    }

    /// What is said of ended calls is still the same.
    fn look_back(&self, world: &World) {
        for (id, seen) in &self.0 {
            let call = world.call(world.call_store().find(*id).unwrap());
            assert_eq!(world.lines(call), seen.lines);
        }
    }
}

fn may_follow(before: Status, after: Status) -> bool {
    before == after || Cause::ALL.iter().any(|cause| next(before, *cause) == Some(after))
}

/// Every field is there when the contract says so, and only then.
fn check_facts(call: &Call, world: &World) {
    let filing = world.story(call).filing();
    let is_over = call.status.is_final();
    assert_eq!(call.ended_at.is_some(), is_over);
    assert_eq!(call.outcome.is_some(), is_over);
    assert_eq!(call.duration_seconds().is_some(), is_over);
    let was_answered = call.answered_at.is_some();
    assert_eq!(call.sentiment.is_some(), is_over && was_answered);
    assert_eq!(filing.summary.is_some(), is_over && was_answered);
    assert!(is_over && was_answered || filing.tags.is_empty());
    match call.status {
        Status::Ringing => assert!(!was_answered),
        Status::InProgress | Status::Completed | Status::Voicemail => assert!(was_answered && call.has_rung),
        Status::Failed => assert_eq!(call.duration_seconds().unwrap_or(0) > 0, was_answered),
    }
    let expected = match call.status {
        Status::Ringing | Status::InProgress => [].as_slice(),
        Status::Completed => &[Outcome::Completed, Outcome::Transferred, Outcome::HungUp],
        Status::Voicemail => &[Outcome::VoicemailLeft],
        Status::Failed => &[Outcome::NoAnswer, Outcome::Busy, Outcome::Failed, Outcome::Canceled],
    };
    assert!(call.outcome.is_none_or(|outcome| expected.contains(&outcome)), "{call:?}");
    let instants = [call.started_at(), call.answered_at, call.ended_at, Some(world.now())];
    let instants: Vec<Timestamp> = instants.into_iter().flatten().collect();
    assert!(instants.is_sorted(), "{instants:?}");
    let longest = world.fixtures().directory.business_of(call.campaign).max_call_duration;
    assert!(call.connected(world.now()) <= longest, "{call:?} outlasts {longest:?}");
}

/// Lines are there once somebody has answered, come one after the other, and are begun before the call ends.
fn check_lines(call: &Call, lines: &[Line], world: &World) {
    assert!(call.answered_at.is_some() || lines.is_empty());
    let connected = call.connected(world.now()).as_millis();
    assert!(lines.first().is_none_or(|line| line.start == 0));
    assert!(lines.windows(2).all(|pair| pair[0].start < pair[0].end && pair[0].end < pair[1].start), "{lines:?}");
    assert!(lines.last().is_none_or(|line| u128::from(line.start) < connected), "{lines:?} within {connected}");
    if call.status.is_final() && !call.was_cut_short() {
        assert!(lines.last().is_none_or(|line| u128::from(line.end) < connected), "{lines:?} within {connected}");
    }
}

fn obey(world: &mut World, command: &Command, observer: &mut Observer) {
    match command {
        Command::Place { line, to } => {
            let (campaign_id, number_id) = LINES[*line];
            let to = format!("+{to}").parse().unwrap();
            world.place(&Placement { campaign_id, number_id, to, scenario: None }).unwrap();
        }
        Command::Receive { line, scenario } => {
            let inbound = ["completed", "transferred", "hung_up", "no_answer", "busy", "failed", "endless", "ringing"];
            let (campaign, scenario) = (Some(LINES[*line].0), Some(inbound[*scenario]));
            world.receive(&Inbound { campaign_id: campaign, scenario, ..Inbound::default() }).unwrap();
        }
        Command::End { call } => {
            let calls: Vec<(String, Status)> =
                world.call_store().iter().map(|call| (call.id.to_string(), call.status)).collect();
            if !calls.is_empty() {
                let (id, status) = call.get(&calls);
                assert_eq!(world.end_call(id).is_err(), status.is_final(), "only a call that goes on can be ended");
            }
        }
        Command::Pass { millis } => {
            let target = world.now() + std::time::Duration::from_millis(*millis);
            while world.step(target).is_some() {
                observer.look(world);
            }
            assert_eq!(world.now(), target);
        }
        Command::StepOnce => {
            world.step(Timestamp::MAX.min(world.next_due().unwrap_or(world.now())));
        }
    }
    observer.look(world);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn calls_live_as_the_lifecycle_says_whatever_is_done(
        seed: u64, commands in prop::collection::vec(command(), 1..30),
    ) {
        let mut world = World::for_tests(seed);
        let mut observer = Observer::default();
        for command in &commands {
            obey(&mut world, command, &mut observer);
        }
        observer.look_back(&world);
        while world.step(Timestamp::MAX).is_some_and(|_| world.next_due().is_some()) {
            observer.look(&world);
        }
        prop_assert!(world.call_store().iter().all(|call| call.status.is_final()), "every call ends by itself");
    }
}
