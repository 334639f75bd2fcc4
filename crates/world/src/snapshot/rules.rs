//! Fault rules, as a document has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::hex::Hex;
use super::upto::Count;
use super::{Checked, bounded, wrong};
use crate::base::probability::Probability;
use crate::faults::latency::Latency;
use crate::faults::matching::Pattern;
use crate::faults::rules::{ConnectionFault, Effect, Faults};

/// All rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultsRecord {
    /// How many there have ever been.
    pub made: Count,
    /// Those in force, in their order.
    #[serde(deserialize_with = "bounded::list::<_, _, { Faults::MOST }>")]
    pub rules: Vec<RuleRecord>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRecord {
    /// Which rule it is, from 1.
    pub number: Count,
    /// Which requests it is for.
    #[serde(deserialize_with = "bounded::text::<_, _, { Faults::MOST_BYTES }>")]
    pub r#match: Pattern,
    /// How many of them it strikes in all.
    pub times: Option<u32>,
    /// How likely it strikes each.
    pub probability: Probability,
    /// What it does.
    pub effect: EffectRecord,
    /// How many it has struck.
    pub hits: u32,
    /// How many requests of each digest it has drawn for.
    pub drawn: BTreeMap<Hex<8>, Count>,
}

/// What a rule does: exactly one of `status`, `latency` and `fault`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EffectRecord {
    /// It answers with that status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When the client may come again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// It holds the answer back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// It breaks the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<ConnectionFault>,
    /// Whether the request is carried out all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execute: Option<bool>,
}

impl From<Effect> for EffectRecord {
    fn from(effect: Effect) -> EffectRecord {
        let none = EffectRecord::default();
        match effect {
            Effect::Status { status, retry_after, execute } => {
                EffectRecord { status: Some(status), retry_after, execute: Some(execute), ..none }
            }
            Effect::Latency { latency } => EffectRecord { latency: Some(latency), ..none },
            Effect::Connection { fault, execute } => {
                EffectRecord { fault: Some(fault), execute: Some(execute), ..none }
            }
        }
    }
}

impl EffectRecord {
    /// The effect, if it is one.
    pub fn effect(self) -> Checked<Effect> {
        match self {
            EffectRecord { status: Some(status), retry_after, latency: None, fault: None, execute: Some(execute) } => {
                if !(400..=599).contains(&status) {
                    return Err(wrong("status", format!("is {status}, must be from 400 to 599")));
                }
                Ok(Effect::Status { status, retry_after, execute })
            }
            EffectRecord { status: None, retry_after: None, latency: Some(latency), fault: None, execute: None } => {
                if !latency.is_within_limits() {
                    let (least, most) = (Latency::LEAST, Latency::MOST);
                    return Err(wrong("latency", format!("must be from {least} to {most}")));
                }
                Ok(Effect::Latency { latency })
            }
            EffectRecord {
                status: None,
                retry_after: None,
                latency: None,
                fault: Some(fault),
                execute: Some(execute),
            } => Ok(Effect::Connection { fault, execute }),
            _ => {
                let message =
                    "must be of status, execute and maybe retryAfter; or of latency alone; or of fault and execute";
                Err(wrong("", message))
            }
        }
    }
}
