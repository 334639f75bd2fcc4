//! The words of a call: who the caller is, what is said, what it was about. Made from the call's facts whenever they are asked
//! for, and always the same.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use jiff::civil::Date;

use crate::base::rng::{Seed, Stream};
use crate::base::time::{DAY, Timestamp};
use crate::calls::call::{Call, CallId, Speaker};
use crate::calls::plan::Script;
use crate::content::dialogue::{Dialogue, Line, perform};
use crate::content::person::Person;
use crate::content::template::{Text, Values};
use crate::directory::{Business, say_weekday};
use crate::fixtures::{Fixtures, VerbatimCall};

/// The words of one call, each made when it is asked for.
pub struct Story<'a> {
    call: &'a Call,
    /// What is random about them grows from here.
    origin: CallId,
    fixtures: &'a Fixtures,
    /// What the world grows from.
    world: Seed,
    person: OnceCell<Person>,
    values: OnceCell<Rc<Values<'a>>>,
}

/// What follows the name of somebody who had a call before.
const EXISTING_CONTACT: &str = " (existing contact)";

/// What was filed about a call when it had ended.
#[derive(Clone, Debug, Default)]
pub struct Filing<'a> {
    /// What it was about; `None` where nobody answered.
    pub summary: Option<Text<'a>>,
    /// What it is filed under.
    pub tags: Cow<'a, [String]>,
}

impl<'a> Story<'a> {
    /// The words of a call of that origin, in the world that grows from that seed.
    pub fn of(call: &'a Call, origin: CallId, fixtures: &'a Fixtures, world: Seed) -> Story<'a> {
        Story { call, origin, fixtures, world, person: OnceCell::new(), values: OnceCell::new() }
    }

    /// The other side's name, as the account knows it.
    pub fn caller_name(&self) -> Option<Cow<'a, str>> {
        if let Some(verbatim) = self.verbatim() {
            return verbatim.caller_name.as_deref().map(Cow::Borrowed);
        }
        let name = &self.person().full;
        Some(Cow::Owned(if self.call.returning { [name, EXISTING_CONTACT].concat() } else { name.clone() }))
    }

    /// The lines that had been begun by `now`.
    pub fn transcript(&self, now: Timestamp) -> Vec<Line<Text<'a>>> {
        if let Some(verbatim) = self.verbatim() {
            return verbatim.lines();
        }
        match self.dialogue() {
            Some(dialogue) if self.call.answered_at.is_some() => self.perform(dialogue, now),
            _ => Vec::new(),
        }
    }

    /// Summary and tags; empty until the call has ended, and where nobody answered.
    pub fn filing(&self) -> Filing<'a> {
        if self.call.ended_at.is_none() || self.call.answered_at.is_none() {
            return Filing::default();
        }
        if let Some(verbatim) = self.verbatim() {
            let summary = verbatim.summary.as_deref().map(|summary| Text::Plain(summary.into()));
            return Filing { summary, tags: verbatim.tags.as_slice().into() };
        }
        if self.call.was_cut_short() {
            return Filing { summary: Some(self.cut_short()), tags: vec!["cut-short".to_owned()].into() };
        }
        // Fixtures of the user's own may have nothing to say in such a call.
        self.dialogue().map_or_else(Filing::default, |dialogue| Filing {
            summary: Some(Text::Filled(&dialogue.summary, Rc::clone(self.values()))),
            tags: dialogue.tags.as_slice().into(),
        })
    }

    fn cut_short(&self) -> Text<'a> {
        let seconds = self.call.duration_seconds().unwrap_or(0);
        let plural = if seconds == 1 { "" } else { "s" };
        let name = &self.person().full;
        Text::Plain(format!("The call with {name} ended after {seconds} second{plural}, before all was said.").into())
    }

    fn perform(&self, dialogue: &'a Dialogue, now: Timestamp) -> Vec<Line<Text<'a>>> {
        let mut stream = self.words().child("pace").stream();
        let plan = &self.call.plan;
        perform(dialogue, self.values(), plan.talk, plan.is_whole, self.call.connected(now), &mut stream)
    }

    fn values(&self) -> &Rc<Values<'a>> {
        self.values.get_or_init(|| Rc::new(self.draw_values()))
    }

    fn draw_values(&self) -> Values<'a> {
        let directory = &self.fixtures.directory;
        let campaign = directory.campaign(self.call.campaign);
        let business = directory.business(campaign.business);
        let person = self.person();
        let mut stream = self.words().child("values").stream();
        let service = stream.pick(&business.services);
        let (day, minutes) = appointment(business, self.call.rings_at, &mut stream);
        Values {
            caller: person.full.clone().into(),
            first: person.first.clone().into(),
            agent: directory.agent(campaign.agent).name.as_str().into(),
            business: business.name.as_str().into(),
            service: service.map_or("", |service| &service.name).into(),
            price: service.map_or("", |service| &service.price).into(),
            date: business.locale.say_date(day).into(),
            weekday: say_weekday(day.weekday()).into(),
            time: business.locale.say_time(minutes / 60, minutes % 60).into(),
            colleague: stream.pick(&business.colleagues).map_or("", |name| name).into(),
            reference: stream.within(1_000..=9_999).to_string().into(),
        }
    }

    fn person(&self) -> &Person {
        self.person.get_or_init(|| self.draw_person())
    }

    /// Who has the other side's number. Where the fixtures give a past call of theirs word for word, they are called as there.
    fn draw_person(&self) -> Person {
        let known = self.fixtures.calls.iter().filter(|known| known.person == self.call.person);
        if let Some(name) = known.filter_map(|known| known.caller_name.as_deref()).next() {
            return Person::named(name.strip_suffix(EXISTING_CONTACT).unwrap_or(name));
        }
        Person::of(self.call.person, self.world)
    }

    fn dialogue(&self) -> Option<&'a Dialogue> {
        match self.call.plan.script {
            Script::Dialogue(position) => self.fixtures.dialogues.get(usize::from(position)),
            Script::Silence | Script::Verbatim(_) => None,
        }
    }

    fn verbatim(&self) -> Option<&'a VerbatimCall> {
        match self.call.plan.script {
            Script::Verbatim(position) => self.fixtures.calls.get(usize::from(position)),
            Script::Silence | Script::Dialogue(_) => None,
        }
    }

    fn words(&self) -> Seed {
        self.world.child("words").nth(self.origin.number())
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
    fn lines(&self) -> Vec<Line<Text<'_>>> {
        let mut lines: Vec<Line<Text<'_>>> = Vec::with_capacity(self.transcript.len());
        for line in &self.transcript {
            let spoken = line.text.split_whitespace().count() as u32 * 400;
            if let Some(before) = lines.last_mut() {
                before.end = before.end.min(line.timestamp);
            }
            let end = line.timestamp.saturating_add(spoken);
            lines.push(Line {
                speaker: line.speaker,
                text: Text::Plain(line.text.as_str().into()),
                start: line.timestamp,
                end,
            });
        }
        lines
    }
}

/// Which voice says a line.
impl From<Speaker> for crate::content::recording::Voice {
    fn from(speaker: Speaker) -> Self {
        match speaker {
            Speaker::Agent => Self::Agent,
            Speaker::Caller => Self::Caller,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::OpeningHours;
    use crate::world::testing::{fixtures, start};

    /// Many appointments with a business, and how long before them the call was.
    fn appointments(business: &Business) -> Vec<(Date, u64, u32)> {
        let draw = |turn: u32| {
            let from = start() + DAY * (turn % 7);
            let (day, minutes) = appointment(business, from, &mut Seed::new(u64::from(turn)).stream());
            let later = (1..).find(|days| (from + DAY * *days).date() == day).unwrap();
            (day, minutes, later)
        };
        (0..2_000).map(draw).collect()
    }

    #[test]
    fn an_appointment_is_at_a_decent_quarter_of_an_hour_of_the_opening_hours() {
        for business in &fixtures().directory.businesses {
            let drawn = appointments(business);
            for (day, minutes, later) in &drawn {
                let hours = business.open_on(day.weekday()).unwrap();
                let (first, last) = (hours.from.max(8 * 60), hours.to.min(18 * 60) - 30);
                assert!((u64::from(first)..=u64::from(last)).contains(minutes) && minutes % 15 == 0, "{minutes}");
                // A week on, every business has been open.
                assert!((1..=20 + 7).contains(later), "{later} days later");
            }
            let is_open_every_day = business.hours.iter().map(|hours| hours.days).any(|days| days == [true; 7]);
            let longest = drawn.iter().map(|(.., later)| *later).max().unwrap();
            assert!(!is_open_every_day || longest == 20, "{longest}");
        }
    }

    #[test]
    fn a_business_that_opens_late_gives_the_quarter_in_which_it_opens() {
        let hours =
            vec![OpeningHours { days: [false, false, true, false, false, false, false], from: 1_207, to: 1_300 }];
        let business = Business { hours, ..fixtures().directory.businesses[0].clone() };
        for (day, minutes, _) in appointments(&business) {
            assert_eq!((say_weekday(day.weekday()), minutes), ("Wednesday", 1_200));
        }
    }
}
