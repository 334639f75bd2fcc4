//! Whole numbers with a limit: what JSON holds exactly, and what can be counted on from without an overflow.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A whole number from 0 to `MOST`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upto<const MOST: u64>(u64);

/// How many there are of something that has no end.
pub type Count = Upto<9_007_199_254_740_991>;
/// The same of something that is counted in 32 bits.
pub type Tally = Upto<1_000_000_000>;
/// A length of time of a day at most, in milliseconds.
pub type Millis = Upto<86_400_000>;
/// An HTTP status.
pub type Status = Upto<999>;

impl<const MOST: u64> Upto<MOST> {
    /// That number; the limit where it is beyond it.
    pub fn of(number: impl TryInto<u64>) -> Upto<MOST> {
        Upto(number.try_into().unwrap_or(MOST).min(MOST))
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number as one of a smaller type; that type's highest where it does not hold it.
    pub fn narrow<T: TryFrom<u64> + Bounded>(self) -> T {
        T::try_from(self.0).unwrap_or(T::HIGHEST)
    }
}

/// A type of numbers that has a highest.
pub trait Bounded {
    /// It.
    const HIGHEST: Self;
}

impl Bounded for u16 {
    const HIGHEST: u16 = u16::MAX;
}

impl Bounded for u32 {
    const HIGHEST: u32 = u32::MAX;
}

impl<const MOST: u64> Serialize for Upto<MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de, const MOST: u64> Deserialize<'de> for Upto<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Upto<MOST>, D::Error> {
        let number = u64::deserialize(deserializer)?;
        if number > MOST {
            return Err(D::Error::custom(format!("{number} is more than {MOST}")));
        }
        Ok(Upto(number))
    }
}
