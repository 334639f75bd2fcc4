//! Texts with places that may be anything: `*` stands for any bytes but `/`, `**` for any at all.
//!
//! All ways through a pattern are followed at once, each as one bit, and 64 of them by one instruction. So a text costs its length times a
//! sixty-fourth of the pattern's, however many stars there are, and a text that cannot match any more costs nothing further.

/// See the module.
#[derive(Clone, Debug)]
pub struct Glob {
    /// Which row of `steps` a byte has; those that no pattern names have the first one, which is empty.
    rows: Box<[u8; 256]>,
    /// For each byte: the states that it leads to, each from the one before. State `n` is to have read what the first `n` letters of the
    /// pattern stand for.
    steps: Vec<u64>,
    /// The states that any byte leaves as they are: a `**` follows.
    stays: Vec<u64>,
    /// The states that any byte but `/` leaves as they are: a `*` or `**` follows.
    stays_within_segment: Vec<u64>,
    /// The last state.
    end: usize,
}

const BITS: usize = u64::BITS as usize;

impl Glob {
    /// The pattern of that text.
    pub fn new(pattern: &str) -> Glob {
        let letters = pattern.bytes().filter(|byte| *byte != b'*').count();
        let words = letters / BITS + 1;
        let mut glob = Glob {
            rows: Box::new([0; 256]),
            steps: vec![0; words],
            stays: vec![0; words],
            stays_within_segment: vec![0; words],
            end: letters,
        };
        let (mut state, mut is_after_star) = (0, false);
        for byte in pattern.bytes() {
            if byte == b'*' {
                set(&mut glob.stays_within_segment, state);
                if is_after_star {
                    set(&mut glob.stays, state);
                }
            } else {
                state += 1;
                let row = glob.row_for(byte, words);
                set(&mut glob.steps[row * words..][..words], state);
            }
            is_after_star = byte == b'*';
        }
        glob
    }

    /// The row of a byte, made if it has none. A pattern is text, which has fewer than 255 different bytes.
    fn row_for(&mut self, byte: u8, words: usize) -> usize {
        let row = &mut self.rows[usize::from(byte)];
        if *row == 0 {
            *row = (self.steps.len() / words) as u8;
            self.steps.resize(self.steps.len() + words, 0);
        }
        usize::from(*row)
    }

    /// How many words the states take.
    pub fn words(&self) -> usize {
        self.stays.len()
    }

    /// Whether the whole text that these pieces make is like the pattern.
    pub fn is_like<'a>(&self, pieces: impl IntoIterator<Item = &'a str>) -> bool {
        let words = self.stays.len();
        let mut states = vec![0; words];
        states[0] = 1;
        for byte in pieces.into_iter().flat_map(str::bytes) {
            let row = usize::from(self.rows[usize::from(byte)]) * words;
            let steps = &self.steps[row..][..words];
            let stays = if byte == b'/' { &self.stays } else { &self.stays_within_segment };
            let (mut carry, mut all) = (0, 0);
            for ((state, step), stay) in states.iter_mut().zip(steps).zip(stays) {
                let before = *state;
                *state = (((before << 1) | carry) & step) | (before & stay);
                carry = before >> (BITS - 1);
                all |= *state;
            }
            if all == 0 {
                return false;
            }
        }
        (states[self.end / BITS] >> (self.end % BITS)) & 1 == 1
    }
}

fn set(bits: &mut [u64], position: usize) {
    bits[position / BITS] |= 1 << (position % BITS);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a pattern means, by trying every way.
    fn means(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=text.len()).any(|end| means(rest, &text[end..])),
            [b'*', rest @ ..] => {
                let segment = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
                (0..=segment).any(|end| means(rest, &text[end..]))
            }
            [letter, rest @ ..] => text.split_first().is_some_and(|(first, text)| first == letter && means(rest, text)),
        }
    }

    proptest! {
        #[test]
        fn it_is_what_trying_every_way_finds(pattern in "[ab/*é]{0,8}", text in "[ab/é]{0,10}", cut in 0..10_usize) {
            let cut = text.char_indices().nth(cut).map_or(text.len(), |(position, _)| position);
            let (one, other) = text.split_at(cut);
            prop_assert_eq!(Glob::new(&pattern).is_like([one, other]), means(pattern.as_bytes(), text.as_bytes()));
        }

        /// The states lie in several words: what goes on from one to the next must not get lost.
        #[test]
        fn long_patterns_are_like_short_ones(before in 0..200_usize, pattern in "[ab/*]{0,8}", text in "[ab/]{0,10}") {
            let (long, longer) = (format!("{}{pattern}", "x".repeat(before)), format!("{}{text}", "x".repeat(before)));
            prop_assert_eq!(Glob::new(&long).is_like([&*longer]), means(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
