//! What requests are matched by: the patterns of rules, counts and waits.

mod body;
mod effort;
mod glob;
mod path;
mod reach;
mod subject;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::base::json::Json;
use crate::base::quoted::Quoted;

pub use effort::Effort;
pub use path::{NotAPath, PathPattern};
pub use reach::can_match;
pub use subject::Sketch;

/// What is shown in place of a body that is not known any more.
const DROPPED: &str = "dropped to make room for newer ones (--journal-bytes)";

/// What a request must be like. What is `None` may be anything; all else must be as it says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pattern {
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodName>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// The status of its answer. A request without an answer has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// A part of the JSON in its body: every key of an object that is given here must be there and match, an array must match element by
    /// element, anything else must be equal. A number is the same however it is written, and compared to its last digit. A body that
    /// is no JSON matches nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Json>,
}

/// One way in which a request is not what a pattern wants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `method`, `path`, `status`, or a place in the body such as `body.lines[0].text`.
    pub field: String,
    /// What the pattern wants there.
    pub expected: Json,
    /// What is there, in short; missing where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Json>,
}

impl Pattern {
    /// The most that one that is looked for may take as JSON, in bytes.
    pub const MOST_BYTES: usize = 64 << 10;

    /// How many bytes it takes as JSON.
    pub fn written_bytes(&self) -> usize {
        // Texts and JSON always serialize.
        serde_json::to_vec(self).map_or(0, |written| written.len())
    }

    /// Whether the request is what the pattern wants.
    pub fn matches(&self, request: &Sketch<'_>) -> bool {
        self.method.as_ref().is_none_or(|method| method.0 == request.method)
            && self.status.is_none_or(|status| request.status == Some(status))
            && self.path.as_ref().is_none_or(|path| path.matches(request.path, request.query))
            && self.body.as_ref().is_none_or(|part| !request.body.is_dropped() && body::is_in(part, &request.body))
    }

    /// The ways in which the request is not what the pattern wants, of those within its body the first 20; none where it matches.
    pub fn differences(&self, request: &Sketch<'_>) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differs = |field: &str, expected: Json, found: Option<Json>| {
            differences.push(Difference { field: field.to_owned(), expected, found });
        };
        if let Some(method) = self.method.as_ref().filter(|method| method.0 != request.method) {
            differs("method", method.0.clone().into(), Some(request.method.into()));
        }
        if let Some(path) = self.path.as_ref().filter(|path| !path.matches(request.path, request.query)) {
            differs("path", path.as_str().into(), Some(path.subject(request.path, request.query).into_owned().into()));
        }
        if let Some(status) = self.status.filter(|status| request.status != Some(*status)) {
            differs("status", status.into(), request.status.map(Json::from));
        }
        if let Some(part) = self.body.as_ref().filter(|_| request.body.is_dropped()) {
            differences.push(Difference {
                field: "body".to_owned(),
                expected: part.clone(),
                found: Some(DROPPED.into()),
            });
        } else if let Some(part) = &self.body {
            differences.extend(body::differences(part, &request.body));
        }
        differences
    }
}

/// The name of a method, in capitals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MethodName(String);

impl MethodName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest name of a method, in letters: far longer than any.
const LONGEST_METHOD: usize = 32;

/// The text is no method's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMethod;

impl fmt::Display for NotAMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a method such as GET or POST")
    }
}

impl FromStr for MethodName {
    type Err = NotAMethod;

    fn from_str(text: &str) -> Result<MethodName, NotAMethod> {
        let is_name = (1..=LONGEST_METHOD).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic());
        if is_name { Ok(MethodName(text.to_ascii_uppercase())) } else { Err(NotAMethod) }
    }
}

impl<'de> Deserialize<'de> for MethodName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MethodName, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|expected| serde::de::Error::custom(format!("{} is not {expected}", Quoted(&text))))
    }
}
