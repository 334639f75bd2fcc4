//! Calls, as a document has them: facts only, as the words are made from them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::upto::Millis;
use crate::base::phone_number::PhoneNumber;
use crate::base::time::Timestamp;
use crate::calls::call::{CallId, Direction, Outcome, Sentiment, Status};
use crate::calls::plan::{Plan, Script};
use crate::calls::scenario::Answer;

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallRecord {
    /// Its identity.
    pub id: CallId,
    /// Whether the workspace's key has moved its id; left out where it has not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_keyed: bool,
    /// Its campaign's id.
    pub campaign_id: String,
    /// The id of the account's own number.
    pub phone_number_id: String,
    /// The other side's number.
    pub person: PhoneNumber,
    /// Who called whom.
    pub direction: Direction,
    /// Whether that person had a call before.
    pub is_returning: bool,
    /// What is meant to become of it.
    pub plan: PlanRecord,
    /// When it rings, or would have rung.
    pub rings_at: Timestamp,
    /// Whether it has begun to ring.
    pub has_rung: bool,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub status: Status,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// How the person felt.
    pub sentiment: Option<Sentiment>,
}

/// What is meant to become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanRecord {
    /// How long it rings.
    pub ring_ms: Millis,
    /// Who picks up.
    pub answer: Answer,
    /// How long the two sides are connected. That of a call of the fixtures may be more than a day.
    pub talk_ms: u64,
    /// How it ends.
    pub ends: Outcome,
    /// What is said.
    pub script: ScriptRecord,
    /// Whether there is time for all of it.
    pub is_whole: bool,
}

/// What is said in a call. Positions mean something only with the same fixtures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScriptRecord {
    /// Nothing.
    Silence,
    /// The dialogue at that position of the fixtures.
    Dialogue(u16),
    /// The call at that position of the fixtures, word for word.
    Verbatim(u16),
}

impl From<&Plan> for PlanRecord {
    fn from(plan: &Plan) -> PlanRecord {
        PlanRecord {
            ring_ms: Millis::of(plan.ring.as_millis()),
            answer: plan.answer,
            talk_ms: u64::try_from(plan.talk.as_millis()).unwrap_or(u64::MAX),
            ends: plan.ends,
            script: match plan.script {
                Script::Silence => ScriptRecord::Silence,
                Script::Dialogue(position) => ScriptRecord::Dialogue(position),
                Script::Verbatim(position) => ScriptRecord::Verbatim(position),
            },
            is_whole: plan.is_whole,
        }
    }
}

impl From<PlanRecord> for Plan {
    fn from(record: PlanRecord) -> Plan {
        Plan {
            ring: Duration::from_millis(record.ring_ms.get()),
            answer: record.answer,
            talk: Duration::from_millis(record.talk_ms),
            ends: record.ends,
            script: match record.script {
                ScriptRecord::Silence => Script::Silence,
                ScriptRecord::Dialogue(position) => Script::Dialogue(position),
                ScriptRecord::Verbatim(position) => Script::Verbatim(position),
            },
            is_whole: record.is_whole,
        }
    }
}
