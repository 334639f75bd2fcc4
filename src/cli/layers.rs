//! The layers that options come from: command line beats environment beats file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use clap::ArgMatches;

use super::file;
use super::nearest::nearest;
use super::options::{self, CONFIG, Opt, Read};
use super::refusal::{Refusal, Wrong, did_you_mean};
use super::surroundings::Surroundings;
use crate::config::Settings;

/// What was given, by the option's name.
pub(super) type Layer = BTreeMap<&'static str, Given>;

/// The texts given for one option, and where.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) texts: Vec<String>,
    pub(super) origin: Origin,
}

/// Where a value was given.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    CommandLine,
    Environment { variable: String },
    File { path: String, line: usize },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::CommandLine => f.write_str("on the command line"),
            Origin::Environment { variable } => write!(f, "in environment variable {variable}"),
            Origin::File { path, line } => write!(f, "in file {path}, line {line}"),
        }
    }
}

impl Given {
    /// Reads the texts into the settings, as the option's row of the table says.
    pub(super) fn read(&self, option: &Opt, settings: &mut Settings) -> Result<(), Refusal> {
        let read = match option.read {
            Read::One(read) => self.texts.iter().try_for_each(|text| read(settings, text)),
            Read::Commas(read) | Read::Many(read) => read(settings, &self.texts),
        };
        read.map_err(|wrong| refuse(option, &self.origin, wrong))
    }
}

/// The refusal of a value that shows it, unless it is a secret.
pub(super) fn refuse(option: &Opt, origin: &Origin, wrong: Wrong) -> Refusal {
    let wrong = if option.secret { wrong.hidden() } else { wrong };
    Refusal::of_value(option.name, option.accepts, origin, &wrong)
}

/// Every option that was given anywhere, each from the highest layer that gives it.
pub(super) fn gather(mut command_line: Layer, around: &Surroundings<'_>) -> Result<Layer, Refusal> {
    let mut environment = environment(around)?;
    let config = command_line.remove(CONFIG.name).or(environment.remove(CONFIG.name));
    let mut given = config.map_or_else(|| Ok(Layer::new()), |config| read_file(&config, around))?;
    given.append(&mut environment);
    given.append(&mut command_line);
    Ok(given)
}

/// What the command line gives.
pub(super) fn command_line(asked: &ArgMatches) -> Layer {
    options::all()
        .filter_map(|option| {
            let texts = asked.try_get_many::<String>(option.name).ok().flatten()?;
            let texts = match option.read {
                Read::Commas(_) => texts.flat_map(|text| pieces(text)).collect(),
                Read::One(_) | Read::Many(_) => texts.cloned().collect(),
            };
            let origin = Origin::CommandLine;
            Some((option.name, Given { texts, origin }))
        })
        .collect()
}

/// The options before the word `serve` and those after it, which are one command line.
pub(super) fn joined(mut before: Layer, mut after: Layer) -> Result<Layer, Refusal> {
    if let Some(twice) = after.keys().find(|name| before.contains_key(*name)) {
        return Err(Refusal::new(format!("--{twice} is given both before and after serve; give it once")));
    }
    before.append(&mut after);
    Ok(before)
}

/// What Kubernetes and Docker tell every container about a service or link that is called `akol-mock`.
const SERVICE_VARIABLES: [&str; 3] = ["AKOL_MOCK_SERVICE_", "AKOL_MOCK_PORT", "AKOL_MOCK_NAME"];

/// Every `AKOL_MOCK_` variable, which must be an option's: a typo must not pass silently.
fn environment(around: &Surroundings<'_>) -> Result<Layer, Refusal> {
    let mut layer = Layer::new();
    for (variable, value) in &around.env {
        let Some(variable) = variable.to_str().filter(|name| name.starts_with(options::PREFIX)) else {
            continue;
        };
        if SERVICE_VARIABLES.iter().any(|service| variable.starts_with(service)) {
            continue;
        }
        let option =
            options::all().find(|option| option.variable() == variable).ok_or_else(|| unknown_variable(variable))?;
        let origin = Origin::Environment { variable: variable.to_owned() };
        let text = value.to_str().ok_or_else(|| refuse(option, &origin, Wrong::kind("text that is not UTF-8")))?;
        let texts = match option.read {
            Read::One(_) => vec![text.to_owned()],
            Read::Commas(_) => pieces(text),
            Read::Many(_) => words(text),
        };
        // An empty list of a repeatable option gives none, so that a lower layer's list still counts.
        if !(texts.is_empty() && matches!(option.read, Read::Many(_))) {
            layer.insert(option.name, Given { texts, origin });
        }
    }
    Ok(layer)
}

fn unknown_variable(variable: &str) -> Refusal {
    let known: Vec<String> = options::all().map(Opt::variable).collect();
    let hint = did_you_mean(nearest(variable, known.iter().map(String::as_str)));
    Refusal::new(format!(
        "there is no option for environment variable {variable}; \"akol-mock --help\" names them all{hint}"
    ))
}

fn read_file(config: &Given, around: &Surroundings<'_>) -> Result<Layer, Refusal> {
    let path = config.texts.concat();
    let text = (around.read_file)(Path::new(&path))
        .map_err(|error| refuse(&CONFIG, &config.origin, Wrong::text(&path).because(error)))?;
    file::layer(&path, &text)
}

/// The texts between the commas; none where there is nothing.
pub(super) fn pieces(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(',').map(|piece| piece.trim().to_owned()).collect()
}

/// The texts between commas and spaces.
fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
