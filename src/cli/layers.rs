//! The layers that options come from: command line beats environment beats file.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use clap::ArgMatches;

use super::file;
use super::options::{self, CONFIG, Opt, Read};
use super::refusal::{Refusal, Wrong};
use super::surroundings::Surroundings;
use super::tips::Tip;
use crate::config::Settings;
use crate::suggest::nearest;

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

/// The options that variables give. A variable that is empty is as one that is not set: compose files and charts write those for
/// what they leave to the program. So is one that Kubernetes has set for a service.
fn environment(around: &Surroundings<'_>) -> Result<Layer, Refusal> {
    let mut layer = Layer::new();
    for (variable, value) in own_variables(around) {
        if is_service_address(value) {
            continue;
        }
        let Some(option) = options::all().find(|option| option.variable() == variable) else {
            continue;
        };
        let origin = Origin::Environment { variable: variable.clone() };
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

/// Every variable that begins as those of options do, and is not empty.
fn own_variables<'a>(around: &'a Surroundings<'_>) -> impl Iterator<Item = (String, &'a OsStr)> {
    let named = around.env.iter().map(|(name, value)| (name.to_string_lossy().into_owned(), value.as_os_str()));
    named.filter(|(name, value)| {
        let is_empty = value.to_str().is_some_and(|text| text.trim().is_empty());
        name.starts_with(options::PREFIX) && !is_empty
    })
}

/// What is to be said of variables that begin as those of options do, and are none. They stop nothing: Kubernetes sets some for each
/// service whose name begins with `akol-mock`, and Docker for links.
pub(super) fn strangers(around: &Surroundings<'_>) -> Option<String> {
    /// How many are named.
    const NAMED: usize = 20;
    let is_option = |name: &str| options::all().any(|option| option.variable() == name);
    let mut strangers: Vec<(String, &OsStr)> =
        own_variables(around).filter(|(name, value)| !is_option(name) || is_service_address(value)).collect();
    strangers.sort();
    let of_services = strangers.iter().any(|(name, value)| is_of_a_service(name, value));
    let named: Vec<String> = strangers.iter().take(NAMED).map(|(name, value)| stranger(name, value)).collect();
    let (first, more) = (named.first()?, strangers.len() - named.len());
    let mut warning = match named.len() {
        1 => format!("environment variable {first} is no option and has no effect"),
        _ => format!("environment variables that are no options have no effect: {}", named.join(", ")),
    };
    if more > 0 {
        warning += &format!(" and {more} more");
    }
    if of_services {
        warning += "; Kubernetes sets such for services whose names begin with akol-mock (enableServiceLinks: false in the pod stops that)";
    }
    Some(warning + "; \"akol-mock --help\" names all options")
}

/// A variable that is no option, with what was probably meant by it.
fn stranger(name: &str, value: &OsStr) -> String {
    if is_of_a_service(name, value) {
        return name.to_owned();
    }
    let short = name.strip_prefix(options::PREFIX).unwrap_or(name);
    let known = options::all().map(|option| option.name);
    match (Tip::of(short, value.to_str()), nearest(&short.replace('_', "-"), known)) {
        (Some(tip), _) => format!("{name} (write {})", tip.in_environment()),
        (None, Some(near)) => format!("{name} (did you mean {}?)", options::named(near).variable()),
        (None, None) => name.to_owned(),
    }
}

/// Whether Kubernetes, or Docker for a link, sets such a variable for a service.
fn is_of_a_service(name: &str, value: &OsStr) -> bool {
    let has_port = |protocol: &str| {
        name.match_indices(protocol).any(|(at, _)| {
            let digits = name[..at].rsplit('_').next().unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        })
    };
    is_service_address(value)
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || ["_TCP", "_UDP", "_SCTP"].into_iter().any(has_port)
}

/// Whether a value is the address of a service as Kubernetes writes it, such as `tcp://10.0.0.9:2565`. No option takes such a one.
fn is_service_address(value: &OsStr) -> bool {
    let address = value.to_str().and_then(|text| text.split_once("://"));
    address.is_some_and(|(protocol, address)| {
        ["tcp", "udp", "sctp"].contains(&protocol) && address.parse::<SocketAddr>().is_ok()
    })
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
