//! The bytes of a recording, made as they are read.

use std::iter::FusedIterator;
use std::ops::Range;

use bytes::Bytes;

use super::Recording;

/// A range of a recording's bytes, chunk by chunk.
#[derive(Clone, Debug)]
pub struct Chunks {
    recording: Recording,
    header: Vec<u8>,
    /// What has not been read yet. Counted from the start of the file.
    left: Range<u64>,
}

impl Chunks {
    /// The size of every chunk but the last.
    pub const CHUNK_BYTES: u64 = 32 * 1024;

    pub(super) fn new(recording: Recording, range: Range<u64>) -> Chunks {
        let left = range.start..range.end.min(recording.len());
        Chunks { header: recording.header(), recording, left }
    }

    /// The file from byte `at` on, as far as it lies in one piece.
    fn piece_from(&self, at: u64) -> &[u8] {
        let header_len = self.header.len() as u64;
        match at.checked_sub(header_len) {
            None => &self.header[at as usize..],
            Some(at) => self.recording.sound_from(at),
        }
    }
}

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.left.is_empty() {
            return None;
        }
        let wanted = (self.left.end - self.left.start).min(Chunks::CHUNK_BYTES) as usize;
        let mut chunk = Vec::with_capacity(wanted);
        while chunk.len() < wanted {
            let piece = self.piece_from(self.left.start + chunk.len() as u64);
            assert!(!piece.is_empty(), "a recording ends before its length");
            chunk.extend_from_slice(&piece[..piece.len().min(wanted - chunk.len())]);
        }
        self.left.start += wanted as u64;
        Some(Bytes::from(chunk))
    }
}

impl FusedIterator for Chunks {}
