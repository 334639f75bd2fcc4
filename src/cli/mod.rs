//! The command line: what the program is asked to do, and with which settings.
//!
//! Every option is a row of the table in `options.rs`. Its value may stand on the command line, in an environment
//! variable or in a file; it travels from there as text, and is read once, by its row.

mod agreement;
mod file;
mod fixtures;
mod grammar;
mod healthcheck;
mod layers;
mod openapi;
mod option;
mod options;
mod refusal;
mod serve;
mod surroundings;
mod tips;
mod values;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;

use crate::config::Settings;

pub use crate::escape::escaped;
pub use clap_complete::Shell;
pub use fixtures::write as write_fixtures;
pub use grammar::completions;
pub use healthcheck::Healthcheck;
pub use refusal::Refusal;
pub use serve::serve;
pub use surroundings::Surroundings;

/// What the program is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Serve until stopped.
    Serve {
        /// With these settings.
        settings: Box<Settings>,
        /// What is to be said first: what has no effect and may have been meant to have one.
        warnings: Vec<String>,
    },
    /// Ask a server whether it is healthy.
    Healthcheck(Healthcheck),
    /// Write the built-in fixtures to that folder.
    Fixtures(PathBuf),
    /// Print that shell's completions.
    Completions(Shell),
    /// Print a text: the help, the version, or a document.
    Print(String),
}

/// Reads what the program was called with. The first of `args` is the program's own name.
///
/// # Errors
///
/// Whatever is unknown, out of range or contradicts itself: one message that names it, and what would be accepted.
pub fn read(args: impl IntoIterator<Item = OsString>, around: &Surroundings<'_>) -> Result<Command, Refusal> {
    let args: Vec<OsString> = args.into_iter().collect();
    let matches = match grammar::grammar().try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(answer) if matches!(answer.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Command::Print(answer.render().to_string()));
        }
        Err(error) => return Err(grammar::refusal(&error, &args)),
    };
    let options = layers::command_line(&matches);
    let Some((subcommand, asked)) = matches.subcommand() else {
        return serve_with(options, around);
    };
    match (subcommand, options.keys().next()) {
        (grammar::SERVE, _) => serve_with(layers::joined(options, layers::command_line(asked))?, around),
        (_, Some(option)) => {
            Err(Refusal::new(format!("--{option} is an option of serve; {subcommand} does not take it")))
        }
        (grammar::HEALTHCHECK, None) => healthcheck::read(asked, around).map(Command::Healthcheck),
        (grammar::OPENAPI, None) => openapi::read(asked).map(Command::Print),
        (grammar::FIXTURES, None) => Ok(Command::Fixtures(grammar::folder(asked))),
        (_completions, None) => grammar::shell(asked).map(Command::Completions),
    }
}

/// Writes a line to stderr, in which nothing can steer the terminal.
pub fn complain(line: &str) {
    eprintln!("{}", escaped(line));
}

fn serve_with(command_line: layers::Layer, around: &Surroundings<'_>) -> Result<Command, Refusal> {
    let mut warnings: Vec<String> = layers::strangers(around).into_iter().collect();
    match settings(command_line, around) {
        Ok((settings, more)) => {
            warnings.extend(more);
            Ok(Command::Serve { settings: Box::new(settings), warnings })
        }
        // A variable without effect may be the cause.
        Err(refusal) => Err(refusal.behind(warnings)),
    }
}

/// The settings that are given, and what may be an oversight in them.
fn settings(command_line: layers::Layer, around: &Surroundings<'_>) -> Result<(Settings, Vec<String>), Refusal> {
    let given = layers::gather(command_line, around)?;
    let mut settings = Settings::default();
    for option in options::TABLE {
        if let Some(given) = given.get(option.name) {
            given.read(option, &mut settings)?;
        }
    }
    agreement::settle(&mut settings, &given, around)?;
    let warnings = agreement::oversights(&settings, &given);
    Ok((settings, warnings))
}
