//! `GET`, `POST /__admin/webhooks`, `DELETE …/:id`: who is told of what happens. `POST /__admin/webhooks/trigger`: tells it now.

use akol_mock_world::NotOneOf;
use akol_mock_world::base::json::Json;
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::webhooks::{Delivery, Event, NewSubscription, Subscription};
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::Serialize;

use super::deliveries::DeliveryView;
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// What stands for every event.
const ALL: &str = "*";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookView<'a> {
    id: &'a str,
    url: &'a str,
    events: &'a [Event],
    /// In plain: scripts read it here to check signatures.
    secret: &'a str,
}

impl<'a> From<&'a Subscription> for WebhookView<'a> {
    fn from(subscription: &'a Subscription) -> WebhookView<'a> {
        let Subscription { id, url, events, secret, .. } = subscription;
        WebhookView { id, url, events, secret }
    }
}

/// All subscriptions, in the order of making.
pub fn list(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let views: Vec<WebhookView<'_>> = world.outbox().subscriptions().map(WebhookView::from).collect();
    Ok(envelope::success(StatusCode::OK, &views))
}

/// Makes a subscription.
pub fn subscribe(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["url", "events", "secret"]);
    let url = fields.required::<Id>("url", "an http or https URL");
    let events = fields.parsed("events", events);
    let secret = fields.optional::<Id>("secret", "a text that is not empty");
    let secret = secret.map(|Id(secret)| secret);
    let new = url.map(|Id(url)| NewSubscription { url, events, secret });
    if let Some(new) = &new {
        fields.gather(world.outbox().check(new));
    }
    fields.finish()?;
    let Some(new) = new else {
        // Not reached: a required field that is not there has been noted, and `finish` has refused it.
        return Err(Refusal::bad_request("A required field is missing"));
    };
    let same = world.outbox().subscriptions().find(|one| *one.url == *new.url).map(|one| one.id.to_string());
    let warning = same.map(|id| {
        format!("Webhook {id} has the same URL, so an event of both goes there twice; DELETE /__admin/webhooks/{id} takes it back")
    });
    let reply = envelope::success(StatusCode::CREATED, &WebhookView::from(world.subscribe(new)?));
    Ok(envelope::warned(reply, warning.as_slice()))
}

/// Deletes a subscription, and answers with what it was.
pub fn unsubscribe(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let deleted = world.unsubscribe(request.id())?;
    Ok(envelope::success(StatusCode::OK, &WebhookView::from(&deleted)))
}

/// Tells an event now, whatever has become of the call, and answers with the deliveries.
pub fn trigger(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["event", "callId"]);
    let event = fields.required::<Event>("event", NotOneOf::of(Event::ALL.iter().map(|event| event.as_str())));
    let call_id = fields.optional::<Id>("callId", "the id of a call");
    fields.finish()?;
    let Some(event) = event else {
        // Not reached, as above.
        return Err(Refusal::bad_request("A required field is missing"));
    };
    let made = world.trigger(event, call_id.as_ref().map(|Id(id)| id.as_str()))?;
    let made = made.into_iter().filter_map(|number| world.outbox().delivery(number));
    let made: Vec<&Delivery> = made.collect();
    // All are of one call.
    let untrue = made.first().map(|delivery| delivery.call).filter(|call| !world.has_come_to(event, *call));
    let warning = untrue.map(|call| format!("{call} has not come to what {event} tells; it was told all the same"));
    let views: Vec<DeliveryView<'_>> = made.iter().map(|delivery| DeliveryView::of(delivery, world)).collect();
    Ok(envelope::warned(envelope::success(StatusCode::CREATED, &views), warning.as_slice()))
}

/// Reads the names of events, or `*` for all, alone or in an array. In the order of the documentation, whatever order they were given in.
fn events(value: &Json) -> Result<Vec<Event>, String> {
    let known = NotOneOf::of(Event::ALL.iter().map(|event| event.as_str()));
    if *value == *ALL {
        return Ok(Event::ALL.to_vec());
    }
    let names: Option<Vec<&str>> = value.as_array().and_then(|names| names.iter().map(Json::as_str).collect());
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return Err(format!("must be an array of at least one of {known}, or [\"{ALL}\"] for all"));
    };
    let is_known = |name: &&&str| **name != ALL && name.parse::<Event>().is_err();
    if let Some(stranger) = names.iter().find(is_known) {
        return Err(format!("has {}, must be {known}, or \"{ALL}\" for all", Quoted(stranger)));
    }
    let is_wanted = |event: &&Event| names.iter().any(|name| *name == ALL || *name == event.as_str());
    Ok(Event::ALL.iter().filter(is_wanted).copied().collect())
}
