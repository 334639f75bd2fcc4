//! Facets: the properties of a call that a list can be filtered by.

use crate::base::time::Timestamp;
use crate::calls::call::{Call, Direction, Outcome, Sentiment, Status};
use crate::directory::{AgentIndex, BusinessIndex, CampaignIndex, Directory, NumberIndex};

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

    /// Which kind of facet it is: its place among those of a call.
    const fn kind(self) -> usize {
        match self {
            Facet::Direction(_) => 0,
            Facet::Status(_) => 1,
            Facet::Outcome(_) => 2,
            Facet::Sentiment(_) => 3,
            Facet::Business(_) => 4,
            Facet::Campaign(_) => 5,
            Facet::Agent(_) => 6,
            Facet::Number(_) => 7,
            Facet::HasRung => 8,
        }
    }

    /// Its place among those of its kind.
    fn value(self) -> usize {
        match self {
            Facet::Direction(direction) => direction as usize,
            Facet::Status(status) => status as usize,
            Facet::Outcome(outcome) => outcome as usize,
            Facet::Sentiment(sentiment) => sentiment as usize,
            Facet::Business(index) => index.into(),
            Facet::Campaign(index) => index.into(),
            Facet::Agent(index) => index.into(),
            Facet::Number(index) => index.into(),
            Facet::HasRung => 0,
        }
    }
}

/// Numbers the facets that calls of a directory can have, from 0 on.
#[derive(Clone, Copy, Debug)]
pub struct Numbering {
    /// The first number of each kind.
    firsts: [u32; Facet::KINDS],
    count: u32,
}

impl Numbering {
    /// That of this directory's calls.
    pub fn of(directory: &Directory) -> Numbering {
        let mut count = 0;
        let firsts = [
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
        .map(|size| {
            count += size as u32;
            count - size as u32
        });
        Numbering { firsts, count }
    }

    /// How many facets there are.
    pub const fn count(&self) -> usize {
        self.count as usize
    }

    /// The number of a facet.
    pub fn number(&self, facet: Facet) -> usize {
        self.firsts[facet.kind()] as usize + facet.value()
    }

    /// Several facets as their numbers; `None` where two are of one kind and not the same, which no call has.
    pub fn numbers(&self, facets: impl IntoIterator<Item = Facet>) -> Option<Numbers> {
        let mut numbers = Numbers::default();
        for facet in facets {
            let number = self.number(facet) as u32;
            let known = numbers.0[facet.kind()].replace(number);
            if known.is_some_and(|known| known != number) {
                return None;
            }
        }
        Some(numbers)
    }

    /// All facets of a call as their numbers.
    pub fn of_call(&self, call: &Call, directory: &Directory) -> Numbers {
        let campaign = directory.campaign(call.campaign);
        let number = |kind: usize, value: usize| Some(self.firsts[kind] + value as u32);
        // In the order of `Facet::of`.
        Numbers([
            number(0, call.direction as usize),
            number(1, call.status as usize),
            call.outcome.and_then(|outcome| number(2, outcome as usize)),
            call.sentiment.and_then(|sentiment| number(3, sentiment as usize)),
            number(4, campaign.business.into()),
            number(5, call.campaign.into()),
            number(6, campaign.agent.into()),
            number(7, call.number.into()),
            call.has_rung.then_some(self.firsts[8]),
        ])
    }
}

/// The numbers of several facets, at most one of each kind, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Numbers([Option<u32>; Facet::KINDS]);

impl Numbers {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flatten().map(|number| *number as usize)
    }

    /// Whether all of `wanted` are among them.
    pub fn contain(&self, wanted: &Numbers) -> bool {
        self.0.iter().zip(&wanted.0).all(|(own, wanted)| wanted.is_none() || own == wanted)
    }

    /// Of each kind, the number that is here and the one that is there, where they differ.
    pub fn differences(&self, other: &Numbers) -> impl Iterator<Item = (Option<usize>, Option<usize>)> {
        let pairs = self.0.iter().zip(&other.0).filter(|(here, there)| here != there);
        pairs.map(|(here, there)| (here.map(|number| number as usize), there.map(|number| number as usize)))
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
