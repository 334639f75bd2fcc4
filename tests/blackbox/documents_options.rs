//! What the README says of the command line, held to what the program says of itself.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};

use crate::support::markdown::{Document, code_of};
use crate::support::program::{Program, akol_mock};

/// What the help says of an option.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    default: String,
    variable: String,
}

fn help(words: &[&str]) -> String {
    let output = akol_mock(words).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Every option of the program, by its name with dashes.
fn options() -> BTreeMap<String, Told> {
    let help = help(&["--help"]);
    let mut options = BTreeMap::new();
    for block in help.split("\n      --").skip(1) {
        let words = block.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = words.split([' ', '=']).next().unwrap();
        let between = |begin: &str| {
            let (_, rest) = words.split_once(begin).unwrap_or_else(|| panic!("no {begin:?} in {words}"));
            rest.split_once(']').unwrap().0.to_owned()
        };
        let told = Told { default: between("[default: "), variable: between("[env: ") };
        options.insert(format!("--{name}"), told);
    }
    assert!(options.len() > 20, "{options:?}");
    options
}

#[test]
fn the_table_of_options_has_every_option_with_its_default_and_no_other() {
    let readme = Document::read("README.md");
    let options = options();
    let table = readme.table("Options", &["option", "default", "meaning"]);
    let mut shown = BTreeMap::new();
    for row in &table.rows {
        for name in code_of(&row[0]) {
            let name = name.split(' ').next().unwrap().to_owned();
            let default = row[1].replace('`', "");
            assert!(shown.insert(name.clone(), default).is_none(), "{name} has two rows");
        }
    }
    let told: BTreeMap<String, String> =
        options.iter().map(|(name, told)| (name.clone(), told.default.clone())).collect();
    assert_eq!(shown, told);
}

#[test]
fn every_option_has_the_variable_that_the_readme_makes_of_its_name() {
    for (name, told) in options() {
        let variable = name.trim_start_matches('-').to_uppercase().replace('-', "_");
        assert_eq!(told.variable, format!("AKOL_MOCK_{variable}"), "{name}");
    }
}

#[test]
fn every_option_that_the_readme_names_is_one() {
    let readme = Document::read("README.md");
    let options = options();
    // Of other programs and of subcommands, and what some take for options.
    let of_others = ["--release", "--rm", "--url", "--wait", "--timeout", "--control", "--path"];
    let of_others = of_others.into_iter().chain([
        "--http2-prior-knowledge",
        "--fail",
        "--data-binary",
        "--help",
        "--open",
        "--port",
        "--host",
    ]);
    let of_others: Vec<&str> = of_others.collect();
    let words = readme.text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
    for word in words.filter(|word| word.starts_with("--") && word.len() > 2 && !word.starts_with("---")) {
        assert!(options.contains_key(word) || of_others.contains(&word), "{word}");
    }
}

#[test]
fn the_readme_names_every_subcommand_and_no_other() {
    let help = help(&["-h"]);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let lines = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut commands: BTreeSet<&str> = lines.map(|line| line.split_whitespace().next().unwrap()).collect();
    commands.remove("help");
    let readme = Document::read("README.md");
    let listed = readme.listed("Subcommands: ");
    let named = listed.iter().map(|code| code.split(' ').next().unwrap()).filter(|word| !word.starts_with("--"));
    assert_eq!(named.collect::<BTreeSet<_>>(), commands);
    let healthcheck = self::help(&["healthcheck", "--help"]);
    for option in listed.iter().filter(|code| code.starts_with("--")) {
        assert!(healthcheck.contains(option.as_str()), "{option}");
    }
}

#[test]
fn every_value_that_a_row_names_is_taken() {
    let readme = Document::read("README.md");
    for row in &readme.table("Options", &["option", "default", "meaning"]).rows {
        for code in code_of(&row[0]) {
            let (name, values) = code.split_once(' ').unwrap_or((&code, ""));
            // Capitals stand for something else, such as a number.
            let named = |value: &&str| values.contains('|') && !value.contains(char::is_uppercase);
            for value in values.split('|').filter(named) {
                let needed: &[&str] = if value == "strict" && name == "--auth" { &["--token", "a"] } else { &[] };
                assert_eq!(Program::start(&[&[name, value], needed].concat()).stop().code, Some(0), "{name} {value}");
            }
        }
    }
}
