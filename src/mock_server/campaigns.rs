//! What a test can change about campaigns.

use akol_mock_world::directory::campaigns::CampaignChange;
use akol_mock_world::directory::{CampaignStatus, RecordingSetting};

use super::placing::Refused;
use super::workspace::Workspace;

impl Workspace {
    /// Pauses a campaign: it places no calls until it is resumed.
    ///
    /// # Errors
    ///
    /// There is no such campaign, or it is neither running nor paused.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.pause("cmp_xxx")?;
    /// assert_eq!(server.place(Place::to("+15557770001").campaign("cmp_xxx")).unwrap_err().status, 429);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pause(&self, campaign_id: &str) -> Result<(), Refused> {
        self.change(campaign_id, CampaignChange { status: Some(CampaignStatus::Paused), ..CampaignChange::default() })
    }

    /// Resumes a campaign that was paused.
    ///
    /// # Errors
    ///
    /// There is no such campaign, or it is neither running nor paused.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.pause("cmp_xxx")?;
    /// server.resume("cmp_xxx")?;
    /// assert!(server.place(Place::to("+15557770001").campaign("cmp_xxx")).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(&self, campaign_id: &str) -> Result<(), Refused> {
        self.change(campaign_id, CampaignChange { status: Some(CampaignStatus::Running), ..CampaignChange::default() })
    }

    /// Sets whether the calls of a campaign have recordings, and as what.
    ///
    /// # Errors
    ///
    /// There is no such campaign.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{MockServer, Recording};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.set_recording("cmp_xxx", Recording::Off)?;
    /// assert!(send(&server, "GET /api/v1/calls/call_xxx/audio", "").starts_with("HTTP/1.1 404"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_recording(&self, campaign_id: &str, recording: RecordingSetting) -> Result<(), Refused> {
        self.change(campaign_id, CampaignChange { recording: Some(recording), ..CampaignChange::default() })
    }

    /// Sets the scenario that all calls of a campaign follow, unless they are to numbers that stand for one; `None` goes back to
    /// drawing one for each.
    ///
    /// # Errors
    ///
    /// There is no such campaign or scenario.
    ///
    /// ```
    /// use akol_mock::{MockServer, Outcome, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.set_scenario("cmp_xxx", "busy")?;
    /// let call = server.place(Place::to("+15557770001").campaign("cmp_xxx"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(60))?;
    /// server.assert_call_outcome(&call.id, Outcome::Busy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_scenario<'s>(&self, campaign_id: &str, scenario: impl Into<Option<&'s str>>) -> Result<(), Refused> {
        let scenario = Some(scenario.into().map(str::to_owned));
        self.change(campaign_id, CampaignChange { scenario, ..CampaignChange::default() })
    }

    fn change(&self, campaign_id: &str, change: CampaignChange) -> Result<(), Refused> {
        self.inner.write(|world| world.change_campaign(campaign_id, change))?;
        Ok(())
    }
}
