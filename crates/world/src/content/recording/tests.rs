//! Recordings as they are heard: by their bytes, and through a decoder that knows nothing of how they are made.

use std::io::Cursor;

use proptest::prelude::*;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;

use super::fill::Placed;
use super::*;

const WAV_SAMPLES_A_MS: usize = 8;
const MP3_SAMPLES_A_MS: usize = 16;

fn bytes(recording: Recording) -> Vec<u8> {
    let whole = 0..recording.byte_len();
    read(recording, whole)
}

fn read(recording: Recording, range: Range<u64>) -> Vec<u8> {
    recording.read(range).collect::<Vec<_>>().concat()
}

/// The samples of a WAV recording.
fn samples(recording: Recording) -> Vec<i16> {
    let bytes = bytes(recording);
    bytes[wav::HEADER_BYTES..].chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect()
}

/// What a decoder makes of a recording, from -1 to 1, and how many samples it had announced.
fn decode(recording: Recording) -> (Vec<f32>, u64) {
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes(recording))), Default::default());
    let mut file =
        symphonia::default::get_probe().probe(&Hint::new(), source, Default::default(), Default::default()).unwrap();
    let track = file.default_track(TrackType::Audio).unwrap();
    let announced = track.num_frames.unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap();
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default()).unwrap();

    let (mut all, mut some) = (Vec::new(), Vec::<f32>::new());
    while let Some(packet) = file.next_packet().unwrap() {
        let decoded = decoder.decode(&packet).unwrap();
        some.resize(decoded.samples_interleaved(), 0.0);
        decoded.copy_to_slice_interleaved(&mut some);
        all.extend_from_slice(&some);
    }
    (all, announced)
}

fn turn(voice: Voice, start: u32, end: u32) -> Turn {
    Turn { voice, start, end }
}

/// A talk in which each lets the other finish: turns of 0.1 to 9 seconds, pauses of up to 2.
fn talk(seconds: u32, seed: Seed) -> Vec<Turn> {
    let mut draws = seed.stream();
    let (mut turns, mut now) = (Vec::new(), 0);
    for voice in [Voice::Agent, Voice::Caller].into_iter().cycle() {
        let start = now + draws.within(0..=2_000) as u32;
        now = start + draws.within(100..=9_000) as u32;
        if start >= seconds * 1000 {
            return turns;
        }
        turns.push(turn(voice, start, now));
    }
    turns
}

fn of_talk(format: Format, seconds: u32, seed: u64) -> Recording {
    let seed = Seed::new(seed);
    Recording::new(format, seconds, &talk(seconds, seed), seed)
}

/// The bytes as they would be put together by somebody with room for all of them: silence, and the clips laid over it.
fn laid_out(recording: &Recording) -> Vec<u8> {
    let frame_bytes = recording.format.frame_bytes();
    let silence = &recording.format.silence()[..frame_bytes];
    let mut sound: Vec<u8> = silence.iter().copied().cycle().take(recording.sound_len() as usize).collect();
    for placed in &*recording.placed {
        let clip = placed.clip().sound(recording.format);
        sound[placed.first as usize * frame_bytes..][..clip.len()].copy_from_slice(clip);
    }
    [recording.header(), sound].concat()
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Wav), Just(Format::Mp3)]
}

proptest! {
    #[test]
    fn any_range_is_that_slice_of_the_whole(
        format in format(), seconds in 0_u32..20, seed: u64, ends: (prop::sample::Index, prop::sample::Index),
    ) {
        let recording = of_talk(format, seconds, seed);
        let whole = laid_out(&recording);
        prop_assert!(bytes(recording.clone()) == whole);
        prop_assert_eq!(whole.len() as u64, recording.byte_len());
        let (a, b) = (ends.0.index(whole.len() + 1), ends.1.index(whole.len() + 1));
        let range = a.min(b)..a.max(b);
        let part = read(recording, range.start as u64..range.end as u64);
        prop_assert!(part == whole[range]);
    }

    #[test]
    fn there_is_sound_within_turns_only_and_in_each_that_is_long_enough(seconds in 1_u32..40, seed: u64) {
        let turns = talk(seconds, Seed::new(seed));
        let samples = samples(Recording::new(Format::Wav, seconds, &turns, Seed::new(seed)));
        let part = |from: u32, to: u32| {
            let at = |ms: u32| (ms as usize * WAV_SAMPLES_A_MS).min(samples.len());
            samples[at(from)..at(to)].iter().any(|&sample| sample != 0)
        };
        let mut silent_from = 0;
        for turn in &turns {
            prop_assert!(!part(silent_from, turn.start), "sound before {turn:?}");
            let heard = turn.end.min(seconds * 1000).saturating_sub(turn.start);
            prop_assert!(part(turn.start, turn.end) || heard < Turn::HEARD, "silence in {turn:?}");
            silent_from = turn.end;
        }
        prop_assert!(!part(silent_from, seconds * 1000), "sound after the last turn");
    }

    #[test]
    fn clips_never_overlap_whatever_the_turns(
        turns in prop::collection::vec((any::<bool>(), 0_u32..100_000, 0_u32..100_000), 0..40), seed: u64,
    ) {
        let voice = |agent| if agent { Voice::Agent } else { Voice::Caller };
        let turns: Vec<Turn> = turns.into_iter().map(|(agent, start, end)| turn(voice(agent), start, end)).collect();
        let recording = Recording::new(Format::Mp3, 77, &turns, Seed::new(seed));
        prop_assert!(recording.placed.windows(2).all(|pair| pair[0].end() <= pair[1].first));
        prop_assert!(recording.placed.iter().all(|placed| placed.end() <= 77_000 / FRAME_MS));
        prop_assert_eq!(bytes(recording.clone()).len() as u64, recording.byte_len());
    }
}

#[test]
fn a_wav_recording_lasts_as_long_as_the_call_to_the_byte() {
    for seconds in [0, 1, 10, 61, 88, 3600, Recording::MAX_SECONDS] {
        let recording = of_talk(Format::Wav, seconds, 1);
        assert_eq!(recording.byte_len(), 44 + 16_000 * u64::from(seconds));
    }
    assert_eq!(bytes(of_talk(Format::Wav, 88, 1)).len(), 44 + 16_000 * 88);
}

#[test]
fn a_wav_header_says_what_follows() {
    let file = bytes(of_talk(Format::Wav, 88, 1));
    let number = |at: usize, size: usize| file[at..at + size].iter().rev().fold(0, |n, &byte| n << 8 | u32::from(byte));
    assert_eq!([&file[..4], &file[8..16], &file[36..40]], [b"RIFF".as_slice(), b"WAVEfmt ", b"data"]);
    assert_eq!(number(4, 4) as usize, file.len() - 8, "size of what follows");
    assert_eq!(number(16, 4), 16, "size of the format");
    assert_eq!(number(20, 2), 1, "PCM");
    assert_eq!(number(22, 2), 1, "channels");
    assert_eq!(number(24, 4), 8_000, "samples a second");
    assert_eq!(number(28, 4), 16_000, "bytes a second");
    assert_eq!(number(32, 2), 2, "bytes a sample");
    assert_eq!(number(34, 2), 16, "bits a sample");
    assert_eq!(number(40, 4) as usize, file.len() - 44, "bytes of sound");
}

#[test]
fn a_decoder_finds_the_length_of_the_call_in_either_format() {
    for (format, samples_a_ms, lengths) in [
        (Format::Wav, WAV_SAMPLES_A_MS, [0, 1, 10, 61, 88].as_slice()),
        (Format::Mp3, MP3_SAMPLES_A_MS, &[1, 10, 61, 88, 3600]),
    ] {
        for &seconds in lengths {
            let (samples, announced) = decode(of_talk(format, seconds, 5));
            let off_by_ms = (samples.len() / samples_a_ms).abs_diff(seconds as usize * 1000);
            assert!(off_by_ms <= FRAME_MS as usize / 2, "{format:?} of {seconds} s is off by {off_by_ms} ms");
            assert_eq!(samples.len() as u64, announced);
        }
    }
}

#[test]
fn an_mp3_recording_is_loud_within_turns_and_quiet_between() {
    let turns = talk(300, Seed::new(3));
    let (samples, _) = decode(Recording::new(Format::Mp3, 300, &turns, Seed::new(3)));
    let part = |from: u32, to: u32| {
        let at = |ms: u32| (ms as usize * MP3_SAMPLES_A_MS).min(samples.len());
        rms(&samples[at(from)..at(to)])
    };
    for turn in turns.iter().filter(|turn| turn.end - turn.start >= Turn::HEARD && turn.end <= 300_000) {
        let loudness = part(turn.start, turn.end);
        assert!(loudness > 0.03, "{loudness} in {turn:?}");
    }
    for pair in turns.windows(2).filter(|pair| pair[1].start > pair[0].end + FRAME_MS) {
        let loudness = part(pair[0].end, pair[1].start);
        assert!(loudness < 0.003, "{loudness} between {pair:?}");
    }
}

#[test]
fn both_formats_hold_the_same_sound_at_the_same_time() {
    let wav = samples(of_talk(Format::Wav, 120, 9));
    let (mp3, _) = decode(of_talk(Format::Mp3, 120, 9));
    // Twice the rate: every other sample lies where a sample of WAV does.
    let pairs = wav.iter().zip(mp3.iter().step_by(2)).map(|(&wav, &mp3)| (f32::from(wav) / 32_768.0, mp3));
    let (sound, difference): (Vec<f32>, Vec<f32>) = pairs.map(|(wav, mp3)| (wav, wav - mp3)).unzip();
    let (sound, difference) = (rms(&sound), rms(&difference));
    assert!(difference < sound / 5.0, "they differ by {difference}, where the sound is {sound}");
}

#[test]
fn joints_between_clips_do_not_click() {
    let recording = of_talk(Format::Mp3, 200, 4);
    let joints: Vec<u32> = recording.placed.iter().flat_map(|placed| [placed.first, placed.end()]).collect();
    let (samples, _) = decode(recording);
    let jump = |around: usize| {
        let near = &samples[around.saturating_sub(32)..(around + 32).min(samples.len())];
        near.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    };
    let loudest = joints.iter().map(|&frame| jump((frame * FRAME_MS) as usize * MP3_SAMPLES_A_MS)).fold(0.0, f32::max);
    assert!(joints.len() > 100);
    assert!(loudest < 0.01, "a jump of {loudest}");
}

#[test]
fn equal_arguments_make_equal_recordings_and_other_seeds_other_ones() {
    for format in [Format::Wav, Format::Mp3] {
        let bytes = |seed| bytes(Recording::new(format, 60, &talk(60, Seed::new(1)), Seed::new(seed)));
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }
}

#[test]
fn a_fingerprint_changes_with_format_length_and_speech() {
    let turns = [turn(Voice::Agent, 0, 5_000)];
    let fingerprint =
        |format, seconds, turns: &[Turn], seed| Recording::new(format, seconds, turns, Seed::new(seed)).fingerprint();
    let one = fingerprint(Format::Wav, 60, &turns, 1);
    assert_eq!(one, fingerprint(Format::Wav, 60, &turns, 1));
    assert_ne!(one, fingerprint(Format::Mp3, 60, &turns, 1));
    assert_ne!(one, fingerprint(Format::Wav, 61, &turns, 1));
    assert_ne!(one, fingerprint(Format::Wav, 60, &turns, 2));
    assert_ne!(one, fingerprint(Format::Wav, 60, &[turn(Voice::Caller, 0, 5_000)], 1));
    assert_ne!(one, fingerprint(Format::Wav, 60, &[turn(Voice::Agent, 1_000, 6_000)], 1));
    assert_ne!(one, fingerprint(Format::Wav, 60, &[], 1));
}

#[test]
fn a_fingerprint_changes_with_what_the_clips_sound_like() {
    let recording = of_talk(Format::Wav, 60, 1);
    let of_clips = |digest| super::fingerprint(digest, Format::Wav, 60, &recording.placed);
    let [one, two, shifted] = [&[b"ab".as_slice(), b"c"], &[b"ab".as_slice(), b"d"], &[b"a".as_slice(), b"bc"]]
        .map(|sounds| of_clips(clips::digest(sounds.iter().copied())));
    assert!(one != two && one != shifted);
    assert_eq!(recording.fingerprint(), of_clips(clips::digest(clips::sounds())));
}

#[test]
fn turns_are_filled_to_a_fraction_of_a_second() {
    let silences: Vec<u32> = (4_000..60_000)
        .step_by(100)
        .map(|length| {
            let turns = [turn(Voice::Agent, 0, length)];
            let recording = Recording::new(Format::Wav, 60, &turns, Seed::new(u64::from(length)));
            length - recording.placed.last().map_or(0, Placed::end) * FRAME_MS
        })
        .collect();
    let average = silences.iter().sum::<u32>() / silences.len() as u32;
    assert!(average < 200, "{average} ms");
    assert!(silences.iter().all(|&silence| silence < 1_000), "{silences:?}");
}

#[test]
fn nobody_says_the_same_thing_twice_in_a_row() {
    let recording = Recording::new(Format::Wav, 3600, &[turn(Voice::Caller, 0, 3_600_000)], Seed::new(1));
    assert!(recording.placed.len() > 1_000);
    for pair in recording.placed.windows(2) {
        assert!(!std::ptr::eq(pair[0].clip(), pair[1].clip()));
    }
}

#[test]
fn somebody_who_has_room_for_one_phrase_only_says_it_again() {
    let turns = [turn(Voice::Agent, 0, 600), turn(Voice::Agent, 1_000, 1_600)];
    let recording = Recording::new(Format::Wav, 2, &turns, Seed::new(1));
    assert_eq!(recording.placed.len(), 2);
}

#[test]
fn a_turn_too_short_for_any_clip_is_silent() {
    let recording = Recording::new(Format::Wav, 2, &[turn(Voice::Agent, 100, 600)], Seed::new(1));
    assert!(samples(recording).iter().all(|&sample| sample == 0));
}

#[test]
fn speech_past_the_end_of_the_call_is_cut() {
    let turns = [turn(Voice::Agent, 0, 60_000), turn(Voice::Caller, 60_000, 90_000)];
    let recording = Recording::new(Format::Wav, 10, &turns, Seed::new(1));
    assert!(recording.placed.iter().all(|placed| placed.end() * FRAME_MS <= 10_000));
    assert!(!recording.placed.is_empty());
}

#[test]
fn who_is_interrupted_stops_and_the_other_is_heard() {
    let turns = [turn(Voice::Agent, 0, 10_000), turn(Voice::Caller, 3_000, 5_000)];
    let recording = Recording::new(Format::Wav, 10, &turns, Seed::new(1));
    let is_callers = |placed: &Placed| clips::clips(Voice::Caller).iter().any(|clip| std::ptr::eq(clip, placed.clip()));
    let (callers, agents): (Vec<&Placed>, Vec<&Placed>) =
        recording.placed.iter().partition(|placed| is_callers(placed));
    assert!(!agents.is_empty() && agents.iter().all(|placed| placed.end() * FRAME_MS <= 3_000));
    let within = 3_000 - FRAME_MS..=5_000;
    assert!(!callers.is_empty() && callers.iter().all(|placed| within.contains(&(placed.first * FRAME_MS))));
}

#[test]
fn an_mp3_recording_says_its_length_in_its_first_frame() {
    let file = bytes(of_talk(Format::Mp3, 88, 1));
    let number = |at: usize| file[at..at + 4].iter().fold(0, |n, &byte| n << 8 | usize::from(byte));
    assert_eq!(&file[13..17], b"Info");
    assert_eq!(number(21), file.len() / mp3::FRAME_BYTES - 1);
    assert_eq!(number(25), file.len());
}

#[test]
fn a_call_of_no_length_has_a_recording_that_can_be_decoded() {
    assert!(decode(Recording::new(Format::Wav, 0, &[], Seed::new(1))).0.is_empty());
    assert_eq!(decode(Recording::new(Format::Mp3, 0, &[], Seed::new(1))).0.len(), 576);
}

#[test]
fn a_recording_is_never_longer_than_a_day() {
    let day = Recording::new(Format::Wav, Recording::MAX_SECONDS, &[], Seed::new(1));
    assert_eq!(Recording::new(Format::Wav, u32::MAX, &[], Seed::new(1)), day);
}

#[test]
fn no_sound_is_copied_for_a_listener() {
    let recording = of_talk(Format::Wav, 60, 1);
    let read = || recording.clone().read(1_000..900_000).map(|piece| piece.as_ptr()).collect::<Vec<_>>();
    assert_eq!(read(), read());
}

#[test]
fn what_lies_past_the_end_is_left_out() {
    let recording = of_talk(Format::Mp3, 1, 1);
    let len = recording.byte_len();
    assert_eq!(recording.clone().read(len - 2..len + 100).map(|chunk| chunk.len()).collect::<Vec<_>>(), [2]);
    assert_eq!(recording.read(len + 5..len + 100).count(), 0);
}
