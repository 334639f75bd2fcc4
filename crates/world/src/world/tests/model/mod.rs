//! A world driven by random commands, held against a model that is too simple to be wrong: it has no agenda and no index, and works out
//! how everything stands from when it was asked for.

mod naive;

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use self::naive::{Naive, NaiveCall, RETRIES, is_received};
use crate::base::time::Timestamp;
use crate::calls::call::CallId;
use crate::calls::facet::Filter;
use crate::directory::CampaignStatus;
use crate::error::Error;
use crate::webhooks::{TryAnswer, TryReport};
use crate::world::World;
use crate::world::testing::*;

const SCENARIOS: [&str; 9] =
    ["completed", "transferred", "voicemail", "hung_up", "no_answer", "busy", "failed", "endless", "ringing"];

#[derive(Clone, Debug)]
enum Command {
    Place { person: u8, scenario: Index },
    End { which: Index },
    Advance { millis: u64 },
    Pause,
    Resume,
    Reset,
    Move,
    Redeliver { which: Index },
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        6 => (0_u8..4, any::<Index>()).prop_map(|(person, scenario)| Command::Place { person, scenario }),
        2 => any::<Index>().prop_map(|which| Command::End { which }),
        // Instants at which things are due, and those just beside them, are as likely as long stretches.
        6 => prop_oneof![0_u64..3, 0_u64..5_000, 0_u64..120_000, 0_u64..3_000_000]
            .prop_map(|millis| Command::Advance { millis }),
        1 => Just(Command::Pause),
        2 => Just(Command::Resume),
        1 => Just(Command::Reset),
        1 => Just(Command::Move),
        2 => any::<Index>().prop_map(|which| Command::Redeliver { which }),
    ]
}

/// A world and what should be true of it.
struct Pair {
    seed: u64,
    world: World,
    naive: Naive,
    /// The id of each person's nth call: the same after every reset.
    ids: BTreeMap<(u8, usize), CallId>,
}

fn new_world(seed: u64) -> World {
    World::for_tests(seed).with_receiver(&RETRIES)
}

impl Pair {
    fn new(seed: u64) -> Pair {
        Pair { seed, world: new_world(seed), naive: Naive::new(start()), ids: BTreeMap::new() }
    }

    fn obey(&mut self, command: &Command) {
        match command {
            Command::Place { person, scenario } => self.place(*person, SCENARIOS[scenario.index(SCENARIOS.len())]),
            Command::End { which } => self.end(which),
            Command::Advance { millis } => {
                let target = self.world.now() + Duration::from_millis(*millis);
                self.advance(target);
                self.naive.now = target;
            }
            Command::Pause => self.set_status(CampaignStatus::Paused),
            Command::Resume => self.set_status(CampaignStatus::Running),
            Command::Reset => {
                self.world = new_world(self.seed);
                self.naive = Naive::new(start());
            }
            Command::Move => self.world.move_house(),
            Command::Redeliver { which } => self.redeliver(which),
        }
        self.answer_all();
        self.compare();
    }

    fn place(&mut self, person: u8, scenario: &str) {
        let placed = self.world.try_call(&format!("+1212555010{person}"), Some(scenario));
        if self.naive.is_paused {
            assert_eq!(placed, Err(Error::CampaignPaused { id: CAMPAIGN.to_owned() }));
            return;
        }
        let call = self.world.call(placed.unwrap());
        let nth = self.naive.calls.iter().filter(|known| known.person == person).count();
        assert_eq!(*self.ids.entry((person, nth)).or_insert(call.id), call.id, "the {nth}th call of {person}");
        assert_eq!(call.returning, nth > 0);
        self.naive.calls.push(NaiveCall::new(person, call));
    }

    fn end(&mut self, which: &Index) {
        if self.naive.calls.is_empty() {
            let unknown = self.world.end_call("call_1");
            assert_eq!(unknown, Err(Error::not_found("call", "call_1")));
            return;
        }
        let now = self.naive.now;
        let call = which.get_mut(&mut self.naive.calls);
        let ended = self.world.end_call(&call.id.to_string());
        match call.at(now).ended_at {
            Some(_) => assert!(matches!(ended, Err(Error::AlreadyEnded { .. })), "{ended:?}"),
            None => {
                assert!(ended.is_ok(), "{ended:?}");
                call.cut_at = Some(now);
            }
        }
    }

    fn set_status(&mut self, status: CampaignStatus) {
        self.world.set_status(CAMPAIGN, status).unwrap();
        self.naive.is_paused = status == CampaignStatus::Paused;
    }

    fn redeliver(&mut self, which: &Index) {
        let ids: Vec<String> = self.world.outbox().deliveries().map(|one| one.id.to_string()).collect();
        if ids.is_empty() {
            return;
        }
        let id = which.get(&ids);
        let (call, event) = {
            let delivery = self.world.outbox().deliveries().find(|one| one.id.to_string() == *id).unwrap();
            (delivery.call, delivery.event)
        };
        let is_over = self.naive.delivery(call, event).unwrap().is_over;
        let sent = self.world.redeliver(id);
        assert_eq!(sent.is_ok(), is_over, "{sent:?}");
        if is_over {
            self.naive.again.push((call, event, self.naive.now));
        }
    }

    /// As the shell does it: time stands still until what is under way has been answered.
    fn advance(&mut self, target: Timestamp) {
        loop {
            self.answer_all();
            if self.world.step(target).is_none() && self.world.deliveries_under_way() == 0 {
                return;
            }
        }
    }

    fn answer_all(&mut self) {
        loop {
            let attempts = self.world.take_deliveries();
            if attempts.is_empty() {
                return;
            }
            for attempt in attempts {
                let status = if is_received(attempt.call, attempt.event, attempt.number) { 200 } else { 500 };
                let report = TryReport { headers: Vec::new(), answer: TryAnswer::Answered(status), hint: None };
                self.world.delivery_answered(attempt.key, report);
            }
        }
    }

    fn compare(&self) {
        let Pair { world, naive, .. } = self;
        assert_eq!(world.now(), naive.now);
        for expected in &naive.calls {
            let call = world.find_call(&expected.id.to_string()).unwrap();
            assert_eq!(naive::Standing::of(call), expected.at(naive.now), "{expected:?} at {}", naive.now);
        }
        let (total, listed) = world.list(&Filter::default(), 0..1_000);
        let listed: Vec<CallId> = listed.into_iter().map(|call| call.id).collect();
        assert_eq!((total, listed), (naive.calls.len() as u64, naive.list()));
        assert_eq!(world.minutes.used(naive.now), naive.minutes());

        let told: Vec<_> = world.outbox().deliveries().map(naive::Told::of).collect();
        let mut expected = naive.told();
        assert_eq!(told.len(), expected.len());
        for one in &told {
            let position = expected.iter().position(|other| other == one);
            let position = position.unwrap_or_else(|| panic!("{one:#?} is none of {expected:#?}"));
            expected.swap_remove(position);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// What proptest prints of a failure is the seed and the shortest list of commands that fails.
    #[test]
    fn a_world_is_what_a_simple_mind_would_expect(seed in 0_u64..1_000, commands in vec(command(), 1..24)) {
        let mut pair = Pair::new(seed);
        commands.iter().for_each(|command| pair.obey(command));
    }

    /// Commands to one world change nothing in another, however they are mixed.
    #[test]
    fn two_worlds_side_by_side_are_as_each_alone(
        seed in 0_u64..1_000, commands in vec((any::<bool>(), command()), 1..24),
    ) {
        let mut both = [Pair::new(seed), Pair::new(seed)];
        commands.iter().for_each(|(which, command)| both[usize::from(*which)].obey(command));
        for (which, pair) in both.iter_mut().enumerate() {
            let mut alone = Pair::new(seed);
            let own = commands.iter().filter(|(other, _)| usize::from(*other) == which);
            own.for_each(|(_, command)| alone.obey(command));
            prop_assert_eq!(pair.naive.told(), alone.naive.told());
            prop_assert_eq!(&pair.ids, &alone.ids);
        }
    }
}
