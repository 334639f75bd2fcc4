//! The command line, tested as a function: words, environment and file in; settings or one message out.

mod environment;
mod help;
mod refusals;
mod table;
mod values;

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::{Command, Refusal, Surroundings, read};
use crate::config::Settings;

/// The name of the only file there is in these tests.
const FILE: &str = "mock.toml";

/// What a test gives in each layer.
#[derive(Clone, Default)]
struct Scene {
    args: Vec<String>,
    env: Vec<(String, String)>,
    file: String,
}

impl Scene {
    /// The words on the command line, with spaces between them.
    fn args(line: &str) -> Scene {
        Scene::default().and_args(line)
    }

    fn env(variable: &str, value: &str) -> Scene {
        Scene::default().and_env(variable, value)
    }

    fn file(text: &str) -> Scene {
        Scene::default().and_file(text)
    }

    fn and_args(mut self, line: &str) -> Scene {
        self.args.extend(line.split(' ').map(str::to_owned));
        self
    }

    fn and_arg(mut self, word: &str) -> Scene {
        self.args.push(word.to_owned());
        self
    }

    fn and_env(mut self, variable: &str, value: &str) -> Scene {
        self.env.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// More of the file, which the environment names.
    fn and_file(mut self, text: &str) -> Scene {
        if self.file.is_empty() {
            self = self.and_env("AKOL_MOCK_CONFIG", FILE);
        }
        self.file += text;
        self
    }

    fn read(&self) -> Result<Command, Refusal> {
        let words = std::iter::once("akol-mock").chain(self.args.iter().map(String::as_str));
        let env = self.env.iter();
        let around = Surroundings {
            env: env.map(|(name, value)| (name.into(), value.into())).collect(),
            read_file: &|path| match path == Path::new(FILE) {
                true => Ok(self.file.clone()),
                false => Err(io::Error::from(io::ErrorKind::NotFound)),
            },
            is_folder: &|path| path.starts_with("there") && path.extension().is_none(),
            is_file: &|path| path == Path::new("there/scenarios.toml"),
        };
        read(words.map(OsString::from), &around)
    }

    /// The settings of a server that starts.
    fn settings(&self) -> Settings {
        match self.read() {
            Ok(Command::Serve { settings, .. }) => *settings,
            other => panic!("no server: {other:?}"),
        }
    }

    /// What a server says first that starts.
    fn warnings(&self) -> Vec<String> {
        match self.read() {
            Ok(Command::Serve { warnings, .. }) => warnings,
            other => panic!("no server: {other:?}"),
        }
    }

    /// The message of a program that does not start.
    fn refusal(&self) -> String {
        match self.read() {
            Err(refusal) => refusal.to_string(),
            Ok(command) => panic!("accepted: {command:?}"),
        }
    }

    /// What is printed.
    fn printed(&self) -> String {
        match self.read() {
            Ok(Command::Print(text)) => text,
            other => panic!("not printed: {other:?}"),
        }
    }
}

#[test]
fn nothing_given_serves_with_the_defaults() {
    assert_eq!(Scene::default().settings(), Settings::default());
    assert_eq!(Scene::args("serve").settings(), Settings::default());
}

#[test]
fn options_stand_before_serve_or_after_it() {
    let settings = Scene::args("--seed 7 serve --calls 3").settings();
    assert_eq!((settings.seed, settings.calls), (7, 3));
    assert_eq!(
        Scene::args("--seed 7 serve --seed 8").refusal(),
        "error: --seed is given both before and after serve; give it once"
    );
}

#[test]
fn options_of_the_server_are_refused_by_the_other_subcommands() {
    assert_eq!(
        Scene::args("--seed 7 healthcheck").refusal(),
        "error: --seed is an option of serve; healthcheck does not take it"
    );
}

#[test]
fn production_limits_the_rate_unless_told_otherwise() {
    assert_eq!(Scene::args("--profile production").settings().rate_limit, Some(100));
    assert_eq!(Scene::args("--profile production --rate-limit off").settings().rate_limit, None);
    assert_eq!(Scene::args("--profile production").and_file("rate-limit = 7").settings().rate_limit, Some(7));
}

#[test]
fn the_folder_and_the_shell_are_handed_on() {
    assert!(matches!(Scene::args("fixtures here").read(), Ok(Command::Fixtures(path)) if path == Path::new("here")));
    assert!(matches!(Scene::args("completions zsh").read(), Ok(Command::Completions(super::Shell::Zsh))));
}

#[test]
fn a_document_names_the_server_that_it_is_asked_for() {
    let asked = |args: &str| match Scene::args(args).read() {
        Ok(Command::Print(text)) => serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        other => panic!("no document: {other:?}"),
    };
    let server = |args: &str| asked(args)["servers"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(server("openapi"), "http://127.0.0.1:2565/api/v1");
    assert_eq!(server("openapi --url https://mock.test/"), "https://mock.test/api/v1");
    assert_eq!(server("openapi --control"), "http://127.0.0.1:2565/__admin");
    for url in ["mock", "ftp://mock", "http://", "http://mock/?x=1", "http://mo\"ck"] {
        let refusal = Scene::default().and_arg("openapi").and_arg("--url").and_arg(url).refusal();
        let expected = format!(
            "error: --url does not take {url:?}, given on the command line; it takes the http or https URL of a server, such as http://127.0.0.1:2565"
        );
        assert_eq!(refusal, expected);
    }
}

#[test]
fn a_healthcheck_expects_the_server_that_the_same_environment_would_start() {
    let asked = |scene: Scene| match scene.and_arg("healthcheck").read() {
        Ok(Command::Healthcheck(check)) => format!("{check:?}"),
        other => panic!("no healthcheck: {other:?}"),
    };
    for (scene, address) in [
        (Scene::default(), "127.0.0.1:2565"),
        (Scene::env("AKOL_MOCK_LISTEN", "0.0.0.0:80"), "0.0.0.0:80"),
        (Scene::env("AKOL_MOCK_LISTEN", "[::]:81"), "[::]:81"),
        (Scene::env("AKOL_MOCK_LISTEN", "10.0.0.7:0"), "10.0.0.7:0"),
        (Scene::file("listen = '0.0.0.0:83'"), "0.0.0.0:83"),
    ] {
        let asked = asked(scene);
        assert!(asked.contains(&format!("address: {address},")), "{asked}");
        assert!(asked.contains("wait: false, timeout: 30s"), "{asked}");
    }
}

#[test]
fn a_healthcheck_takes_a_url_and_how_long_to_wait() {
    let Ok(Command::Healthcheck(check)) =
        Scene::args("healthcheck --url http://mock:9/base/ --wait --timeout 2m").read()
    else {
        panic!("no healthcheck");
    };
    let check = format!("{check:?}");
    assert!(check.contains("Url(http://mock:9/base/__admin/health), wait: true, timeout: 120s"), "{check}");
}
