//! MP3: frames of equal size that need no others to be decoded.

use super::FRAME_MS;

/// The size of a frame. 36 ms at 24 kbit/s are 108 bytes exactly, so no frame is ever padded by one.
pub(super) const FRAME_BYTES: usize = 108;

/// What every frame starts with: MPEG-2 layer III without checksum, 24 kbit/s, 16 kHz, unpadded, mono.
pub(super) const FRAME_HEADER: [u8; 4] = [0xff, 0xf3, 0x38, 0xc4];

/// Says how a frame is coded; all zeros where nothing is.
const SIDE_INFO: [u8; 9] = [0; 9];

/// Two seconds of silence.
pub(super) static SILENCE: [u8; 56 * FRAME_BYTES] = repeat(include_bytes!("../../../speech/silence.mp3"));

const fn repeat<const BYTES: usize>(frame: &[u8; FRAME_BYTES]) -> [u8; BYTES] {
    let mut all = [0; BYTES];
    let mut at = 0;
    while at < BYTES {
        all[at] = frame[at % FRAME_BYTES];
        at += 1;
    }
    all
}

/// How many frames come closest to so many seconds; at least one, as a file without sound is none.
pub(super) fn frames(seconds: u32) -> u32 {
    ((seconds * 1000 + FRAME_MS / 2) / FRAME_MS).max(1)
}

/// The header of a file with so many frames of sound.
///
/// It is a frame of its own, which players know for a header by the word `Info`. They could do without, but then
/// estimate the length, and some warn that they do.
pub(super) fn header(frames: u32) -> Vec<u8> {
    /// Which fields follow: the number of frames (1) and of bytes (2).
    const FIELDS: u32 = 1 | 2;

    let file_bytes = (frames + 1) * FRAME_BYTES as u32;
    let mut header = [
        FRAME_HEADER.as_slice(),
        &SIDE_INFO,
        b"Info",
        &FIELDS.to_be_bytes(),
        &frames.to_be_bytes(),
        &file_bytes.to_be_bytes(),
    ]
    .concat();
    header.resize(FRAME_BYTES, 0);
    header
}
