//! The parameters of a query, each checked, all errors gathered.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use akol_mock_world::NotOneOf;
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::base::time::{DateBound, Timestamp};
use akol_mock_world::error::{Error, FieldError};

use super::refusal::Refusal;
use super::unknown;
use crate::http::query::{Query, Value};

/// A query on its way in. Parameters that nobody asks about are ignored.
#[derive(Debug)]
pub struct Parameters<'a> {
    query: Query<'a>,
    errors: Vec<FieldError>,
}

impl<'a> Parameters<'a> {
    /// Reads a query.
    pub fn read(query: &'a str) -> Result<Parameters<'a>, Refusal> {
        let query = Query::read(query).map_err(|_| {
            Refusal::bad_request("The query's percent-encoding is broken, or what it encodes is not UTF-8")
        })?;
        Ok(Parameters { query, errors: Vec::new() })
    }

    /// A parameter's text. `None` where it is missing, or given more than once, which is then noted.
    pub fn text(&mut self, name: &'static str) -> Option<&str> {
        match self.query.get(name) {
            Value::Absent => None,
            Value::Once(text) => Some(text),
            Value::Repeated => {
                self.errors.push(FieldError { field: name.into(), message: "is given more than once".to_owned() });
                None
            }
        }
    }

    /// An id: any text that is not empty. `None` where it is missing or empty, which is then noted.
    pub fn id(&mut self, name: &'static str) -> Option<&str> {
        if self.text(name).is_some_and(str::is_empty) {
            self.note(name, "is \"\", must be an id; leave the parameter out to not filter by it".to_owned());
            return None;
        }
        // Noted already if it is given more than once.
        match self.query.get(name) {
            Value::Once(text) => Some(text),
            Value::Absent | Value::Repeated => None,
        }
    }

    /// A parameter that `T` can be read from. `None` where it is missing or wrong; what is wrong is noted.
    pub fn get<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        let problem = match text.parse() {
            Ok(value) => return Some(value),
            Err(expected) => format!("is {}, must be {expected}", Quoted(text)),
        };
        // The commonest slip: an offset's plus that was not encoded.
        let hint = if text.contains(' ') { "; a + in a query stands for a space, write it %2B" } else { "" };
        self.note(name, format!("{problem}{hint}"));
        None
    }

    /// A whole number of `range`, or `default` where it is missing or wrong; what is wrong is noted.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<u64>, default: u64) -> u64 {
        self.optional_number(name, range).unwrap_or(default)
    }

    /// A whole number of `range`; `None` where it is missing or wrong; what is wrong is noted.
    pub fn optional_number(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let text = self.text(name)?;
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if is_digits && range.contains(&number) => Some(number),
            _ => {
                let message =
                    format!("is {}, must be a whole number from {} to {}", Quoted(text), range.start(), range.end());
                self.note(name, message);
                None
            }
        }
    }

    /// The instant from which on things are shown: that of `since`, or the first of the date that it is.
    pub fn since(&mut self) -> Option<Timestamp> {
        self.get::<DateBound>("since").map(DateBound::first)
    }

    /// How many things are shown at most: `limit`, or all.
    pub fn limit(&mut self) -> usize {
        let limit = self.optional_number("limit", 1..=u32::MAX.into());
        limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
    }

    /// Notes the parameters that are none of `known`: the first of them, and how many more there are.
    pub fn only(&mut self, known: &[&'static str]) {
        let unknown = self.query.names().filter(|name| !known.contains(name)).map(str::to_owned);
        let accepted = format!("must be {}", NotOneOf::of(known.iter().copied()));
        self.errors.extend(unknown::errors(unknown, "query".into(), "parameter", &accepted));
    }

    /// What `find` gives for the workspace that is named. `None` where none is, or where it is wrong, which is then noted.
    pub fn workspace<T, E: Display>(&mut self, find: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.text("workspace")?;
        match find(text) {
            Ok(found) => Some(found),
            Err(expected) => {
                let message = format!("is {}, must be {expected}", Quoted(text));
                self.note("workspace", message);
                None
            }
        }
    }

    /// Notes that something is wrong with a parameter.
    pub fn note(&mut self, field: &'static str, message: String) {
        self.errors.push(FieldError { field: field.into(), message });
    }

    /// Everything that was found wrong, if anything was.
    pub fn finish(self) -> Result<(), Error> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Invalid(self.errors)) }
    }
}
