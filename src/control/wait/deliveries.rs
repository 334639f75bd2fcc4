//! `POST /__admin/webhooks/deliveries/wait`: waits for deliveries.

use std::sync::Arc;

use akol_mock_world::NotOneOf;
use akol_mock_world::base::json::Json;
use akol_mock_world::faults::matching::{Difference, Effort, Pattern};
use akol_mock_world::webhooks::{Delivery, DeliveryState, Event, TryAnswer};
use hyper::StatusCode;
use serde::Serialize;

use super::{
    InVain, Kind, NearMiss, TimedOut, WAIT_OPTIONS, WaitOptions, enough, nearest, of_clock, of_forgotten, of_others,
    overtaken, place_in,
};
use crate::control::deliveries::DeliveryView;
use crate::control::scene::{Pending, Scene};
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::dialect::refusal::Refusal;
use crate::dialect::{oversight, pattern};
use crate::engine::{Awaited, Found, NotedDelivery, NotedView, Workspace};
use crate::http::request::Request;
use crate::http::response::Reply;

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
            body: pattern::of_body(fields),
        }
    }

    /// Whether a delivery is what is wanted, but for its body.
    fn may_be(&self, delivery: &Delivery) -> bool {
        self.event.is_none_or(|event| event == delivery.event)
            && self.state.is_none_or(|state| state == delivery.state)
            && self.status.is_none_or(|status| last_status(delivery) == Some(status))
            && self.call_id.as_ref().is_none_or(|id| *id == delivery.call.to_string())
    }

    /// Every way in which a delivery is not what is wanted; none where it is.
    fn differences(&self, noted: &NotedView<'_>) -> Vec<Difference> {
        let NotedView { delivery, sent } = noted;
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
        differences.extend(self.body.differences(sent));
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
        fields.only(&[&WANTED[..], &WAIT_OPTIONS].concat());
        let wanted = Wanted::read(&mut fields);
        let options = WaitOptions::read(&mut fields);
        fields.finish()?;
        // Its body may be long, and so may the wait.
        drop(request);
        let workspace = scene.workspace;
        let pool = workspace.pool().clone();
        let _place = place_in(&workspace, &wanted.body)?;
        let epoch = workspace.epoch();
        let (wanted, known) = (Arc::new(wanted), Arc::clone(&workspace));
        let (may_be, is) = (Arc::clone(&wanted), Arc::clone(&wanted));
        let (waiting, there) = known.wait_for_deliveries(
            Effort::of(&wanted.body),
            move |delivery| may_be.may_be(delivery),
            move |noted| is.may_be(noted.delivery) && is.body.matches(&noted.sent),
            options.count,
            false,
        );
        waiting.look_at(there, &pool).await?;
        match enough(&waiting, &pool, &epoch, options.timeout.duration()).await {
            Ok(mut found) => {
                let there = if found.is_whole() { Vec::new() } else { workspace.noted_deliveries() };
                pool.run_if(!there.is_empty(), move || {
                    // One that was wanted may have changed since.
                    found.fill(there.into_iter().filter(|noted| wanted.may_be(&noted.delivery)));
                    came(found, workspace)
                })
                .await
                .map_err(Refusal::from)
            }
            Err(InVain::Reset) => Err(overtaken()),
            Err(InVain::TimeUp) => {
                let found = waiting.found();
                pool.run(move || late(found, workspace, &wanted, options)).await.map_err(Refusal::from)
            }
        }
    })
}

/// The answer with the deliveries that have come.
fn came(found: Found<NotedDelivery>, workspace: Arc<Workspace>) -> Reply {
    let count = found.count();
    let there = found.into_things();
    let warning = of_forgotten(there.len(), count);
    let reply = envelope::success_list(StatusCode::OK, there, move |noted, bytes| {
        workspace.peek(|world| envelope::write_json(&DeliveryView::of(&noted.delivery, world), bytes));
    });
    envelope::warned(reply, warning.as_slice())
}

/// The answer when time is up: with what came at the very last, or with what came nearest.
fn late(mut found: Found<NotedDelivery>, workspace: Arc<Workspace>, wanted: &Wanted, options: WaitOptions) -> Reply {
    let misses = workspace.noted_deliveries().into_iter().filter_map(|noted| {
        let differences = wanted.differences(&noted.view());
        if differences.is_empty() {
            found.put(noted);
            return None;
        }
        found.remove(noted.number.0);
        Some(NearMiss { differences, what: noted })
    });
    let (others, nearest) = nearest(misses);
    let WaitOptions { count, timeout } = options;
    if found.count() >= count {
        return came(found, workspace);
    }
    let (reply, can_come) = workspace.peek(|world| {
        let error =
            format!("Waited {timeout} for deliveries: {} of {count} came; {}", found.count(), of_others(others));
        let shown = nearest.iter().map(|NearMiss { differences, what }| NearMiss {
            differences: differences.clone(),
            what: Miss { delivery: DeliveryView::of(&what.delivery, world) },
        });
        let oversights = oversight::of_deliveries(world, wanted.event, wanted.call_id.as_deref());
        (envelope::warned(TimedOut::reply(error, shown.collect()), &oversights), oversights.is_empty())
    });
    // Whatever the clock does, what cannot come does not.
    let of_clock = can_come.then(|| of_clock(&workspace, timeout, Kind::Deliveries)).flatten();
    envelope::warned(reply, of_clock.as_slice())
}
