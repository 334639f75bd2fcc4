//! A world, out into a document and in from one.

mod agenda;
mod calls;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{World, origin};
use crate::account::idempotency::Idempotency;
use crate::account::quota::{Minutes, RateLimit};
use crate::account::settings::{Quotas, WeightChange, Weights, WorldSettings};
use crate::base::id_key::IdKey;
use crate::base::quoted::Quoted;
use crate::base::rng::Seed;
use crate::calls::call::{Call, Direction};
use crate::calls::store::CallStore;
use crate::content::cache::CallCache;
use crate::directory::campaigns::CampaignState;
use crate::error::{Error, FieldError};
use crate::faults::latency::Latency;
use crate::faults::rules::Faults;
use crate::fixtures::Fixtures;
use crate::snapshot::{
    CallRecord, CampaignRecord, Checked, SettingsRecord, Tally, Upto, WeightRecord, WorldRecord, within, wrong,
};
use crate::webhooks::{DeliveryNumber, HookSettings, Outbox, Surroundings};

impl World {
    /// What everything that is random grows from.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// What a document has of each call, in order; of a copy of the calls, which are as good as made of numbers.
    pub fn call_records(&self) -> impl Iterator<Item = CallRecord> + Send + 'static + use<> {
        let (all, fixtures): (Vec<Call>, _) = (self.call_store.iter().cloned().collect(), Arc::clone(&self.fixtures));
        all.into_iter().map(move |call| calls::record(&call, &fixtures.directory))
    }

    /// All that a document needs beside its calls to go on just so, with the same fixtures and seed. The same world makes the same document.
    pub fn record_without_calls(&self) -> WorldRecord {
        let directory = &self.fixtures.directory;
        let campaigns = directory.campaigns.iter().zip(&self.campaigns);
        WorldRecord {
            now: self.now,
            settings: settings_record(&self.settings, &self.fixtures),
            campaigns: campaigns.map(|(campaign, state)| (campaign.id.clone(), state.record())).collect(),
            calls: Vec::new(),
            calls_with: self.calls_with.iter().map(|(number, count)| (*number, Tally::of(*count))).collect(),
            agenda: self.agenda_record(),
            minutes: self.minutes.record(),
            rate_limit_windows: self.rate_limit.record(self.now),
            idempotency: self.answers.record(self.now),
            webhooks: self.outbox.record(),
            faults: self.faults.record(),
        }
    }

    /// The world that a document has, made of these fixtures, whose ids `id_key` moves. `hooks` are the server's settings of webhooks, of which it keeps what the
    /// document leaves to the server. Refuses, by its place, the first thing that could not have come about.
    pub fn restore(
        fixtures: Arc<Fixtures>,
        (seed, id_key): (Seed, IdKey),
        hooks: HookSettings,
        record: WorldRecord,
    ) -> Result<World, Error> {
        restore(fixtures, seed, id_key, hooks, record).map_err(|fault| Error::Invalid(vec![fault]))
    }
}

fn restore(
    fixtures: Arc<Fixtures>,
    seed: Seed,
    id_key: IdKey,
    hooks: HookSettings,
    record: WorldRecord,
) -> Checked<World> {
    let now = record.now;
    let place = |place: &'static str| move |fault: FieldError| within(place, fault);
    let settings = settings(record.settings, &fixtures).map_err(place("settings"))?;
    let campaigns = campaigns(record.campaigns, &fixtures).map_err(place("campaigns"))?;
    let call_store = CallStore::of(Arc::clone(&fixtures), calls::restore(record.calls, now, &fixtures)?, now);
    let origin_of = |call: &Call| origin(call, id_key);
    let awaited: HashSet<DeliveryNumber> = record.agenda.deliveries().collect();
    let around = Surroundings {
        seed,
        id_key,
        settings: hooks,
        origin_of: &|id| call_store.find(id).map(|slot| origin_of(call_store.get(slot))),
        is_awaited: &|delivery| awaited.contains(&delivery),
    };
    let outbox = Outbox::restore(record.webhooks, around).map_err(place("webhooks"))?;
    let agenda::Restored { agenda, live } =
        agenda::restore(record.agenda, (&call_store, &origin_of), &outbox, now).map_err(place("agenda"))?;
    let persons: HashSet<_> = call_store.iter().map(|call| call.person).collect();
    if let Some(number) = record.calls_with.keys().find(|number| !persons.contains(number)) {
        return Err(wrong("callsWith", format!("has {number}, with which there is none of calls")));
    }
    drop(persons);
    Ok(World {
        seed,
        id_key,
        now,
        settings,
        campaigns,
        calls_with: record.calls_with.into_iter().map(|(number, count)| (number, count.narrow())).collect(),
        agenda,
        live,
        minutes: Minutes::restore(record.minutes, now).map_err(place("minutes"))?,
        rate_limit: RateLimit::restore(record.rate_limit_windows, now).map_err(place("rateLimitWindows"))?,
        answers: Idempotency::restore(record.idempotency, now).map_err(place("idempotency"))?,
        outbox,
        faults: Faults::restore(record.faults).map_err(place("faults"))?,
        moments: Vec::new(),
        call_cache: CallCache::new(),
        call_store,
        fixtures,
    })
}

fn settings_record(settings: &WorldSettings, fixtures: &Fixtures) -> SettingsRecord {
    let [outbound, inbound] =
        [Direction::Outbound, Direction::Inbound].map(|direction| settings.weights.for_calls(direction));
    let weights = fixtures.scenarios.iter().zip(outbound.iter().zip(inbound));
    SettingsRecord {
        rate_limit: settings.quotas.requests_per_minute.map(Upto::of),
        minute_limit: settings.quotas.minutes_per_month,
        overage: settings.quotas.overage,
        scenario_weights: weights
            .map(|(scenario, (outbound, inbound))| {
                (scenario.name.clone(), WeightRecord { outbound: *outbound, inbound: *inbound })
            })
            .collect(),
        list_transcripts: settings.list_transcripts,
        latency: settings.latency,
    }
}

fn settings(record: SettingsRecord, fixtures: &Fixtures) -> Checked<WorldSettings> {
    let SettingsRecord { rate_limit, minute_limit, overage, scenario_weights, list_transcripts, latency } = record;
    if rate_limit.is_some_and(|limit| limit.get() == 0) {
        return Err(wrong("rateLimit", "is 0, must be null for no limit, or 1 or more"));
    }
    if latency.is_some_and(|latency| !latency.is_within_limits()) {
        return Err(wrong("latency", format!("must be from {} to {}", Latency::LEAST, Latency::MOST)));
    }
    let names = fixtures.scenarios.iter().map(|scenario| scenario.name.as_str());
    let weights = of_each(names, scenario_weights, "scenario").map_err(|fault| within("scenarioWeights", fault))?;
    let changes = weights.iter().enumerate().flat_map(|(scenario, weight)| {
        let change = |direction, weight| WeightChange { scenario, direction, weight: Some(weight) };
        [change(Direction::Outbound, weight.outbound), change(Direction::Inbound, weight.inbound)]
    });
    let changes: Vec<WeightChange> = changes.collect();
    let weights = Weights::of(&fixtures.scenarios).changed(&changes, &fixtures.scenarios).map_err(first)?;
    let quotas = Quotas { requests_per_minute: rate_limit.map(Upto::narrow), minutes_per_month: minute_limit, overage };
    Ok(WorldSettings { quotas, weights, list_transcripts, latency })
}

fn campaigns(records: BTreeMap<String, CampaignRecord>, fixtures: &Fixtures) -> Checked<Vec<CampaignState>> {
    let ids: Vec<&str> = fixtures.directory.campaigns.iter().map(|campaign| campaign.id.as_str()).collect();
    let records = of_each(ids.iter().copied(), records, "campaign")?;
    let restore = |(id, CampaignRecord { status, recording, scenario }): (&str, CampaignRecord)| match scenario
        .as_deref()
        .filter(|name| fixtures.scenario(name).is_none())
    {
        Some(name) => Err(wrong(format!("{id}.scenario"), format!("is {}, which is no scenario", Quoted(name)))),
        None => Ok(CampaignState { status, recording, scenario }),
    };
    ids.into_iter().zip(records).map(restore).collect()
}

impl CampaignState {
    fn record(&self) -> CampaignRecord {
        CampaignRecord { status: self.status, recording: self.recording, scenario: self.scenario.clone() }
    }
}

/// What a document has of each of these things, in their order: of all of them, and of no others.
fn of_each<'n, T>(names: impl Iterator<Item = &'n str>, records: BTreeMap<String, T>, what: &str) -> Checked<Vec<T>> {
    let mut records: HashMap<String, T> = records.into_iter().collect();
    let mut found = Vec::with_capacity(records.len());
    for name in names {
        found.push(
            records.remove(name).ok_or_else(|| wrong(name, format!("is missing: there is a {what} of that name")))?,
        );
    }
    match records.into_keys().min() {
        Some(name) => Err(wrong(name, format!("is unknown: there is no {what} of that name"))),
        None => Ok(found),
    }
}

/// The first of what is wrong.
fn first(error: Error) -> FieldError {
    match error {
        Error::Invalid(faults) if !faults.is_empty() => faults.into_iter().take(1).fold(wrong("", ""), |_, one| one),
        other => wrong("", other.to_string()),
    }
}

/// Whether all of these are different.
fn differ<T: std::hash::Hash + Eq>(things: impl Iterator<Item = T>) -> Result<(), usize> {
    let mut seen = HashSet::new();
    for (position, thing) in things.enumerate() {
        if !seen.insert(thing) {
            return Err(position);
        }
    }
    Ok(())
}
