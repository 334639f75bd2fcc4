//! How long an answer is held back.

use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::rng::{Seed, Stream};
use crate::base::span::Span;

/// Always the same, or drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Latency {
    /// Always this long.
    Fixed(Span),
    /// Drawn anew for each answer, from a log-normal distribution, as networks and servers have it: most answers take about the median,
    /// some much longer.
    LogNormal {
        /// Half of the answers take less than that.
        median: Span,
        /// How far they spread.
        sigma: Sigma,
    },
}

/// The fields of one that is drawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawn {
    median: Span,
    sigma: Sigma,
}

/// Read without a buffer, as derived code has for what is one thing or another: with serde_json's `arbitrary_precision`, which any crate
/// of a build can turn on, no number comes out of such a one again.
impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Latency, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Latency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"2s\", or {\"median\": \"80ms\", \"sigma\": 0.4}")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Latency, E> {
                Span::deserialize(text.into_deserializer()).map(Latency::Fixed)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Latency, A::Error> {
                let Drawn { median, sigma } = Drawn::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Latency::LogNormal { median, sigma })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl Latency {
    /// The shortest that can be asked for.
    pub const LEAST: Span = Span::from_millis(1);
    /// The longest that can be asked for. No answer is held back longer, whatever is drawn.
    pub const MOST: Span = Span::from_secs(5 * 60);

    /// Whether it is one that can be asked for.
    pub fn is_within_limits(self) -> bool {
        let span = match self {
            Latency::Fixed(span) => span,
            Latency::LogNormal { median, .. } => median,
        };
        (Latency::LEAST..=Latency::MOST).contains(&span)
    }

    /// How long one answer is held back, in whole milliseconds: always the same for the same seed, on every machine.
    pub fn draw(self, seed: Seed) -> Duration {
        match self {
            Latency::Fixed(span) => span.duration(),
            Latency::LogNormal { median, sigma } => {
                let factor = libm::exp(sigma.value() * standard_normal(&mut seed.stream()));
                let millis = libm::round(median.duration().as_millis() as f64 * factor);
                // A float is cut off where the integer ends, and Not a Number would be 0.
                Duration::from_millis(millis as u64).min(Latency::MOST.duration())
            }
        }
    }
}

/// A draw from the normal distribution around 0 with a deviation of 1, by Box and Muller.
///
/// The one place that computes with floating point. `libm` makes it the same everywhere: it is made of additions and multiplications,
/// which IEEE 754 fixes to the last bit, and not of what each platform's library makes of `exp`.
fn standard_normal(stream: &mut Stream) -> f64 {
    /// As many different numbers as a float tells apart between 0 and 1.
    const STEPS: u64 = 1 << 53;
    // Not 0, which has no logarithm.
    let radius = (stream.below(STEPS) + 1) as f64 / STEPS as f64;
    let angle = stream.below(STEPS) as f64 / STEPS as f64;
    libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(std::f64::consts::TAU * angle)
}

/// The spread of a log-normal distribution, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sigma(u32);

impl Sigma {
    /// How many decimals of it are kept.
    pub const DECIMALS: u32 = 3;
    /// The widest, in thousandths: one draw in a thousand is then some 10,000 times the median.
    pub const MOST: u32 = 3_000;

    /// That many thousandths.
    pub const fn from_thousandths(thousandths: u32) -> Sigma {
        Sigma(thousandths)
    }

    fn value(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl Serialize for Sigma {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

impl<'de> Deserialize<'de> for Sigma {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sigma, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let thousandths = (number * 1_000.0).round();
        if !(0.0..=f64::from(Sigma::MOST)).contains(&thousandths) {
            return Err(serde::de::Error::custom(format!("{number} is not from 0 to {}", Sigma(Sigma::MOST).value())));
        }
        Ok(Sigma(thousandths as u32))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spread(sigma: u32) -> Latency {
        Latency::LogNormal { median: Span::from_millis(80), sigma: Sigma::from_thousandths(sigma) }
    }

    fn draws(latency: Latency, count: u64) -> Vec<u128> {
        (0..count).map(|number| latency.draw(Seed::new(42).nth(number)).as_millis()).collect()
    }

    #[test]
    fn a_fixed_one_is_always_the_same() {
        assert_eq!(draws(Latency::Fixed(Span::from_secs(2)), 3), [2_000; 3]);
    }

    #[test]
    fn the_same_seed_draws_the_same_on_every_machine() {
        assert_eq!(draws(spread(400), 8), PINNED);
    }

    /// Written down once: a change here changes every seeded run that has a latency.
    const PINNED: [u128; 8] = [73, 49, 73, 85, 139, 43, 61, 74];

    #[test]
    fn half_of_the_draws_lie_below_the_median_and_two_thirds_within_a_deviation() {
        let draws = draws(spread(400), 10_000);
        let share = |wanted: &dyn Fn(f64) -> bool| draws.iter().filter(|draw| wanted(**draw as f64)).count();
        assert!((4_700..5_300).contains(&share(&|draw| draw < 80.0)), "{}", share(&|draw| draw < 80.0));
        // 80 ms times or divided by e^0.4.
        let near = share(&|draw| (53.6..119.4).contains(&draw));
        assert!((6_600..7_100).contains(&near), "{near}");
    }

    #[test]
    fn without_a_spread_every_draw_is_the_median_and_none_passes_the_limit() {
        assert_eq!(draws(spread(0), 3), [80; 3]);
        let wide = Latency::LogNormal { median: Latency::MOST, sigma: Sigma::from_thousandths(Sigma::MOST) };
        let draws = draws(wide, 1_000);
        assert_eq!(draws.iter().max(), Some(&Latency::MOST.duration().as_millis()));
        assert!(draws.iter().any(|draw| *draw < 10_000));
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        assert_eq!(json!(Latency::Fixed(Span::from_secs(2))), json!("2s"));
        assert_eq!(json!(spread(400)), json!({"median": "80ms", "sigma": 0.4}));
        for latency in [Latency::Fixed(Span::from_secs(2)), spread(400), spread(1), spread(0)] {
            assert_eq!(serde_json::from_value::<Latency>(json!(latency)).unwrap(), latency);
        }
    }
}
