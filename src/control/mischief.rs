//! `GET`, `PUT /__admin/webhooks/mischief`: how deliveries misbehave, for testing a receiver.

use akol_mock_world::base::probability::Probability;
use akol_mock_world::base::span::Span;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::webhooks::Mischief;
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::Serialize;

use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// The shortest delay.
const SHORTEST: Span = Span::from_millis(1);
/// The longest delay.
const LONGEST: Span = Span::from_secs(24 * 60 * 60);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MischiefView {
    duplicate: Probability,
    reorder: Probability,
    drop: Probability,
    bad_signature: Probability,
    stale_timestamp: Probability,
    delay: Option<Span>,
}

/// How deliveries misbehave now.
pub fn show(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    Ok(reply(world.outbox().mischief()))
}

/// Replaces all of it. What is left out is none.
pub fn change(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["duplicate", "reorder", "drop", "badSignature", "staleTimestamp", "delay"]);
    let mut chance = |name| {
        let millionths = fields.decimal(name, Probability::DECIMALS, Probability::MOST);
        millionths.map(Probability::from_millionths).unwrap_or_default()
    };
    let mischief = Mischief {
        duplicate: chance("duplicate"),
        reorder: chance("reorder"),
        drop: chance("drop"),
        bad_signature: chance("badSignature"),
        stale_timestamp: chance("staleTimestamp"),
        delay: fields.duration("delay", SHORTEST..=LONGEST),
    };
    fields.finish()?;
    world.set_mischief(mischief);
    let is_idle = mischief != Mischief::default() && world.outbox().subscriptions().len() == 0;
    let warning = is_idle.then(|| {
        "There is no webhook yet, so nothing is sent that could misbehave; POST /__admin/webhooks makes one".to_owned()
    });
    Ok(envelope::warned(reply(mischief), warning.as_slice()))
}

fn reply(mischief: Mischief) -> Reply {
    let Mischief { duplicate, reorder, drop, bad_signature, stale_timestamp, delay } = mischief;
    let view = MischiefView { duplicate, reorder, drop, bad_signature, stale_timestamp, delay };
    envelope::success(StatusCode::OK, &view)
}
