//! Facets: the properties of a call that a list can be filtered by.

use super::call::{Call, Direction, Outcome, Sentiment, Status};
use super::directory::{AgentIndex, BusinessIndex, CampaignIndex, Directory, NumberIndex};
use crate::time::Timestamp;

/// One property that a call has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Who called whom.
    Direction(Direction),
    /// Where it stands.
    Status(Status),
    /// What came of it.
    Outcome(Outcome),
    /// How the person felt.
    Sentiment(Sentiment),
    /// Whose it is.
    Business(BusinessIndex),
    /// Which campaign it belongs to.
    Campaign(CampaignIndex),
    /// Who speaks.
    Agent(AgentIndex),
    /// The account's number.
    Number(NumberIndex),
    /// Whether it has begun to ring, and so has a start for dates to be compared with.
    HasRung,
}

impl Facet {
    /// How many kinds of facet there are, and so how many a call has at most.
    const KINDS: usize = 9;

    /// All facets of a call.
    pub fn of(call: &Call, directory: &Directory) -> [Option<Facet>; Facet::KINDS] {
        let campaign = directory.campaign(call.campaign);
        [
            Some(Facet::Direction(call.direction)),
            Some(Facet::Status(call.status)),
            call.outcome.map(Facet::Outcome),
            call.sentiment.map(Facet::Sentiment),
            Some(Facet::Business(campaign.business)),
            Some(Facet::Campaign(call.campaign)),
            Some(Facet::Agent(campaign.agent)),
            Some(Facet::Number(call.number)),
            call.has_rung.then_some(Facet::HasRung),
        ]
    }

    /// A small number of its own for each facet that calls of this directory can have.
    pub fn position(self, directory: &Directory) -> usize {
        let mut next = 0;
        let mut base_of = |size: usize| {
            next += size;
            next - size
        };
        let [directions, statuses, outcomes, sentiments, businesses, campaigns, agents, numbers, rung] = [
            Direction::ALL.len(),
            Status::ALL.len(),
            Outcome::ALL.len(),
            Sentiment::ALL.len(),
            directory.businesses.len(),
            directory.campaigns.len(),
            directory.agents.len(),
            directory.numbers.len(),
            1,
        ]
        .map(&mut base_of);
        match self {
            Facet::Direction(direction) => directions + direction as usize,
            Facet::Status(status) => statuses + status as usize,
            Facet::Outcome(outcome) => outcomes + outcome as usize,
            Facet::Sentiment(sentiment) => sentiments + sentiment as usize,
            Facet::Business(index) => businesses + usize::from(index),
            Facet::Campaign(index) => campaigns + usize::from(index),
            Facet::Agent(index) => agents + usize::from(index),
            Facet::Number(index) => numbers + usize::from(index),
            Facet::HasRung => rung,
        }
    }

    /// How many positions there are.
    pub fn positions(directory: &Directory) -> usize {
        Facet::HasRung.position(directory) + 1
    }
}

/// Which calls a list is to hold: those that have every facet and started within the bounds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// What each call has.
    pub facets: Vec<Facet>,
    /// The earliest start.
    pub from: Option<Timestamp>,
    /// The latest start.
    pub to: Option<Timestamp>,
    /// Set where a filter names something that does not exist: then no call matches.
    pub is_unmatchable: bool,
}

impl Filter {
    /// Whether a call matches: the meaning that every index is held to.
    pub fn matches(&self, call: &Call, directory: &Directory) -> bool {
        let facets = Facet::of(call, directory);
        !self.is_unmatchable
            && self.facets.iter().all(|facet| facets.contains(&Some(*facet)))
            && (!self.is_dated() || call.has_rung)
            && self.from.is_none_or(|from| call.rings_at >= from)
            && self.to.is_none_or(|to| call.rings_at <= to)
    }

    /// Whether only calls that have begun to ring can match.
    pub fn is_dated(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}
