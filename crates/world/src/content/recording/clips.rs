//! The clips of speech that recordings are put together from, compiled in.
//!
//! `speech/make.sh` made them, and says what is spoken in each.

use super::{Format, Voice, wav};
use crate::base::rng::Seed;

/// One phrase, in every format. It opens with a frame of silence, and is as many frames in each format.
pub(super) struct Clip {
    samples: &'static [u8],
    mp3: &'static [u8],
}

impl Clip {
    const fn new(wav: &'static [u8], mp3: &'static [u8]) -> Clip {
        let (_, samples) = wav.split_at(wav::HEADER_BYTES);
        Clip { samples, mp3 }
    }

    /// Its length in frames.
    pub(super) const fn frames(&self) -> u32 {
        (self.samples.len() / wav::FRAME_BYTES) as u32
    }

    /// Its frames, without the header of a file.
    pub(super) const fn sound(&self, format: Format) -> &'static [u8] {
        match format {
            Format::Wav => self.samples,
            Format::Mp3 => self.mp3,
        }
    }
}

/// The clips of that voice, from the shortest to the longest.
pub(super) fn clips(voice: Voice) -> &'static [Clip] {
    match voice {
        Voice::Agent => &AGENT,
        Voice::Caller => &CALLER,
    }
}

/// The sound of every clip in every format.
pub(super) fn sounds() -> impl Iterator<Item = &'static [u8]> {
    AGENT.iter().chain(&CALLER).flat_map(|clip| [clip.samples, clip.mp3])
}

/// What stands for those sounds: other bytes, or the same ones cut elsewhere, have another digest.
pub(super) fn digest<'a>(sounds: impl Iterator<Item = &'a [u8]>) -> Seed {
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
    sounds.fold(Seed::new(0), |so_far, sound| {
        sound.chunks(8).fold(so_far.nth(sound.len() as u64), |so_far, bytes| so_far.nth(word(bytes)))
    })
}

static AGENT: [Clip; 14] = [
    Clip::new(include_bytes!("../../../speech/agent-01.wav"), include_bytes!("../../../speech/agent-01.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-02.wav"), include_bytes!("../../../speech/agent-02.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-03.wav"), include_bytes!("../../../speech/agent-03.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-04.wav"), include_bytes!("../../../speech/agent-04.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-05.wav"), include_bytes!("../../../speech/agent-05.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-06.wav"), include_bytes!("../../../speech/agent-06.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-07.wav"), include_bytes!("../../../speech/agent-07.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-08.wav"), include_bytes!("../../../speech/agent-08.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-09.wav"), include_bytes!("../../../speech/agent-09.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-10.wav"), include_bytes!("../../../speech/agent-10.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-11.wav"), include_bytes!("../../../speech/agent-11.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-12.wav"), include_bytes!("../../../speech/agent-12.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-13.wav"), include_bytes!("../../../speech/agent-13.mp3")),
    Clip::new(include_bytes!("../../../speech/agent-14.wav"), include_bytes!("../../../speech/agent-14.mp3")),
];

static CALLER: [Clip; 14] = [
    Clip::new(include_bytes!("../../../speech/caller-01.wav"), include_bytes!("../../../speech/caller-01.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-02.wav"), include_bytes!("../../../speech/caller-02.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-03.wav"), include_bytes!("../../../speech/caller-03.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-04.wav"), include_bytes!("../../../speech/caller-04.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-05.wav"), include_bytes!("../../../speech/caller-05.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-06.wav"), include_bytes!("../../../speech/caller-06.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-07.wav"), include_bytes!("../../../speech/caller-07.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-08.wav"), include_bytes!("../../../speech/caller-08.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-09.wav"), include_bytes!("../../../speech/caller-09.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-10.wav"), include_bytes!("../../../speech/caller-10.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-11.wav"), include_bytes!("../../../speech/caller-11.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-12.wav"), include_bytes!("../../../speech/caller-12.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-13.wav"), include_bytes!("../../../speech/caller-13.mp3")),
    Clip::new(include_bytes!("../../../speech/caller-14.wav"), include_bytes!("../../../speech/caller-14.mp3")),
];

#[cfg(test)]
mod tests {
    use super::super::{FRAME_MS, mp3};
    use super::*;

    /// The files as they are stored, which the table cuts the headers from.
    fn files() -> Vec<(String, Vec<u8>, Vec<u8>)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("speech");
        let names = ["agent", "caller"].into_iter().flat_map(|voice| (1..=14).map(move |n| format!("{voice}-{n:02}")));
        names
            .map(|name| {
                let read = |end: &str| std::fs::read(folder.join(format!("{name}.{end}"))).unwrap();
                let (wav, mp3) = (read("wav"), read("mp3"));
                (name, wav, mp3)
            })
            .collect()
    }

    fn all() -> impl Iterator<Item = &'static Clip> {
        [Voice::Agent, Voice::Caller].into_iter().flat_map(clips)
    }

    fn samples(clip: &Clip) -> Vec<i16> {
        clip.samples.chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect()
    }

    #[test]
    fn every_wav_file_has_the_header_that_recordings_have() {
        for (name, wav, _) in files() {
            let (header, samples) = wav.split_at(wav::HEADER_BYTES);
            assert_eq!(header, wav::header(samples.len() as u32), "{name}");
        }
    }

    #[test]
    fn the_table_holds_the_files_in_their_order() {
        let files = files();
        assert_eq!(files.len(), all().count());
        for ((name, wav, mp3), clip) in files.iter().zip(all()) {
            assert_eq!(clip.samples, &wav[wav::HEADER_BYTES..], "{name}");
            assert_eq!(clip.mp3, mp3, "{name}");
        }
    }

    #[test]
    fn every_mp3_frame_has_the_same_size_and_needs_no_other() {
        for frames in all().map(|clip| clip.mp3).chain([mp3::SILENCE.as_slice()]) {
            let (frames, rest) = frames.as_chunks::<{ mp3::FRAME_BYTES }>();
            assert!(rest.is_empty());
            for frame in frames {
                assert_eq!(frame[..4], mp3::FRAME_HEADER);
                let borrowed_from_frames_before = frame[4];
                assert_eq!(borrowed_from_frames_before, 0);
            }
        }
    }

    #[test]
    fn a_clip_is_as_many_frames_in_both_formats() {
        for clip in all() {
            assert_eq!(clip.samples.len(), clip.frames() as usize * wav::FRAME_BYTES);
            assert_eq!(clip.mp3.len(), clip.frames() as usize * mp3::FRAME_BYTES);
        }
    }

    #[test]
    fn a_clip_opens_and_closes_in_silence_and_is_even_in_loudness() {
        for clip in all() {
            let samples = samples(clip);
            let (opening, speech) = samples.split_at(wav::FRAME_BYTES / 2);
            assert!(opening.iter().all(|&sample| sample == 0));
            assert!(speech.iter().rev().take(80).all(|&sample| sample == 0));
            let peak = samples.iter().map(|sample| sample.unsigned_abs()).max();
            // -3 dB below 32768.
            assert!(peak.is_some_and(|peak| (23_100..=23_300).contains(&peak)), "{peak:?}");
        }
    }

    #[test]
    fn lengths_run_from_half_a_second_to_four_and_a_half() {
        for voice in [Voice::Agent, Voice::Caller] {
            let lengths: Vec<u32> = clips(voice).iter().map(|clip| clip.frames() * FRAME_MS).collect();
            assert!(lengths.is_sorted(), "{lengths:?}");
            assert!(lengths[0] < 600 && (4_000..4_600).contains(&lengths[13]), "{lengths:?}");
            assert!(lengths.windows(2).all(|pair| pair[1] - pair[0] < 800), "{lengths:?}");
        }
    }
}
