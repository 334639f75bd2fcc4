//! `POST /__admin/calls`: a call that nobody placed over the API.

use hyper::StatusCode;

use crate::dialect::call_view::CallView;
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::dialect::refusal::Refusal;
use crate::domain::call::Direction;
use crate::domain::error::Error;
use crate::domain::phone_number::NotAPhoneNumber;
use crate::domain::world::{Inbound, World};
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// Lets a call come in, and answers with it.
pub fn receive(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["direction", "scenario", "fromNumber", "toNumber", "campaignId"]);
    let direction = fields.required("direction", "\"inbound\"");
    let scenario = fields.optional::<Id>("scenario", "the name of a scenario");
    let from = fields.optional("fromNumber", NotAPhoneNumber);
    let to = fields.optional("toNumber", NotAPhoneNumber);
    let campaign_id = fields.optional::<Id>("campaignId", "the id of a campaign");
    fields.finish()?;
    if direction == Some(Direction::Outbound) {
        let message = "is \"outbound\", must be \"inbound\"; an outbound call is placed with POST /api/v1/calls";
        return Err(Error::invalid("direction", message).into());
    }
    let received = world.receive(&Inbound {
        campaign_id: campaign_id.as_ref().map(|Id(id)| id.as_str()),
        from,
        to,
        scenario: scenario.as_ref().map(|Id(name)| name.as_str()),
    })?;
    Ok(envelope::success(StatusCode::CREATED, &CallView::of(world.call(received), world, world.now())))
}
