//! What can be asked of a world.

use std::ops::Range;
use std::sync::Arc;

use super::{World, origin};
use crate::base::id_key::IdKey;
use crate::base::phone_number::PhoneNumber;
use crate::calls::call::{Call, CallId, Direction};
use crate::calls::facet::Filter;
use crate::calls::store::{CallStore, Slot};
use crate::content::cache::CallCache;
use crate::content::dialogue::Line;
use crate::content::recording::{Recording, Turn};
use crate::content::words::Story;
use crate::directory::CampaignIndex;
use crate::directory::campaigns::{CampaignChange, CampaignState};
use crate::error::Error;
use crate::fixtures::Fixtures;

impl World {
    /// What the world is made of.
    pub fn fixtures(&self) -> &Fixtures {
        &self.fixtures
    }

    pub(crate) fn shared_fixtures(&self) -> Arc<Fixtures> {
        Arc::clone(&self.fixtures)
    }

    /// All calls.
    pub fn call_store(&self) -> &CallStore {
        &self.call_store
    }

    /// The call in that slot.
    pub fn call(&self, slot: Slot) -> &Call {
        self.call_store.get(slot)
    }

    /// The call with that id.
    pub fn find_call(&self, id: &str) -> Result<&Call, Error> {
        self.find(id).map(|slot| self.call_store.get(slot))
    }

    pub(super) fn find(&self, id: &str) -> Result<Slot, Error> {
        let slot = id.parse::<CallId>().ok().and_then(|id| self.call_store.find(id));
        slot.ok_or_else(|| Error::not_found("call", id))
    }

    /// How many calls match, and those at `page` of the list, newest first.
    pub fn list(&self, filter: &Filter, page: Range<u64>) -> (u64, Vec<&Call>) {
        self.call_store.list(filter, page)
    }

    /// The words of a call of this world.
    pub fn story<'a>(&'a self, call: &'a Call) -> Story<'a> {
        Story::of(call, self.origin(call), &self.fixtures, self.seed)
    }

    /// What everything random about a call grows from.
    pub(super) fn origin(&self, call: &Call) -> CallId {
        origin(call, self.id_key)
    }

    /// What moves the ids of the world.
    pub fn id_key(&self) -> IdKey {
        self.id_key
    }

    /// What has been written of this world's calls.
    pub fn call_cache(&self) -> &CallCache {
        &self.call_cache
    }

    /// The numbers that called and were called.
    pub fn numbers(&self, call: &Call) -> (PhoneNumber, PhoneNumber) {
        let own = self.fixtures.directory.number(call.number).number;
        match call.direction {
            Direction::Inbound => (call.person, own),
            Direction::Outbound => (own, call.person),
        }
    }

    /// The recording of a call.
    pub fn recording(&self, id: &str) -> Result<Recording, Error> {
        let call = self.find_call(id)?;
        let none = |why| Error::NoRecording { id: id.to_owned(), why };
        let seconds = call.duration_seconds().ok_or_else(|| none("it has not ended yet"))?;
        if call.answered_at.is_none() {
            return Err(none("it was never answered"));
        }
        let format = self.campaigns[usize::from(call.campaign)].recording.format();
        let format = format.ok_or_else(|| none("its campaign's recording setting is off"))?;
        Ok(self.call_cache.recorded(call, format, || {
            let lines = self.story(call).transcript(self.now);
            Recording::new(
                format,
                seconds,
                &turns(&lines),
                self.seed.child("recording").nth(self.origin(call).number()),
            )
        }))
    }

    /// A campaign's present state.
    pub fn campaign_state(&self, campaign: CampaignIndex) -> &CampaignState {
        &self.campaigns[usize::from(campaign)]
    }

    /// Changes a campaign, wholly or not at all.
    pub fn change_campaign(&mut self, id: &str, change: CampaignChange) -> Result<CampaignIndex, Error> {
        let campaign = self.find_campaign(id)?;
        self.campaigns[usize::from(campaign)].apply(id, change, &self.fixtures.scenarios)?;
        Ok(campaign)
    }
}

/// Who has the floor when. A word or two may take less time than the shortest clip of speech: it then has some of the pause that
/// follows as well.
fn turns<T>(lines: &[Line<T>]) -> Vec<Turn> {
    let starts = lines.iter().map(|line| line.start);
    let following = starts.skip(1).chain([u32::MAX]);
    let turn = |(line, following): (&Line<T>, u32)| Turn {
        voice: line.speaker.into(),
        start: line.start,
        end: line.end.max(following.min(line.start.saturating_add(Turn::HEARD))),
    };
    lines.iter().zip(following).map(turn).collect()
}
