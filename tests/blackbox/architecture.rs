//! The floors of the house, and its other rules, held against the source itself.
//!
//! A file imports only from floors below its own, and from its neighbours: the files of its own directory on the same floor. So
//! whoever reads a file needs to know what lies below it, and nothing else.

use std::fs;
use std::path::Path;

use crate::source::examples::{self, Item};
use crate::source::{SourceFile, code_of_product, imports, names};

/// What is on each floor, from the ground up: files, and whole directories, which end in a slash. The longest path that fits counts.
const FLOORS: [(&str, &[&str]); 11] = [
    ("0: what the world stands on", &["akol_mock_world::base/"]),
    ("1: the parts of the world", &["akol_mock_world/"]),
    (
        "2: the world",
        &[
            "akol_mock_world::calls::index",
            "akol_mock_world::calls::next_steps",
            "akol_mock_world::calls::store",
            "akol_mock_world::content::words",
            "akol_mock_world::fixtures",
            "akol_mock_world::schedule",
            "akol_mock_world::seeding",
            "akol_mock_world::world",
            "akol_mock_world::lib",
        ],
    ),
    (
        "3: the machine, and the settings",
        &["awake", "blocking_pool", "clock", "config", "escape", "origin", "real_time", "suggest"],
    ),
    ("4: HTTP that knows no calls", &["http/"]),
    ("5: worlds behind a lock", &["engine/", "fixture_files", "metrics"]),
    ("6: what acts, and Akol's way of speaking", &["delivery/", "driver", "dialect/"]),
    ("7: the handlers", &["api/", "control/", "reference/"]),
    ("8: the table of routes", &["routes"]),
    ("9: the server", &["service", "server"]),
    ("10: the program", &["cli", "mock_server", "lib", "main"]),
];

/// Floor and entry of a path such as `http::response` or `http::response::Reply`.
fn place(path: &str) -> Option<(usize, &'static str)> {
    let is_in = |entry: &str| {
        let rest = path.strip_prefix(entry.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let all = FLOORS.iter().enumerate().flat_map(|(floor, (_, entries))| entries.iter().map(move |one| (floor, *one)));
    all.filter(|(_, entry)| is_in(entry)).max_by_key(|(_, entry)| entry.len())
}

/// The directory that an entry stands for or lies in; empty for the files of `src/` itself.
fn directory(entry: &str) -> &str {
    match entry.split_once("::") {
        Some((directory, _)) => directory,
        None => entry.strip_suffix('/').unwrap_or(""),
    }
}

/// What is wrong with `file` importing `path`, if anything.
fn objection(file: &SourceFile, path: &str) -> Option<String> {
    let Some((from, home)) = place(&file.module) else {
        return Some(format!("{} is on no floor; give it one in FLOORS", file.path));
    };
    let (to, target) = place(path)?;
    if to < from || (to == from && directory(home) == directory(target)) {
        return None;
    }
    Some(format!("{} on floor {} imports {path} from floor {}", file.path, FLOORS[from].0, FLOORS[to].0))
}

fn assert_none(objections: Vec<String>) {
    assert!(objections.is_empty(), "\n{}", objections.join("\n"));
}

#[test]
fn every_file_imports_from_floors_below_its_own() {
    let files = code_of_product();
    assert!(files.len() > 60, "only {} files were found", files.len());
    let objections = |file: &SourceFile| -> Vec<String> {
        let imports = imports(&file.code, &file.module);
        imports.iter().filter_map(|path| objection(file, path)).collect()
    };
    assert_none(files.iter().flat_map(objections).collect());
}

#[test]
fn every_file_is_on_a_floor() {
    assert_none(
        code_of_product().iter().filter(|file| place(&file.module).is_none()).map(|file| file.path.clone()).collect(),
    );
}

/// Names each place in `files` that has one of the words.
fn places_of(files: &[SourceFile], words: &[&str]) -> Vec<String> {
    let mentions = |file: &SourceFile| -> Vec<String> {
        let lines = file.code.lines().zip(1..);
        let found = lines.flat_map(|(line, number)| {
            words.iter().filter(move |word| names(line, word)).map(move |word| (number, *word))
        });
        found.map(|(number, word)| format!("{}:{number} names {word}", file.path)).collect()
    };
    files.iter().flat_map(mentions).collect()
}

#[test]
fn the_world_knows_nothing_of_http_and_runtimes() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/world/Cargo.toml");
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(manifest).unwrap()).unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    let forbidden =
        |name: &&String| ["hyper", "http", "tokio", "clap", "rustls"].iter().any(|one| name.starts_with(one));
    assert_eq!(dependencies.keys().filter(forbidden).collect::<Vec<_>>(), [] as [&String; 0]);
    assert!(dependencies.contains_key("serde"), "those of the world are looked at");
}

#[test]
fn time_is_asked_in_one_place() {
    let elsewhere: Vec<_> = code_of_product().into_iter().filter(|file| file.path != "src/real_time.rs").collect();
    assert_none(places_of(
        &elsewhere,
        &["SystemTime", "Instant::now", "jiff::Timestamp::now", "Timestamp::now", "Zoned::now"],
    ));
}

#[test]
fn nothing_panics_on_purpose() {
    let words = [".unwrap()", ".expect(", ".unwrap_err()", "panic!", "todo!", "unimplemented!", "unreachable!"];
    assert_none(places_of(&code_of_product(), &words));
}

#[test]
fn every_assertion_says_what_it_asserts() {
    let bare = |file: &SourceFile| {
        let is_macro = |rest: &&str| ["!", "_eq!", "_ne!"].iter().any(|end| rest.starts_with(end));
        let asserts = file.code.split("assert").skip(1).filter(is_macro);
        asserts.filter(|rest| !rest.split(';').next().is_some_and(|call| call.contains('"'))).count() > 0
    };
    let objections = code_of_product().iter().filter(|file| bare(file)).map(|file| file.path.clone()).collect();
    assert_none(objections);
}

#[test]
fn every_file_says_at_its_top_what_it_is() {
    let silent = crate::source::all().into_iter().filter(|file| !file.text.starts_with("//! "));
    assert_none(silent.map(|file| format!("{} has no //! at its top", file.path)).collect());
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let long = crate::source::all().into_iter().filter(|file| file.text.lines().count() > 400);
    assert_none(long.map(|file| format!("{} has {} lines", file.path, file.text.lines().count())).collect());
}

/// Names each item that is wanted and is not shown in use.
fn unshown(file: &SourceFile, is_wanted: impl Fn(&Item) -> bool) -> Vec<String> {
    let items = examples::items(file).into_iter().filter(|item| is_wanted(item) && !item.is_shown);
    items
        .map(|item| format!("{}:{}: {} has no example that asserts something", file.path, item.line, item.name))
        .collect()
}

#[test]
fn everything_that_the_library_exports_is_shown_in_use() {
    let files = code_of_product();
    let exports = examples::exports();
    assert!(exports.len() > 30, "only {} names were found", exports.len());
    for (home, name) in &exports {
        let is_it = |item: &Item| !item.is_function && item.name == *name;
        let files = || files.iter().filter(|file| file.module.starts_with(home.as_str()));
        assert!(files().any(|file| examples::items(file).iter().any(is_it)), "{home}::{name} is nowhere");
        assert_none(files().flat_map(|file| unshown(file, is_it)).collect());
    }
}

#[test]
fn every_function_of_the_library_is_shown_in_use() {
    let exported = ["mock_server", "config"];
    let files = code_of_product();
    let files = files.iter().filter(|file| file.module.split("::").next().is_some_and(|top| exported.contains(&top)));
    let files: Vec<_> = files.collect();
    assert!(files.len() > 12, "only {} files were found", files.len());
    assert_none(files.into_iter().flat_map(|file| unshown(file, |item| item.is_function)).collect());
}

#[test]
fn a_file_that_imports_from_above_is_found() {
    let file = |module: &str| SourceFile::for_tests(module, "");
    let objects = |module: &str, path: &str| objection(&file(module), path).is_some();
    let world = |path: &str| format!("akol_mock_world::{path}");
    assert!(objects(&world("calls::call"), &world("world::World")), "a noun knows no world");
    assert!(objects(&world("base::time"), &world("calls::call::Call")));
    assert!(objects("engine::journal", "control::calls"));
    assert!(objects("api::place", "control::calls"), "neighbours are strangers");
    assert!(objects("http::response", "engine::Workspace"), "so are two directories");
    assert!(objects("nowhere", "config::Settings"), "every file has a floor");
    assert!(!objects(&world("world::progress"), &world("calls::call::Call")));
    assert!(!objects(&world("calls::call"), &world("calls::plan::Plan")), "nouns know each other");
    assert!(!objects(&world("world"), &world("calls::store::CallStore")));
    assert!(!objects("config", "real_time::Stopwatch"), "files of one directory know each other");
    assert!(!objects("api::place", "api::gate"));
    assert!(!objects("api::place", &world("world::World")));
    assert!(!objects("cli::serve", "server::Server"));
}
