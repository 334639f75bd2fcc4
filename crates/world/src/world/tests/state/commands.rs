//! What can befall a world, at random.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use crate::account::idempotency::{Known, RequestDigest};
use crate::base::json::{Json, Object};
use crate::base::probability::Probability;
use crate::base::span::Span;
use crate::base::time::Timestamp;
use crate::calls::call::{Outcome, Status};
use crate::directory::CampaignStatus;
use crate::directory::campaigns::CampaignChange;
use crate::faults::latency::Latency;
use crate::faults::matching::{Pattern, Sketch};
use crate::faults::rules::{ConnectionFault, Effect, Terms};
use crate::webhooks::{Attempt, Event, Mischief, NewSubscription, TryAnswer, TryReport};
use crate::world::testing::CAMPAIGN;
use crate::world::{Inbound, World};

/// Something that befalls a world. Numbers choose among what there is.
#[derive(Clone, Debug)]
pub enum Command {
    Place(u8),
    Receive(u8),
    End(u8),
    Force(u8, u8),
    Pass(u32),
    Step,
    /// What is under way is answered, as far as it is not kept waiting.
    Answer {
        status: u16,
        keep: u8,
    },
    Subscribe(u8),
    Unsubscribe(u8),
    Redeliver(u8),
    Trigger(u8, u8),
    Mischief(Option<u16>, u32),
    Request(u8),
    Key(u8, u8),
    Fault(u8),
    Campaign(bool, u8),
    Settings(u8),
}

/// A list of commands.
pub fn commands(most: usize) -> impl Strategy<Value = Vec<Command>> {
    use Command::*;
    let byte = any::<u8>;
    let command = prop_oneof![
        4 => byte().prop_map(Place),
        2 => byte().prop_map(Receive),
        1 => byte().prop_map(End),
        1 => (byte(), byte()).prop_map(|(call, to)| Force(call, to)),
        4 => (0_u32..90_000).prop_map(Pass),
        2 => Just(Step),
        4 => (prop_oneof![3 => Just(200), 2 => Just(500), 1 => Just(0)], 0_u8..3)
            .prop_map(|(status, keep)| Answer { status, keep }),
        1 => byte().prop_map(Subscribe),
        1 => byte().prop_map(Unsubscribe),
        1 => byte().prop_map(Redeliver),
        1 => (byte(), byte()).prop_map(|(event, call)| Trigger(event, call)),
        1 => (any::<Option<u16>>(), 0_u32..1_000_001).prop_map(|(delay, chance)| Mischief(delay, chance)),
        2 => byte().prop_map(Request),
        1 => (byte(), byte()).prop_map(|(key, body)| Key(key, body)),
        1 => byte().prop_map(Fault),
        1 => (any::<bool>(), byte()).prop_map(|(is_running, scenario)| Campaign(is_running, scenario)),
        1 => byte().prop_map(Settings),
    ];
    proptest::collection::vec(command, 0..most)
}

const SCENARIOS: [&str; 9] =
    ["completed", "transferred", "voicemail", "hung_up", "no_answer", "busy", "failed", "endless", "ringing"];

/// A world, and the shell around it.
pub struct Stage {
    world: World,
    under_way: Vec<Attempt>,
    /// What could be seen from outside.
    pub seen: Vec<String>,
}

impl Stage {
    pub fn of(world: World) -> Stage {
        Stage { world, under_way: Vec::new(), seen: Vec::new() }
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// What is being sent, in order. From here on what has been seen is noted.
    pub fn under_way(&mut self) -> &[Attempt] {
        self.under_way.append(&mut self.world.take_deliveries());
        self.under_way.sort_by_key(|attempt| attempt.key);
        self.world.take_moments();
        self.seen.clear();
        &self.under_way
    }

    pub fn run(&mut self, command: &Command) {
        let result = self.carry_out(command);
        let moments = self.world.take_moments();
        self.seen.push(format!("{result} {moments:?}"));
    }

    fn carry_out(&mut self, command: &Command) -> String {
        let world = &mut self.world;
        let call = |world: &World, which: u8| {
            let calls: Vec<String> = world.call_store().iter().map(|call| call.id.to_string()).collect();
            calls[calls.len() - 1 - usize::from(which) % calls.len().min(8)].clone()
        };
        let scenario = |which: u8| SCENARIOS[usize::from(which) % SCENARIOS.len()];
        match *command {
            Command::Place(which) => {
                let to = format!("+1212555{:04}", which % 5);
                format!("{:?}", world.try_call(&to, (which % 2 == 0).then(|| scenario(which / 2))))
            }
            Command::Receive(which) => {
                let scenario = scenario(which);
                format!("{:?}", world.receive(&Inbound { scenario: Some(scenario), ..Inbound::default() }))
            }
            Command::End(which) => format!("{:?}", world.end_call(&call(world, which))),
            Command::Force(which, to) => {
                let to = Status::ALL[usize::from(to) % Status::ALL.len()];
                let outcome = (which % 3 == 0).then_some(Outcome::Transferred);
                format!("{:?}", world.force(&call(world, which), to, outcome))
            }
            Command::Pass(millis) => {
                world.pass(Duration::from_millis(millis.into()));
                String::new()
            }
            Command::Step => format!("{:?}", world.step(world.now() + Duration::from_secs(3_600))),
            Command::Answer { status, keep } => {
                self.under_way.append(&mut world.take_deliveries());
                let kept = self.under_way.split_off(self.under_way.len().saturating_sub(keep.into()));
                let answered = std::mem::replace(&mut self.under_way, kept);
                let answer = match status {
                    0 => TryAnswer::Failed("nobody there".into()),
                    status => TryAnswer::Answered(status),
                };
                let report = |attempt: &Attempt| TryReport {
                    headers: attempt.headers(Timestamp::from_millis(0)),
                    answer: answer.clone(),
                    hint: (!answer.is_received()).then(|| "look at it".into()),
                };
                let again: Vec<_> =
                    answered.iter().map(|one| (one, self.world.delivery_answered(one.key, report(one)))).collect();
                format!("{again:?}")
            }
            Command::Subscribe(which) => {
                let events = (which % 2 == 0).then(|| Event::ALL[..usize::from(which) % 9].to_vec());
                let url = format!("https://receiver.example/{which}");
                format!("{:?}", world.subscribe(NewSubscription { url, events, secret: None }).is_ok())
            }
            Command::Unsubscribe(which) => {
                let ids: Vec<String> = world.outbox().subscriptions().map(|one| one.id.to_string()).collect();
                let id = ids.get(usize::from(which) % 4).cloned().unwrap_or_default();
                format!("{:?}", world.unsubscribe(&id).is_ok())
            }
            Command::Redeliver(which) => {
                let ids: Vec<String> = world.outbox().deliveries().map(|one| one.id.to_string()).collect();
                let id = ids.get(usize::from(which) % ids.len().max(1)).cloned().unwrap_or_default();
                format!("{:?}", world.redeliver(&id))
            }
            Command::Trigger(event, which) => {
                let id = call(world, which);
                let event = Event::ALL[usize::from(event) % Event::ALL.len()];
                format!("{:?}", world.trigger(event, (which % 2 == 0).then_some(&*id)))
            }
            Command::Mischief(delay, chance) => {
                let chance = Probability::from_millionths(chance);
                let (duplicate, reorder, drop) = (chance, chance, Probability::from_millionths(100_000));
                let delay = delay.map(|millis| Span::from_millis(u64::from(millis) + 1));
                world.set_mischief(Mischief {
                    duplicate,
                    reorder,
                    drop,
                    bad_signature: chance,
                    stale_timestamp: chance,
                    delay,
                });
                String::new()
            }
            Command::Request(which) => {
                let counted = world.count_request(&format!("client {}", which % 3));
                let path = format!("/api/v1/calls/{}", which % 4);
                let body = b"{\"a\":0.1}";
                let (method, path) = ("GET", &*path);
                let matched = world.faults().patterns().matched_by(&Sketch::new(method, path, "", body));
                format!("{counted:?} {:?}", world.trouble_for(&matched, which.into()))
            }
            Command::Key(key, body) => {
                let (key, body, now) = (
                    Uuid::from_u128((key % 4).into()),
                    RequestDigest::of(&Object::from_iter([("a".to_owned(), Json::from(u16::from(body) % 3))])),
                    world.now(),
                );
                let known = world.answers().look_up(key, &body, now);
                if known == Known::New {
                    world.answers().remember(key, body, vec![b'x'; 3].into(), now);
                    world.answers().hold(key);
                    world.answers().release(key);
                }
                format!("{known:?}")
            }
            Command::Fault(which) => {
                let latency = Latency::Fixed(Span::from_millis(u64::from(which) + 1));
                let effect = match which % 3 {
                    0 => Effect::Status { status: 503, retry_after: Some(7), execute: false },
                    1 => Effect::Latency { latency },
                    _ => Effect::Connection { fault: ConnectionFault::EmptyResponse, execute: true },
                };
                let body =
                    (which % 2 == 0).then(|| Json::read(r#"{"a": 0.10, "order": 18446744073709551617}"#).unwrap());
                let pattern = Pattern { path: "/api/calls/*".parse().ok(), body, ..Pattern::default() }.into();
                let probability = Probability::from_millionths(u32::from(which) * 4_000);
                let terms =
                    Terms { pattern, times: (which % 5 > 0).then_some(u32::from(which % 5)), probability, effect };
                format!("{:?}", world.faults_mut().add(terms))
            }
            Command::Campaign(is_running, which) => {
                let status = Some(if is_running { CampaignStatus::Running } else { CampaignStatus::Paused });
                let scenario = Some((which % 2 == 0).then(|| scenario(which).to_owned()));
                format!("{:?}", world.change_campaign(CAMPAIGN, CampaignChange { status, recording: None, scenario }))
            }
            Command::Settings(which) => {
                let mut settings = world.settings().clone();
                settings.quotas.overage = which % 2 == 0;
                settings.list_transcripts = which % 3 == 0;
                settings.latency = (which % 5 == 0).then_some(Latency::Fixed(Span::from_millis(9)));
                world.change_settings(settings);
                String::new()
            }
        }
    }
}
