//! The state of a world as plain values that JSON holds: how a world is taken out of one server and put into another.
//!
//! What is written here is a format that outlives this version: it has types of its own, so that the world can change without it.

mod bounded;
mod calls;
mod hex;
mod moments;
mod octets;
mod rules;
mod upto;
mod webhooks;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use calls::CallRecord;
pub use hex::Hex;
pub use moments::MomentRecord;
pub use octets::Octets;
pub use rules::{FaultsRecord, RuleRecord};
pub use upto::{Count, Millis, Status, Tally, Upto};
pub use webhooks::{
    ContentRecord, DeliveryRecord, HooksRecord, LaneRecord, OutboxRecord, RepeatRecord, ResultRecord,
    SubscriptionRecord, TryAnswerRecord, TryRecord,
};

use super::directory::{CampaignStatus, RecordingSetting};
use super::error::FieldError;
use crate::base::phone_number::PhoneNumber;
use crate::base::time::Timestamp;
use crate::calls::call::CallId;
use crate::calls::lifecycle::Step;
use crate::faults::latency::Latency;
use crate::webhooks::DeliveryNumber;

/// What comes of reading a part of a document: the first thing that is wrong, by its place in that part.
pub type Checked<T> = Result<T, FieldError>;

/// Something is wrong at `place`.
pub fn wrong(place: impl Into<String>, message: impl Into<String>) -> FieldError {
    FieldError { field: place.into().into(), message: message.into() }
}

/// Something is wrong in what lies at `place`.
pub fn within(place: impl std::fmt::Display, fault: FieldError) -> FieldError {
    let joint = if fault.field.is_empty() || fault.field.starts_with('[') { "" } else { "." };
    FieldError { field: format!("{place}{joint}{}", fault.field).into(), ..fault }
}

/// A whole world but for its fixtures and its seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorldRecord {
    /// The instant up to which everything has happened.
    pub now: Timestamp,
    /// What can be set.
    pub settings: SettingsRecord,
    /// How each campaign stands, by its id.
    pub campaigns: BTreeMap<String, CampaignRecord>,
    /// Every call, in the order in which they were made.
    pub calls: Vec<CallRecord>,
    /// How many calls each number has had.
    pub calls_with: BTreeMap<PhoneNumber, Tally>,
    /// What is due.
    pub agenda: AgendaRecord,
    /// The month's call minutes.
    pub minutes: MinutesRecord,
    /// The windows of the rate limit that are open, by the SHA-256 of what each client calls itself.
    pub rate_limit_windows: BTreeMap<Hex<32>, WindowRecord>,
    /// The answers that idempotency keys bring back, in the order in which they are forgotten.
    pub idempotency: Vec<AnswerRecord>,
    /// Everything about webhooks.
    pub webhooks: OutboxRecord,
    /// What goes wrong with requests, on request.
    pub faults: FaultsRecord,
}

/// What can be set about a world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsRecord {
    /// Requests a minute for each token.
    pub rate_limit: Option<Upto<1_000_000_000>>,
    /// Call minutes a month.
    pub minute_limit: Option<u64>,
    /// Whether calls go on past those.
    pub overage: bool,
    /// How often each scenario is drawn, by its name.
    pub scenario_weights: BTreeMap<String, WeightRecord>,
    /// Whether the calls of a list carry their transcripts.
    pub list_transcripts: bool,
    /// How long every answer is held back.
    pub latency: Option<Latency>,
}

/// How often a scenario is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightRecord {
    /// For calls that the agent places.
    pub outbound: u32,
    /// For calls that come in.
    pub inbound: u32,
}

/// How a campaign stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignRecord {
    /// Where it stands.
    pub status: CampaignStatus,
    /// Whether its calls are recorded.
    pub recording: RecordingSetting,
    /// The scenario of all its calls.
    pub scenario: Option<String>,
}

/// What is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgendaRecord {
    /// The number that the next entry gets.
    pub next_number: Count,
    /// What is due, in order.
    pub entries: Vec<EntryRecord>,
}

impl AgendaRecord {
    /// The deliveries that it comes back to.
    pub fn deliveries(&self) -> impl Iterator<Item = DeliveryNumber> {
        self.entries.iter().filter_map(|entry| match entry.due {
            DueRecord::Delivery(number) => Some(DeliveryNumber(number.get())),
            DueRecord::Call(_) => None,
        })
    }
}

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRecord {
    /// When.
    pub at: Timestamp,
    /// How many were entered before it.
    pub number: Count,
    /// What.
    pub due: DueRecord,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DueRecord {
    /// A call goes on.
    Call(StepRecord),
    /// A delivery's wait is over: that of this number.
    Delivery(Count),
}

/// A call is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// Which.
    pub id: CallId,
    /// How.
    pub step: Step,
}

/// The month's call minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinutesRecord {
    /// The first instant of the month that is being counted.
    pub month: Timestamp,
    /// The minutes that were used in it.
    pub used: Count,
}

/// A window of the rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowRecord {
    /// When it ends.
    pub ends: Timestamp,
    /// How many requests have come in it.
    pub requests: Tally,
}

/// An answer that an idempotency key brings back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRecord {
    /// The key: a UUID.
    pub key: String,
    /// The SHA-256 of the request's JSON.
    pub request: Hex<32>,
    /// The answer's body.
    pub answer: Octets,
    /// When it is forgotten.
    pub until: Timestamp,
}
