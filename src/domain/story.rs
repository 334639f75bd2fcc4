//! The words of a call: who the caller is, what is said, what it was about. Made from the call's facts whenever they are asked
//! for, and always the same.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::Date;

use super::call::{Call, Speaker};
use super::dialogue::{Dialogue, Line, Values, perform};
use super::directory::Business;
use super::fixtures::{Fixtures, VerbatimCall};
use super::person::Person;
use super::plan::Script;
use crate::rng::{Seed, Stream};
use crate::time::{DAY, Timestamp};

/// Reads the words of calls.
#[derive(Clone, Copy)]
pub struct Storyteller<'a> {
    /// What words are made of.
    pub fixtures: &'a Fixtures,
    /// What the world grows from.
    pub seed: Seed,
}

/// What follows the name of somebody who had a call before.
const EXISTING_CONTACT: &str = " (existing contact)";

/// What was filed about a call when it had ended.
#[derive(Clone, Debug, Default)]
pub struct Filing {
    /// What it was about; `None` where nobody answered.
    pub summary: Option<String>,
    /// What it is filed under.
    pub tags: Vec<String>,
}

impl<'a> Storyteller<'a> {
    /// The other side's name, as the account knows it.
    pub fn caller_name(&self, call: &Call) -> Option<String> {
        if let Some(verbatim) = self.verbatim(call) {
            return verbatim.caller_name.clone();
        }
        let name = self.person(call).full;
        Some(if call.returning { name + EXISTING_CONTACT } else { name })
    }

    /// The lines that had been begun by `now`.
    pub fn transcript(&self, call: &Call, now: Timestamp) -> Vec<Line> {
        let connected = call.connected(now);
        if let Some(verbatim) = self.verbatim(call) {
            return verbatim.lines();
        }
        match self.dialogue(call) {
            Some(dialogue) => self.perform(call, dialogue, connected),
            None => Vec::new(),
        }
    }

    /// Summary and tags; empty until the call has ended, and where nobody answered.
    pub fn filing(&self, call: &Call) -> Filing {
        if call.ended_at.is_none() || call.answered_at.is_none() {
            return Filing::default();
        }
        if let Some(verbatim) = self.verbatim(call) {
            return Filing { summary: verbatim.summary.clone(), tags: verbatim.tags.clone() };
        }
        if call.was_cut_short() {
            return Filing { summary: Some(self.cut_short(call)), tags: vec!["cut-short".to_owned()] };
        }
        // Fixtures of the user's own may have nothing to say in such a call.
        self.dialogue(call).map_or_else(Filing::default, |dialogue| Filing {
            summary: Some(self.values(call).fill(&dialogue.summary)),
            tags: dialogue.tags.clone(),
        })
    }

    fn cut_short(&self, call: &Call) -> String {
        let seconds = call.duration_seconds().unwrap_or(0);
        let plural = if seconds == 1 { "" } else { "s" };
        format!("The call with {} ended after {seconds} second{plural}, before all was said.", self.person(call).full)
    }

    fn perform(&self, call: &Call, dialogue: &Dialogue, until: Duration) -> Vec<Line> {
        let mut stream = self.words(call).child("pace").stream();
        perform(dialogue, &self.values(call), call.plan.talk, call.plan.is_whole, until, &mut stream)
    }

    fn values(&self, call: &Call) -> Values {
        let directory = &self.fixtures.directory;
        let campaign = directory.campaign(call.campaign);
        let business = directory.business(campaign.business);
        let person = self.person(call);
        let mut stream = self.words(call).child("values").stream();
        let service = stream.pick(&business.services).cloned();
        let (day, minutes) = appointment(business, call.rings_at, &mut stream);
        Values {
            caller: person.full,
            first: person.first,
            agent: directory.agent(campaign.agent).name.clone(),
            business: business.name.clone(),
            service: service.as_ref().map_or_else(String::new, |service| service.name.clone()),
            price: service.map_or_else(String::new, |service| service.price),
            date: business.locale.say_date(day),
            weekday: day.strftime("%A").to_string(),
            time: business.locale.say_time(minutes / 60, minutes % 60),
            colleague: stream.pick(&business.colleagues).cloned().unwrap_or_default(),
            reference: stream.within(1_000..=9_999).to_string(),
        }
    }

    /// Who has the other side's number. Where the fixtures give a past call of theirs word for word, they are called as there.
    fn person(&self, call: &Call) -> Person {
        let known = self.fixtures.calls.iter().filter(|known| known.person == call.person);
        if let Some(name) = known.filter_map(|known| known.caller_name.as_deref()).next() {
            return Person::named(name.strip_suffix(EXISTING_CONTACT).unwrap_or(name));
        }
        Person::of(call.person, self.seed)
    }

    fn dialogue(&self, call: &Call) -> Option<&'a Dialogue> {
        match call.plan.script {
            Script::Dialogue(position) => self.fixtures.dialogues.get(usize::from(position)),
            Script::Silence | Script::Verbatim(_) => None,
        }
    }

    fn verbatim(&self, call: &Call) -> Option<&'a VerbatimCall> {
        match call.plan.script {
            Script::Verbatim(position) => self.fixtures.calls.get(usize::from(position)),
            Script::Silence | Script::Dialogue(_) => None,
        }
    }

    fn words(&self, call: &Call) -> Seed {
        self.seed.child("words").nth(call.id.number())
    }
}

/// A day soon after `from` on which the business is open, and a time of that day in minutes after midnight, at a quarter of an hour.
fn appointment(business: &Business, from: Timestamp, stream: &mut Stream) -> (Date, u64) {
    /// Neither very early nor very late, however long a business is open.
    const DECENT: RangeInclusive<u32> = 8 * 60..=18 * 60;
    let mut day = (from + DAY * stream.within(1..=20) as u32).date();
    // Every business is open on some day of the week: the fixtures are checked for it.
    let hours = loop {
        match business.open_on(day.weekday()) {
            Some(hours) => break hours,
            None => day = day.tomorrow().unwrap_or(day),
        }
    };
    let first = hours.from.max(*DECENT.start()).div_ceil(15);
    let last = (hours.to.min(*DECENT.end()) / 15).saturating_sub(2);
    let quarter =
        if first <= last { stream.within(u64::from(first)..=u64::from(last)) } else { u64::from(hours.from / 15) };
    (day, quarter * 15)
}

impl VerbatimCall {
    /// Its transcript; a line lasts until the next one begins, or as long as it takes to say.
    fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::with_capacity(self.transcript.len());
        for line in &self.transcript {
            let spoken = line.text.split_whitespace().count() as u32 * 400;
            if let Some(before) = lines.last_mut() {
                before.end = before.end.min(line.timestamp);
            }
            let end = line.timestamp.saturating_add(spoken);
            lines.push(Line { speaker: line.speaker, text: line.text.clone(), start: line.timestamp, end });
        }
        lines
    }
}

/// Which voice says a line.
impl From<Speaker> for super::recording::Voice {
    fn from(speaker: Speaker) -> Self {
        match speaker {
            Speaker::Agent => Self::Agent,
            Speaker::Caller => Self::Caller,
        }
    }
}
