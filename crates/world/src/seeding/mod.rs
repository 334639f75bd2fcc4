//! Fills a new world with its past: calls of the 30 days before it starts.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::{Date, Weekday};

use super::directory::{Business, Campaign, CampaignIndex, Directory};
use super::fixtures::{Fixtures, VerbatimCall};
use super::world::World;
use crate::base::rng::{Odds, Seed, Stream};
use crate::base::time::{DAY, Timestamp};
use crate::calls::call::{Call, Direction, Status};
use crate::calls::lifecycle::{Cause, next};
use crate::calls::plan::{Brief, Plan, Script};
use crate::calls::scenario::Answer;
use crate::content::person;

/// How many days the past goes back.
const DAYS: u32 = 30;

/// How calls spread over a business's day, from opening to closing in eighths: busy mornings, a quiet noon, a busy afternoon.
const RHYTHM: [u32; 8] = [7, 10, 11, 8, 5, 8, 10, 7];

/// How many contacts a business has for a hundred past calls: fewer than calls, so that people call again.
const CONTACTS_PER_HUNDRED: u64 = 70;

/// Adds `count` past calls to `world`, and the fixtures' own.
pub fn fill(world: &mut World, count: u32, seed: Seed) {
    let fixtures = world.shared_fixtures();
    let past = Past::before(world.now(), &fixtures, count, seed);
    let mut starts: Vec<Start> = (0..u64::from(count)).filter_map(|position| past.start(position)).collect();
    starts.sort_unstable_by_key(|start| (start.at, start.position));
    world.reserve(starts.len() + fixtures.calls.len());
    for start in starts {
        past.call(&start, world);
    }
    for (position, verbatim) in fixtures.calls.iter().enumerate() {
        world.remember(verbatim_call(verbatim, position as u16));
    }
    world.list_past();
}

/// A past call of which no more is known than when it began, and whose it is.
struct Start {
    at: Timestamp,
    position: u64,
    campaign: CampaignIndex,
    direction: Direction,
}

/// What past calls are drawn from.
struct Past<'a> {
    fixtures: &'a Fixtures,
    /// What contacts grow from: the world's, so that they are the people who call later too.
    people: Seed,
    /// What the calls grow from.
    seed: Seed,
    ends: Timestamp,
    /// By share.
    businesses: Odds,
    /// The campaigns of each business by share, by its position.
    campaigns: Vec<Odds>,
    /// When each business was open, by its position.
    opening: Vec<Opening>,
    rhythm: Odds,
    /// How many contacts each business has, by its position.
    contacts: Vec<u64>,
}

/// When a business was open.
struct Opening {
    stretches: Vec<(Timestamp, Duration)>,
    /// By their lengths.
    odds: Odds,
}

impl<'a> Past<'a> {
    fn before(ends: Timestamp, fixtures: &'a Fixtures, count: u32, seed: Seed) -> Past<'a> {
        let businesses = &fixtures.directory.businesses;
        let shares: u64 = businesses.iter().map(|business| u64::from(business.share)).sum();
        let contacts = |business: &Business| {
            u64::from(count) * u64::from(business.share) * CONTACTS_PER_HUNDRED / (100 * shares.max(1)) + 1
        };
        Past {
            fixtures,
            people: seed,
            seed: seed.child("past"),
            ends,
            businesses: Odds::of(businesses.iter().map(|business| business.share)),
            campaigns: (0..businesses.len()).map(|business| campaigns_of(business, &fixtures.directory)).collect(),
            opening: businesses.iter().map(|business| opening(business, ends)).collect(),
            rhythm: Odds::of(RHYTHM),
            contacts: businesses.iter().map(contacts).collect(),
        }
    }

    /// When the call at `position` began; `None` where no business has a share in the past.
    fn start(&self, position: u64) -> Option<Start> {
        let mut stream = self.seed.nth(position).stream();
        let business = self.businesses.draw(&mut stream)?;
        let campaign = self.campaigns[business].draw(&mut stream)?;
        let inbound = stream.chance(u64::from(self.fixtures.directory.campaigns[campaign].inbound));
        let opening = &self.opening[business];
        let (opened, length) = opening.stretches[opening.odds.draw(&mut stream)?];
        Some(Start {
            at: opened + self.moment(length, &mut stream),
            position,
            campaign: CampaignIndex(campaign as u16),
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
        })
    }

    /// A moment within a stretch of opening time, by the rhythm of the day.
    fn moment(&self, length: Duration, stream: &mut Stream) -> Duration {
        let eighth = length / RHYTHM.len() as u32;
        let position = self.rhythm.draw(stream).unwrap_or(0);
        eighth * position as u32 + Duration::from_millis(stream.below(eighth.as_millis() as u64))
    }

    /// Adds the call that began so.
    fn call(&self, start: &Start, world: &mut World) {
        let directory = &self.fixtures.directory;
        let campaign = directory.campaign(start.campaign);
        let business = directory.business(campaign.business);
        let mut stream = self.seed.nth(start.position).child("rest").stream();
        let contacts = self.contacts[usize::from(campaign.business)];
        let Some(person) = person::contact(business, stream.below(contacts), self.people) else {
            return;
        };
        let scenario = self.fixtures.draw_scenario(&world.settings().weights, start.direction, &mut stream);
        let nth = world.calls_with(person);
        let brief = Brief { scenario, business, direction: start.direction, person, nth };
        let plan = Plan::draw(&brief, &self.fixtures.dialogues, self.people, &mut stream);
        let Some(number) = stream.pick(&campaign.numbers) else {
            return;
        };
        // Whatever is not over by the start of the world began that much earlier.
        let rings_at = start.at.min(self.ends - (plan.ring + plan.talk + Duration::from_secs(1)));
        let answered_at = (plan.answer != Answer::Nobody).then(|| rings_at + plan.ring);
        let cause = if answered_at.is_some() { Cause::of_ending(plan.ends) } else { Cause::Unreachable };
        let before = if answered_at.is_some() { Status::InProgress } else { Status::Ringing };
        let Some(status) = next(before, cause) else { return };
        world.remember_with(person, |id, returning| {
            let mut call = Call {
                id,
                is_keyed: false,
                campaign: start.campaign,
                number: *number,
                person,
                direction: start.direction,
                returning,
                rings_at,
                has_rung: true,
                answered_at,
                ended_at: Some(rings_at + plan.ring + plan.talk),
                status,
                outcome: Some(plan.ends),
                sentiment: None,
                plan,
            };
            call.sentiment = self.fixtures.sentiment(&call);
            call
        });
    }
}

/// The campaigns of the business at that position, by share: those of others are there with none.
fn campaigns_of(business: usize, directory: &Directory) -> Odds {
    let own = |campaign: &&Campaign| usize::from(campaign.business) == business;
    Odds::of(directory.campaigns.iter().map(|campaign| Some(campaign).filter(own).map_or(0, |campaign| campaign.share)))
}

/// When a business was open in the days before `ends`.
fn opening(business: &Business, ends: Timestamp) -> Opening {
    let offset = Duration::from_secs(u64::from(business.utc_offset.unsigned_abs()) * 60);
    let to_utc = |local: Timestamp| {
        if business.utc_offset < 0 { local + offset } else { local - offset }
    };
    let local_end = if business.utc_offset < 0 { ends - offset } else { ends + offset };
    let mut stretches = Vec::new();
    for day in (0..=DAYS).rev() {
        let date: Date = (local_end - DAY * day).date();
        let midnight = (local_end - DAY * day).day_start();
        let weekday = Weekday::to_monday_zero_offset(date.weekday()) as usize;
        for hours in business.hours.iter().filter(|hours| hours.days[weekday]) {
            let [from, to] = [hours.from, hours.to].map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
            let (opened, closed) = (to_utc(midnight + from), to_utc(midnight + to));
            // The day on which the world starts counts up to its start.
            let (opened, closed) = (opened.max(ends - DAY * DAYS), closed.min(ends));
            if opened < closed {
                stretches.push((opened, closed.since(opened)));
            }
        }
    }
    let odds = Odds::of(stretches.iter().map(|(_, length)| length.as_secs() as u32));
    Opening { stretches, odds }
}

/// A call of the fixtures as a call of the world. It was answered when it started.
fn verbatim_call(verbatim: &VerbatimCall, position: u16) -> Call {
    Call {
        id: verbatim.id,
        is_keyed: false,
        campaign: verbatim.campaign,
        number: verbatim.number,
        person: verbatim.person,
        direction: verbatim.direction,
        returning: false,
        plan: Plan {
            ring: Duration::ZERO,
            answer: Answer::Person,
            talk: verbatim.ended_at.since(verbatim.started_at),
            ends: verbatim.outcome,
            script: Script::Verbatim(position),
            is_whole: true,
        },
        rings_at: verbatim.started_at,
        has_rung: true,
        answered_at: Some(verbatim.started_at),
        ended_at: Some(verbatim.ended_at),
        status: verbatim.status,
        outcome: Some(verbatim.outcome),
        sentiment: verbatim.sentiment,
    }
}
