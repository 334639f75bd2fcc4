//! The words of a call: who the caller is, what is said, what it was about. Made from the call's facts whenever they are asked
//! for, and always the same.

use std::time::Duration;

use super::call::{Call, Speaker};
use super::dialogue::{Dialogue, Line, Values, perform};
use super::fixtures::{Fixtures, VerbatimCall};
use super::person::Person;
use super::plan::Script;
use crate::rng::Seed;
use crate::time::{DAY, Timestamp};

/// Reads the words of calls.
#[derive(Clone, Copy)]
pub struct Storyteller<'a> {
    /// What words are made of.
    pub fixtures: &'a Fixtures,
    /// What the world grows from.
    pub seed: Seed,
}

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
        Some(if call.returning { format!("{name} (existing contact)") } else { name })
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
        format!("The call with {} was broken off after {seconds} second{plural}.", self.person(call).full)
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
        let day = (call.rings_at + DAY * stream.within(1..=20) as u32).civil().date();
        // Nobody books a Sunday.
        let day = if day.weekday() == jiff::civil::Weekday::Sunday { day.tomorrow().unwrap_or(day) } else { day };
        let quarters = stream.within(9 * 4..=16 * 4);
        Values {
            caller: person.full,
            first: person.first,
            agent: directory.agent(campaign.agent).name.clone(),
            business: business.name.clone(),
            service: service.as_ref().map_or_else(String::new, |service| service.name.clone()),
            price: service.map_or_else(String::new, |service| service.price),
            date: business.locale.say_date(day),
            weekday: day.strftime("%A").to_string(),
            time: business.locale.say_time(quarters / 4, quarters % 4 * 15),
            colleague: stream.pick(&business.colleagues).cloned().unwrap_or_default(),
            reference: stream.within(1_000..=9_999).to_string(),
        }
    }

    fn person(&self, call: &Call) -> Person {
        Person::of(call.person, self.fixtures.directory.business_of(call.campaign).locale, self.seed)
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
