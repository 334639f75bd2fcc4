//! `GET /__admin/campaigns`, `PATCH /__admin/campaigns/:id`.

use akol_mock_world::NotOneOf;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::scenario::check_name;
use akol_mock_world::directory::campaigns::CampaignChange;
use akol_mock_world::directory::{CampaignIndex, CampaignStatus, RecordingSetting};
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::Serialize;

use crate::dialect::envelope;
use crate::dialect::fields::{Fields, Id};
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CampaignView<'a> {
    id: &'a str,
    business_id: &'a str,
    agent_id: &'a str,
    phone_number_ids: Vec<&'a str>,
    name: &'a str,
    status: CampaignStatus,
    recording: RecordingSetting,
    scenario: Option<&'a str>,
}

/// All campaigns, in the order of the fixtures.
pub fn list(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let count = world.fixtures().directory.campaigns.len() as u16;
    let views: Vec<_> = (0..count).map(|position| view(world, CampaignIndex(position))).collect();
    Ok(envelope::success(StatusCode::OK, &views))
}

/// Pauses or resumes a campaign, changes its recording setting or scenario. All of it, or nothing.
pub fn change(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&["status", "recording", "scenario"]);
    let change = CampaignChange {
        // The other statuses exist, but no campaign can be told to take them.
        status: fields.optional("status", "RUNNING or PAUSED"),
        recording: fields.optional("recording", NotOneOf::of(RecordingSetting::ALL.iter().map(|one| one.as_str()))),
        scenario: match fields.is_null("scenario") {
            true => Some(None),
            false => fields.optional::<Id>("scenario", "the name of a scenario, or null").map(|Id(name)| Some(name)),
        },
    };
    if let Some(Some(name)) = &change.scenario {
        fields.gather(check_name(name, &world.fixtures().scenarios));
    }
    fields.finish()?;
    let campaign = world.change_campaign(request.id(), change)?;
    Ok(envelope::success(StatusCode::OK, &view(world, campaign)))
}

fn view(world: &World, index: CampaignIndex) -> CampaignView<'_> {
    let directory = &world.fixtures().directory;
    let campaign = directory.campaign(index);
    let state = world.campaign_state(index);
    CampaignView {
        id: &campaign.id,
        business_id: &directory.business(campaign.business).id,
        agent_id: &directory.agent(campaign.agent).id,
        phone_number_ids: campaign.numbers.iter().map(|number| directory.number(*number).id.as_str()).collect(),
        name: &campaign.name,
        status: state.status,
        recording: state.recording,
        scenario: state.scenario.as_deref(),
    }
}
