//! What can change about a campaign while a world lives.

use crate::calls::scenario::{Scenario, check_name};
use crate::directory::{Campaign, CampaignStatus, RecordingSetting};
use crate::error::Error;

/// A campaign's present state.
#[derive(Clone, Debug)]
pub struct CampaignState {
    /// Where it stands.
    pub status: CampaignStatus,
    /// Whether its calls are recorded.
    pub recording: RecordingSetting,
    /// The scenario of all its calls; drawn for each where `None`.
    pub scenario: Option<String>,
}

impl From<&Campaign> for CampaignState {
    fn from(campaign: &Campaign) -> CampaignState {
        CampaignState { status: campaign.status, recording: campaign.recording, scenario: campaign.scenario.clone() }
    }
}

/// What is to change about a campaign; `None` leaves things as they are.
#[derive(Clone, Debug, Default)]
pub struct CampaignChange {
    /// Where it is to go.
    pub status: Option<CampaignStatus>,
    /// Whether its calls are to be recorded.
    pub recording: Option<RecordingSetting>,
    /// The scenario that its calls are to follow; `Some(None)` goes back to drawing one for each.
    pub scenario: Option<Option<String>>,
}

impl CampaignState {
    /// Carries out the whole change, or none of it. The scenario is to be one of `scenarios`.
    pub fn apply(&mut self, id: &str, change: CampaignChange, scenarios: &[Scenario]) -> Result<(), Error> {
        if let Some(to) = change.status.filter(|to| !self.status.may_become(*to)) {
            return Err(Error::CampaignTransition { id: id.to_owned(), from: self.status, to });
        }
        if let Some(Some(name)) = &change.scenario {
            check_name(name, scenarios)?;
        }
        self.status = change.status.unwrap_or(self.status);
        self.recording = change.recording.unwrap_or(self.recording);
        if let Some(scenario) = change.scenario {
            self.scenario = scenario;
        }
        Ok(())
    }
}
