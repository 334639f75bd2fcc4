//! What can be set about a world while it lives.

use std::borrow::Cow;

use crate::calls::call::Direction;
use crate::calls::scenario::Scenario;
use crate::error::{Error, FieldError};
use crate::faults::latency::Latency;

/// How strict the emulator is.
///
/// ```
/// use akol_mock::{MockServer, Profile};
///
/// let strict = MockServer::builder().profile(Profile::Production).webhook_url("http://127.0.0.1:8080/hooks");
/// assert!(strict.start_blocking().unwrap_err().to_string().contains("https"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// No rate limit, and webhooks to any URL.
    Lenient,
    /// What Akol enforces: 100 requests a minute, webhooks to public https URLs only.
    Production,
}

/// The quotas of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Requests a minute for each token; no limit where `None`.
    pub requests_per_minute: Option<u32>,
    /// Call minutes a month; no limit where `None`.
    pub minutes_per_month: Option<u64>,
    /// Whether calls go on past the monthly minutes.
    pub overage: bool,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldSettings {
    /// What the account may use.
    pub quotas: Quotas,
    /// How often each scenario is drawn.
    pub weights: Weights,
    /// Whether the calls of a list carry their transcripts.
    pub list_transcripts: bool,
    /// How long every answer is held back, in real time; not at all where `None`.
    pub latency: Option<Latency>,
}

impl WorldSettings {
    /// Those that a world of these scenarios starts with.
    pub fn new(quotas: Quotas, scenarios: &[Scenario]) -> WorldSettings {
        WorldSettings { quotas, weights: Weights::of(scenarios), list_transcripts: true, latency: None }
    }
}

/// The weight of each scenario in the draw, for each direction. For each direction their sum is above 0, and no scenario has one
/// for a direction that it does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// By the scenario's position in the fixtures.
    outbound: Vec<u32>,
    inbound: Vec<u32>,
}

/// A new weight for one scenario and direction.
#[derive(Clone, Copy, Debug)]
pub struct WeightChange {
    /// The scenario's position in the fixtures.
    pub scenario: usize,
    /// The calls that it is for.
    pub direction: Direction,
    /// The weight; the fixtures' own where `None`.
    pub weight: Option<u32>,
}

impl Weights {
    /// The highest weight that can be set.
    pub const MAX: u32 = 1_000_000;

    /// The weights that the scenarios bring along. The fixtures are checked for what is said of weights above.
    pub fn of(scenarios: &[Scenario]) -> Weights {
        let all = |direction| scenarios.iter().map(|scenario| scenario.weight(direction)).collect();
        Weights { outbound: all(Direction::Outbound), inbound: all(Direction::Inbound) }
    }

    /// All weights for calls of that direction, in the order of the fixtures.
    pub fn for_calls(&self, direction: Direction) -> &[u32] {
        match direction {
            Direction::Outbound => &self.outbound,
            Direction::Inbound => &self.inbound,
        }
    }

    /// These weights with all `changes` made, in order. Refuses those after which nothing could be drawn, or what does not fit.
    pub fn changed(&self, changes: &[WeightChange], scenarios: &[Scenario]) -> Result<Weights, Error> {
        let mut changed = self.clone();
        for change in changes {
            change.check(scenarios)?;
            let scenario = &scenarios[change.scenario];
            let weights = match change.direction {
                Direction::Outbound => &mut changed.outbound,
                Direction::Inbound => &mut changed.inbound,
            };
            weights[change.scenario] = change.weight.unwrap_or(scenario.weight(change.direction));
        }
        let is_drawn_from = |direction: &&Direction| changed.for_calls(**direction).iter().any(|weight| *weight > 0);
        let empty: Vec<FieldError> =
            Direction::ALL.iter().filter(|one| !is_drawn_from(one)).map(nothing_left).collect();
        if empty.is_empty() { Ok(changed) } else { Err(Error::Invalid(empty)) }
    }
}

impl WeightChange {
    /// Refuses a weight for calls that do not fit the scenario.
    pub fn check(&self, scenarios: &[Scenario]) -> Result<(), Error> {
        let scenario = &scenarios[self.scenario];
        match self.weight {
            Some(1..) if !scenario.fits(self.direction) => {
                let direction = self.direction;
                Err(Error::Invalid(vec![FieldError {
                    field: Cow::Owned(format!("scenarioWeights.{}.{direction}", scenario.name)),
                    message: format!("must be 0: no {direction} call can follow that scenario"),
                }]))
            }
            _ => Ok(()),
        }
    }
}

fn nothing_left(direction: &Direction) -> FieldError {
    let message = format!("leaves no scenario with a weight above 0 for {direction} calls, so none could be drawn");
    FieldError { field: Cow::Borrowed("scenarioWeights"), message }
}
