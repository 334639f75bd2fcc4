//! How the control API shows what happened: steps of calls, deliveries, requests.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::{CallId, Outcome, Status};
use akol_mock_world::event::{CallStep, DeliveryMoment, DeliveryResult, Moment, Transition, What};
use akol_mock_world::webhooks::{Event, MessageId};
use serde::Serialize;

use crate::engine::{Exchange, Happening};

/// One thing that happened. Its `type` says what it is.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Shown<'a> {
    /// A call went on.
    Transition {
        /// When.
        at: Timestamp,
        /// Which call.
        call_id: CallId,
        /// How it went on.
        step: CallStep,
        /// Where it stands now.
        status: Status,
        /// What came of it, once it has ended.
        outcome: Option<Outcome>,
    },
    /// An event was sent, or was not.
    Delivery {
        /// When that was known.
        at: Timestamp,
        /// Whose event it is.
        call_id: CallId,
        /// The delivery's id.
        delivery_id: DeliveryId<'a>,
        /// What was told.
        event: Event,
        /// To which subscription; `null` where there is none.
        webhook_id: Option<&'a str>,
        /// Where to; `null` where nobody has subscribed.
        url: Option<&'a str>,
        /// Which try it was, from 1; 0 where none was made.
        attempt: u32,
        /// In a word.
        result: &'static str,
        /// The receiver's HTTP status.
        status: Option<u16>,
        /// Why there was no answer.
        error: Option<&'a str>,
        /// What may help where it was not received.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'a str>,
        /// When it is tried again.
        next_attempt_at: Option<Timestamp>,
    },
    /// A request to Akol's API was answered.
    Request {
        /// When it arrived.
        at: Timestamp,
        /// Its `X-Request-Id`.
        request_id: &'a str,
        /// The method.
        method: &'a str,
        /// Path and query.
        path: String,
        /// The HTTP status; `null` while there is no answer.
        status: Option<u16>,
        /// The rules that meddled with it.
        faults: &'a [String],
        /// How the connection was broken in the answer's place.
        broken: Option<&'static str>,
    },
}

/// How a delivery is named: by the text that it was restored with, or by its number.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum DeliveryId<'a> {
    /// As it was.
    Text(&'a str),
    /// As it is written.
    Number(MessageId),
}

const KEPT: &str = "kept";

impl<'a> Shown<'a> {
    /// Any happening.
    pub fn of(happening: &'a Happening) -> Shown<'a> {
        match happening {
            Happening::Moment(_, moment) => Shown::of_moment(moment),
            Happening::Answered(_, exchange) => Shown::of_exchange(exchange),
        }
    }

    /// What happened in the world.
    pub fn of_moment(moment: &'a Moment) -> Shown<'a> {
        let Moment { at, call, what } = moment;
        match what {
            What::Transition(Transition { step, status, outcome }) => {
                Shown::Transition { at: *at, call_id: *call, step: *step, status: *status, outcome: *outcome }
            }
            What::Delivery(delivery) => Shown::of_delivery(*at, *call, delivery),
            What::Kept(id, event) => Shown::Delivery {
                at: *at,
                call_id: *call,
                delivery_id: DeliveryId::Number(*id),
                event: *event,
                webhook_id: None,
                url: None,
                attempt: 0,
                result: KEPT,
                status: None,
                error: None,
                hint: None,
                next_attempt_at: None,
            },
        }
    }

    fn of_delivery(at: Timestamp, call_id: CallId, delivery: &'a DeliveryMoment) -> Shown<'a> {
        let (result, status, error) = match &delivery.result {
            DeliveryResult::Answered(status @ 200..=299) => ("received", Some(*status), None),
            DeliveryResult::Answered(status) => ("failed", Some(*status), None),
            DeliveryResult::Failed(why) => ("failed", None, Some(&**why)),
            DeliveryResult::Dropped => ("dropped", None, None),
            DeliveryResult::Kept => (KEPT, None, None),
        };
        Shown::Delivery {
            at,
            call_id,
            delivery_id: DeliveryId::Text(&delivery.id),
            event: delivery.event,
            webhook_id: delivery.webhook_id.as_deref(),
            url: delivery.url.as_deref(),
            attempt: delivery.attempt,
            result,
            status,
            error,
            hint: delivery.hint.as_deref(),
            next_attempt_at: delivery.next_attempt_at,
        }
    }

    /// A request.
    pub fn of_exchange(exchange: &'a Exchange) -> Shown<'a> {
        let answer = exchange.answer();
        Shown::Request {
            at: exchange.at,
            request_id: exchange.id.as_str(),
            method: exchange.request.method.as_str(),
            path: exchange.request.target(),
            status: answer.map(|answer| answer.reply.status),
            faults: answer.map_or(&[], |answer| &answer.trouble().rules),
            broken: answer.and_then(|answer| answer.trouble().breakage),
        }
    }
}
