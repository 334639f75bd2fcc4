//! Phone numbers, E.164 in form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A `+`, then 2 to 15 digits of which the first is not 0. Whether anybody could have the number is not asked: `+15551234567`,
/// the documentation's own, is no assignable one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(u64);

impl PhoneNumber {
    /// How long its text is at most.
    pub const LONGEST: usize = 16;

    /// The country that the number begins with, as far as it makes a difference here.
    pub fn country(self) -> Country {
        let behind_two_digits = 10_u64.pow(self.0.ilog10() - 1);
        match self.0 / behind_two_digits {
            49 => Country::Germany,
            33 => Country::France,
            _ => Country::Other,
        }
    }

    /// The digits as one number.
    pub const fn digits(self) -> u64 {
        self.0
    }
}

/// A country whose people have names of their own here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Country {
    /// +49
    Germany,
    /// +33
    France,
    /// Any other: names are English.
    Other,
}

/// Why a text is no phone number; shows what would be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPhoneNumber;

impl fmt::Display for NotAPhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an E.164 number: + and 2 to 15 digits, the first not 0, such as +15551234567")
    }
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    fn from_str(text: &str) -> Result<PhoneNumber, NotAPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(NotAPhoneNumber)?;
        let well_formed = (2..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        well_formed.then(|| digits.parse().ok()).flatten().map(PhoneNumber).ok_or(NotAPhoneNumber)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PhoneNumber, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|expected| serde::de::Error::custom(format!("{text:?} is not {expected}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_told_by_the_first_two_digits() {
        for (text, country) in [
            ("+49", Country::Germany),
            ("+493023125000", Country::Germany),
            ("+330", Country::France),
            ("+999999999999949", Country::Other),
            ("+10", Country::Other),
        ] {
            assert_eq!(text.parse::<PhoneNumber>().unwrap().country(), country, "{text}");
        }
    }

    #[test]
    fn form_is_what_counts() {
        for text in ["+15551234567", "+49", "+999999999999999"] {
            assert_eq!(text.parse::<PhoneNumber>().unwrap().to_string(), text);
        }
        for text in ["", "+", "+1", "15551234567", "+0555", "+1555 123", "+1555123456789012", "+1٣٤", "++15551234567"]
        {
            assert_eq!(text.parse::<PhoneNumber>(), Err(NotAPhoneNumber), "{text:?}");
        }
    }
}
