//! WAV: a RIFF header and plain samples.

use super::FRAME_MS;

/// Samples a second: the telephone's rate.
const SAMPLE_RATE: u32 = 8_000;
/// One channel of 16 bits.
const SAMPLE_BYTES: u16 = 2;
const BYTES_A_SECOND: u32 = SAMPLE_RATE * SAMPLE_BYTES as u32;

/// The size of the header.
pub(super) const HEADER_BYTES: usize = 44;
/// The size of a frame of sound.
pub(super) const FRAME_BYTES: usize = (BYTES_A_SECOND / 1000 * FRAME_MS) as usize;

/// Two seconds of silence.
pub(super) static SILENCE: [u8; 56 * FRAME_BYTES] = [0; 56 * FRAME_BYTES];

/// The size of the sound of so many seconds, to the byte.
pub(super) const fn sound_bytes(seconds: u32) -> u32 {
    seconds * BYTES_A_SECOND
}

/// The header of a file with so many bytes of sound.
pub(super) fn header(sound_bytes: u32) -> Vec<u8> {
    /// What follows the `RIFF` tag and size, without the sound.
    const REST_OF_HEADER: u32 = HEADER_BYTES as u32 - 8;
    const FORMAT_BYTES: u32 = 16;
    const PCM: u16 = 1;
    const CHANNELS: u16 = 1;

    [
        b"RIFF".as_slice(),
        &(REST_OF_HEADER + sound_bytes).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &FORMAT_BYTES.to_le_bytes(),
        &PCM.to_le_bytes(),
        &CHANNELS.to_le_bytes(),
        &SAMPLE_RATE.to_le_bytes(),
        &BYTES_A_SECOND.to_le_bytes(),
        &SAMPLE_BYTES.to_le_bytes(),
        &(8 * SAMPLE_BYTES).to_le_bytes(),
        b"data",
        &sound_bytes.to_le_bytes(),
    ]
    .concat()
}
