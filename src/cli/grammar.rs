//! What the program can be called with, for clap: it splits the words and writes the help. It reads no values.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use akol_mock_world::base::quoted::Quoted;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use clap_complete::Shell;

use super::options::{self, Opt, Read};
use super::refusal::{Refusal, did_you_mean};
use super::tips::Tip;
use crate::escape::Escaped;
use crate::suggest::nearest;

pub(super) const SERVE: &str = "serve";
pub(super) const HEALTHCHECK: &str = "healthcheck";
pub(super) const FIXTURES: &str = "fixtures";
pub(super) const OPENAPI: &str = "openapi";
pub(super) const COMPLETIONS: &str = "completions";

const NAME: &str = "akol-mock";

const INTRODUCTION: &str = "\
An in-memory emulator of Akol's Calls API, to test against: seeded calls that ring, talk and end, signed webhooks, \
quotas, recordings.

Without a subcommand it serves. Each option may be given on the command line, as an environment variable (AKOL_MOCK_ \
and its name in capitals with underscores) or as a key of the file that --config names. The command line beats the \
environment, the environment beats the file.";

const EXAMPLES: &str = "\
Examples:
  akol-mock
      Serves on http://127.0.0.1:2565 and accepts any bearer token.
  akol-mock --listen 127.0.0.1:0 --seed 7 --start-time 2026-04-18T14:00:00Z
      Serves on a free port, the same world every time.
  akol-mock --webhook-url http://127.0.0.1:8080/hooks --webhook-events '*'
      Sends every event to a receiver on this machine.
  akol-mock --auth strict --token alice --token bob --rate-limit 100
      Accepts two tokens, 100 requests a minute each.
  AKOL_MOCK_LISTEN=0.0.0.0:2565 akol-mock --config akol-mock.toml
      Takes the address from the environment, the rest from a file, such as:
          calls = 1000
          rate-limit = \"off\"
          webhook-url = [\"http://127.0.0.1:8080/hooks\"]
  akol-mock healthcheck --wait --timeout 10s
      Waits until the server is ready.";

/// The whole grammar.
pub(super) fn grammar() -> Command {
    Command::new(NAME)
        // Whatever the file is called: the name that is documented.
        .bin_name(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .about("An in-memory emulator of Akol's Calls API, to test against")
        .long_about(INTRODUCTION)
        .after_help("\"akol-mock --help\" tells more about each option, and gives examples.")
        .after_long_help(EXAMPLES)
        .max_term_width(100)
        .args(options::all().map(argument))
        .subcommands([serve(), healthcheck(), fixtures(), openapi(), completions_of_a_shell()])
}

fn serve() -> Command {
    Command::new(SERVE)
        .about("Serves until stopped: what happens without a subcommand, too")
        .after_long_help(EXAMPLES)
        .args(options::all().map(argument))
}

fn healthcheck() -> Command {
    let url = "The server's URL [default: that of the server that runs beside this, as far as Linux tells; else http:// and \
               AKOL_MOCK_LISTEN, or http://127.0.0.1:2565]";
    let wait = "Asks again until the server is healthy or --timeout has passed";
    let timeout = "How long to wait for a good answer, such as 500ms, 30s or 2m [default: 30s]";
    Command::new(HEALTHCHECK).about("Asks a server whether it is healthy: exit code 0 if it is, 1 if not").args([
        Arg::new("url").long("url").value_name("URL").value_hint(ValueHint::Url).help(url),
        Arg::new("wait").long("wait").action(ArgAction::SetTrue).help(wait),
        Arg::new("timeout").long("timeout").value_name("DURATION").help(timeout),
    ])
}

fn fixtures() -> Command {
    Command::new(FIXTURES).about("Writes the built-in fixtures to a new or empty folder, to start one's own from").arg(
        Arg::new("folder")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .required(true)
            .help("The folder; it is made if it is not there, and nothing is ever overwritten"),
    )
}

fn openapi() -> Command {
    let control = "Prints that of the control API instead of that of Akol's Calls API";
    let url = "The address of the server that the document is to name [default: http://127.0.0.1:2565]";
    Command::new(OPENAPI).about("Prints the OpenAPI document of an API").args([
        Arg::new("control").long("control").action(ArgAction::SetTrue).help(control),
        Arg::new("url").long("url").value_name("URL").value_hint(ValueHint::Url).help(url),
    ])
}

fn completions_of_a_shell() -> Command {
    Command::new(COMPLETIONS)
        .about("Prints the completions of a shell")
        .arg(Arg::new("shell").value_name("SHELL").value_parser(value_parser!(Shell)).required(true).help("The shell"))
}

/// One option as clap sees it.
fn argument(option: &Opt) -> Arg {
    let action = match option.read {
        Read::Many(_) => ArgAction::Append,
        Read::One(_) | Read::Commas(_) => ArgAction::Set,
    };
    Arg::new(option.name)
        .long(option.name)
        .value_name(option.value)
        .help_heading(option.heading)
        .help(format!("{} [default: {}]", option.meaning, option.default))
        .long_help(details(option))
        .action(action)
        .value_parser(AnyText(option.names))
        .value_hint(option.hint)
        .hide_possible_values(true)
        .allow_negative_numbers(true)
        // A secret may begin with a dash; refused as an unknown option, a part of it would be shown.
        .allow_hyphen_values(option.secret)
}

fn details(option: &Opt) -> String {
    let Opt { meaning, details, accepts, default, .. } = option;
    let mut text = format!("{meaning}.");
    if !details.is_empty() {
        text += &format!(" {details}");
    }
    if !meaning.contains(accepts) {
        text += &format!("\n\nTakes {accepts}.");
    }
    text + &format!("\n\n[default: {default}] [env: {}]", option.variable())
}

/// Takes any text, and lets a shell complete the names.
#[derive(Clone)]
struct AnyText(&'static [&'static str]);

impl TypedValueParser for AnyText {
    type Value = String;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        (!self.0.is_empty()).then(|| Box::new(self.0.iter().map(PossibleValue::new)) as Box<_>)
    }
}

/// The refusal of words that do not follow the grammar.
pub(super) fn refusal(error: &clap::Error, args: &[OsString]) -> Refusal {
    if is_stray_word(error) && args.iter().any(|arg| is_secret(arg)) {
        // As in `--token first second`: the word that is too many may be a secret.
        return Refusal::new("there is a word too many (not shown, it may be a secret); each option takes one value");
    }
    let given = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        Some(ContextValue::Strings(texts)) => texts.first().map_or("", String::as_str),
        _ => "",
    };
    let (argument, value) = (given(ContextKind::InvalidArg), given(ContextKind::InvalidValue));
    let message = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!(
                "there is no option {}{}",
                Escaped(argument),
                hint(given(ContextKind::SuggestedArg), argument, args)
            )
        }
        ErrorKind::UnknownArgument => {
            format!("{} is a word too many; options begin with -- and take one value each", Quoted(argument))
        }
        ErrorKind::InvalidSubcommand => {
            let word = given(ContextKind::InvalidSubcommand);
            let commands: Vec<String> =
                grammar().get_subcommands().map(|command| command.get_name().to_owned()).collect();
            let near = did_you_mean(nearest(word, commands.iter().map(String::as_str)));
            format!("there is no command {}; the commands are {}{near}", Quoted(word), commands.join(", "))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{} needs a value", name_of(argument)),
        ErrorKind::InvalidValue => {
            let known = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(known)) => format!("; it takes {}", known.join(", ")),
                _ => String::new(),
            };
            format!("{} does not take {}{known}", name_of(argument), Quoted(value))
        }
        ErrorKind::ArgumentConflict => format!("{} is given more than once; give it once", name_of(argument)),
        ErrorKind::MissingRequiredArgument => format!("{argument} is missing"),
        ErrorKind::TooManyValues => format!("{} takes no value, but is given {}", name_of(argument), Quoted(value)),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => {
            let text = error.render().to_string();
            text.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned()
        }
    };
    let others = [HEALTHCHECK, FIXTURES, OPENAPI, COMPLETIONS];
    let command = others.iter().find(|other| args.get(1).is_some_and(|word| word == *other));
    let of_command = command.map_or_else(String::new, |command| format!("{command} "));
    Refusal::new(format!("{message}; \"akol-mock {of_command}--help\" tells more"))
}

/// What was probably meant by an option that does not exist: `near` is what clap takes for it.
fn hint(near: &str, given: &str, args: &[OsString]) -> String {
    let others = [HEALTHCHECK, FIXTURES, OPENAPI, COMPLETIONS];
    let serves = !args.iter().any(|word| others.iter().any(|other| word == other));
    match Tip::of(given, value_of(given, args)).filter(|_| serves) {
        Some(tip) => format!("; write {}", tip.on_command_line()),
        None => did_you_mean(Some(near).filter(|near| !near.is_empty())),
    }
}

/// The value that an option is given: behind a `=`, or in the next word.
fn value_of<'a>(option: &str, args: &'a [OsString]) -> Option<&'a str> {
    let mut words = args.iter().map(|arg| arg.to_str().unwrap_or_default());
    words
        .find_map(|word| match word.strip_prefix(option)? {
            "" => Some(None),
            rest => rest.strip_prefix('=').map(Some),
        })?
        .or_else(|| words.next().filter(|word| !word.starts_with('-')))
}

/// The name of an argument that clap shows with its value, such as `--seed <N>`.
fn name_of(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or_default()
}

fn is_stray_word(error: &clap::Error) -> bool {
    let word = match error.kind() {
        ErrorKind::UnknownArgument => error.get(ContextKind::InvalidArg),
        ErrorKind::InvalidSubcommand => error.get(ContextKind::InvalidSubcommand),
        _ => None,
    };
    matches!(word, Some(ContextValue::String(word)) if !word.starts_with('-'))
}

/// Whether the word is the name of an option whose value must not be shown.
fn is_secret(arg: &OsStr) -> bool {
    let name = arg.to_str().and_then(|arg| arg.strip_prefix("--"));
    name.is_some_and(|name| {
        let name = name.split('=').next().unwrap_or_default();
        options::TABLE.iter().any(|option| option.secret && option.name == name)
    })
}

/// The folder that `fixtures` was given.
pub(super) fn folder(asked: &ArgMatches) -> PathBuf {
    asked.get_one::<PathBuf>("folder").cloned().unwrap_or_default()
}

/// The shell that `completions` was given.
pub(super) fn shell(asked: &ArgMatches) -> Result<Shell, Refusal> {
    let shell = asked.get_one::<Shell>("shell").copied();
    shell.ok_or_else(|| Refusal::new("completions needs the name of a shell"))
}

/// The completion script of a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar(), NAME, &mut script);
    script
}
