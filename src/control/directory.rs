//! `GET /__admin/businesses`, `…/agents`, `…/phone-numbers`: what the world holds, in the order of the fixtures.

use akol_mock_world::base::phone_number::PhoneNumber;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::directory::Locale;
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::Serialize;

use crate::dialect::envelope;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BusinessView<'a> {
    id: &'a str,
    name: &'a str,
    trade: &'a str,
    locale: Locale,
    max_call_duration_minutes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentView<'a> {
    id: &'a str,
    business_id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NumberView<'a> {
    id: &'a str,
    business_id: &'a str,
    campaign_id: &'a str,
    number: PhoneNumber,
}

/// All businesses.
pub fn businesses(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let view = world.fixtures().directory.businesses.iter().map(|business| BusinessView {
        id: &business.id,
        name: &business.name,
        trade: &business.trade,
        locale: business.locale,
        max_call_duration_minutes: business.max_call_duration.as_secs() / 60,
    });
    Ok(envelope::success(StatusCode::OK, &view.collect::<Vec<_>>()))
}

/// All agents.
pub fn agents(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let directory = &world.fixtures().directory;
    let view = directory.agents.iter().map(|agent| AgentView {
        id: &agent.id,
        business_id: &directory.business(agent.business).id,
        name: &agent.name,
    });
    Ok(envelope::success(StatusCode::OK, &view.collect::<Vec<_>>()))
}

/// All phone numbers.
pub fn phone_numbers(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let directory = &world.fixtures().directory;
    let view = directory.numbers.iter().map(|number| NumberView {
        id: &number.id,
        business_id: &directory.business_of(number.campaign).id,
        campaign_id: &directory.campaign(number.campaign).id,
        number: number.number,
    });
    Ok(envelope::success(StatusCode::OK, &view.collect::<Vec<_>>()))
}
