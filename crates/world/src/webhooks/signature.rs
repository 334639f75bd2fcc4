//! Signatures of deliveries: proof to a receiver of who sent them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::base::rng::Seed;
use crate::base::time::Timestamp;

/// Which signature headers a delivery carries.
///
/// ```
/// use akol_mock::{MockServer, Signature};
///
/// // Standard Webhooks wants `whsec_` and base64.
/// let odd = MockServer::builder().webhook_signature(Signature::Standard).webhook_secret("hush").start_blocking();
/// assert!(odd.unwrap_err().to_string().contains("whsec_"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// `X-Webhook-Signature`, as Akol sends it.
    Akol,
    /// The three headers of the Standard Webhooks specification, next to Akol's own.
    Standard,
}

/// The longest secret that webhooks are signed with, in characters.
pub const LONGEST_SECRET: usize = 256;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// A secret as Akol's look: `whsec_` and 32 letters or digits.
pub fn secret(seed: Seed) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut stream = seed.child("webhook secret").stream();
    let letters = (0..32).filter_map(|_| stream.pick(LETTERS)).map(|letter| char::from(*letter));
    PREFIX.chars().chain(letters).collect()
}

/// How long the specification lets the key be, in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why the libraries of Standard Webhooks cannot use the secret, if they cannot. Akol's own signature takes any text for a key.
pub fn why_not_standard(secret: &str) -> Option<String> {
    let Some(key) = secret.strip_prefix(PREFIX) else {
        return Some("it does not begin with whsec_".to_owned());
    };
    match STANDARD.decode(key) {
        Ok(key) if KEY_BYTES.contains(&key.len()) => None,
        Ok(key) => Some(format!("its key has {} bytes", key.len())),
        Err(_) => Some("what follows whsec_ is not base64".to_owned()),
    }
}

/// Akol's: HMAC-SHA256 of the body in lower-case hex, keyed with the secret's text as it stands.
pub fn akol(secret: &str, body: &[u8]) -> String {
    hex(&hmac(secret.as_bytes(), &[body]))
}

/// The Standard Webhooks specification's: of `id.timestamp.body`, keyed with what the secret after its prefix is in base 64.
pub fn standard(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> String {
    let encoded = secret.strip_prefix(PREFIX).unwrap_or(secret);
    // A secret that is not base 64 is refused when it is set; its text is a key too.
    let key = STANDARD.decode(encoded).unwrap_or_else(|_| encoded.as_bytes().to_vec());
    let head = format!("{id}.{}.", at.as_secs());
    format!("v1,{}", STANDARD.encode(hmac(&key, &[head.as_bytes(), body])))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(
        bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])),
    );
    text
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so there is no error to meet; a zero tag would be refused by every receiver.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn akols_signature_is_the_hex_hmac_that_any_tool_computes() {
        // printf '{"event":"call.ended"}' | openssl dgst -sha256 -hmac whsec_test
        let expected = "8e2698b7eef30e2c603a36349262064936798b45fc16b25279795263e9799a2a";
        assert_eq!(akol("whsec_test", br#"{"event":"call.ended"}"#), expected);
    }

    #[test]
    fn the_standard_signature_passes_the_standards_own_check() {
        let secret = secret(Seed::new(7));
        let at = Timestamp::from_millis(1_776_522_190_500);
        let body = br#"{"event":"call.ended"}"#;
        let signature = standard(&secret, "msg_1", at, body);
        let official = standardwebhooks::Webhook::new(&secret).unwrap();
        assert_eq!(signature, official.sign("msg_1", at.as_secs(), body).unwrap());
        assert_ne!(signature, official.sign("msg_2", at.as_secs(), body).unwrap());
    }

    #[test]
    fn secrets_look_like_akols_and_differ_by_seed() {
        let secret = secret(Seed::new(7));
        assert_eq!(secret.len(), 6 + 32);
        assert!(secret[6..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(secret, super::secret(Seed::new(8)));
    }

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
