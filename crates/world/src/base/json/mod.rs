//! JSON as it was written: numbers to the last digit, and objects in an order of their own.
//!
//! `serde_json::Value` is neither, and what it is hangs on a build's features: integers past 64 bits become floats unless
//! `arbitrary_precision` is on, and a map is sorted unless `preserve_order` is. Cargo unifies features, so any crate in a user's build
//! may turn these on. What is compared, digested or shown must not depend on that. So there is one reader of bodies, with one verdict on
//! what is JSON, and one value.

mod number;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

pub use number::Number;
pub use read::{NotJson, depth};

/// Any JSON. Two are equal if they mean the same: 1, 1.0 and 1e0 are one number, and the order of an object's fields says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(Number),
    /// A text.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object. Of fields with the same name the last counts.
    Object(Object),
}

/// The fields of an object, sorted by their names.
pub type Object = BTreeMap<String, Json>;

impl Json {
    /// Reads a text that is JSON and nothing else.
    pub fn read(text: &str) -> Result<Json, NotJson> {
        read::whole(text)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        *self == Json::Null
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Json::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<&Number> {
        if let Json::Number(number) = self { Some(number) } else { None }
    }

    /// The elements, if it is an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        if let Json::Array(elements) = self { Some(elements) } else { None }
    }

    /// Writes it in the one form that all equal JSON has: without spaces, fields in order, each number in its shortest form.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Number(number) => out.extend_from_slice(number.canonical().as_bytes()),
            Json::String(text) => write_text(text, out),
            Json::Array(elements) => {
                out.push(b'[');
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    element.write_canonical(out);
                }
                out.push(b']');
            }
            Json::Object(object) => write_object(object, out),
        }
    }
}

/// [`Json::write_canonical`] of an object.
pub fn write_object(object: &Object, out: &mut Vec<u8>) {
    out.push(b'{');
    for (position, (name, value)) in object.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        value.write_canonical(out);
    }
    out.push(b'}');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // A text always serializes.
    let _ = serde_json::to_writer(out, text);
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::String(text)
    }
}

impl From<u16> for Json {
    fn from(number: u16) -> Json {
        Json::Number(Number::from(number))
    }
}

/// As exact as the value is: with `arbitrary_precision` it holds all digits.
impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Json {
        match value {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(truth) => Json::Bool(*truth),
            // What a number prints is one, of whatever size.
            serde_json::Value::Number(number) => Number::read(&number.to_string()).map_or(Json::Null, Json::Number),
            serde_json::Value::String(text) => Json::String(text.clone()),
            serde_json::Value::Array(elements) => Json::Array(elements.iter().map(Json::from).collect()),
            serde_json::Value::Object(object) => {
                Json::Object(object.iter().map(|(name, value)| (name.clone(), Json::from(value))).collect())
            }
        }
    }
}

impl PartialEq<str> for Json {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

/// As JSON without spaces, numbers as they were written.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(truth) => serializer.serialize_bool(*truth),
            Json::Number(number) => number.serialize(serializer),
            Json::String(text) => serializer.serialize_str(text),
            Json::Array(elements) => serializer.collect_seq(elements),
            Json::Object(object) => serializer.collect_map(object),
        }
    }
}

/// Out of JSON only.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Json::read(raw.get()).map_err(|error| D::Error::custom(error.reason()))
    }
}
