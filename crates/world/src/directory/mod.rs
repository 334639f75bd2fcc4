//! Who there is: businesses, their agents, phone numbers and campaigns. Never changes while a world lives.

pub mod campaigns;

use std::time::Duration;

use hashbrown::HashMap;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use crate::base::phone_number::PhoneNumber;
use crate::base::vocabulary::vocabulary;
use crate::content::recording::Format;

/// Declares the position of a thing in the directory, a small number that calls carry instead of its id.
macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),+) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u16);

        impl From<$name> for usize {
            fn from(index: $name) -> usize {
                usize::from(index.0)
            }
        })+
    };
}

index! {
    /// Which business.
    BusinessIndex,
    /// Which agent.
    AgentIndex,
    /// Which phone number.
    NumberIndex,
    /// Which campaign.
    CampaignIndex
}

vocabulary! {
    /// Where a campaign stands.
    pub enum CampaignStatus {
        /// Being prepared.
        Draft = "DRAFT",
        /// Is to start later.
        Scheduled = "SCHEDULED",
        /// Takes calls.
        Running = "RUNNING",
        /// Takes none until it is resumed.
        Paused = "PAUSED",
        /// Has reached everybody.
        Completed = "COMPLETED",
        /// Was given up.
        Failed = "FAILED",
    }
}

impl CampaignStatus {
    /// Whether a campaign may be told to move from this status to `to`: pausing and resuming is all that is documented.
    pub fn may_become(self, to: CampaignStatus) -> bool {
        use CampaignStatus::{Paused, Running};
        self == to || matches!((self, to), (Running, Paused) | (Paused, Running))
    }
}

vocabulary! {
    /// Whether calls are recorded, and as what.
    ///
    /// ```
    /// use akol_mock::{MockServer, Recording};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert!(server.set_recording("cmp_xxx", Recording::Mp3).is_ok());
    /// assert_eq!((Recording::Wav.as_str(), "off".parse()), ("wav", Ok(Recording::Off)));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub enum RecordingSetting {
        /// As `audio/wav`.
        Wav = "wav",
        /// As `audio/mp3`.
        Mp3 = "mp3",
        /// Not at all.
        Off = "off",
    }
}

impl RecordingSetting {
    /// The format of the recordings, if any are made.
    pub(crate) const fn format(self) -> Option<Format> {
        match self {
            RecordingSetting::Wav => Some(Format::Wav),
            RecordingSetting::Mp3 => Some(Format::Mp3),
            RecordingSetting::Off => None,
        }
    }
}

vocabulary! {
    /// Whose way of saying dates and times is followed.
    pub enum Locale {
        /// United States.
        EnUs = "en-US",
        /// United Kingdom.
        EnGb = "en-GB",
        /// Germany.
        DeDe = "de-DE",
        /// France.
        FrFr = "fr-FR",
    }
}

impl Locale {
    /// A date as people there say it: `Tuesday, November 24` or `Tuesday 24 November`.
    pub fn say_date(self, date: Date) -> String {
        let (weekday, month, day) = (say_weekday(date.weekday()), say_month(date), date.day());
        match self {
            Locale::EnUs => format!("{weekday}, {month} {day}"),
            Locale::EnGb | Locale::DeDe | Locale::FrFr => format!("{weekday} {day} {month}"),
        }
    }

    /// A time of day as people there say it: `2:30 PM` or `14:30`.
    pub fn say_time(self, hour: u64, minute: u64) -> String {
        match self {
            Locale::EnUs => {
                let half = if hour < 12 { "AM" } else { "PM" };
                format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1)
            }
            Locale::EnGb | Locale::DeDe | Locale::FrFr => format!("{hour}:{minute:02}"),
        }
    }
}

/// A day of the week, as all here say it.
pub fn say_weekday(day: Weekday) -> &'static str {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    NAMES[Weekday::to_monday_zero_offset(day) as usize]
}

fn say_month(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES[(date.month() - 1) as usize]
}

/// A stretch of opening time on certain days of the week, in the business's local time.
#[derive(Clone, Debug)]
pub struct OpeningHours {
    /// The days, Monday first.
    pub days: [bool; 7],
    /// Minutes after midnight.
    pub from: u32,
    /// Minutes after midnight.
    pub to: u32,
}

/// Something that a business sells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, as it is said: `a cleaning`.
    pub name: String,
    /// Its price, as it is said: `$120`.
    pub price: String,
}

/// A company that uses Akol.
#[derive(Clone, Debug)]
pub struct Business {
    /// `biz_…`
    pub id: String,
    /// As people know it.
    pub name: String,
    /// What it does; dialogues of the same trade fit.
    pub trade: String,
    /// How dates and times are said.
    pub locale: Locale,
    /// Minutes that its local time is ahead of UTC.
    pub utc_offset: i32,
    /// When people call.
    pub hours: Vec<OpeningHours>,
    /// No call lasts longer.
    pub max_call_duration: Duration,
    /// The form of its callers' numbers: `^` is 1 to 9, `#` is 0 to 9.
    pub callers: String,
    /// Its weight among the businesses when past calls are drawn.
    pub share: u32,
    /// The people whom a call is handed to.
    pub colleagues: Vec<String>,
    /// What it sells.
    pub services: Vec<Service>,
}

impl Business {
    /// When it is open on that day of the week.
    pub fn open_on(&self, day: Weekday) -> Option<&OpeningHours> {
        self.hours.iter().find(|hours| hours.days[Weekday::to_monday_zero_offset(day) as usize])
    }
}

/// An AI agent.
#[derive(Clone, Debug)]
pub struct Agent {
    /// `agt_…`
    pub id: String,
    /// As it introduces itself.
    pub name: String,
    /// Whom it works for.
    pub business: BusinessIndex,
}

/// One of the account's own phone numbers.
#[derive(Clone, Debug)]
pub struct Number {
    /// `pn_…`
    pub id: String,
    /// The number itself.
    pub number: PhoneNumber,
    /// The campaign that uses it.
    pub campaign: CampaignIndex,
}

/// A campaign as the fixtures have it. What can change about it is in [`crate::directory::campaigns`].
#[derive(Clone, Debug)]
pub struct Campaign {
    /// `cmp_…`
    pub id: String,
    /// As people know it.
    pub name: String,
    /// Whose it is.
    pub business: BusinessIndex,
    /// Who speaks.
    pub agent: AgentIndex,
    /// The numbers that it uses, one or more.
    pub numbers: Vec<NumberIndex>,
    /// Where it stands at the start.
    pub status: CampaignStatus,
    /// Whether its calls are recorded, at the start.
    pub recording: RecordingSetting,
    /// The scenario of all its calls at the start; drawn for each where `None`.
    pub scenario: Option<String>,
    /// Percent of its past calls that are inbound.
    pub inbound: u32,
    /// Its weight within the business when past calls are drawn.
    pub share: u32,
}

/// Everything there is, by position and by id.
#[derive(Debug, Default)]
pub struct Directory {
    /// All businesses.
    pub businesses: Vec<Business>,
    /// All agents.
    pub agents: Vec<Agent>,
    /// All phone numbers.
    pub numbers: Vec<Number>,
    /// All campaigns.
    pub campaigns: Vec<Campaign>,
    /// From id to position, for all four kinds: their prefixes keep them apart.
    pub(super) positions: HashMap<String, u16>,
}

impl Directory {
    /// The business at that position.
    pub fn business(&self, index: BusinessIndex) -> &Business {
        &self.businesses[usize::from(index)]
    }

    /// The agent at that position.
    pub fn agent(&self, index: AgentIndex) -> &Agent {
        &self.agents[usize::from(index)]
    }

    /// The phone number at that position.
    pub fn number(&self, index: NumberIndex) -> &Number {
        &self.numbers[usize::from(index)]
    }

    /// The campaign at that position.
    pub fn campaign(&self, index: CampaignIndex) -> &Campaign {
        &self.campaigns[usize::from(index)]
    }

    /// The business that a campaign belongs to.
    pub fn business_of(&self, campaign: CampaignIndex) -> &Business {
        self.business(self.campaign(campaign).business)
    }

    /// The business with that id.
    pub fn find_business(&self, id: &str) -> Option<BusinessIndex> {
        self.find("biz_", id).map(BusinessIndex)
    }

    /// The agent with that id.
    pub fn find_agent(&self, id: &str) -> Option<AgentIndex> {
        self.find("agt_", id).map(AgentIndex)
    }

    /// The phone number with that id.
    pub fn find_number(&self, id: &str) -> Option<NumberIndex> {
        self.find("pn_", id).map(NumberIndex)
    }

    /// The campaign with that id.
    pub fn find_campaign(&self, id: &str) -> Option<CampaignIndex> {
        self.find("cmp_", id).map(CampaignIndex)
    }

    /// The account's own line with that number.
    pub fn line(&self, number: PhoneNumber) -> Option<NumberIndex> {
        let position = self.numbers.iter().position(|line| line.number == number)?;
        u16::try_from(position).ok().map(NumberIndex)
    }

    fn find(&self, prefix: &str, id: &str) -> Option<u16> {
        id.starts_with(prefix).then(|| self.positions.get(id).copied()).flatten()
    }
}
