//! Walks the table: an option that a layer does not reach, or that the layers order wrongly, fails here.

use super::Scene;
use crate::cli::options::{CONFIG, Opt, TABLE};
use crate::config::{Auth, Settings};

/// Two values of an option that mean different settings, the first other than the default.
fn samples(name: &str) -> [&'static str; 2] {
    match name {
        "listen" => ["[::1]:8080", "0.0.0.0:9"],
        "profile" => ["production", "lenient"],
        "admin-token" => ["open", "sesame"],
        "admin-origin" => ["http://localhost:3000", "*"],
        "cors-origin" => ["http://localhost:3000", "*"],
        "journal-size" => ["0", "1000000"],
        "journal-bytes" => ["512KiB", "1TiB"],
        "max-workspaces" => ["2", "off"],
        "workspace-ids" => ["shared", "distinct"],
        "log-format" => ["json", "off"],
        "log-level" => ["calls", "quiet"],
        "seed" => ["7", "18446744073709551615"],
        "calls" => ["0", "10000000"],
        "start-time" => ["2026-04-18T14:21:42Z", "2000-01-01T00:00:00+00:00"],
        "clock" => ["manual", "real"],
        "speed" => ["0.5", "1000000"],
        "fixtures" => ["there", "there/too"],
        "auth" => ["off", "any"],
        "token" => ["alice", "bob"],
        "rate-limit" => ["100", "off"],
        "minute-limit" => ["0", "off"],
        "overage" => ["on", "off"],
        "webhook-url" => ["http://127.0.0.1:1/hooks", "https://example.com"],
        "webhook-secret" => ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"],
        "webhook-events" => ["*", "call.ended"],
        "webhook-retries" => ["1s,PT2M", "500ms"],
        "webhook-signature" => ["standard", "akol"],
        other => panic!("--{other} needs samples here"),
    }
}

/// What else must be given for the option to be accepted.
fn scene(option: &Opt) -> Scene {
    match option.name {
        "token" => Scene::args("--auth strict"),
        _ => Scene::default(),
    }
}

fn on_command_line(scene: &Scene, option: &Opt, value: &str) -> Scene {
    scene.clone().and_arg(&format!("--{}", option.name)).and_arg(value)
}

fn in_environment(scene: &Scene, option: &Opt, value: &str) -> Scene {
    scene.clone().and_env(&option.variable(), value)
}

fn in_file(scene: &Scene, option: &Opt, value: &str) -> Scene {
    scene.clone().and_file(&format!("{} = \"{value}\"\n", option.name))
}

#[test]
fn every_option_is_reached_from_every_layer() {
    for option in TABLE {
        let [value, _] = samples(option.name);
        let scene = scene(option);
        let settings = on_command_line(&scene, option, value).settings();
        assert_ne!(settings, Settings::default(), "--{} sets nothing", option.name);
        assert_eq!(in_environment(&scene, option, value).settings(), settings, "{}", option.name);
        assert_eq!(in_file(&scene, option, value).settings(), settings, "{}", option.name);
    }
}

#[test]
fn the_command_line_beats_the_environment_which_beats_the_file() {
    for option in TABLE {
        let [a, b] = samples(option.name);
        let scene = scene(option);
        let only = |value| on_command_line(&scene, option, value).settings();
        assert_ne!(only(a), only(b), "--{}", option.name);
        for (high, low) in [(a, b), (b, a)] {
            let command_line = on_command_line(&scene, option, high);
            let environment = in_environment(&scene, option, high);
            let wanted = only(high);
            assert_eq!(in_environment(&command_line, option, low).settings(), wanted, "{}", option.name);
            assert_eq!(in_file(&command_line, option, low).settings(), wanted, "{}", option.name);
            assert_eq!(in_file(&environment, option, low).settings(), wanted, "{}", option.name);
        }
    }
}

#[test]
fn the_help_gives_the_defaults_that_the_settings_have() {
    for option in TABLE {
        let words = option.default;
        if ["none", "now", "built in"].contains(&words) || words.contains(' ') {
            continue;
        }
        let given = on_command_line(&scene(option), option, words).settings();
        assert_eq!(given, Settings::default(), "--{}", option.name);
    }
}

#[test]
fn every_secret_stays_hidden_when_it_is_refused() {
    for option in TABLE.iter().filter(|option| option.secret) {
        let scene = scene(option);
        // An accent fits no token and no base64.
        for refusal in [
            on_command_line(&scene, option, "geheimé").refusal(),
            on_command_line(&scene, option, "-geheimé").refusal(),
            in_environment(&scene, option, "geheimé").refusal(),
            in_file(&scene, option, "geheimé").refusal(),
            on_command_line(&scene, option, "a").and_arg("geheim").refusal(),
            scene.clone().and_file(&format!("{} = geheim", option.name)).refusal(),
            scene.clone().and_file(&format!("{} = {{ geheim = 1 }}", option.name)).refusal(),
            scene.clone().and_file(&format!("{}x = 'geheim'", option.name)).refusal(),
            Scene::env(&format!("{}X", option.variable()), "geheim").warnings().concat(),
            scene.clone().and_arg(&format!("--{}x=geheim", option.name)).refusal(),
        ] {
            assert!(!refusal.contains("geheim"), "{refusal}");
        }
    }
}

#[test]
fn the_three_secrets_are_known_as_such() {
    let secrets: Vec<_> = TABLE.iter().filter(|option| option.secret).map(|option| option.name).collect();
    assert_eq!(secrets, ["admin-token", "token", "webhook-secret"]);
}

#[test]
fn a_layer_that_gives_any_of_a_repeatable_option_replaces_the_lower_list() {
    let scene = Scene::args("--auth strict").and_file("token = ['a', 'b']\n");
    assert_eq!(scene.settings().auth, strict(&["a", "b"]));
    let scene = scene.and_env("AKOL_MOCK_TOKEN", "c, d e");
    assert_eq!(scene.settings().auth, strict(&["c", "d", "e"]));
    let scene = scene.and_args("--token f --token g");
    assert_eq!(scene.settings().auth, strict(&["f", "g"]));
}

#[test]
fn an_empty_variable_of_a_repeatable_option_gives_none() {
    let scene = Scene::file("auth = 'strict'\ntoken = 'a'").and_env("AKOL_MOCK_TOKEN", "");
    assert_eq!(scene.settings().auth, strict(&["a"]));
}

#[test]
fn the_command_line_names_the_file_before_the_environment_does() {
    let scene = Scene::file("seed = 7").and_args("--config mock.toml");
    assert_eq!(scene.settings().seed, 7);
    let mut elsewhere = scene.clone();
    elsewhere.env = vec![(CONFIG.variable(), "elsewhere.toml".to_owned())];
    assert_eq!(elsewhere.settings().seed, 7);
}

fn strict(tokens: &[&str]) -> Auth {
    Auth::Strict(tokens.iter().map(ToString::to_string).collect())
}
