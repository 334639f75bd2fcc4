//! A part of a body as it is handed to hyper: in one piece, or in several that lie apart and are sent as they lie.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};

/// See the module. What has been sent of it is gone from it.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// In one piece.
    Whole(Bytes),
    /// In several, none of them empty.
    Pieces {
        /// All of them.
        pieces: Arc<[Bytes]>,
        /// The first that has not been sent.
        next: usize,
        /// How much of that one has been.
        sent: usize,
        /// How many bytes have not.
        left: usize,
    },
}

impl Chunk {
    /// These pieces, one after the other.
    pub fn of(pieces: Arc<[Bytes]>) -> Chunk {
        let left = pieces.iter().map(Bytes::len).sum();
        Chunk::Pieces { pieces, next: 0, sent: 0, left }
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        match self {
            Chunk::Whole(bytes) => bytes.len(),
            Chunk::Pieces { left, .. } => *left,
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Chunk::Whole(bytes) => bytes,
            Chunk::Pieces { pieces, next, sent, .. } => pieces.get(*next).map_or(&[], |piece| &piece[*sent..]),
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        match self {
            Chunk::Whole(bytes) => bytes.chunks_vectored(slices),
            Chunk::Pieces { pieces, next, .. } => {
                let rest = pieces.iter().skip(next + 1).map(|piece| &piece[..]);
                let unsent = std::iter::once(self.chunk()).filter(|first| !first.is_empty()).chain(rest);
                slices.iter_mut().zip(unsent).map(|(slice, piece)| *slice = IoSlice::new(piece)).count()
            }
        }
    }

    fn advance(&mut self, mut count: usize) {
        match self {
            Chunk::Whole(bytes) => bytes.advance(count),
            Chunk::Pieces { pieces, next, sent, left } => {
                *left -= count;
                while let Some(piece) = pieces.get(*next)
                    && count > 0
                {
                    let taken = count.min(piece.len() - *sent);
                    count -= taken;
                    *sent += taken;
                    if *sent == piece.len() {
                        (*next, *sent) = (*next + 1, 0);
                    }
                }
            }
        }
    }
}

impl From<Bytes> for Chunk {
    fn from(bytes: Bytes) -> Chunk {
        Chunk::Whole(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "onetwothree";

    fn pieces() -> Chunk {
        Chunk::of(["one", "two", "three"].map(|piece| Bytes::from_static(piece.as_bytes())).into())
    }

    #[test]
    fn however_much_is_sent_at_a_time_all_of_it_is_sent_in_order() {
        for step in 1..=TEXT.len() {
            for mut chunk in [pieces(), Bytes::from_static(TEXT.as_bytes()).into()] {
                let mut sent = String::new();
                while chunk.has_remaining() {
                    assert_eq!(chunk.remaining(), TEXT.len() - sent.len());
                    let mut slices = [IoSlice::new(b""); 8];
                    let filled = chunk.chunks_vectored(&mut slices);
                    let rest: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
                    assert_eq!(rest, &TEXT.as_bytes()[sent.len()..]);
                    assert!(rest.starts_with(chunk.chunk()) && !chunk.chunk().is_empty());
                    let step = step.min(rest.len());
                    sent.push_str(std::str::from_utf8(&rest[..step]).unwrap());
                    chunk.advance(step);
                }
                assert_eq!(sent, TEXT);
                assert!(chunk.chunk().is_empty() && chunk.chunks_vectored(&mut [IoSlice::new(b"x")]) == 0);
            }
        }
    }

    #[test]
    fn no_more_slices_are_filled_than_there_are() {
        let chunk = pieces();
        let mut slices = [IoSlice::new(b""); 2];
        assert_eq!(chunk.chunks_vectored(&mut slices), 2);
        assert_eq!(&slices[1][..], b"two");
    }
}
