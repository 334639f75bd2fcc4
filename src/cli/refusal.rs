//! Why the program does not start, in one message.

use std::fmt;

use super::layers::Origin;
use crate::escape::Escaped;

/// Why the command line was not accepted: one message for stderr. The program then ends with [`Refusal::EXIT_CODE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    message: String,
    /// What may be why: it is said before.
    warnings: Vec<String>,
}

impl Refusal {
    /// The exit code of a program that was called wrongly.
    pub const EXIT_CODE: u8 = 2;

    /// A refusal in these words.
    pub(super) fn new(message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), warnings: Vec::new() }
    }

    /// The same behind those warnings.
    pub(super) fn behind(self, warnings: Vec<String>) -> Refusal {
        Refusal { warnings, ..self }
    }

    /// The refusal of one option's value.
    pub(super) fn of_value(name: &str, accepts: &str, origin: &Origin, wrong: &Wrong) -> Refusal {
        let Wrong { shown, why, nearest } = wrong;
        let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let hint = did_you_mean(nearest.as_ref().map(|name| format!("{name:?}")));
        Refusal::new(format!("--{name} does not take {shown}, given {origin}{why}; it takes {accepts}{hint}"))
    }
}

/// The end of a message about an unknown name: what was probably meant, or nothing.
pub(super) fn did_you_mean(name: Option<impl fmt::Display>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {}", Escaped(warning)))?;
        write!(f, "error: {}", Escaped(&self.message))
    }
}

impl std::error::Error for Refusal {}

/// Why an option does not take a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What was given, as it is shown to the user.
    shown: String,
    /// What is wrong with it, where that is more than not being what is accepted.
    why: Option<String>,
    /// What was probably meant.
    nearest: Option<String>,
}

impl Wrong {
    /// This text is not accepted.
    pub(super) fn text(text: &str) -> Wrong {
        Wrong::kind(&format!("{text:?}"))
    }

    /// Something that is not even a text.
    pub(super) fn kind(shown: &str) -> Wrong {
        Wrong { shown: shown.to_owned(), why: None, nearest: None }
    }

    /// The same, and what is wrong with it.
    pub(super) fn because(self, why: impl fmt::Display) -> Wrong {
        Wrong { why: Some(why.to_string()), ..self }
    }

    /// The same, and what was probably meant.
    pub(super) fn near(self, nearest: Option<impl Into<String>>) -> Wrong {
        let nearest = nearest.map(Into::into);
        Wrong { nearest, ..self }
    }

    /// The same without the value, which nobody may see.
    pub(super) fn hidden(self) -> Wrong {
        Wrong { shown: "that value (not shown, it is a secret)".to_owned(), ..self }
    }
}
