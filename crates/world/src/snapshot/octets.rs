//! Bytes of any kind: text where they are text, else `{"base64": …}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Octets(pub Bytes);

/// Bytes that are no text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encoded {
    base64: String,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or {\"base64\": …} where it is none")]
enum Written {
    Text(String),
    Encoded(Encoded),
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Encoded { base64: STANDARD.encode(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Octets, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Octets(text.into())),
            Written::Encoded(Encoded { base64 }) => {
                let bytes = STANDARD.decode(base64).map_err(|error| D::Error::custom(format!("no base64: {error}")))?;
                Ok(Octets(bytes.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Octets, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn text_stays_text_and_other_bytes_survive() {
        for (bytes, json) in [
            (b"{\"a\": \"\xc3\xa9\"}".as_slice(), r#""{\"a\": \"é\"}""#),
            (b"", r#""""#),
            (b"\xff\x00", r#"{"base64":"/wA="}"#),
        ] {
            let octets = Octets(Bytes::copy_from_slice(bytes));
            assert_eq!(serde_json::to_string(&octets).unwrap(), json);
            assert_eq!(read(json), Ok(octets));
        }
        for json in ["1", "null", r#"{"base64":"?"}"#, r#"{"base64":"","more":1}"#, "[255]"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
