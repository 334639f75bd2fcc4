//! `GET /__admin/settings`, `PATCH /__admin/settings`: what can be set while a world lives. One line a setting.

mod weights;

use std::ops::RangeInclusive;

use akol_mock_world::account::settings::WorldSettings;
use akol_mock_world::base::json::Json;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::error::{Error, FieldError};
use akol_mock_world::faults::latency::Latency;
use akol_mock_world::fixtures::Fixtures;
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::{Serialize, Serializer};

use self::weights::WeightsView;
use crate::config::Settings;
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, shown, whole_number};
use crate::dialect::latency;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// One setting.
struct Setting {
    name: &'static str,
    show: fn(&WorldSettings, &Fixtures) -> Shown,
    /// Sets it to what was given, or says what is wrong with that.
    change: fn(&mut WorldSettings, &Given<'_>) -> Result<(), Error>,
}

/// All settings, in the order in which they are shown.
const SETTINGS: [Setting; 6] = [
    Setting {
        name: "rateLimit",
        show: |of, _| Shown::Limit(of.quotas.requests_per_minute.map(u64::from)),
        change: |to, given| {
            given.limit(1..=Settings::MAX_RATE_LIMIT, REQUESTS).map(|limit| to.quotas.requests_per_minute = limit)
        },
    },
    Setting {
        name: "minuteLimit",
        show: |of, _| Shown::Limit(of.quotas.minutes_per_month),
        change: |to, given| given.limit(0..=u64::MAX, MINUTES).map(|limit| to.quotas.minutes_per_month = limit),
    },
    Setting {
        name: "overage",
        show: |of, _| Shown::Switch(of.quotas.overage),
        change: |to, given| given.switch().map(|is_on| to.quotas.overage = is_on),
    },
    Setting {
        name: "scenarioWeights",
        show: |of, fixtures| Shown::Weights(WeightsView::of(&of.weights, fixtures)),
        change: |to, given| weights::read(given, &to.weights).map(|weights| to.weights = weights),
    },
    Setting {
        name: "listTranscripts",
        show: |of, _| Shown::Switch(of.list_transcripts),
        change: |to, given| given.switch().map(|is_on| to.list_transcripts = is_on),
    },
    Setting {
        name: "latency",
        show: |of, _| Shown::Latency(of.latency),
        change: |to, given| given.latency().map(|latency| to.latency = latency),
    },
];

const REQUESTS: &str = "a whole number of requests a minute from 1 to 1,000,000,000, or null for no limit";
const MINUTES: &str = "a whole number of minutes a month from 0, or null for no limit";

/// The value of a setting as it is shown.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Limit(Option<u64>),
    Switch(bool),
    Weights(WeightsView),
    Latency(Option<Latency>),
}

/// All settings.
pub fn show(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    Ok(envelope::success(StatusCode::OK, &SettingsView(world)))
}

/// Changes the settings that are named, all of them or none.
pub fn change(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&SETTINGS.map(|setting| setting.name));
    let object = fields.whole().clone();
    let mut settings = world.settings().clone();
    for Setting { name, change, .. } in SETTINGS {
        if let Some(value) = object.get(name) {
            fields.gather(change(&mut settings, &Given { name, value, fixtures: world.fixtures() }));
        }
    }
    fields.finish()?;
    let is_idle =
        object.get("overage").and_then(Json::as_bool) == Some(true) && settings.quotas.minutes_per_month.is_none();
    let warning = is_idle.then(|| "overage has no effect without a minuteLimit".to_owned());
    world.change_settings(settings);
    Ok(envelope::warned(envelope::success(StatusCode::OK, &SettingsView(world)), warning.as_slice()))
}

struct SettingsView<'a>(&'a World);

impl Serialize for SettingsView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let show = |setting: Setting| (setting.name, (setting.show)(self.0.settings(), self.0.fixtures()));
        serializer.collect_map(SETTINGS.map(show))
    }
}

/// What was given for a setting.
struct Given<'a> {
    name: &'static str,
    value: &'a Json,
    fixtures: &'a Fixtures,
}

impl Given<'_> {
    /// A whole number of `range`, or `null` for no limit; `expected` says so in words. `"off"` as on the command line is understood, too.
    fn limit<T: TryFrom<u64> + PartialOrd>(
        &self,
        range: RangeInclusive<T>,
        expected: &str,
    ) -> Result<Option<T>, Error> {
        if self.value.is_null() || *self.value == *"off" {
            return Ok(None);
        }
        let number = whole_number(self.value).and_then(|number| T::try_from(number).ok());
        number.filter(|number| range.contains(number)).map(Some).ok_or_else(|| self.wrong(expected))
    }

    fn switch(&self) -> Result<bool, Error> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    /// A latency, or `null` for none.
    fn latency(&self) -> Result<Option<Latency>, Error> {
        let mut fields = Fields::holding(self.name, self.value.clone());
        let latency = latency::read(&mut fields, self.name);
        fields.finish().map(|()| latency)
    }

    fn wrong(&self, expected: &str) -> Error {
        Error::Invalid(vec![wrong(self.name.to_owned(), self.value, expected)])
    }
}

/// What is wrong with a field that was given `value`.
fn wrong(field: String, value: &Json, expected: &str) -> FieldError {
    FieldError { field: field.into(), message: format!("is {}, must be {expected}", shown(value)) }
}
