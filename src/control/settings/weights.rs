//! `scenarioWeights`: how often each scenario is drawn.

use akol_mock_world::NotOneOf;
use akol_mock_world::account::settings::{WeightChange, Weights};
use akol_mock_world::base::json::{Json, Object};
use akol_mock_world::calls::call::Direction;
use akol_mock_world::calls::scenario::Scenario;
use akol_mock_world::error::{Error, FieldError};
use akol_mock_world::fixtures::Fixtures;
use serde::{Serialize, Serializer};

use super::{Given, wrong};
use crate::dialect::fields::whole_number;

/// The weights of all scenarios, in the order of the fixtures.
pub(super) struct WeightsView(Vec<(String, Pair)>);

#[derive(Serialize)]
struct Pair {
    outbound: u32,
    inbound: u32,
}

impl WeightsView {
    pub(super) fn of(weights: &Weights, fixtures: &Fixtures) -> WeightsView {
        let outbound = weights.for_calls(Direction::Outbound).iter();
        let pairs = outbound.zip(weights.for_calls(Direction::Inbound));
        let pairs = pairs.map(|(outbound, inbound)| Pair { outbound: *outbound, inbound: *inbound });
        WeightsView(fixtures.scenarios.iter().map(|scenario| scenario.name.clone()).zip(pairs).collect())
    }
}

impl Serialize for WeightsView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, pair)| (name, pair)))
    }
}

const WHOLE: &str = "a whole number from 0 to 1,000,000";

/// The weights after what was given: an object of scenarios, or `null` for all the fixtures' own.
pub(super) fn read(given: &Given<'_>, present: &Weights) -> Result<Weights, Error> {
    let scenarios = &given.fixtures.scenarios;
    let object = match given.value {
        Json::Null => return Ok(Weights::of(scenarios)),
        Json::Object(object) => object,
        _ => return Err(given.wrong("an object of scenario names and their weights, or null for the fixtures' own")),
    };
    let mut reading = Reading { scenarios, changes: Vec::new(), errors: Vec::new() };
    for (name, value) in object {
        reading.scenario(name, value);
    }
    if reading.errors.is_empty() {
        present.changed(&reading.changes, scenarios)
    } else {
        Err(Error::Invalid(reading.errors))
    }
}

/// What has been understood so far, and what has not.
struct Reading<'a> {
    scenarios: &'a [Scenario],
    changes: Vec<WeightChange>,
    errors: Vec<FieldError>,
}

impl Reading<'_> {
    fn scenario(&mut self, name: &str, value: &Json) {
        let field = format!("scenarioWeights.{name}");
        let Some(scenario) = self.scenarios.iter().position(|scenario| scenario.name == name) else {
            let names = NotOneOf::of(self.scenarios.iter().map(|scenario| scenario.name.as_str()));
            return self
                .errors
                .push(FieldError { field: field.into(), message: format!("is unknown, must be {names}") });
        };
        match value {
            Json::Object(object) => self.directions(scenario, &field, object),
            Json::Null => self.both(scenario, None),
            value => match weight(value) {
                Some(weight) => self.both(scenario, Some(weight)),
                None => {
                    let expected = format!(
                        "{WHOLE}, an object of two such numbers \"outbound\" and \"inbound\", or null for the fixtures' own"
                    );
                    self.errors.push(wrong(field, value, &expected));
                }
            },
        }
    }

    /// One weight for calls of each direction that fits.
    fn both(&mut self, scenario: usize, weight: Option<u32>) {
        let fitting = Direction::ALL.iter().filter(|direction| self.scenarios[scenario].fits(**direction));
        self.changes.extend(fitting.map(|direction| WeightChange { scenario, direction: *direction, weight }));
    }

    fn directions(&mut self, scenario: usize, field: &str, object: &Object) {
        for (key, value) in object {
            let field = format!("{field}.{key}");
            let Ok(direction) = key.parse::<Direction>() else {
                let message = "is unknown, must be outbound or inbound".to_owned();
                self.errors.push(FieldError { field: field.into(), message });
                continue;
            };
            let Some(weight) = weight(value) else {
                self.errors.push(wrong(field, value, WHOLE));
                continue;
            };
            let change = WeightChange { scenario, direction, weight: Some(weight) };
            match change.check(self.scenarios) {
                Err(Error::Invalid(errors)) => self.errors.extend(errors),
                _ => self.changes.push(change),
            }
        }
    }
}

fn weight(value: &Json) -> Option<u32> {
    whole_number(value).and_then(|number| u32::try_from(number).ok()).filter(|weight| *weight <= Weights::MAX)
}
