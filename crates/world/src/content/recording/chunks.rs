//! The bytes of a recording, handed out as they are read.

use std::iter::FusedIterator;
use std::ops::Range;

use bytes::Bytes;

use super::Recording;

/// A range of a recording's bytes, piece by piece: the header, then clips and silences. Of these none is copied, as all listeners may
/// read the one that is compiled in.
#[derive(Clone, Debug)]
pub struct Chunks {
    recording: Recording,
    /// What has not been read yet. Counted from the start of the file.
    left: Range<u64>,
}

impl Chunks {
    pub(super) fn new(recording: Recording, range: Range<u64>) -> Chunks {
        let left = range.start..range.end.min(recording.byte_len());
        Chunks { recording, left }
    }

    /// The file from byte `at` on, as far as it lies in one piece.
    fn piece_from(&self, at: u64) -> Bytes {
        match at.checked_sub(self.recording.header_len()) {
            None => Bytes::from(self.recording.header()).slice(at as usize..),
            Some(at) => Bytes::from_static(self.recording.sound_from(at)),
        }
    }
}

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.left.is_empty() {
            return None;
        }
        let mut piece = self.piece_from(self.left.start);
        assert!(!piece.is_empty(), "a recording ends before its length");
        piece.truncate((self.left.end - self.left.start).min(piece.len() as u64) as usize);
        self.left.start += piece.len() as u64;
        Some(piece)
    }
}

impl FusedIterator for Chunks {}
