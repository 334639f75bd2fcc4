//! `POST /__admin/webhooks/deliveries/wait`: waits for deliveries.

use hyper::StatusCode;
use serde::Serialize;

use super::{InVain, NearMiss, PATIENCE, Patience, TimedOut, overtaken, until};
use crate::control::deliveries::DeliveryView;
use crate::control::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::domain::NotOneOf;
use crate::domain::json::Json;
use crate::domain::matching::{Difference, Pattern, Sketch};
use crate::domain::webhook::{Delivery, DeliveryState, Event, TryAnswer};
use crate::domain::world::World;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// What a delivery that is waited for must be like. What is `None` may be anything.
struct Wanted {
    event: Option<Event>,
    call_id: Option<String>,
    state: Option<DeliveryState>,
    /// What the receiver answered last.
    status: Option<u16>,
    /// A part of the body.
    body: Pattern,
}

/// The names of its fields.
const WANTED: [&str; 5] = ["event", "callId", "state", "status", "body"];

impl Wanted {
    fn read(fields: &mut Fields) -> Wanted {
        Wanted {
            event: fields.optional("event", NotOneOf::of(Event::ALL.iter().map(|event| event.as_str()))),
            call_id: fields.optional::<Id>("callId", "the id of a call").map(|Id(id)| id),
            state: fields.optional("state", NotOneOf::of(DeliveryState::ALL.iter().map(|state| state.as_str()))),
            status: fields.number("status", 100..=599).map(|status| status as u16),
            body: Pattern { body: fields.value("body").cloned(), ..Pattern::default() },
        }
    }

    /// Every way in which a delivery is not what is wanted; none where it is.
    fn differences(&self, delivery: &Delivery, world: &World) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut compare = |field: &str, expected: Option<Json>, found: Option<Json>| {
            if let Some(expected) = expected.filter(|expected| Some(expected) != found.as_ref()) {
                differences.push(Difference { field: field.to_owned(), expected, found });
            }
        };
        let word = |word: &'static str| Json::from(word);
        compare("event", self.event.map(|event| word(event.as_str())), Some(word(delivery.event.as_str())));
        compare("callId", self.call_id.clone().map(Json::from), Some(delivery.call.to_string().into()));
        compare("state", self.state.map(|state| word(state.as_str())), Some(word(delivery.state.as_str())));
        compare("status", self.status.map(Json::from), last_status(delivery).map(Json::from));
        if self.body.body.is_some() {
            let body = world.body_of(delivery);
            let sketch = Sketch { method: "POST", path: "", query: "", status: None, body: &body };
            differences.extend(self.body.differences(&sketch));
        }
        differences
    }
}

/// What the receiver answered last.
fn last_status(delivery: &Delivery) -> Option<u16> {
    let answers = delivery.tries.iter().rev().filter_map(|one| one.answer.as_ref());
    answers
        .map(|(answer, _)| match answer {
            TryAnswer::Answered(status) => Some(*status),
            TryAnswer::Failed(_) => None,
        })
        .next()
        .flatten()
}

#[derive(Serialize)]
struct Miss<'a> {
    delivery: DeliveryView<'a>,
}

/// Waits for deliveries, and answers with them.
pub fn wait(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let mut fields = Fields::read(&request)?;
        fields.only(&[&WANTED[..], &PATIENCE].concat());
        let wanted = Wanted::read(&mut fields);
        let patience = Patience::read(&mut fields);
        fields.finish()?;
        let workspace = &scene.workspace;
        let look = || workspace.read(|world, _| found(world, &wanted, &patience));
        match until(workspace, &workspace.epoch(), patience.timeout.duration(), look).await {
            Ok(reply) => Ok(reply),
            Err(InVain::Reset) => Err(overtaken()),
            // It may have come at the very last.
            Err(InVain::TimeUp) => Ok(workspace.read(|world, _| {
                found(world, &wanted, &patience).unwrap_or_else(|| missed(world, &wanted, &patience))
            })),
        }
    })
}

/// The answer with the deliveries that are wanted, if there are enough of them.
fn found(world: &World, wanted: &Wanted, patience: &Patience) -> Option<Reply> {
    let found: Vec<&Delivery> =
        world.outbox().deliveries().filter(|delivery| wanted.differences(delivery, world).is_empty()).collect();
    (found.len() >= patience.count).then(|| {
        let views: Vec<_> = found.into_iter().map(|delivery| DeliveryView::of(delivery, world)).collect();
        envelope::success(StatusCode::OK, &views)
    })
}

fn missed(world: &World, wanted: &Wanted, patience: &Patience) -> Reply {
    let all: Vec<(&Delivery, Vec<Difference>)> =
        world.outbox().deliveries().map(|delivery| (delivery, wanted.differences(delivery, world))).collect();
    let came = all.iter().filter(|(_, differences)| differences.is_empty()).count();
    let Patience { count, timeout } = patience;
    let error = format!(
        "Waited {timeout} for deliveries: {came} of {count} came; nearMisses shows how the nearest of the others, {} in all, differ",
        all.len() - came
    );
    let misses = all.into_iter().filter(|(_, differences)| !differences.is_empty());
    let misses = misses.map(|(delivery, differences)| NearMiss {
        differences,
        what: Miss { delivery: DeliveryView::of(delivery, world) },
    });
    TimedOut::reply(error, misses.collect())
}
