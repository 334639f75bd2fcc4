//! How likely something is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::rng::Seed;

/// A probability in millionths, since a draw needs integers. None unless it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probability(u32);

impl Probability {
    /// How many decimals of it are kept.
    pub const DECIMALS: u32 = 6;
    /// Always, in millionths.
    pub const MOST: u32 = 1_000_000;
    /// Every time.
    pub const ALWAYS: Probability = Probability(Probability::MOST);

    /// That many millionths; more than all of them are all.
    pub fn from_millionths(millionths: u32) -> Probability {
        Probability(millionths.min(Probability::MOST))
    }

    /// Whether it strikes, drawn from a seed of its own.
    pub fn strikes(self, seed: Seed) -> bool {
        self.0 > 0 && seed.stream().below(u64::from(Probability::MOST)) < u64::from(self.0)
    }
}

/// From 0 to 1, and whole where it is either.
impl Serialize for Probability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            0 => serializer.serialize_u32(0),
            Probability::MOST => serializer.serialize_u32(1),
            parts => serializer.serialize_f64(f64::from(parts) / f64::from(Probability::MOST)),
        }
    }
}

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Probability, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !(0.0..=1.0).contains(&number) {
            return Err(serde::de::Error::custom(format!("{number} is not from 0 to 1")));
        }
        Ok(Probability((number * f64::from(Probability::MOST)).round() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_strikes_as_often_as_it_says_and_never_where_it_is_none() {
        let strikes = |millionths| {
            let probability = Probability::from_millionths(millionths);
            (0..10_000).filter(|number| probability.strikes(Seed::new(7).nth(*number))).count()
        };
        assert!((4_800..5_200).contains(&strikes(500_000)), "{}", strikes(500_000));
        assert_eq!((strikes(0), strikes(Probability::MOST), strikes(u32::MAX)), (0, 10_000, 10_000));
    }

    #[test]
    fn it_is_shown_as_people_write_it() {
        let shown = |millionths| serde_json::to_string(&Probability::from_millionths(millionths)).unwrap();
        assert_eq!((shown(0), shown(1_000_000), shown(250_000)), ("0".into(), "1".into(), "0.25".into()));
        for millionths in [0, 1, 7, 250_000, 333_333, 999_999, 1_000_000] {
            let probability = Probability::from_millionths(millionths);
            assert_eq!(serde_json::from_str::<Probability>(&shown(millionths)).unwrap(), probability);
        }
        assert!(["-0.1", "1.1", "\"1\""].iter().all(|text| serde_json::from_str::<Probability>(text).is_err()));
    }
}
