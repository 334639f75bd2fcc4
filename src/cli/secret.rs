//! The look of a webhook secret, as Standard Webhooks lays it down: `whsec_` and the key in base64.

use std::ops::RangeInclusive;

use super::refusal::Wrong;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// How long the key may be, in bytes.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text, if it is a secret that every Standard Webhooks library can use as a key.
pub(super) fn secret(text: &str) -> Result<String, Wrong> {
    let Some(key) = text.strip_prefix(PREFIX) else {
        return Err(Wrong::text(text).because("it does not begin with whsec_"));
    };
    match decoded_len(key) {
        Some(bytes) if KEY_BYTES.contains(&bytes) => Ok(text.to_owned()),
        Some(bytes) => Err(Wrong::text(text).because(format_args!("its key has {bytes} bytes"))),
        None => Err(Wrong::text(text).because("what follows whsec_ is not base64")),
    }
}

/// How many bytes the base64 stands for, or `None` if it is none. As strict as the strictest of the libraries: the
/// padding must be there, and the bits that the last character has left over must be zero.
fn decoded_len(base64: &str) -> Option<usize> {
    let data = base64.trim_end_matches('=');
    let padding = base64.len() - data.len();
    if !base64.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut last = 0;
    for byte in data.bytes() {
        last = ALPHABET.iter().position(|letter| *letter == byte)?;
    }
    // One `=` leaves two bits over, two leave four.
    let left_over = last & ((1 << (2 * padding)) - 1);
    (left_over == 0).then(|| base64.len() / 4 * 3 - padding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_measured() {
        for (base64, bytes) in [
            ("", Some(0)),
            ("Zg==", Some(1)),
            ("Zm8=", Some(2)),
            ("Zm9v", Some(3)),
            ("Zm9vYg==", Some(4)),
            ("Zh==", None),
            ("Zm9=", None),
            ("Zg", None),
            ("Z===", None),
            ("Zm-v", None),
            ("=m9v", None),
        ] {
            assert_eq!(decoded_len(base64), bytes, "{base64:?}");
        }
    }

    #[test]
    fn a_key_of_24_to_64_bytes_is_accepted() {
        let secret_of = |letters: usize| secret(&format!("whsec_{}", "A1b2".repeat(letters / 4)));
        assert!(secret_of(32).is_ok(), "24 bytes, the documented look");
        assert!(secret_of(84).is_ok(), "63 bytes");
        assert!(secret_of(28).is_err(), "21 bytes");
        assert!(secret_of(88).is_err(), "66 bytes");
        assert!(secret(&"A1b2".repeat(8)).is_err(), "no prefix");
    }
}
