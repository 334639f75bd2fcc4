//! What the documents for developers say of the source and its dependencies, held to both.

use std::collections::BTreeSet;
use std::fs;

use crate::support::markdown::{Document, code_of, root};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const DECISIONS: &str = "docs/decisions.md";
const INTERNALS: &str = "docs/internals.md";

/// Whether there is a module of that path, such as `http/listener`; in the world's package it begins with `world/`.
fn is_module(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let is_in = |folder: &str, path: &str| {
        let source = root().join(folder);
        source.join(format!("{path}.rs")).is_file() || source.join(path).is_dir()
    };
    is_in("src", path) || path.strip_prefix("world/").is_some_and(|path| is_in("crates/world/src", path))
}

/// The paths in the code of a document, such as `http/listener`.
fn paths_in(document: &str) -> Vec<String> {
    let is_path = |code: &String| {
        let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.".contains(&byte));
        code.trim_end_matches('/').contains('/') && code.split('/').all(is_word) && !code.starts_with('/')
    };
    let paths = code_of(&Document::read(document).text.replace("```", "")).into_iter().filter(is_path);
    paths.filter(|path| !path.starts_with("tests/.tools")).collect()
}

#[test]
fn every_module_that_they_name_by_its_path_is_there() {
    let paths = [ARCHITECTURE, DECISIONS, INTERNALS].map(paths_in).concat();
    assert!(paths.len() > 40, "{paths:?}");
    let is_file = |path: &&String| ["", "src", "tests"].iter().any(|folder| root().join(folder).join(path).exists());
    for path in paths.iter().filter(|path| !is_file(path)) {
        let below = ["", "world/", "world/calls/", "world/faults/", "engine/", "reference/", "http/", "delivery/"];
        assert!(below.iter().any(|folder| is_module(&format!("{folder}{path}"))), "there is no {path}");
    }
}

#[test]
fn every_file_of_the_map_is_there() {
    let paths = paths_in("CONTRIBUTING.md");
    assert!(paths.len() > 30, "{paths:?}");
    let missing: Vec<&String> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert_eq!(missing, [] as [&String; 0]);
}

#[test]
fn every_module_has_its_floor() {
    let mut shown = BTreeSet::new();
    for row in &Document::read(ARCHITECTURE).table("The floors", &["floor", "where", "what lives there"]).rows {
        let mut names = code_of(&row[1]).into_iter().peekable();
        let is_below = names.peek().is_some_and(|name| name.ends_with('/')) && row[1].contains("/`: ");
        let folder = if is_below { names.next().unwrap() } else { String::new() };
        shown.extend(names.map(|name| format!("{folder}{}", name.trim_end_matches('/'))));
    }
    let modules = |folder: &str, prefix: &str| -> Vec<String> {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap);
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let names = names.map(|name| name.strip_suffix(".rs").unwrap_or(&name).to_owned());
        names.map(|name| format!("{prefix}{name}")).collect()
    };
    let known: BTreeSet<String> = modules("src", "").into_iter().chain(modules("crates/world/src", "world/")).collect();
    assert_eq!(shown, known);
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let names = |table: &toml::Value| -> BTreeSet<String> { table.as_table().unwrap().keys().cloned().collect() };
    let mut known = names(&manifest["dependencies"]);
    for target in manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values) {
        known.extend(target.get("dependencies").map(names).unwrap_or_default());
    }
    let decisions = Document::read(DECISIONS);
    let rows = &decisions.table("Dependencies", &["crate", "why"]).rows;
    let shown: BTreeSet<String> = rows.iter().flat_map(|row| code_of(&row[0])).collect();
    assert_eq!(shown, known);
    for (begin, table) in [("For building: ", "build-dependencies"), ("For tests: ", "dev-dependencies")] {
        let named = code_of(decisions.text.split(begin).nth(1).unwrap().split("\n\n").next().unwrap());
        for name in names(&manifest[table]).difference(&known) {
            assert!(named.contains(name), "{name} is not among those {begin:?}");
        }
    }
}
