//! `POST /__admin/calls`: a call that nobody placed over the API. `POST /__admin/calls/:id/transition`: makes one go on.

use akol_mock_world::NotOneOf;
use akol_mock_world::base::phone_number::NotAPhoneNumber;
use akol_mock_world::calls::call::{Direction, Outcome, Status};
use akol_mock_world::error::Error;
use akol_mock_world::world::{Inbound, World};
use hyper::StatusCode;

use crate::dialect::call_view::CallView;
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

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

/// Makes a call enter a status now, and answers with it.
pub fn transition(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["status", "outcome"]);
    let status = fields.required("status", NotOneOf::of(Status::ALL.iter().map(|one| one.as_str())));
    let outcome = fields.optional("outcome", NotOneOf::of(Outcome::ALL.iter().map(|one| one.as_str())));
    fields.finish()?;
    let Some(status) = status else {
        // Not reached: what is missing has been noted, and `finish` has refused it.
        return Err(Refusal::bad_request("status is missing"));
    };
    let slot = world.force(request.id(), status, outcome)?;
    Ok(envelope::success(StatusCode::OK, &CallView::of(world.call(slot), world, world.now())))
}
