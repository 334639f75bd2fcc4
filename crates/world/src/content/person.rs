//! People: the names that belong to phone numbers.

use fake::Fake;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{DE_DE, EN, FR_FR};
use rand::RngExt;

use crate::base::phone_number::{Country, PhoneNumber};
use crate::base::rng::Seed;
use crate::directory::Business;

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
    let mut digit = |place: u8| match place {
        b'^' => b'0' + stream.random_range(1..10_u32) as u8,
        b'#' => b'0' + stream.random_range(0..10_u32) as u8,
        digit => digit,
    };
    let mut places = [0; PhoneNumber::LONGEST];
    let places = places.get_mut(..business.callers.len())?;
    places.copy_from_slice(business.callers.as_bytes());
    places.iter_mut().for_each(|place| *place = digit(*place));
    str::from_utf8(places).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::testing::fixtures;
    use fake::faker::number::raw::NumberWithFormat;

    #[test]
    fn contacts_have_the_numbers_that_a_library_makes_of_the_pattern() {
        let fixtures = fixtures();
        for (business, position) in fixtures.directory.businesses.iter().flat_map(|one| (0..500).map(move |n| (one, n)))
        {
            let seed = Seed::new(42);
            let stream = &mut seed.child("contact").child(&business.id).nth(position).stream();
            let text: String = NumberWithFormat(EN, &business.callers).fake_with_rng(stream);
            assert_eq!(contact(business, position, seed), text.parse().ok());
        }
    }
}
