//! Worlds for tests that read as sentences: made of the built-in fixtures, at an instant that never changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::Value;

use super::{Inbound, Placement, Quotas, World};
use crate::account::settings::Profile;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::calls::call::{Call, Status};
use crate::calls::store::Slot;
use crate::content::dialogue::Line;
use crate::directory::CampaignStatus;
use crate::directory::campaigns::CampaignChange;
use crate::error::Error;
use crate::fixtures::{Fixtures, Source};
use crate::seeding;
use crate::snapshot::WorldRecord;
use crate::webhooks::signature::Signature;
use crate::webhooks::{Attempt, Event, HookSettings, Outbox, TryAnswer, TryReport};

/// A number that stands for no scenario.
pub const SOMEBODY: &str = "+12125550001";
/// The campaign and number of the documentation's example.
pub const CAMPAIGN: &str = "cmp_xxx";
pub const NUMBER: &str = "pn_xxx";

/// The files of the fixtures that are built into the program, in the order of their paths.
pub fn built_in() -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let files = |folder: &Path| -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    let within = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let paths = files(&folder).into_iter().flat_map(within);
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/"),
        })
        .collect()
}

/// The built-in fixtures, read once for all tests.
pub fn fixtures() -> Arc<Fixtures> {
    static FIXTURES: LazyLock<Arc<Fixtures>> = LazyLock::new(|| Arc::new(Fixtures::read(&built_in()).unwrap()));
    Arc::clone(&FIXTURES)
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// When the worlds of tests start: a Friday morning in New York, in the middle of a month.
pub fn start() -> Timestamp {
    at("2026-11-20T15:00:00.000Z")
}

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

impl World {
    /// A world without calls, quotas and receivers.
    pub fn for_tests(seed: u64) -> World {
        World::starting(seed, start())
    }

    /// The same at another instant.
    pub fn starting(seed: u64, now: Timestamp) -> World {
        World::made_of(fixtures(), seed, now)
    }

    /// The same of fixtures in which things are replaced: in that file, this text by that.
    pub fn of_changed_fixtures(seed: u64, changes: &[(&str, &str, &str)]) -> World {
        let mut sources = built_in();
        for (path, from, to) in changes {
            let source = sources.iter_mut().find(|source| source.path == *path).unwrap();
            assert!(source.text.contains(from), "{from:?} is not in {path}");
            source.text = source.text.replace(from, to);
        }
        World::made_of(Arc::new(Fixtures::read(&sources).unwrap()), seed, start())
    }

    fn made_of(fixtures: Arc<Fixtures>, seed: u64, now: Timestamp) -> World {
        let outbox = Outbox::new(hooks(&[], &[]), Seed::new(seed), IdKey::NONE);
        World::empty(fixtures, Seed::new(seed), now, Quotas::default(), outbox)
    }

    pub fn with_quotas(mut self, quotas: Quotas) -> World {
        self.settings.quotas = quotas;
        self
    }

    /// Takes in past calls, and those that the fixtures give word for word.
    pub fn with_past(mut self, calls: u32) -> World {
        let seed = self.seed;
        seeding::fill(&mut self, calls, seed);
        self
    }

    /// Tells one receiver of everything. What is not received is sent again after each of `retries`.
    pub fn with_receiver(mut self, retries: &[Duration]) -> World {
        self.outbox = Outbox::new(hooks(&["https://receiver.example/"], retries), self.seed, self.id_key);
        self
    }

    /// Places a call in the documentation's campaign.
    pub fn try_call(&mut self, to: &str, scenario: Option<&str>) -> Result<Slot, Error> {
        let to = to.parse().unwrap();
        self.place(&Placement { campaign_id: CAMPAIGN, number_id: NUMBER, to, scenario })
    }

    pub fn call_somebody(&mut self, scenario: &str) -> Slot {
        self.try_call(SOMEBODY, Some(scenario)).unwrap()
    }

    pub fn somebody_calls(&mut self, scenario: &str) -> Slot {
        let from = SOMEBODY.parse().ok();
        self.receive(&Inbound { campaign_id: Some(CAMPAIGN), from, scenario: Some(scenario), to: None }).unwrap()
    }

    pub fn end_by_slot(&mut self, slot: Slot) -> Result<Slot, Error> {
        let id = self.call(slot).id.to_string();
        self.end_call(&id)
    }

    /// As a document has it.
    pub fn record(&self) -> WorldRecord {
        WorldRecord { calls: self.call_records().collect(), ..self.record_without_calls() }
    }

    /// Goes out as a document, and comes in again.
    pub fn move_house(&mut self) {
        let document = serde_json::to_string(&self.record()).unwrap();
        let record = serde_json::from_str(&document).unwrap();
        let elsewhere = hooks(&["https://elsewhere.example/"], &[]);
        *self = World::restore(self.shared_fixtures(), (self.seed, self.id_key), elsewhere, record).unwrap();
        assert_eq!(serde_json::to_string(&self.record()).unwrap(), document);
    }

    /// Lets time go by.
    pub fn pass(&mut self, span: Duration) {
        self.catch_up(self.now + span);
    }

    /// Lets time go by until the call has ended by itself.
    pub fn let_end(&mut self, slot: Slot) {
        while !self.call(slot).status.is_final() {
            assert!(self.step(Timestamp::MAX).is_some(), "nothing is due, and the call goes on");
        }
    }

    /// Lets time go by until the call is in that status.
    pub fn let_become(&mut self, slot: Slot, status: Status) {
        while self.call(slot).status != status {
            assert!(self.step(Timestamp::MAX).is_some(), "the call never becomes {status}");
        }
    }

    pub fn lines(&self, call: &Call) -> Vec<Line> {
        self.story(call).transcript(self.now).into_iter().map(Line::written).collect()
    }

    pub fn set_status(&mut self, campaign: &str, status: CampaignStatus) -> Result<(), Error> {
        let change = CampaignChange { status: Some(status), ..CampaignChange::default() };
        self.change_campaign(campaign, change).map(|_| ())
    }

    /// The events that are ready to be sent, each received at once, until there are no more.
    pub fn receive_all(&mut self) -> Vec<Value> {
        let mut bodies = Vec::new();
        loop {
            let attempts = self.take_deliveries();
            if attempts.is_empty() {
                return bodies;
            }
            for attempt in attempts {
                bodies.push(body(&attempt));
                self.delivery_answered(attempt.key, report(200));
            }
        }
    }
}

/// Webhooks of every event to these URLs, in Akol's own way.
pub fn hooks(urls: &[&str], retries: &[Duration]) -> HookSettings {
    HookSettings {
        urls: urls.iter().map(|url| (*url).into()).collect(),
        events: Event::ALL.into(),
        secret: "whsec_tests".into(),
        retries: retries.to_vec(),
        signature: Signature::Akol,
        profile: Profile::Lenient,
        remembered: 1_000,
    }
}

/// What the shell says of a try that was answered with that status.
pub fn report(status: u16) -> TryReport {
    TryReport { headers: vec![("x-test".into(), "yes".into())], answer: TryAnswer::Answered(status), hint: None }
}

/// What an attempt sends, as JSON.
pub fn body(attempt: &Attempt) -> Value {
    serde_json::from_slice(&attempt.body).unwrap()
}

/// The names of the events.
pub fn events(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().map(|body| body["event"].as_str().unwrap()).collect()
}
