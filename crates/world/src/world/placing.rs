//! How calls come into the world: placed over the API, or coming in.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, World};
use crate::base::id_key::IdKey;
use crate::base::phone_number::PhoneNumber;
use crate::base::quoted::Quoted;
use crate::base::rng::Seed;
use crate::base::vocabulary::NotOneOf;
use crate::calls::call::{Call, CallId, Direction, Status};
use crate::calls::magic_number::Fault;
use crate::calls::plan::{Brief, Plan};
use crate::calls::scenario::Scenario;
use crate::calls::store::Slot;
use crate::content::person;
use crate::directory::campaigns::CampaignState;
use crate::directory::{CampaignIndex, CampaignStatus, NumberIndex};
use crate::error::Error;
use crate::event::CallStep;
use crate::fixtures::Fixtures;

/// A call that is to be placed.
#[derive(Clone, Debug)]
pub struct Placement<'a> {
    /// The campaign's id.
    pub campaign_id: &'a str,
    /// The phone number's id.
    pub number_id: &'a str,
    /// Who is called.
    pub to: PhoneNumber,
    /// The scenario that was asked for by name.
    pub scenario: Option<&'a str>,
}

/// A call that is to come in. What is `None` is drawn, or the first that fits.
#[derive(Clone, Debug, Default)]
pub struct Inbound<'a> {
    /// The campaign's id.
    pub campaign_id: Option<&'a str>,
    /// Who calls.
    pub from: Option<PhoneNumber>,
    /// The account's number that is called.
    pub to: Option<PhoneNumber>,
    /// The scenario that was asked for by name.
    pub scenario: Option<&'a str>,
}

impl World {
    /// Places a call: it is queued, and rings when its scenario says so.
    pub fn place(&mut self, placement: &Placement<'_>) -> Result<Slot, Error> {
        let fixtures = Arc::clone(&self.fixtures);
        let asked_for = asked_for(&fixtures, placement.scenario, Direction::Outbound, "X-Akol-Scenario")?;
        let campaign = self.find_campaign(placement.campaign_id)?;
        let number = fixtures.directory.find_number(placement.number_id);
        let number = number.ok_or_else(|| Error::not_found("phone number", placement.number_id))?;
        if fixtures.directory.number(number).campaign != campaign {
            let message = format!("is {:?}, which belongs to another campaign", placement.number_id);
            return Err(Error::invalid("fromPhoneNumberId", message));
        }
        match self.campaigns[usize::from(campaign)].status {
            CampaignStatus::Running => {}
            CampaignStatus::Paused => {
                return Err(Error::CampaignPaused { id: placement.campaign_id.to_owned() });
            }
            status => {
                return Err(Error::CampaignNotRunning { id: placement.campaign_id.to_owned(), status });
            }
        }
        self.check_minutes()?;
        let fault = Fault::of_number(placement.to).filter(|_| asked_for.is_none());
        match fault {
            Some(Fault::MinutesUsedUp) => return Err(self.minutes_used_up(None)),
            Some(fault) => return Err(Error::Injected(fault)),
            None => {}
        }
        let direction = Direction::Outbound;
        Ok(self.make(&Planned { direction, campaign, number, person: placement.to, asked_for }))
    }

    /// Lets a call come in. Whoever is to be answered is answered at once.
    pub fn receive(&mut self, inbound: &Inbound<'_>) -> Result<Slot, Error> {
        let fixtures = Arc::clone(&self.fixtures);
        let asked_for = asked_for(&fixtures, inbound.scenario, Direction::Inbound, "scenario")?;
        let (campaign, number) = self.line_for(inbound)?;
        let person = match inbound.from {
            Some(person) => person,
            None => self.somebody(campaign)?,
        };
        let slot = self.make(&Planned { direction: Direction::Inbound, campaign, number, person, asked_for });
        // It rings now, and is answered now unless its scenario lets it ring.
        self.catch_up(self.now);
        Ok(slot)
    }

    /// Takes in a call of the past that the fixtures give word for word. It is in no list before [`World::list_past`].
    pub(crate) fn remember(&mut self, call: Call) {
        *self.calls_with.entry(call.person).or_insert(0) += 1;
        let slot = self.call_store.keep(call);
        self.count_minutes(slot);
    }

    /// Takes in a call of the past with `person`, made for the id that it gets and for whether that person had a call before. It is in no
    /// list before [`World::list_past`].
    pub(crate) fn remember_with(&mut self, person: PhoneNumber, make: impl FnOnce(CallId, bool) -> Call) {
        let is_returning = self.calls_with(person) > 0;
        let id = self.turn_of(person, IdKey::NONE).id;
        let slot = self.call_store.keep(make(id, is_returning));
        self.count_minutes(slot);
    }

    /// Makes room for past calls.
    pub(crate) fn reserve(&mut self, calls: usize) {
        self.call_store.reserve(calls);
    }

    /// Lists the past calls, all at once: there must be no others yet.
    pub(crate) fn list_past(&mut self) {
        self.call_store.list_kept(self.now);
    }

    /// The campaign with that id.
    pub(super) fn find_campaign(&self, id: &str) -> Result<CampaignIndex, Error> {
        self.fixtures.directory.find_campaign(id).ok_or_else(|| Error::not_found("campaign", id))
    }

    /// How many calls `person` has had.
    pub(crate) fn calls_with(&self, person: PhoneNumber) -> u32 {
        self.calls_with.get(&person).copied().unwrap_or(0)
    }

    /// Gives `person` the next call, whose id `key` moves: from here on it counts as one that they had.
    fn turn_of(&mut self, person: PhoneNumber, key: IdKey) -> Turn {
        let count = self.calls_with.entry(person).or_insert(0);
        loop {
            let seed = self.seed.child("call").nth(person.digits()).nth(u64::from(*count));
            let id = CallId::from_seed(seed).keyed(key);
            *count += 1;
            // Two ids are the same once in billions of years; then the next one is taken.
            if self.call_store.find(id).is_none() {
                return Turn { id, seed };
            }
        }
    }

    /// The scenario of a call: the one asked for, the dialled number's, the campaign's, or one drawn by weight.
    fn scenario_for<'f>(&self, call: &Planned<'f>, seed: Seed, fixtures: &'f Fixtures) -> &'f Scenario {
        let fits = |scenario: &&Scenario| scenario.fits(call.direction);
        // Who calls in has dialled the business's number, whatever their own stands for.
        let dialled = || match call.direction {
            Direction::Outbound => fixtures.scenario_of_number(call.person),
            Direction::Inbound => None,
        };
        let campaigns_own = || {
            let name = self.campaigns[usize::from(call.campaign)].scenario.as_deref()?;
            fixtures.scenario(name).filter(fits)
        };
        let drawn =
            || fixtures.draw_scenario(&self.settings.weights, call.direction, &mut seed.child("scenario").stream());
        call.asked_for.or_else(dialled).or_else(campaigns_own).unwrap_or_else(drawn)
    }

    /// Makes a call and sets it going.
    fn make(&mut self, planned: &Planned<'_>) -> Slot {
        let fixtures = Arc::clone(&self.fixtures);
        let Planned { direction, campaign, number, person, .. } = *planned;
        let nth = self.calls_with(person);
        let Turn { id, seed } = self.turn_of(person, self.id_key);
        let scenario = self.scenario_for(planned, seed, &fixtures);
        let business = fixtures.directory.business_of(campaign);
        let brief = Brief { scenario, business, direction, person, nth };
        let mut stream = seed.child("plan").stream();
        let queue = match direction {
            Direction::Inbound => Duration::ZERO,
            Direction::Outbound => scenario.queue.draw(&mut stream),
        };
        let slot = self.call_store.add(Call {
            id,
            is_keyed: !self.id_key.is_none(),
            campaign,
            number,
            person,
            direction,
            returning: nth > 0,
            plan: Plan::draw(&brief, &fixtures.dialogues, self.seed, &mut stream),
            rings_at: self.now + queue,
            has_rung: false,
            answered_at: None,
            ended_at: None,
            status: Status::Ringing,
            outcome: None,
            sentiment: None,
        });
        self.note_step(slot, CallStep::Queued);
        self.schedule(slot, queue, Step::Ring);
        slot
    }

    /// The campaign and number that an inbound call reaches.
    fn line_for(&self, inbound: &Inbound<'_>) -> Result<(CampaignIndex, NumberIndex), Error> {
        let directory = &self.fixtures.directory;
        let campaign = inbound.campaign_id.map(|id| self.find_campaign(id)).transpose()?;
        if let Some(to) = inbound.to {
            let number = directory.line(to).ok_or_else(|| Error::not_found("phone number", to.to_string()))?;
            let owner = directory.number(number).campaign;
            if campaign.is_some_and(|campaign| campaign != owner) {
                let message = format!("is {to}, which belongs to campaign {}", directory.campaign(owner).id);
                return Err(Error::invalid("toNumber", message));
            }
            return Ok((owner, number));
        }
        let is_running = |state: &CampaignState| state.status == CampaignStatus::Running;
        let first_running = || self.campaigns.iter().position(is_running).map(|at| CampaignIndex(at as u16));
        let campaign = campaign.or_else(first_running);
        let campaign =
            campaign.ok_or_else(|| Error::invalid("campaignId", "is missing, and no campaign is running"))?;
        // A campaign has at least one number: the fixtures are checked for it.
        Ok((campaign, directory.campaign(campaign).numbers[0]))
    }

    /// Somebody who might call: one of the business's contacts, another one each time.
    fn somebody(&self, campaign: CampaignIndex) -> Result<PhoneNumber, Error> {
        let business = self.fixtures.directory.business_of(campaign);
        let position = self.seed.child("somebody").nth(self.call_store.len() as u64).stream().below(PASSERS_BY);
        let contact = person::contact(business, position, self.seed);
        contact
            .ok_or_else(|| Error::invalid("fromNumber", "is missing, and the business's pattern of numbers gives none"))
    }

    fn check_minutes(&self) -> Result<(), Error> {
        let used = self.minutes.used(self.now);
        let quotas = self.settings.quotas;
        match quotas.minutes_per_month {
            Some(allowed) if used >= allowed && !quotas.overage => Err(self.minutes_used_up(Some((used, allowed)))),
            _ => Ok(()),
        }
    }

    fn minutes_used_up(&self, usage: Option<(u64, u64)>) -> Error {
        Error::MinutesUsedUp { usage, at: self.now, renewed_at: self.now.next_month() }
    }
}

/// How many people call a business of whom nothing else is known.
const PASSERS_BY: u64 = 1_000;

/// What is known of a call before its scenario is.
struct Planned<'f> {
    direction: Direction,
    campaign: CampaignIndex,
    number: NumberIndex,
    person: PhoneNumber,
    asked_for: Option<&'f Scenario>,
}

/// A number's next call.
struct Turn {
    id: CallId,
    /// What is random about the call grows from here: from the number, and how many calls it had before.
    seed: Seed,
}

/// The scenario that was asked for by name, if any was.
fn asked_for<'f>(
    fixtures: &'f Fixtures,
    name: Option<&str>,
    direction: Direction,
    field: &'static str,
) -> Result<Option<&'f Scenario>, Error> {
    let Some(name) = name else { return Ok(None) };
    let found = fixtures.scenario(name).filter(|scenario| scenario.fits(direction));
    found.map(Some).ok_or_else(|| {
        let names = NotOneOf::of(fixtures.scenario_names(direction));
        Error::invalid(field, format!("is {}, must be {names} for an {direction} call", Quoted(name)))
    })
}
