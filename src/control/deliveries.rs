//! `GET /__admin/webhooks/deliveries`, `…/:id`, `POST …/:id/redeliver`: every delivery with each try.

use std::borrow::Cow;
use std::sync::Arc;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::CallId;
use akol_mock_world::webhooks::{Content, Delivery, DeliveryState, Event, MessageId, Trick, Try, TryAnswer};
use akol_mock_world::world::World;
use bytes::Bytes;
use hyper::StatusCode;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::dialect::envelope;
use crate::dialect::fields;
use crate::dialect::oversight;
use crate::dialect::parameters::Parameters;
use crate::dialect::refusal::Refusal;
use crate::engine::Workspace;
use crate::http::request::Request;
use crate::http::response::Reply;

/// A delivery as the control API shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView<'a> {
    id: MessageId,
    event: Event,
    call_id: CallId,
    webhook_id: Option<&'a str>,
    url: Option<&'a str>,
    created_at: Timestamp,
    state: DeliveryState,
    next_attempt_at: Option<Timestamp>,
    /// As it was sent, to the byte.
    body: Option<Box<RawValue>>,
    attempts: Vec<AttemptView<'a>>,
    is_body_dropped: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView<'a> {
    number: usize,
    at: Timestamp,
    headers: Headers<'a>,
    status: Option<u16>,
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    answered_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    mischief: &'a [Trick],
}

/// An object in the order of sending.
struct Headers<'a>(Cow<'a, [(Cow<'static, str>, Cow<'static, str>)]>);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &*self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'a> DeliveryView<'a> {
    /// A delivery of that world.
    pub fn of(delivery: &'a Delivery, world: &World) -> DeliveryView<'a> {
        let body = world.body_of(delivery);
        let attempts = match delivery.state {
            DeliveryState::Kept => vec![AttemptView::of_kept(delivery, &body, world)],
            _ => delivery.tries.iter().zip(1..).map(AttemptView::of).collect(),
        };
        let text = String::from_utf8(body.into()).ok();
        DeliveryView {
            id: delivery.id,
            event: delivery.event,
            call_id: delivery.call,
            webhook_id: delivery.to.as_ref().map(|to| &*to.id),
            url: delivery.to.as_ref().map(|to| &*to.url),
            created_at: delivery.created_at,
            state: delivery.state,
            next_attempt_at: delivery.next_attempt_at,
            body: text.and_then(|text| RawValue::from_string(text).ok()),
            attempts,
            is_body_dropped: delivery.content == Content::Dropped,
        }
    }
}

impl<'a> AttemptView<'a> {
    fn of((one, number): (&'a Try, usize)) -> AttemptView<'a> {
        let answer = one.answer.as_ref().map(|(answer, _)| answer);
        AttemptView {
            number,
            at: one.at,
            headers: Headers(one.headers.as_slice().into()),
            status: match answer {
                Some(TryAnswer::Answered(status)) => Some(*status),
                Some(TryAnswer::Failed(_)) | None => None,
            },
            error: match answer {
                Some(TryAnswer::Failed(why)) => Some(why),
                Some(TryAnswer::Answered(_)) | None => None,
            },
            hint: one.hint.as_deref(),
            answered_at: one.answer.as_ref().map(|(_, at)| *at),
            next_attempt_at: one.next_attempt_at,
            mischief: &one.mischief,
        }
    }

    /// What would have been sent if there had been anybody to send it to, so that signatures can be tested without a receiver.
    fn of_kept(delivery: &Delivery, body: &Bytes, world: &World) -> AttemptView<'a> {
        let mut headers = vec![("content-type".into(), "application/json".into())];
        headers.extend(world.outbox().headers_of_kept(delivery, body));
        AttemptView {
            number: 1,
            at: delivery.created_at,
            headers: Headers(headers.into()),
            status: None,
            error: None,
            hint: None,
            answered_at: None,
            next_attempt_at: None,
            mischief: &[],
        }
    }
}

/// All deliveries that are remembered and match, the oldest first, those of one instant by their calls; of more than `limit` the newest.
pub fn list(workspace: &Arc<Workspace>, request: &Request) -> Result<Reply, Refusal> {
    let mut parameters = Parameters::read(request.query())?;
    let event = parameters.get::<Event>("event");
    let state = parameters.get::<DeliveryState>("state");
    let since = parameters.since();
    let limit = parameters.limit();
    let call_id = parameters.id("callId").map(ToOwned::to_owned);
    parameters.finish()?;
    let matches = |delivery: &Delivery| {
        event.is_none_or(|event| delivery.event == event)
            && state.is_none_or(|state| delivery.state == state)
            && since.is_none_or(|since| delivery.created_at >= since)
            && call_id.as_ref().is_none_or(|id| delivery.call.to_string() == *id)
    };
    let (found, warnings) = workspace.read(|world, now| {
        let mut warnings = oversight::of_deliveries(world, event, call_id.as_deref());
        warnings.extend(oversight::of_since(since, now));
        (world.outbox().newest(limit, matches), warnings)
    });
    // The bodies of those that are kept are made of what has been: that does not change.
    let shown = Arc::clone(workspace);
    let reply = envelope::success_list(StatusCode::OK, found, move |delivery, bytes| {
        shown.peek(|world| envelope::write_json(&DeliveryView::of(delivery, world), bytes));
    });
    Ok(envelope::warned(reply, &warnings))
}

/// One delivery.
pub fn get(world: &World, _: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    let delivery = world.outbox().find(request.id())?;
    Ok(envelope::success(StatusCode::OK, &DeliveryView::of(delivery, world)))
}

/// Sends a delivery again that has come to its end, and answers with it as it is now.
pub fn redeliver(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    fields::nothing(request)?;
    world.redeliver(request.id())?;
    let delivery = world.outbox().find(request.id())?;
    Ok(envelope::success(StatusCode::OK, &DeliveryView::of(delivery, world)))
}
