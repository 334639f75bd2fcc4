//! Dialogues: what the two sides say, as templates, and when they say it.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use crate::base::rng::Stream;
use crate::base::vocabulary::vocabulary;
use crate::calls::call::{Direction, Outcome, Sentiment, Speaker};
use crate::content::template::{Placeholder, Template, Text, Values};
use crate::directory::Business;

/// How long one word takes: about 150 words a minute.
const MILLIS_PER_WORD: u64 = 400;
/// The pause between two lines, in milliseconds.
const PAUSE: std::ops::RangeInclusive<u64> = 300..=900;
/// The pause before a line that repeats while something is being looked up, in milliseconds.
const HOLD: std::ops::RangeInclusive<u64> = 2_500..=9_000;
/// What is left at the end of a call after the last word, in milliseconds.
const CLOSING: u64 = 400;

/// One line as it stands in the script.
#[derive(Clone, Debug)]
pub struct Cue {
    /// Who says it.
    pub speaker: Speaker,
    /// What is said.
    pub text: Template,
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
    /// What it was about.
    pub summary: Template,
    /// What it is filed under.
    pub tags: Vec<String>,
    /// What is said.
    pub lines: Vec<Cue>,
    /// What is said again and again after that; empty for a conversation that ends by itself.
    pub repeats: Vec<Cue>,
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
pub fn natural_length(lines: &[Cue]) -> Duration {
    let words: u64 = lines.iter().map(|line| line.text.words_at_least() + words_to_come(&line.text)).sum();
    let pauses = (lines.len() as u64).saturating_sub(1) * (PAUSE.start() + PAUSE.end()) / 2;
    Duration::from_millis(words * MILLIS_PER_WORD + pauses + CLOSING)
}

/// How many words more than the template a line can have once its placeholders are filled in.
fn words_to_come(template: &Template) -> u64 {
    let more = |placeholder| match placeholder {
        Placeholder::Business | Placeholder::Service | Placeholder::Date => 2,
        Placeholder::Caller | Placeholder::Colleague | Placeholder::Time => 1,
        _ => 0,
    };
    template.placeholders().map(more).sum()
}

/// A line as it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line<T = String> {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: T,
    /// When, in milliseconds since the call was answered.
    #[serde(rename = "timestamp")]
    pub start: u32,
    /// When it had been said, in milliseconds since the call was answered.
    #[serde(skip)]
    pub end: u32,
}

impl Line<Text<'_>> {
    /// The same with its text written out.
    pub fn written(self) -> Line {
        Line { speaker: self.speaker, text: self.text.to_string(), start: self.start, end: self.end }
    }
}

/// The lines that have been begun `until` that long after the answer, in a conversation that takes `talk` in all.
///
/// Lines come at speaking pace, from 0 on, and the last one ends before the call does: where `talk` leaves time to spare, pauses
/// are longer; where it is short, everybody talks faster. Where `whole` is false it is too short for that, and what
/// would not be over in time is not begun, but for the first line.
pub fn perform<'a>(
    dialogue: &'a Dialogue,
    values: &Rc<Values<'a>>,
    talk: Duration,
    whole: bool,
    until: Duration,
    stream: &mut Stream,
) -> Vec<Line<Text<'a>>> {
    let [talk, until] = [talk, until].map(|span| span.as_millis() as u64);
    let speech_of = |cue: &Cue| cue.text.words(values) * MILLIS_PER_WORD;
    let said = |cue: &'a Cue, start: u64, end: u64| Line {
        speaker: cue.speaker,
        text: Text::Filled(&cue.text, Rc::clone(values)),
        start: start as u32,
        end: end as u32,
    };
    // Each line's length, and the pause before it.
    let lengths: Vec<(u64, u64)> = dialogue
        .lines
        .iter()
        .enumerate()
        .map(|(position, cue)| (speech_of(cue), if position == 0 { 0 } else { stream.within(PAUSE) }))
        .collect();
    let (speech, pauses) = lengths.iter().fold((0, 0), |sums, line| (sums.0 + line.0, sums.1 + line.1));
    let pace = Pace::fitting(speech, pauses, talk.saturating_sub(CLOSING), whole, dialogue);

    let mut lines = Vec::with_capacity(lengths.len());
    let mut at = 0;
    for (position, (cue, (speech, pause))) in dialogue.lines.iter().zip(lengths).enumerate() {
        if position > 0 {
            at += pace.pause(pause);
        }
        let end = at + pace.speech(speech);
        // Whoever answers hears how the other side begins, however short the call.
        let is_in_time = end < talk || position == 0;
        if at >= until.min(talk) || !is_in_time {
            return lines;
        }
        let end = end.min(talk);
        lines.push(said(cue, at, end));
        at = end;
    }
    for cue in dialogue.repeats.iter().cycle() {
        at += stream.within(HOLD);
        let end = at + speech_of(cue);
        if at >= until || end >= talk {
            break;
        }
        lines.push(said(cue, at, end));
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
    use crate::base::rng::Seed;
    use crate::world::testing::fixtures;

    /// Ten words: four seconds.
    const TEN: &str = "one two three four five six seven eight nine ten";

    #[test]
    fn what_would_last_to_the_very_end_of_the_call_is_not_said() {
        let fixtures = fixtures();
        let line = Cue { speaker: Speaker::Agent, text: Template::parse(TEN).unwrap() };
        let dialogue = Dialogue { lines: vec![line.clone(), line], ..fixtures.dialogues[0].clone() };
        let values = Rc::default();
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
