//! The closed word lists of the API: enums whose every value has one spelling.

/// Declares an enum together with its spellings, so that a value, its text and the list of all values cannot drift apart.
macro_rules! vocabulary {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The spelling that the API uses.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::base::vocabulary::NotOneOf;

            fn from_str(text: &str) -> Result<$name, Self::Err> {
                $name::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    $crate::base::vocabulary::NotOneOf::of($name::ALL.iter().map(|value| value.as_str()))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|accepted| serde::de::Error::custom(format!("{text:?} is none of {accepted}")))
            }
        }
    };
}

pub(crate) use vocabulary;

/// The words that would have been accepted, ready to be shown: `RINGING, IN_PROGRESS or COMPLETED`.
///
/// ```
/// let refused = "sideways".parse::<akol_mock::Direction>().unwrap_err();
/// assert_eq!(refused.to_string(), "inbound or outbound");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOneOf(String);

impl NotOneOf {
    /// Names the accepted words.
    #[doc(hidden)]
    pub fn of<'a>(words: impl Iterator<Item = &'a str>) -> NotOneOf {
        let words: Vec<&str> = words.collect();
        NotOneOf(match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        })
    }
}

impl std::error::Error for NotOneOf {}

impl std::fmt::Display for NotOneOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
