//! `GET`, `PUT /__admin/webhooks/mischief`: how deliveries misbehave, for testing a receiver.

use std::time::Duration;

use hyper::StatusCode;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;

use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::refusal::Refusal;
use crate::domain::quoted::Quoted;
use crate::domain::webhook::{Chance, Mischief};
use crate::domain::world::World;
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// The longest delay.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MischiefView {
    duplicate: Probability,
    reorder: Probability,
    drop: Probability,
    bad_signature: Probability,
    stale_timestamp: Probability,
    delay: Option<String>,
}

/// A chance as it is shown: from 0 to 1, and whole where it is either.
#[derive(Serialize)]
#[serde(untagged)]
enum Probability {
    Whole(u32),
    Part(f64),
}

impl From<Chance> for Probability {
    fn from(chance: Chance) -> Probability {
        match chance.parts() {
            0 => Probability::Whole(0),
            Chance::CERTAIN => Probability::Whole(1),
            parts => Probability::Part(f64::from(parts) / f64::from(Chance::CERTAIN)),
        }
    }
}

/// How deliveries misbehave now.
pub fn show(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    Ok(reply(world.outbox().mischief()))
}

/// Replaces all of it. What is left out is none.
pub fn change(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["duplicate", "reorder", "drop", "badSignature", "staleTimestamp", "delay"]);
    let mut chance = |name| fields.value(name, probability).unwrap_or_default();
    let mischief = Mischief {
        duplicate: chance("duplicate"),
        reorder: chance("reorder"),
        drop: chance("drop"),
        bad_signature: chance("badSignature"),
        stale_timestamp: chance("staleTimestamp"),
        delay: fields.value("delay", delay).unwrap_or_default(),
    };
    fields.finish()?;
    world.set_mischief(mischief);
    Ok(reply(mischief))
}

fn reply(mischief: Mischief) -> Reply {
    let delay = SignedDuration::try_from(mischief.delay).ok().filter(|delay| !delay.is_zero());
    let view = MischiefView {
        duplicate: mischief.duplicate.into(),
        reorder: mischief.reorder.into(),
        drop: mischief.drop.into(),
        bad_signature: mischief.bad_signature.into(),
        stale_timestamp: mischief.stale_timestamp.into(),
        delay: delay.map(|delay| format!("{delay:#}")),
    };
    envelope::success(StatusCode::OK, &view)
}

/// A probability, kept in whole parts per million: a draw needs integers.
fn probability(value: &Value) -> Result<Chance, String> {
    let given = value.as_f64().filter(|given| (0.0..=1.0).contains(given));
    let parts = given.map(|given| (given * f64::from(Chance::CERTAIN)).round() as u32);
    parts
        .map(Chance::of_parts)
        .ok_or_else(|| format!("is {}, must be a probability: a number from 0 to 1", Quoted(&value.to_string())))
}

fn delay(value: &Value) -> Result<Duration, String> {
    let read = |text: &str| Duration::try_from(text.parse::<SignedDuration>().ok()?).ok();
    // The clock counts whole milliseconds.
    let whole = |delay: &Duration| *delay <= LONGEST && delay.subsec_nanos().is_multiple_of(1_000_000);
    let expected = "must be a duration such as \"2s\", \"500ms\" or \"PT2M\", of whole milliseconds, 24 h at most";
    match value {
        Value::String(text) => read(text).filter(whole).ok_or_else(|| format!("is {}, {expected}", Quoted(text))),
        other => Err(format!("is {}, {expected}", Quoted(&other.to_string()))),
    }
}
