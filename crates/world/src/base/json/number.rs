//! Numbers of JSON, to the last digit.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A number as it was written. Two are equal if they are the same number: 1, 1.0, 10e-1.
#[derive(Clone, Debug)]
pub struct Number(Box<str>);

impl Number {
    /// Reads a text that is a number of JSON and nothing else.
    pub fn read(text: &str) -> Option<Number> {
        let is_number = super::read::number_at_start(text) == Some(text.len());
        is_number.then(|| Number::of(text))
    }

    /// That of a text which is known to be one.
    pub(super) fn of(text: &str) -> Number {
        Number(text.into())
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The floating-point number that is nearest.
    pub fn as_f64(&self) -> f64 {
        // What JSON calls a number, Rust reads as one.
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The whole number that it is, however it is written, if it is one that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.canonical().parse().ok()
    }

    /// In the shortest form without an exponent, such as `10` for `1e1` or `0.5` for `5e-1`; with one where that would be long.
    pub fn decimal(&self) -> String {
        /// More digits after the point than anybody needs.
        const LONG: usize = 32;
        let Parts { is_negative, digits, exponent } = Parts::of(&self.0);
        let places = usize::try_from(-exponent).unwrap_or(0);
        if places == 0 || places > LONG {
            return self.canonical().into_owned();
        }
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, rest) = padded.split_at(padded.len() - places);
        format!("{}{whole}.{rest}", if is_negative { "-" } else { "" })
    }

    /// The one text that all writings of the same number have: the digits of a whole number, else digits without a point, and an
    /// exponent.
    pub fn canonical(&self) -> Cow<'_, str> {
        let is_plain = self.0.bytes().all(|byte| byte.is_ascii_digit());
        if is_plain || (self.0.len() > 1 && self.0[1..].bytes().all(|byte| byte.is_ascii_digit()) && &*self.0 != "-0") {
            return Cow::Borrowed(&self.0);
        }
        let Parts { is_negative, mut digits, exponent } = Parts::of(&self.0);
        match usize::try_from(exponent) {
            // No longer than the largest double, as anything larger is no JSON.
            Ok(zeros) => digits.extend(std::iter::repeat_n('0', zeros)),
            Err(_) => digits += &format!("e{exponent}"),
        }
        if is_negative {
            digits.insert(0, '-');
        }
        Cow::Owned(digits)
    }
}

/// A number as its significant digits, without zeros at either end, times a power of ten.
struct Parts {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Parts {
    fn of(text: &str) -> Parts {
        let unsigned = text.strip_prefix('-');
        let (mantissa, exponent) = {
            let unsigned = unsigned.unwrap_or(text);
            unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"))
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            // Zero has no sign, and any power of ten of it is itself.
            return Parts { is_negative: false, digits: "0".to_owned(), exponent: 0 };
        }
        let zeros = all.len() - all.trim_end_matches('0').len();
        // An exponent past 64 bits stands for a number so near to zero that its last digits are nobody's.
        let exponent: i64 =
            exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 });
        let exponent = exponent.saturating_sub_unsigned(fraction.len() as u64).saturating_add_unsigned(zeros as u64);
        Parts { is_negative: unsigned.is_some(), digits: digits.to_owned(), exponent }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.0 == other.0 || self.canonical() == other.canonical()
    }
}

impl Eq for Number {}

impl From<u16> for Number {
    fn from(number: u16) -> Number {
        Number(number.to_string().into())
    }
}

/// As it was written.
impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(self.0.to_string()) {
            Ok(raw) => raw.serialize(serializer),
            // Not reached: it is a number.
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}
