//! What a webhook secret has to look like for Standard Webhooks: `whsec_` and the key in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The longest secret that webhooks are signed with, in characters.
pub(crate) const LONGEST_SECRET: usize = 256;

/// What follows the prefix, if the text has it.
const PREFIX: &str = "whsec_";

/// How long the specification lets the key be, in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why the libraries of Standard Webhooks cannot use the secret, if they cannot. Akol's own signature takes any text for a key.
pub(crate) fn why_not_standard(secret: &str) -> Option<String> {
    let Some(key) = secret.strip_prefix(PREFIX) else {
        return Some("it does not begin with whsec_".to_owned());
    };
    match STANDARD.decode(key) {
        Ok(key) if KEY_BYTES.contains(&key.len()) => None,
        Ok(key) => Some(format!("its key has {} bytes", key.len())),
        Err(_) => Some("what follows whsec_ is not base64".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_24_to_64_bytes_in_base64_is_a_standard_one() {
        let why = |letters: usize| why_not_standard(&format!("whsec_{}", "A1b2".repeat(letters / 4)));
        assert_eq!(why(32), None, "24 bytes, the documented look");
        assert_eq!(why(84), None, "63 bytes");
        assert_eq!(why(28).as_deref(), Some("its key has 21 bytes"));
        assert_eq!(why(88).as_deref(), Some("its key has 66 bytes"));
        assert_eq!(why_not_standard(&"A1b2".repeat(8)).as_deref(), Some("it does not begin with whsec_"));
        for base64 in ["Zh==", "Zg", "Zm-v", "?"] {
            let why = why_not_standard(&format!("whsec_{base64}"));
            assert_eq!(why.as_deref(), Some("what follows whsec_ is not base64"), "{base64:?}");
        }
    }
}
