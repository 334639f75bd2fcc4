//! People: the names that belong to phone numbers.

use fake::Fake;
use fake::faker::name::raw::{FirstName, LastName};
use fake::faker::number::raw::NumberWithFormat;
use fake::locales::{DE_DE, EN, FR_FR};

use super::directory::Business;
use super::phone_number::{Country, PhoneNumber};
use crate::rng::Seed;

/// The name of whoever has a number: the same at every call.
pub struct Person {
    /// First name.
    pub first: String,
    /// First and last name.
    pub full: String,
}

impl Person {
    /// The person of that name.
    pub fn named(full: &str) -> Person {
        let first = full.split_whitespace().next().unwrap_or(full);
        Person { first: first.to_owned(), full: full.to_owned() }
    }

    /// The person who has `number` in the world that grows from `seed`. Their name is of the number's country, so it is the same
    /// whichever business they talk to.
    pub fn of(number: PhoneNumber, seed: Seed) -> Person {
        let stream = &mut seed.child("person").nth(number.digits()).stream();
        let (first, last): (String, String) = match number.country() {
            Country::Germany => (FirstName(DE_DE).fake_with_rng(stream), LastName(DE_DE).fake_with_rng(stream)),
            Country::France => (FirstName(FR_FR).fake_with_rng(stream), LastName(FR_FR).fake_with_rng(stream)),
            Country::Other => (FirstName(EN).fake_with_rng(stream), LastName(EN).fake_with_rng(stream)),
        };
        Person { full: format!("{first} {last}"), first }
    }
}

/// The number of the business's contact at `position`, or `None` if its pattern of numbers gives none.
pub fn contact(business: &Business, position: u64, seed: Seed) -> Option<PhoneNumber> {
    let stream = &mut seed.child("contact").child(&business.id).nth(position).stream();
    let text: String = NumberWithFormat(EN, &business.callers).fake_with_rng(stream);
    text.parse().ok()
}
