//! What a call sounded like: a file of the right length, with speech where somebody spoke and silence where nobody did.
//!
//! A recording is not kept as sound. It is the list of which clip of speech starts when; bytes are found as they are
//! read, from any position, so an hour costs no more than a minute, and a hundred listeners no more than one.
//!
//! # Why everything is a whole number of frames
//!
//! MP3 comes in frames, here of 36 ms, and cannot be cut between them. So clips last whole frames and start at whole
//! frames, in WAV too. Then both formats hold the same clips at the same times, and are read by the same code.

mod chunks;
mod clips;
mod fill;
mod mp3;
#[cfg(test)]
mod tests;
mod wav;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

pub use self::chunks::Chunks;
use self::fill::Placed;
use crate::base::rng::Seed;

/// The length of a frame, in milliseconds.
const FRAME_MS: u32 = 36;

/// The kind of file that a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// RIFF with 16-bit PCM: 8 kHz, one channel, 16 kB a second.
    Wav,
    /// MPEG-2 layer III: 16 kHz, one channel, 3 kB a second.
    Mp3,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// The agent that places the call.
    Agent,
    /// The person who answered.
    Caller,
}

/// One turn of speech, in milliseconds since the call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who has the floor.
    pub voice: Voice,
    /// When the turn starts.
    pub start: u32,
    /// When the turn is over.
    pub end: u32,
}

impl Turn {
    /// Something is heard of a turn that is at least so long, in milliseconds: the shortest clip, wherever its frames fall.
    pub const HEARD: u32 = 16 * FRAME_MS;
}

/// The recording of one call. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recording {
    format: Format,
    seconds: u32,
    /// In the order of time. None overlaps the next, none goes past the end.
    placed: Arc<[Placed]>,
    fingerprint: u64,
}

impl Recording {
    /// The longest recording, in seconds: a day. What a call lasted beyond that is cut.
    pub const MAX_SECONDS: u32 = 24 * 60 * 60;

    /// The recording of a call that lasted `seconds`.
    ///
    /// `turns` come in the order in which they start. Where one starts before the last is over, it interrupts: the last ends
    /// there. What lies past `seconds` is cut. `seed` decides which clips are heard: equal arguments make equal recordings.
    pub fn new(format: Format, seconds: u32, turns: &[Turn], seed: Seed) -> Recording {
        static CLIPS: LazyLock<Seed> = LazyLock::new(|| clips::digest(clips::sounds()));
        let seconds = seconds.min(Recording::MAX_SECONDS);
        let placed = fill::place(turns, seconds * 1000, seed);
        let fingerprint = fingerprint(*CLIPS, format, seconds, &placed);
        Recording { format, seconds, placed: placed.into(), fingerprint }
    }

    /// The kind of file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The length of the file in bytes, known without making them.
    pub fn byte_len(&self) -> u64 {
        self.header_len() + self.sound_len()
    }

    /// A number that stands for the bytes, for an `ETag`: equal recordings have equal numbers, on every machine.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// How much memory its list takes, in bytes.
    pub fn weight(&self) -> u64 {
        size_of_val(&*self.placed) as u64
    }

    /// The bytes of `range`, piece by piece. What lies past the end of the file is left out.
    ///
    /// To start anywhere costs the same: what comes before `range` is not looked at.
    pub fn read(self, range: Range<u64>) -> Chunks {
        Chunks::new(self, range)
    }

    /// The bytes that come before the sound.
    fn header(&self) -> Vec<u8> {
        match self.format {
            Format::Wav => wav::header(wav::sound_bytes(self.seconds)),
            Format::Mp3 => mp3::header(mp3::frames(self.seconds)),
        }
    }

    fn header_len(&self) -> u64 {
        match self.format {
            Format::Wav => wav::HEADER_BYTES as u64,
            Format::Mp3 => mp3::FRAME_BYTES as u64,
        }
    }

    fn sound_len(&self) -> u64 {
        match self.format {
            Format::Wav => u64::from(wav::sound_bytes(self.seconds)),
            Format::Mp3 => u64::from(mp3::frames(self.seconds)) * mp3::FRAME_BYTES as u64,
        }
    }

    /// The sound from byte `at` on, as far as it lies in one piece: the rest of a clip, or some of the silence up to
    /// the next. Empty at the end.
    fn sound_from(&self, at: u64) -> &'static [u8] {
        let frame_bytes = self.format.frame_bytes() as u64;
        let start = |placed: &Placed| u64::from(placed.first) * frame_bytes;

        let next = self.placed.partition_point(|placed| start(placed) <= at);
        if let Some(current) = next.checked_sub(1).and_then(|current| self.placed.get(current))
            && let Some(rest @ [_, ..]) = current.clip().sound(self.format).get((at - start(current)) as usize..)
        {
            return rest;
        }

        let silence = &self.format.silence()[(at % frame_bytes) as usize..];
        let left = self.placed.get(next).map_or(self.sound_len(), start).saturating_sub(at);
        &silence[..silence.len().min(left as usize)]
    }
}

/// What stands for the bytes of such a recording where the clips have that digest.
fn fingerprint(clips: Seed, format: Format, seconds: u32, placed: &[Placed]) -> u64 {
    let whole = clips.nth(format as u64).nth(u64::from(seconds));
    placed.iter().fold(whole, |so_far, placed| so_far.nth(placed.number())).number()
}

impl Format {
    /// The size of a frame.
    const fn frame_bytes(self) -> usize {
        match self {
            Format::Wav => wav::FRAME_BYTES,
            Format::Mp3 => mp3::FRAME_BYTES,
        }
    }

    /// A stretch of silence: whole frames, enough of them that they are copied by the block and not one by one.
    fn silence(self) -> &'static [u8] {
        match self {
            Format::Wav => &wav::SILENCE,
            Format::Mp3 => &mp3::SILENCE,
        }
    }
}
