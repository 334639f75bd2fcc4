//! Dialogues: what the two sides say, as templates, and when they say it.

use std::time::Duration;

use serde::Serialize;

use super::call::{Direction, Outcome, Sentiment, Speaker};
use super::directory::Business;
use super::vocabulary::vocabulary;
use crate::rng::Stream;

/// How long one word takes: about 150 words a minute.
const MILLIS_PER_WORD: u64 = 400;
/// The pause between two lines, in milliseconds.
const PAUSE: std::ops::RangeInclusive<u64> = 300..=900;
/// The pause before a line that repeats while something is being looked up, in milliseconds.
const HOLD: std::ops::RangeInclusive<u64> = 2_500..=9_000;
/// What is left at the end of a call after the last word, in milliseconds.
const CLOSING: u64 = 400;

/// One line, its placeholders still in it.
#[derive(Clone, Debug)]
pub struct Template {
    /// Who says it.
    pub speaker: Speaker,
    /// What is said, with placeholders such as `{caller}`.
    pub text: String,
}

vocabulary! {
    /// Whether the two sides know each other.
    pub enum Contact {
        /// The person had no call before.
        New = "new",
        /// The person had a call before.
        Returning = "returning",
    }
}

/// A call that something is to be said in.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// Whose call it is.
    pub business: &'a Business,
    /// Who called.
    pub direction: Direction,
    /// Whether the two sides know each other.
    pub contact: Contact,
    /// How it ends.
    pub outcome: Outcome,
    /// Whether it goes on until somebody ends it.
    pub is_endless: bool,
}

/// A conversation, before it is had.
#[derive(Clone, Debug)]
pub struct Dialogue {
    /// The trade that it belongs to; any where `None`.
    pub trade: Option<String>,
    /// Who called.
    pub direction: Direction,
    /// Which persons it can be had with; any where `None`.
    pub contact: Option<Contact>,
    /// How it ends.
    pub outcome: Outcome,
    /// How the person felt.
    pub sentiment: Sentiment,
    /// What it was about, with placeholders.
    pub summary: String,
    /// What it is filed under.
    pub tags: Vec<String>,
    /// What is said.
    pub lines: Vec<Template>,
    /// What is said again and again after that; empty for a conversation that ends by itself.
    pub repeats: Vec<Template>,
    /// How long `lines` take when nobody hurries: see [`natural_length`].
    pub natural_length: Duration,
}

impl Dialogue {
    /// Whether it can be had in such a call.
    pub fn suits(&self, occasion: &Occasion<'_>) -> bool {
        self.direction == occasion.direction
            && self.outcome == occasion.outcome
            && self.repeats.is_empty() != occasion.is_endless
            && self.contact.is_none_or(|contact| contact == occasion.contact)
            && self.trade.as_ref().is_none_or(|trade| *trade == occasion.business.trade)
    }

    /// The shortest time in which it can be had: a good deal faster than people like to talk.
    pub fn shortest_length(&self) -> Duration {
        self.natural_length * 3 / 4
    }
}

/// How long lines take when nobody hurries and what takes the placeholders' places is long: better some silence than a rush.
pub fn natural_length(lines: &[Template]) -> Duration {
    let words: u64 = lines.iter().map(|line| words(&line.text) + words_to_come(&line.text)).sum();
    let pauses = (lines.len() as u64).saturating_sub(1) * (PAUSE.start() + PAUSE.end()) / 2;
    Duration::from_millis(words * MILLIS_PER_WORD + pauses + CLOSING)
}

/// How many words more than the template a line can have once its placeholders are filled in.
fn words_to_come(template: &str) -> u64 {
    Piece::all(template)
        .map(|piece| match piece {
            Piece::Placeholder("business" | "service" | "date") => 2,
            Piece::Placeholder("caller" | "colleague" | "time") => 1,
            Piece::Placeholder(_) | Piece::Text(_) => 0,
        })
        .sum()
}

fn words(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

/// What a call puts in the place of the placeholders.
#[derive(Clone, Debug)]
pub struct Values {
    /// The person's full name.
    pub caller: String,
    /// The person's first name.
    pub first: String,
    /// The agent's name.
    pub agent: String,
    /// The business's name.
    pub business: String,
    /// What it is about, with its article.
    pub service: String,
    /// What that costs.
    pub price: String,
    /// A day soon, such as `Tuesday, November 24`.
    pub date: String,
    /// The day of the week of that date.
    pub weekday: String,
    /// A time of day, such as `10:30`.
    pub time: String,
    /// Whom the call is handed to.
    pub colleague: String,
    /// Four digits.
    pub reference: String,
}

impl Values {
    /// The placeholders that there are.
    pub const NAMES: [&'static str; 11] = [
        "caller",
        "first",
        "agent",
        "business",
        "service",
        "price",
        "date",
        "weekday",
        "time",
        "colleague",
        "reference",
    ];

    fn get(&self, name: &str) -> Option<&str> {
        Some(match name {
            "caller" => &self.caller,
            "first" => &self.first,
            "agent" => &self.agent,
            "business" => &self.business,
            "service" => &self.service,
            "price" => &self.price,
            "date" => &self.date,
            "weekday" => &self.weekday,
            "time" => &self.time,
            "colleague" => &self.colleague,
            "reference" => &self.reference,
            _ => return None,
        })
    }

    /// The template with its placeholders filled in. A sentence that begins with one begins with a capital.
    pub fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len() + 32);
        for piece in Piece::all(template) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Placeholder(name) => {
                    let value = self.get(name).unwrap_or(name);
                    let begins_sentence = filled.is_empty() || filled.ends_with(". ") || filled.ends_with("? ");
                    match value.chars().next() {
                        Some(first) if begins_sentence => {
                            filled.extend(first.to_uppercase());
                            filled.push_str(&value[first.len_utf8()..]);
                        }
                        _ => filled.push_str(value),
                    }
                }
            }
        }
        filled
    }
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Said as it stands.
    Text(&'a str),
    /// Replaced by the value of that name.
    Placeholder(&'a str),
}

impl<'a> Piece<'a> {
    /// The parts of a template, in order. A brace that is never closed is text.
    pub fn all(template: &'a str) -> impl Iterator<Item = Piece<'a>> {
        let mut rest = template;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let piece = match (rest.find('{'), rest.find('}')) {
                (Some(0), Some(end)) => Piece::Placeholder(&rest[1..end]),
                (Some(begin), Some(_)) if begin > 0 => Piece::Text(&rest[..begin]),
                _ => Piece::Text(rest),
            };
            rest = match piece {
                Piece::Text(text) => &rest[text.len()..],
                Piece::Placeholder(name) => &rest[name.len() + 2..],
            };
            Some(piece)
        })
    }
}

/// A line as it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
    /// When, in milliseconds since the call was answered.
    #[serde(rename = "timestamp")]
    pub start: u32,
    /// When it had been said, in milliseconds since the call was answered.
    #[serde(skip)]
    pub end: u32,
}

/// The lines that have been begun `until` that long after the answer, in a conversation that takes `talk` in all.
///
/// Lines come at speaking pace, from 0 on, and the last one ends before the call does: where `talk` leaves time to spare, pauses
/// are longer; where it is short, everybody talks faster. Where `whole` is false it is too short for that, and what
/// would not be over in time is not begun, but for the first line.
pub fn perform(
    dialogue: &Dialogue,
    values: &Values,
    talk: Duration,
    whole: bool,
    until: Duration,
    stream: &mut Stream,
) -> Vec<Line> {
    let [talk, until] = [talk, until].map(|span| span.as_millis() as u64);
    let texts: Vec<String> = dialogue.lines.iter().map(|line| values.fill(&line.text)).collect();
    let pauses: Vec<u64> = texts.iter().skip(1).map(|_| stream.within(PAUSE)).collect();
    let speech: u64 = texts.iter().map(|text| words(text) * MILLIS_PER_WORD).sum();
    let pace = Pace::fitting(speech, pauses.iter().sum(), talk.saturating_sub(CLOSING), whole, dialogue);

    let mut lines = Vec::with_capacity(texts.len());
    let mut at = 0;
    for (position, text) in texts.into_iter().enumerate() {
        if let Some(pause) = position.checked_sub(1).and_then(|before| pauses.get(before)) {
            at += pace.pause(*pause);
        }
        let end = at + pace.speech(words(&text) * MILLIS_PER_WORD);
        // Whoever answers hears how the other side begins, however short the call.
        let is_in_time = end < talk || position == 0;
        if at >= until.min(talk) || !is_in_time {
            return lines;
        }
        let end = end.min(talk);
        lines.push(Line { speaker: dialogue.lines[position].speaker, text, start: at as u32, end: end as u32 });
        at = end;
    }
    for template in dialogue.repeats.iter().cycle() {
        let text = values.fill(&template.text);
        at += stream.within(HOLD);
        let end = at + words(&text) * MILLIS_PER_WORD;
        if at >= until || end >= talk {
            break;
        }
        lines.push(Line { speaker: template.speaker, text, start: at as u32, end: end as u32 });
        at = end;
    }
    lines
}

/// How much slower or faster than usual a conversation goes, in thousandths.
struct Pace {
    speech: u64,
    pause: u64,
}

impl Pace {
    const USUAL: Pace = Pace { speech: 1_000, pause: 1_000 };

    fn fitting(speech: u64, pauses: u64, room: u64, whole: bool, dialogue: &Dialogue) -> Pace {
        let natural = speech + pauses;
        if !dialogue.repeats.is_empty() || natural == 0 || (natural > room && !whole) {
            Pace::USUAL
        } else if natural > room {
            // One thousandth less makes up for rounding each line's length up.
            let faster = (room * 1_000 / natural).saturating_sub(1);
            Pace { speech: faster, pause: faster }
        } else {
            // Four fifths of the time to spare go into the pauses, the rest stays for the end.
            let spare = (room - natural) * 4 / 5;
            Pace { speech: 1_000, pause: 1_000 + spare * 1_000 / pauses.max(1) }
        }
    }

    fn speech(&self, millis: u64) -> u64 {
        (millis * self.speech / 1_000).max(1)
    }

    fn pause(&self, millis: u64) -> u64 {
        (millis * self.pause / 1_000).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::testing::fixtures;
    use crate::rng::Seed;

    /// Ten words: four seconds.
    const TEN: &str = "one two three four five six seven eight nine ten";

    #[test]
    fn what_would_last_to_the_very_end_of_the_call_is_not_said() {
        let fixtures = fixtures();
        let line = Template { speaker: Speaker::Agent, text: TEN.to_owned() };
        let dialogue = Dialogue { lines: vec![line.clone(), line], ..fixtures.dialogues[0].clone() };
        let values = [(); Values::NAMES.len()].map(|()| String::new());
        let [caller, first, agent, business, service, price, date, weekday, time, colleague, reference] = values;
        let values =
            Values { caller, first, agent, business, service, price, date, weekday, time, colleague, reference };
        let said = |talk: u64| {
            let talk = Duration::from_millis(talk);
            perform(&dialogue, &values, talk, false, talk, &mut Seed::new(1).stream())
        };
        assert_eq!(said(1_000).len(), 1, "the first line is begun, and cut");
        assert_eq!(said(1_000)[0].end, 1_000);
        let all = 8_000 + PAUSE.end();
        let lengths: Vec<usize> = (all - 700..=all + 1).map(|talk| said(talk).len()).collect();
        assert!(lengths.is_sorted() && lengths.contains(&1) && lengths.contains(&2));
        let shortest = (all - 700..=all + 1).find(|talk| said(*talk).len() == 2).unwrap();
        assert!(u64::from(said(shortest)[1].end) < shortest);
    }
}
