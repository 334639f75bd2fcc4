//! What options are called elsewhere, and what to write here instead.

use super::options;
use super::values::{self, LOG_FORMATS, LOG_LEVELS};

/// What to write in the place of a name that is no option here, but one of many other programs.
pub(super) struct Tip {
    option: &'static str,
    /// A value of the option that does what is meant.
    value: String,
}

/// Names that other programs have for an option.
struct Row {
    /// The names, without dashes, in lower case.
    names: &'static [&'static str],
    option: &'static str,
    /// A value of the option that does what is meant, where none that was given is one.
    value: &'static str,
}

impl Tip {
    /// The tip for a name as it is written on a command line, in a variable, or in a file, and for the value that it has there.
    ///
    /// Single letters are names on a command line only.
    pub(super) fn of(name: &str, given: Option<&str>) -> Option<Tip> {
        if name.chars().count() == 1 {
            return None;
        }
        let name = name.trim_start_matches('-').to_lowercase().replace('_', "-");
        let row = ROWS.iter().find(|row| row.names.contains(&name.as_str()))?;
        let given = given.unwrap_or_default();
        let is_level = LOG_LEVELS.iter().any(|(level, _)| *level == given);
        let (option, value) = match row.option {
            // Both are called the log elsewhere.
            "log-format" if is_level => ("log-level", Some(given.to_owned())),
            "log-format" => (row.option, LOG_FORMATS.iter().any(|(name, _)| *name == given).then(|| given.to_owned())),
            "listen" => (row.option, values::address_meant(given)),
            _ => (row.option, None),
        };
        Some(Tip { option, value: value.unwrap_or_else(|| row.value.to_owned()) })
    }

    /// As it is written on the command line.
    pub(super) fn on_command_line(&self) -> String {
        format!("--{} {}", self.option, self.value)
    }

    /// As it is written in the environment.
    pub(super) fn in_environment(&self) -> String {
        format!("{}={}", options::named(self.option).variable(), self.value)
    }

    /// As it is written in the file.
    pub(super) fn in_file(&self) -> String {
        format!("{} = \"{}\"", self.option, self.value)
    }
}

const fn tip(names: &'static [&'static str], option: &'static str, value: &'static str) -> Row {
    Row { names, option, value }
}

const ROWS: &[Row] = &[
    tip(
        &["port", "p", "host", "hostname", "bind", "b", "address", "addr", "a", "interface", "ip", "http-port"],
        "listen",
        "127.0.0.1:3000",
    ),
    tip(&["config-file", "configuration", "conf", "cfg", "c", "file", "f"], "config", "akol-mock.toml"),
    tip(&["log", "logs", "log-file", "log-type", "json"], "log-format", "json"),
    tip(&["verbose", "v", "vv", "vvv", "debug", "trace"], "log-level", "calls"),
    tip(&["quiet", "q", "silent", "s"], "log-level", "quiet"),
    tip(&["no-log", "no-logs", "no-logging"], "log-format", "off"),
    tip(&["no-auth", "disable-auth", "without-auth"], "auth", "off"),
    tip(&["api-key", "apikey", "api-token", "auth-token", "bearer-token", "bearer", "key"], "token", "alice"),
    tip(&["admin-key", "admin-password", "control-token"], "admin-token", "s3cret"),
    tip(&["time", "now", "date", "start", "start-date", "clock-start"], "start-time", "2026-05-04T09:00:00Z"),
    tip(&["manual", "manual-clock", "frozen", "freeze", "fake-clock", "fake-time"], "clock", "manual"),
    tip(&["random-seed", "rng-seed"], "seed", "42"),
    tip(
        &["webhook", "webhooks", "hook", "hooks", "callback", "callback-url"],
        "webhook-url",
        "http://127.0.0.1:8080/hooks",
    ),
    tip(&["secret", "signing-secret", "webhook-key"], "webhook-secret", "whsec_0123456789abcdef0123456789abcdef"),
    tip(&["events", "event"], "webhook-events", "call.started,call.ended"),
    tip(&["retries", "retry"], "webhook-retries", "1s,5s"),
    tip(&["cors", "cors-allow-origin", "allow-origin", "origin"], "cors-origin", "http://localhost:3000"),
    tip(&["fixture", "data", "data-dir", "dir", "directory", "folder", "d"], "fixtures", "my-world"),
    tip(&["workspaces"], "max-workspaces", "100"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tip_names_an_option_and_no_option_has_a_tip() {
        for tip in ROWS {
            assert!(options::all().any(|option| option.name == tip.option), "{}", tip.option);
        }
        for option in options::all() {
            assert!(Tip::of(option.name, None).is_none(), "{}", option.name);
        }
    }

    #[test]
    fn a_name_is_known_however_it_is_written() {
        for name in ["--port", "-p", "PORT", "host", "--config_file"] {
            assert!(Tip::of(name, None).is_some(), "{name}");
        }
        for name in ["--porte", "p", ""] {
            assert!(Tip::of(name, None).is_none(), "{name}");
        }
    }

    #[test]
    fn a_value_that_does_is_kept() {
        for (name, given, written) in [
            ("--port", "8080", "--listen 127.0.0.1:8080"),
            ("--host", "0.0.0.0", "--listen 0.0.0.0:2565"),
            ("--host", "localhost", "--listen 127.0.0.1:2565"),
            ("--bind", "[::]:80", "--listen [::]:80"),
            ("--port", "", "--listen 127.0.0.1:3000"),
            ("--host", "mock.example", "--listen 127.0.0.1:3000"),
            ("--log", "calls", "--log-level calls"),
            ("--log", "pretty", "--log-format pretty"),
            ("--log", "file.txt", "--log-format json"),
            ("--api-key", "a-secret", "--token alice"),
        ] {
            assert_eq!(Tip::of(name, Some(given)).unwrap().on_command_line(), written);
        }
    }
}
