//! The fields of a JSON body, each checked, all errors gathered. Here: fields that are strings, and what goes for all; in `values`: the
//! other kinds.

mod values;

pub use values::whole_number;

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use akol_mock_world::NotOneOf;
use akol_mock_world::base::json::{Json, Object};
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::error::{Error, FieldError};
use hyper::header::CONTENT_TYPE;

use super::refusal::Refusal;
use super::unknown;
use crate::http::json_body::JsonBody;
use crate::http::request::Request;

/// A JSON object on its way in.
#[derive(Debug)]
pub struct Fields {
    object: Arc<Object>,
    /// Where the object lies in the body, with a dot at its end; empty for the body itself.
    place: String,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Reads the body of a request: a JSON object, announced as one.
    pub fn read(request: &Request) -> Result<Fields, Refusal> {
        let text = json_text(request)?;
        match request.json().cloned().unwrap_or_else(|| JsonBody::read(text)) {
            JsonBody::Object(object) => Ok(Fields::of(object, String::new())),
            JsonBody::Other(other) => {
                Err(Error::invalid("body", format!("is {}, must be an object", kind(&other))).into())
            }
            JsonBody::Malformed(error) => {
                Err(Refusal::bad_request(format!("The request body is malformed JSON: {error}")))
            }
        }
    }

    fn of(object: Arc<Object>, place: String) -> Fields {
        Fields { object, place, errors: Vec::new() }
    }

    /// An object with one field, for what is read as a field and came otherwise.
    pub fn holding(name: &str, value: Json) -> Fields {
        Fields::of(Object::from_iter([(name.to_owned(), value)]).into(), String::new())
    }

    /// The whole object as it came.
    pub fn whole(&self) -> &Object {
        &self.object
    }

    /// A field that must be there: a string that `T` can be read from. `None` where it is wrong, which is then noted.
    pub fn required<T: FromStr>(&mut self, name: &'static str, expected: impl Display) -> Option<T> {
        match self.object.get(name) {
            None => self.note(name, format!("is missing, must be {expected}")),
            Some(Json::Null) => self.note(name, format!("is null, must be {expected}")),
            Some(_) => self.optional(name, expected),
        }
    }

    /// A field that may be missing or `null`: else a string that `T` can be read from.
    pub fn optional<T: FromStr>(&mut self, name: &'static str, expected: impl Display) -> Option<T> {
        let problem = match self.object.get(name) {
            None | Some(Json::Null) => return None,
            Some(Json::String(text)) => match text.parse() {
                Ok(value) => return Some(value),
                Err(_) => format!("is {}, must be {expected}", Quoted(text)),
            },
            Some(other) => format!("is {}, must be {expected}", shown(other)),
        };
        self.note(name, problem)
    }

    /// A field that may be missing or `null`: else whatever `read` makes of it, or says is wrong with it.
    pub fn parsed<T>(&mut self, name: &'static str, read: impl FnOnce(&Json) -> Result<T, String>) -> Option<T> {
        match self.object.get(name).filter(|value| !value.is_null()).map(read)? {
            Ok(value) => Some(value),
            Err(problem) => self.note(name, problem),
        }
    }

    /// The value, or `None` with what is wrong noted, so that it is named together with the fields.
    pub fn gather<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(Error::Invalid(errors)) => {
                self.errors.extend(errors);
                None
            }
            Err(other) => self.note("body", other.to_string()),
        }
    }

    /// Whether the field is there and `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(Json::is_null)
    }

    /// Notes the fields that are none of `known`: the first of them, and how many more there are.
    pub fn only(&mut self, known: &[&'static str]) {
        let unknown = self.object.keys().filter(|name| !known.contains(&name.as_str()));
        let accepted = match known {
            [] => "there is none to give".to_owned(),
            _ => format!("must be {}", NotOneOf::of(known.iter().copied())),
        };
        let whole = match self.place.trim_end_matches('.') {
            "" => Cow::Borrowed("body"),
            place => Cow::Owned(place.to_owned()),
        };
        let unknown = unknown.map(|name| format!("{}{name}", self.place));
        self.errors.extend(unknown::errors(unknown, whole, "field", &accepted));
    }

    /// Everything that was found wrong, if anything was.
    pub fn finish(self) -> Result<(), Error> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Invalid(self.errors)) }
    }

    /// Notes that something is wrong with a field.
    pub fn note<T>(&mut self, field: &'static str, message: String) -> Option<T> {
        let field = match self.place.as_str() {
            "" => Cow::Borrowed(field),
            place => Cow::Owned(format!("{place}{field}")),
        };
        self.errors.push(FieldError { field, message });
        None
    }
}

/// An id: any text that is not empty.
#[derive(Debug)]
pub struct Id(pub String);

impl FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Id, ()> {
        if text.is_empty() { Err(()) } else { Ok(Id(text.to_owned())) }
    }
}

/// Refuses a body with anything in it, for requests that take none.
pub fn nothing(request: &Request) -> Result<(), Refusal> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let mut fields = Fields::read(request)?;
    fields.only(&[]);
    Ok(fields.finish()?)
}

/// The body of a request, announced as JSON: a text that is not empty.
pub fn json_text(request: &Request) -> Result<&str, Refusal> {
    check_content_type(request)?;
    let Ok(text) = std::str::from_utf8(&request.body) else {
        return Err(Refusal::bad_request("The request body is not UTF-8, which JSON has to be"));
    };
    if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Err(Refusal::bad_request("The request body is empty; a JSON object is expected"));
    }
    Ok(text)
}

fn check_content_type(request: &Request) -> Result<(), Refusal> {
    let given = request.header(CONTENT_TYPE.as_str());
    let mut parts = given.unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if is_json && is_utf8 {
        return Ok(());
    }
    let given = given.map_or_else(|| "missing".to_owned(), |given| Quoted(given).to_string());
    Err(Refusal::bad_request(format!("Content-Type is {given}, must be application/json")))
}

/// What kind of JSON a value is, in words.
fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// What was given: its kind where it is large, else itself.
pub fn shown(value: &Json) -> String {
    match value {
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => shortened(number.text()),
        Json::String(text) => Quoted(text).to_string(),
        Json::Null | Json::Array(_) | Json::Object(_) => kind(value).to_owned(),
    }
}

/// The beginning of a number that may have any number of digits.
fn shortened(number: &str) -> String {
    const SHOWN: usize = 40;
    number.get(..SHOWN).map_or_else(|| number.to_owned(), |beginning| format!("{beginning}…"))
}
