//! The help names everything that can be set.

use super::Scene;
use crate::cli::options;
use crate::config::Webhooks;

#[test]
fn the_help_names_every_option_and_its_environment_variable() {
    for line in ["--help", "serve --help", "help serve"] {
        let help = Scene::args(line).printed();
        for option in options::all() {
            assert!(help.contains(&format!("--{} <", option.name)), "{line}: --{}", option.name);
            // The closing bracket, as one name may begin with another.
            let variable = format!("{}]", option.variable());
            assert!(help.contains(&variable), "{line}: {variable}");
        }
        assert!(help.contains("\nExamples:\n"), "{line}");
    }
}

#[test]
fn the_short_help_gives_each_option_its_meaning_and_default() {
    let help = squeezed(&Scene::args("-h").printed());
    for option in options::all() {
        let words = squeezed(&format!("{} [default: {}]", option.meaning, option.default));
        assert!(help.contains(&words), "{words}");
    }
}

#[test]
fn the_help_groups_the_options() {
    let help = Scene::args("-h").printed();
    let headings = ["\nServer:\n", "\nWorld:\n", "\nAccess:\n", "\nQuotas:\n", "\nWebhooks:\n"];
    let places: Vec<_> = headings.iter().map(|heading| help.find(heading)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
}

#[test]
fn the_help_names_every_event() {
    let accepts = options::named("webhook-events").accepts;
    for event in Webhooks::EVENTS {
        assert!(accepts.contains(event), "{event}");
    }
}

#[test]
fn every_name_that_a_shell_completes_is_accepted() {
    for option in options::TABLE {
        for name in option.names {
            let scene = Scene::args(&format!("--{} {name}", option.name));
            let scene = if *name == "strict" { scene.and_args("--token a") } else { scene };
            scene.settings();
            assert!(option.accepts.contains(name), "--{} {name}", option.name);
        }
    }
}

#[test]
fn the_version_is_the_crates() {
    let version = concat!("akol-mock ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(Scene::args("--version").printed(), version);
}

/// The words with one space between them: clap breaks lines.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
