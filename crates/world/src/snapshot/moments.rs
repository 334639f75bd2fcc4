//! Moments, as a document has them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::upto::{Status as HttpStatus, Tally};
use crate::base::http_url;
use crate::base::time::Timestamp;
use crate::calls::call::{CallId, Outcome, Status};
use crate::event::{CallStep, DeliveryMoment, DeliveryResult, Moment, Transition, What};
use crate::webhooks::{Event, MessageId};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MomentRecord {
    /// When.
    pub at: Timestamp,
    /// Which call it befell.
    pub call_id: CallId,
    /// What it was.
    pub what: WhatRecord,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WhatRecord {
    /// A call went on.
    Transition(TransitionRecord),
    /// An event was sent, or was not.
    Delivery(DeliveryMomentRecord),
}

/// A step of a call, and how it stood after it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionRecord {
    step: CallStep,
    status: Status,
    outcome: Option<Outcome>,
}

/// One try to deliver an event, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliveryMomentRecord {
    delivery_id: String,
    event: Event,
    webhook_id: Option<String>,
    url: Option<String>,
    attempt: Tally,
    result: DeliveryResultRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    next_attempt_at: Option<Timestamp>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryResultRecord {
    /// The receiver answered with that HTTP status.
    Answered(HttpStatus),
    /// Why there was no answer.
    Failed(String),
    /// It was not sent.
    Dropped,
    /// It is kept for reading.
    Kept,
}

impl From<&Moment> for MomentRecord {
    fn from(moment: &Moment) -> MomentRecord {
        let what = match &moment.what {
            What::Transition(Transition { step, status, outcome }) => {
                WhatRecord::Transition(TransitionRecord { step: *step, status: *status, outcome: *outcome })
            }
            What::Kept(id, event) => WhatRecord::Delivery(DeliveryMomentRecord {
                delivery_id: id.to_string(),
                event: *event,
                webhook_id: None,
                url: None,
                attempt: Tally::of(0),
                result: DeliveryResultRecord::Kept,
                hint: None,
                next_attempt_at: None,
            }),
            What::Delivery(delivery) => WhatRecord::Delivery(DeliveryMomentRecord {
                delivery_id: delivery.id.to_string(),
                event: delivery.event,
                webhook_id: delivery.webhook_id.as_deref().map(ToOwned::to_owned),
                url: delivery.url.as_deref().map(ToOwned::to_owned),
                attempt: Tally::of(delivery.attempt),
                result: match &delivery.result {
                    DeliveryResult::Answered(status) => DeliveryResultRecord::Answered(HttpStatus::of(*status)),
                    DeliveryResult::Failed(why) => DeliveryResultRecord::Failed(why.to_string()),
                    DeliveryResult::Dropped => DeliveryResultRecord::Dropped,
                    DeliveryResult::Kept => DeliveryResultRecord::Kept,
                },
                hint: delivery.hint.as_deref().map(ToOwned::to_owned),
                next_attempt_at: delivery.next_attempt_at,
            }),
        };
        MomentRecord { at: moment.at, call_id: moment.call, what }
    }
}

impl From<MomentRecord> for Moment {
    fn from(record: MomentRecord) -> Moment {
        let what = match record.what {
            WhatRecord::Transition(TransitionRecord { step, status, outcome }) => {
                What::Transition(Transition { step, status, outcome })
            }
            WhatRecord::Delivery(delivery) => match delivery.kept() {
                Some(id) => What::Kept(id, delivery.event),
                None => What::Delivery(Box::new(delivery.into())),
            },
        };
        Moment { at: record.at, call: record.call_id, what }
    }
}

impl DeliveryMomentRecord {
    /// Of an event that was only kept: the delivery's id.
    fn kept(&self) -> Option<MessageId> {
        let is_bare =
            self.webhook_id.is_none() && self.url.is_none() && self.next_attempt_at.is_none() && self.hint.is_none();
        let is_kept = self.result == DeliveryResultRecord::Kept && self.attempt.narrow::<u32>() == 0 && is_bare;
        is_kept.then(|| self.delivery_id.parse().ok()).flatten()
    }
}

/// A URL as subscriptions and deliveries show it; a text that is none stays as it is.
fn written(url: String) -> Arc<str> {
    http_url::parse(&url).map_or_else(|_| url.as_str().into(), |url| url.as_str().into())
}

impl From<DeliveryMomentRecord> for DeliveryMoment {
    fn from(delivery: DeliveryMomentRecord) -> DeliveryMoment {
        DeliveryMoment {
            id: delivery.delivery_id.into(),
            event: delivery.event,
            webhook_id: delivery.webhook_id.map(Into::into),
            url: delivery.url.map(written),
            attempt: delivery.attempt.narrow(),
            result: match delivery.result {
                DeliveryResultRecord::Answered(status) => DeliveryResult::Answered(status.narrow()),
                DeliveryResultRecord::Failed(why) => DeliveryResult::Failed(why.into()),
                DeliveryResultRecord::Dropped => DeliveryResult::Dropped,
                DeliveryResultRecord::Kept => DeliveryResult::Kept,
            },
            hint: delivery.hint.map(Into::into),
            next_attempt_at: delivery.next_attempt_at,
        }
    }
}
