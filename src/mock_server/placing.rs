//! Calls that a test lets happen: placed by the agent, or coming in.

use std::fmt;
use std::str::FromStr;

use akol_mock_world::base::phone_number::{NotAPhoneNumber, PhoneNumber};
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::directory::{CampaignIndex, CampaignStatus};
use akol_mock_world::error::Error;
use akol_mock_world::world::{Inbound, Placement, World};

use super::calls::Call;
use super::workspace::Workspace;
use crate::dialect::refusal::Refusal;

/// A call that is to be placed, as `POST /calls` does it.
///
/// ```
/// use akol_mock::{MockServer, Place};
///
/// let server = MockServer::builder().start_blocking()?;
/// let call = server.place(Place::to("+15557770001").campaign("cmp_xxx").from_number("pn_xxx").scenario("busy"))?;
/// assert_eq!((call.campaign_id.as_str(), call.from_number.as_str()), ("cmp_xxx", "+15557654321"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    to: String,
    campaign: Option<String>,
    number: Option<String>,
    scenario: Option<String>,
}

impl Place {
    /// A call to that number, by the first campaign that is running. The scenario is the number's or the campaign's, or is drawn.
    ///
    /// ```
    /// use akol_mock::{MockServer, Outcome, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550103"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(3_600))?;
    /// server.assert_call_outcome(&call.id, Outcome::HungUp);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to(number: impl Into<String>) -> Place {
        Place { to: number.into(), campaign: None, number: None, scenario: None }
    }

    /// The id of the campaign that places it.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15557770001").campaign("cmp_xxx"))?;
    /// assert_eq!((call.campaign_id.as_str(), call.phone_number_id.as_str()), ("cmp_xxx", "pn_xxx"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn campaign(self, id: impl Into<String>) -> Place {
        Place { campaign: Some(id.into()), ..self }
    }

    /// The id of the phone number that it is placed from; the campaign's first unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let refused = server.place(Place::to("+15557770001").campaign("cmp_xxx").from_number("pn_nobody")).unwrap_err();
    /// assert_eq!(refused.status, 404);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn from_number(self, id: impl Into<String>) -> Place {
        Place { number: Some(id.into()), ..self }
    }

    /// The name of the scenario that it follows.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place, Status};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15557770001").scenario("voicemail"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(3_600))?;
    /// server.assert_call_status(&call.id, Status::Voicemail);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scenario(self, name: impl Into<String>) -> Place {
        Place { scenario: Some(name.into()), ..self }
    }
}

/// A call that is to come in.
///
/// ```
/// use akol_mock::{Direction, Incoming, MockServer, Status};
///
/// let server = MockServer::builder().start_blocking()?;
/// let call = server.receive(Incoming::new().from("+15557770002").to("+15557654321").scenario("completed"))?;
/// assert_eq!((call.direction, call.status), (Direction::Inbound, Status::InProgress));
/// assert_eq!((call.from_number.as_str(), call.campaign_id.as_str()), ("+15557770002", "cmp_xxx"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    from: Option<String>,
    to: Option<String>,
    campaign: Option<String>,
    scenario: Option<String>,
}

impl Incoming {
    /// A call by somebody who might call, to the first campaign that is running; its scenario is the campaign's, or is drawn.
    ///
    /// ```
    /// use akol_mock::{Direction, Incoming, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.receive(Incoming::new())?.direction, Direction::Inbound);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new() -> Incoming {
        Incoming::default()
    }

    /// Who calls.
    ///
    /// ```
    /// use akol_mock::{Incoming, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.receive(Incoming::new().from("+15557770002"))?.from_number, "+15557770002");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from(self, number: impl Into<String>) -> Incoming {
        Incoming { from: Some(number.into()), ..self }
    }

    /// The account's own number that is called.
    ///
    /// ```
    /// use akol_mock::{Incoming, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.receive(Incoming::new().to("+15557654321"))?.phone_number_id, "pn_xxx");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to(self, number: impl Into<String>) -> Incoming {
        Incoming { to: Some(number.into()), ..self }
    }

    /// The id of the campaign that it reaches, at its first number.
    ///
    /// ```
    /// use akol_mock::{Incoming, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.receive(Incoming::new().campaign("cmp_xxx"))?.to_number, "+15557654321");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn campaign(self, id: impl Into<String>) -> Incoming {
        Incoming { campaign: Some(id.into()), ..self }
    }

    /// The name of the scenario that it follows.
    ///
    /// ```
    /// use akol_mock::{Incoming, MockServer, Status};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.receive(Incoming::new().scenario("ringing"))?.status, Status::Ringing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scenario(self, name: impl Into<String>) -> Incoming {
        Incoming { scenario: Some(name.into()), ..self }
    }
}

/// Why something was not done: what the API would have answered.
///
/// ```
/// use akol_mock::{MockServer, Place};
///
/// let server = MockServer::builder().start_blocking()?;
/// server.pause("cmp_xxx")?;
/// let refused = server.place(Place::to("+15557770001").campaign("cmp_xxx")).unwrap_err();
/// assert_eq!(refused.status, 429);
/// assert_eq!(refused.message, "Campaign cmp_xxx is paused; resume it to place calls");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// What was wrong, and what would be right.
    pub message: String,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        let Refusal { status, message, .. } = Refusal::from(error);
        Refused { status: status.as_u16(), message }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (as HTTP: {})", self.message, self.status)
    }
}

impl std::error::Error for Refused {}

impl Workspace {
    /// Places a call, which then is as it would be if `POST /calls` had placed it: queued, until its scenario lets it ring.
    ///
    /// # Errors
    ///
    /// What the API refuses: a campaign, number or scenario that does not exist, a campaign that is not running, minutes that are used
    /// up, and the dialled numbers that ask for a refusal.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place, Status};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550100"))?;
    /// assert_eq!(call.status, Status::Ringing);
    /// assert_eq!(server.place(Place::to("+15005550153")).unwrap_err().status, 503);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn place(&self, call: Place) -> Result<Call, Refused> {
        let to = phone_number("toNumber", &call.to)?;
        self.inner.write(|world| {
            let campaign = match &call.campaign {
                Some(id) => id.clone(),
                None => first_running(world)?,
            };
            let number = match &call.number {
                Some(id) => id.clone(),
                None => first_number(world, &campaign)?,
            };
            let scenario = call.scenario.as_deref();
            let placed = world.place(&Placement { campaign_id: &campaign, number_id: &number, to, scenario })?;
            Ok(Call::of(world.call(placed), world, world.now()))
        })
    }

    /// Lets a call come in. Unless its scenario lets it ring in vain, it is answered at once.
    ///
    /// # Errors
    ///
    /// A campaign, number or scenario that does not exist, or a number of another campaign.
    ///
    /// ```
    /// use akol_mock::{Incoming, MockServer, Status};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.receive(Incoming::new().scenario("transferred"))?.status, Status::InProgress);
    /// assert_eq!(server.receive(Incoming::new().scenario("lucky")).unwrap_err().status, 422);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn receive(&self, call: Incoming) -> Result<Call, Refused> {
        let from = call.from.map(|text| phone_number("fromNumber", &text)).transpose()?;
        let to = call.to.map(|text| phone_number("toNumber", &text)).transpose()?;
        let (campaign_id, scenario) = (call.campaign.as_deref(), call.scenario.as_deref());
        self.inner.write(|world| {
            let received = world.receive(&Inbound { campaign_id, from, to, scenario })?;
            Ok(Call::of(world.call(received), world, world.now()))
        })
    }
}

fn phone_number(field: &'static str, text: &str) -> Result<PhoneNumber, Error> {
    PhoneNumber::from_str(text)
        .map_err(|_| Error::invalid(field, format!("is {}, must be {NotAPhoneNumber}", Quoted(text))))
}

/// The id of the first campaign, in the order of the fixtures, that is running.
fn first_running(world: &World) -> Result<String, Error> {
    let directory = &world.fixtures().directory;
    let mut all = (0..directory.campaigns.len() as u16).map(CampaignIndex);
    let running = all.find(|campaign| world.campaign_state(*campaign).status == CampaignStatus::Running);
    let running = running.ok_or_else(|| Error::invalid("campaignId", "is missing, and no campaign is running"))?;
    Ok(directory.campaign(running).id.clone())
}

/// The id of a campaign's first number.
fn first_number(world: &World, campaign: &str) -> Result<String, Error> {
    let directory = &world.fixtures().directory;
    let found = directory.find_campaign(campaign).ok_or_else(|| Error::not_found("campaign", campaign))?;
    // A campaign has at least one number: the fixtures are checked for it.
    Ok(directory.number(directory.campaign(found).numbers[0]).id.clone())
}
