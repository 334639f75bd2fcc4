//! Webhooks, as a document has them: who is told, and everything that is on its way or was.

use serde::{Deserialize, Serialize};

use super::octets::Octets;
use super::upto::{Count, Millis, Status, Tally};
use crate::base::time::Timestamp;
use crate::base::vocabulary::vocabulary;
use crate::calls::call::CallId;
use crate::webhooks::signature::Signature;
use crate::webhooks::{DeliveryState, Event, Known, Mischief, Trick};

/// Everything about webhooks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutboxRecord {
    /// How they were set at the start.
    pub settings: HooksRecord,
    /// How many subscriptions were ever made.
    pub subscribed: Tally,
    /// Who is told, and who was, as far as a delivery names them.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// How deliveries misbehave.
    pub mischief: Mischief,
    /// How many deliveries were ever made.
    pub delivered: Count,
    /// Those that are remembered, the oldest first.
    pub deliveries: Vec<DeliveryRecord>,
    /// Which of them wait for each other.
    pub lanes: Vec<LaneRecord>,
    /// How often an event was told again.
    pub repeats: Vec<RepeatRecord>,
}

/// How webhooks were set at the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HooksRecord {
    /// What those are told who do not say what they want.
    pub events: Vec<Event>,
    /// What is signed with where a subscription has no secret of its own.
    pub secret: String,
    /// The waits before each further try.
    pub retries_ms: Vec<Millis>,
    /// Which signature headers are sent.
    pub signature: SignatureName,
}

vocabulary! {
    /// Which signature headers are sent.
    pub enum SignatureName {
        /// Akol's own.
        Akol = "akol",
        /// Those of Standard Webhooks too.
        Standard = "standard",
    }
}

impl From<Signature> for SignatureName {
    fn from(signature: Signature) -> SignatureName {
        match signature {
            Signature::Akol => SignatureName::Akol,
            Signature::Standard => SignatureName::Standard,
        }
    }
}

impl From<SignatureName> for Signature {
    fn from(name: SignatureName) -> Signature {
        match name {
            SignatureName::Akol => Signature::Akol,
            SignatureName::Standard => Signature::Standard,
        }
    }
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubscriptionRecord {
    /// How many were made before it.
    pub number: Tally,
    /// `whk_…`
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// What they are signed with.
    pub secret: String,
    /// What is told; `null` where it has been deleted.
    pub events: Option<Vec<Event>>,
}

/// An event on its way, or arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliveryRecord {
    /// How many were made before it.
    pub number: Count,
    /// `msg_` and what is random about it, in 16 hexadecimal digits.
    pub id: String,
    /// What is told.
    pub event: Event,
    /// Which call it is about.
    pub call_id: CallId,
    /// The number of the subscription that it is for.
    pub subscription: Option<Tally>,
    /// When it happened.
    pub created_at: Timestamp,
    /// What is said.
    pub content: ContentRecord,
    /// How it stands.
    pub state: DeliveryState,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// Every try.
    pub attempts: Vec<TryRecord>,
    /// Whether it lets the next event of its call go first.
    pub is_held: bool,
    /// What is to be noted with its next try.
    pub mischief: Vec<Trick>,
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContentRecord {
    /// The body as it is sent.
    Body(Octets),
    /// Of a kept one: what its body can be made from.
    Known(KnownRecord),
    /// Of one that is over: nothing any more, to make room.
    Dropped,
}

/// How much was known of a call when it was told of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRecord {
    /// It had begun to ring.
    pub rung: bool,
    /// It had been answered.
    pub answered: bool,
    /// It had ended.
    pub ended: bool,
}

impl From<Known> for KnownRecord {
    fn from(known: Known) -> KnownRecord {
        let Known { rung, answered, ended } = known;
        KnownRecord { rung, answered, ended }
    }
}

impl From<KnownRecord> for Known {
    fn from(record: KnownRecord) -> Known {
        let KnownRecord { rung, answered, ended } = record;
        Known { rung, answered, ended }
    }
}

/// One try to deliver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TryRecord {
    /// When it was made.
    pub at: Timestamp,
    /// The headers that it was sent with, by name.
    pub headers: Vec<(String, String)>,
    /// What came of it; `null` while it is under way.
    pub answer: Option<TryAnswerRecord>,
    /// What may help where it was not received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When it is tried again because this failed.
    pub next_attempt_at: Option<Timestamp>,
    /// What was done to it.
    pub mischief: Vec<Trick>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryAnswerRecord {
    /// When that was known.
    pub at: Timestamp,
    /// What it was.
    pub result: ResultRecord,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResultRecord {
    /// The receiver answered with that HTTP status.
    Answered(Status),
    /// Why there was no answer.
    Failed(String),
}

/// The events of one call on their way to one subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaneRecord {
    /// The subscription's number.
    pub subscription: Tally,
    /// The call.
    pub call_id: CallId,
    /// The deliveries' numbers, that first which goes first.
    pub deliveries: Vec<Count>,
}

/// How often an event of a call was told again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepeatRecord {
    /// The call.
    pub call_id: CallId,
    /// The event.
    pub event: Event,
    /// To whom: the subscription's number.
    pub subscription: Option<Tally>,
    /// How often.
    pub count: Count,
}
