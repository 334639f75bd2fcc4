//! A call as the API shows it: these fields, in this order, no others.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use akol_mock_world::base::phone_number::PhoneNumber;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::{Call, CallId, Direction, Outcome, Sentiment, Status};
use akol_mock_world::content::dialogue::Line;
use akol_mock_world::content::template::Text;
use akol_mock_world::content::words::Story;
use akol_mock_world::world::World;
use serde::Serialize;

/// See the module. `null` where something is not known yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallView<'a> {
    /// Its id.
    pub id: CallId,
    /// Whose it is.
    pub business_id: &'a str,
    /// Its campaign.
    pub campaign_id: &'a str,
    /// Who speaks.
    pub agent_id: &'a str,
    /// The account's number.
    pub phone_number_id: &'a str,
    /// Who called whom.
    pub direction: Direction,
    /// Who called.
    pub from_number: PhoneNumber,
    /// Who was called.
    pub to_number: PhoneNumber,
    /// The other side's name.
    pub caller_name: Option<Cow<'a, str>>,
    /// Where it stands.
    pub status: Status,
    /// What came of it, once it has ended.
    pub outcome: Option<Outcome>,
    /// When it began to ring.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whole seconds from the answer to the end.
    pub duration_seconds: Option<u32>,
    /// How the person felt.
    pub sentiment: Option<Sentiment>,
    /// What it was about.
    pub summary: Option<Text<'a>>,
    /// What it is filed under.
    pub tags: Cow<'a, [String]>,
    /// What was said so far.
    pub transcript: Vec<Line<Text<'a>>>,
}

impl<'a> CallView<'a> {
    /// The call as it is at `now`.
    pub fn of(call: &'a Call, world: &'a World, now: Timestamp) -> CallView<'a> {
        CallView::with(call, world, |story| story.transcript(now))
    }

    /// The same without its transcript, which then is not even made.
    pub fn brief(call: &'a Call, world: &'a World) -> CallView<'a> {
        CallView::with(call, world, |_| Vec::new())
    }

    fn with(call: &'a Call, world: &'a World, transcript: impl Fn(&Story<'a>) -> Vec<Line<Text<'a>>>) -> CallView<'a> {
        let directory = &world.fixtures().directory;
        let campaign = directory.campaign(call.campaign);
        let story = world.story(call);
        let filing = story.filing();
        let (from_number, to_number) = world.numbers(call);
        CallView {
            id: call.id,
            business_id: &directory.business(campaign.business).id,
            campaign_id: &campaign.id,
            agent_id: &directory.agent(campaign.agent).id,
            phone_number_id: &directory.number(call.number).id,
            direction: call.direction,
            from_number,
            to_number,
            caller_name: story.caller_name(),
            status: call.status,
            outcome: call.outcome,
            started_at: call.started_at(),
            ended_at: call.ended_at,
            duration_seconds: call.duration_seconds(),
            sentiment: call.sentiment,
            summary: filing.summary,
            tags: filing.tags,
            transcript: transcript(&story),
        }
    }
}
