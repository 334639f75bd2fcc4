//! Turns are filled with clips.

use std::ops::RangeInclusive;

use super::clips::{Clip, clips};
use super::{FRAME_MS, Turn, Voice};
use crate::base::rng::{Seed, Stream};

/// A clip, and the frame in which it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Placed {
    /// Counted from the start of the recording.
    pub(super) first: u32,
    voice: Voice,
    /// The clip's position in the table of that voice.
    position: u8,
}

/// Frames between two clips of a turn. The clips' own silent ends add 46 to 82 ms: a pause is heard as 82 to 154 ms.
const PAUSE: RangeInclusive<u32> = 1..=2;

/// A turn that ends in so many frames of silence, about a quarter of a second, is well filled.
const CLOSE: u32 = 7;

/// The clips of a recording of `length` milliseconds, in the order of time.
pub(super) fn place(turns: &[Turn], length: u32, seed: Seed) -> Vec<Placed> {
    let mut placed = Vec::with_capacity(2 * turns.len());
    let mut spoken = 0;
    let mut last = [None; 2];
    let interruptions = turns.iter().skip(1).map(|next| next.start).chain([u32::MAX]);
    for ((number, turn), interrupted) in (0..).zip(turns).zip(interruptions) {
        // A clip opens with a frame of silence, which may lie before the turn: it is heard from its second frame on.
        let first = (turn.start / FRAME_MS).max(spoken);
        let end = turn.end.min(interrupted).min(length) / FRAME_MS;
        let already = placed.len();
        fill(turn.voice, first, end, &mut last[turn.voice as usize], &mut seed.nth(number).stream(), &mut placed);
        if let Some(closing) = placed[already..].last() {
            spoken = closing.end();
        }
    }
    placed
}

/// Fills the frames from `first` to before `end`. `last` is what the voice said last.
fn fill(voice: Voice, first: u32, end: u32, last: &mut Option<usize>, draws: &mut Stream, placed: &mut Vec<Placed>) {
    let table = clips(voice);
    let room = |at: u32| end.saturating_sub(at);
    let mut at = first;
    // To be silent for a whole turn is worse than to say the same again; within a turn it is the other way round.
    let mut choice = choose(table, room(at), *last, draws).or_else(|| choose(table, room(at), None, draws));
    while let Some(position) = choice {
        placed.push(Placed { first: at, voice, position: position as u8 });
        *last = choice;
        let pause = draws.within(u64::from(*PAUSE.start())..=u64::from(*PAUSE.end())) as u32;
        at += table[position].frames() + pause;
        choice = choose(table, room(at), *last, draws);
    }
}

/// A clip for `room` frames, other than `last`; `None` where none is short enough.
///
/// Drawn from those that fill the room closely or leave enough for another, long ones more often, so that people speak
/// in sentences; failing these, the longest.
fn choose(table: &[Clip], room: u32, last: Option<usize>, draws: &mut Stream) -> Option<usize> {
    let another = table.first()?.frames() + PAUSE.end();
    let fits = |position: usize| table[position].frames() <= room && Some(position) != last;
    let fills = |position: usize| {
        let rest = room - table[position].frames();
        rest <= CLOSE || rest >= another
    };
    let weight = |position: usize| {
        if fits(position) && fills(position) { table[position].frames() } else { 0 }
    };
    draws.weighted((0..table.len()).map(weight)).or_else(|| (0..table.len()).rev().find(|&position| fits(position)))
}

impl Placed {
    /// The clip itself.
    pub(super) fn clip(&self) -> &'static Clip {
        &clips(self.voice)[usize::from(self.position)]
    }

    /// The frame after the last.
    pub(super) fn end(&self) -> u32 {
        self.first + self.clip().frames()
    }

    /// A number that no other clip and no other place has.
    pub(super) fn number(&self) -> u64 {
        u64::from(self.first) << 16 | (self.voice as u64) << 8 | u64::from(self.position)
    }
}
