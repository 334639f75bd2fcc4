//! `POST /calls`: places a call.

use akol_mock_world::account::idempotency::{Known, MOST_KEYS, RequestDigest};
use akol_mock_world::base::phone_number::NotAPhoneNumber;
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::calls::call::CallId;
use akol_mock_world::error::Error;
use akol_mock_world::world::{Placement, World};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use uuid::Uuid;

use crate::dialect::call_view::CallView;
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::dialect::refusal::Refusal;
use crate::http::body::Body;
use crate::http::request::Request;
use crate::http::response::Reply;

const KEY: &str = "Idempotency-Key";
const SCENARIO: &str = "X-Akol-Scenario";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Queues the call and answers with it, or gives the first answer to the same request again.
pub fn place(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    let now = world.now();
    let key = fields.gather(idempotency_key(request)).flatten().map(|key| (key, RequestDigest::of(fields.whole())));
    if let Some((key, digest)) = &key {
        match world.answers().look_up(*key, digest, now) {
            Known::New => world.answers().check_room(now).map_err(|until| {
                let there = format!("{MOST_KEYS} keys of the last 24 hours");
                Error::too_many(KEY, there, &format!("leave it out, or come again at {until}"))
            })?,
            Known::Same(answer) => return Ok(replay(answer)),
            Known::Unanswered => return Err(Error::StillAnswering.into()),
            Known::Different => {
                let message = "was used with another body before; take a new key for a new call";
                return Err(Error::invalid(KEY, message).into());
            }
        }
    }

    let campaign_id = fields.required::<Id>("campaignId", "the id of a campaign, such as \"cmp_xxx\"");
    let to = fields.required("toNumber", NotAPhoneNumber);
    let number_id = fields.required::<Id>("fromPhoneNumberId", "the id of a phone number, such as \"pn_xxx\"");
    let scenario = fields.gather(scenario(request)).flatten();
    fields.finish()?;
    let (Some(Id(campaign_id)), Some(to), Some(Id(number_id))) = (campaign_id, to, number_id) else {
        // Not reached: a required field that is not there has been noted, and `finish` has refused it.
        return Err(Refusal::bad_request("A required field is missing"));
    };
    let placed = world.place(&Placement { campaign_id: &campaign_id, number_id: &number_id, to, scenario })?;
    let call = world.call(placed);
    let mut reply = envelope::success(StatusCode::CREATED, &CallView::of(call, world, now)).about(call.id.number());
    if let (Some((key, digest)), Body::Full(answer)) = (key, &reply.body) {
        // A copy of just its length: it is kept for a day, and the room that it was written in is larger.
        world.answers().remember(key, digest, Bytes::copy_from_slice(answer), now);
        if request.is_held_back {
            world.answers().hold(key);
            reply.ticket = Some(key.as_u128());
        }
    }
    Ok(reply)
}

/// The first answer again. It is about the call that it shows.
fn replay(answer: Bytes) -> Reply {
    let first: Option<Value> = serde_json::from_slice(&answer).ok();
    let id: Option<CallId> = first.as_ref().and_then(|first| first["data"]["id"].as_str()?.parse().ok());
    let reply = Reply::json(StatusCode::CREATED, answer).with(REPLAYED, "true");
    match id {
        Some(id) => reply.about(id.number()),
        None => reply,
    }
}

/// The key, if there is one: a UUID in the usual form, hyphens included.
fn idempotency_key(request: &Request) -> Result<Option<Uuid>, Error> {
    const EXPECTED: &str = "must be a UUID, such as 7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";
    let Some(key) = request.headers.get(KEY) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(key.as_bytes());
    let key = Uuid::try_parse(&text).ok().filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH);
    key.map(Some).ok_or_else(|| Error::invalid(KEY, format!("is {}, {EXPECTED}", Quoted(&text))))
}

/// The name of the scenario that is asked for, if one is.
fn scenario(request: &Request) -> Result<Option<&str>, Error> {
    let name = request.headers.get(SCENARIO).map(HeaderValue::to_str).transpose();
    name.map_err(|_| Error::invalid(SCENARIO, "is not text"))
}
