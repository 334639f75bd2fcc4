//! What an option is.

use clap::ValueHint;

use super::refusal::Wrong;
use crate::config::Settings;

/// What the environment variables of all options begin with.
pub(super) const PREFIX: &str = "AKOL_MOCK_";

/// One option.
pub(super) struct Opt {
    /// Its name on the command line, without dashes, and its key in the file.
    pub(super) name: &'static str,
    /// The heading it stands under in the help.
    pub(super) heading: &'static str,
    /// What stands for its value in the help.
    pub(super) value: &'static str,
    /// What it means, in one line.
    pub(super) meaning: &'static str,
    /// More of that, for `--help`; may be empty.
    pub(super) details: &'static str,
    /// What it is when it is not given, in words.
    pub(super) default: &'static str,
    /// What it accepts: ends a sentence that begins "it takes".
    pub(super) accepts: &'static str,
    /// The names it accepts, for a shell to complete; may be empty.
    pub(super) names: &'static [&'static str],
    /// What a shell completes otherwise.
    pub(super) hint: ValueHint,
    /// Whether its value must never be shown.
    pub(super) secret: bool,
    /// How its text is read.
    pub(super) read: Read,
}

impl Opt {
    /// The name of its environment variable.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase().replace('-', "_"))
    }
}

/// How the text of an option is read into the settings.
pub(super) enum Read {
    /// One text.
    One(fn(&mut Settings, &str) -> Result<(), Wrong>),
    /// One text of several pieces, with commas between them; an array in a file.
    Commas(fn(&mut Settings, &[String]) -> Result<(), Wrong>),
    /// A text each time the option is given; with commas or spaces in the environment, an array in a file.
    Many(fn(&mut Settings, &[String]) -> Result<(), Wrong>),
}
