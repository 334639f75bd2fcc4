//! The Dockerfile, as far as it can be checked where no engine runs: against the files, Cargo.toml and the real program.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic, too")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::support::program::{Alone, Program};

/// One instruction: its word in capitals, and the rest in one line.
struct Instruction {
    word: String,
    rest: String,
}

/// The instructions from one `FROM` to the next, that one included.
type Stage = Vec<Instruction>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn stages() -> Vec<Stage> {
    let text = read("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let mut stages: Vec<Stage> = Vec::new();
    for line in lines.join("\n").replace("\\\n", " ").lines().filter(|line| !line.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap();
        if word == "FROM" {
            stages.push(Vec::new());
        }
        let instruction = Instruction { word: word.to_owned(), rest: rest.trim().to_owned() };
        stages.last_mut().unwrap().push(instruction);
    }
    stages
}

/// What the instructions with that word say.
fn all<'a>(stage: &'a Stage, word: &str) -> Vec<&'a str> {
    stage.iter().filter(|instruction| instruction.word == word).map(|instruction| &*instruction.rest).collect()
}

/// The same, of which there is exactly one.
fn only<'a>(stage: &'a Stage, word: &str) -> &'a str {
    let found = all(stage, word);
    assert_eq!(found.len(), 1, "{word}: {found:?}");
    found[0]
}

fn last_stage() -> Stage {
    stages().pop().unwrap()
}

/// The words of a command in exec form, which needs no shell.
fn exec_form(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap()
}

/// The command that checks the health.
fn healthcheck() -> Vec<String> {
    let stage = last_stage();
    exec_form(only(&stage, "HEALTHCHECK").split_once("CMD ").unwrap().1)
}

fn listen() -> String {
    let stage = last_stage();
    only(&stage, "ENV").strip_prefix("AKOL_MOCK_LISTEN=").unwrap().to_owned()
}

/// Files and folders that are copied from outside.
fn sources(stage: &Stage) -> Vec<String> {
    let from_outside = all(stage, "COPY").into_iter().filter(|copy| !copy.starts_with("--from="));
    from_outside
        .flat_map(|copy| {
            let mut words: Vec<String> = copy.split_whitespace().map(str::to_owned).collect();
            words.pop();
            words
        })
        .collect()
}

/// Whether .dockerignore keeps a path from the engine. The last pattern that matches decides.
fn is_ignored(path: &str) -> bool {
    let mut ignored = false;
    for pattern in read(".dockerignore").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (pattern, ignores) = pattern.strip_prefix('!').map_or((pattern, true), |pattern| (pattern, false));
        let is_understood = pattern == "*" || !pattern.contains(['*', '?', '[']);
        assert!(is_understood, "teach this test to read {pattern:?}");
        if pattern == "*" || path == pattern || path.starts_with(&format!("{pattern}/")) {
            ignored = ignores;
        }
    }
    ignored
}

/// What cargo reads before it compiles anything: members of the workspace have to be there, also where nothing of them is built.
const MANIFESTS: [&str; 5] =
    ["Cargo.toml", "Cargo.lock", "benches/Cargo.toml", "crates/world/Cargo.toml", "tests/features/Cargo.toml"];

#[test]
fn everything_that_is_copied_is_there_and_reaches_the_engine() {
    let sources: Vec<String> = stages().iter().flat_map(sources).collect();
    assert_eq!(sources, [&MANIFESTS[..], &["build.rs", "crates", "fixtures", "openapi", "src"]].concat());
    for source in sources {
        assert!(root().join(&source).exists(), "{source}");
        assert!(!is_ignored(&source), "{source}");
    }
    for other in ["target", "target/debug", ".git", "tests", "tests/.tools", "srcs"] {
        assert!(is_ignored(other), "{other} would be sent to the engine for nothing");
    }
}

#[test]
fn dependencies_have_a_layer_that_no_change_of_the_sources_touches() {
    let stages = stages();
    assert_eq!(stages.len(), 3);
    assert_eq!(sources(&stages[0]), MANIFESTS);
    assert!(only(&stages[0], "RUN").contains("cargo build --release --locked"));
    let name = only(&stages[0], "FROM").split_once(" AS ").unwrap().1;
    assert!(only(&stages[1], "FROM").starts_with(&format!("{name} AS ")));
    assert_eq!(only(&stages[1], "RUN"), "cargo build --release --locked");
}

#[test]
fn the_toolchain_is_the_one_that_the_crate_asks_for() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let wanted = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    let stages = stages();
    assert_eq!(only(&stages[0], "FROM").split(" AS ").next(), Some(&*format!("rust:{wanted}-alpine")));
}

#[test]
fn the_last_stage_holds_the_program_alone() {
    let stage = last_stage();
    assert_eq!(only(&stage, "FROM"), "scratch");
    assert_eq!(only(&stage, "COPY"), "--from=build /build/target/release/akol-mock /akol-mock");
    assert_eq!(exec_form(only(&stage, "ENTRYPOINT")), ["/akol-mock"]);
    assert_eq!(exec_form(only(&stage, "RUN")), ["/akol-mock", "--version"]);
    assert!(all(&stage, "ADD").is_empty());
    let stages = stages();
    assert_eq!(only(&stages[0], "WORKDIR"), "/build");
    assert!(only(&stages[1], "FROM").ends_with(" AS build"));
}

#[test]
fn it_runs_as_nobody_with_power() {
    let stage = last_stage();
    let ids: Vec<u32> = only(&stage, "USER").split(':').map(|id| id.parse().unwrap()).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| *id != 0), "{ids:?}");
}

#[test]
fn the_port_that_it_listens_on_is_the_one_that_is_exposed() {
    let stage = last_stage();
    assert_eq!(listen(), format!("0.0.0.0:{}", only(&stage, "EXPOSE")));
    assert_eq!(only(&stage, "EXPOSE"), "2565");
}

#[test]
#[cfg(target_os = "linux")]
fn the_healthcheck_finds_the_server_wherever_it_listens() {
    let command = healthcheck();
    assert_eq!(command[0], "/akol-mock");
    let words: Vec<&str> = command[1..].iter().map(String::as_str).collect();
    assert!(!words.contains(&"--url"));
    let alone = Alone::named("dockerfile");
    // What stands behind the image's name beats the image's own environment.
    let in_the_image = |words: &[&str]| {
        let mut command = alone.akol_mock(words);
        command.env("AKOL_MOCK_LISTEN", listen());
        command
    };
    let program = Program::run(in_the_image(&["--listen", "0.0.0.0:0"]));
    assert_ne!(program.address.port(), 2565);
    let healthy = in_the_image(&words).output().unwrap();
    assert_eq!(healthy.status.code(), Some(0), "{}", String::from_utf8_lossy(&healthy.stderr));
    program.stop();
    // Another server may have the image's port on this machine; nobody has port 1.
    let ended = in_the_image(&words).env("AKOL_MOCK_LISTEN", listen().replace(":2565", ":1")).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn the_health_is_looked_at_often_so_that_who_waits_for_it_starts_soon() {
    let stage = last_stage();
    let options: Vec<&str> = only(&stage, "HEALTHCHECK").split_whitespace().collect();
    assert!(options.contains(&"--interval=2s"), "{options:?}");
}

#[test]
fn the_check_gives_up_before_the_engine_does() {
    let stage = last_stage();
    let seconds = |text: &str| text.strip_suffix('s').unwrap().parse::<u32>().unwrap();
    let options = only(&stage, "HEALTHCHECK");
    let engine = options.split_whitespace().find_map(|word| word.strip_prefix("--timeout=")).unwrap();
    let own = healthcheck();
    let position = own.iter().position(|word| word == "--timeout").unwrap();
    assert!(seconds(&own[position + 1]) < seconds(engine));
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

#[test]
fn what_is_copied_is_all_that_the_build_needs() {
    let context = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("docker-context");
    if context.exists() {
        fs::remove_dir_all(&context).unwrap();
    }
    fs::create_dir_all(&context).unwrap();
    for source in stages().iter().flat_map(sources) {
        copy(&root().join(&source), &context.join(&source));
    }
    // In the target folder of the tests, where the dependencies have been compiled already.
    let target = PathBuf::from(env!("CARGO_BIN_EXE_akol-mock")).ancestors().nth(2).unwrap().to_owned();
    // Our own packages are built there in another way. Else cargo would take what comes of the copy for what comes of the source, and build
    // that no more when it changes.
    let another_way =
        ["akol-mock", "akol-mock-world"].map(|name| format!("profile.dev.package.{name}.codegen-units=15"));
    let output = Command::new(env!("CARGO"))
        .args(["check", "--locked", "--offline", "--quiet"])
        .args(another_way.iter().flat_map(|setting| ["--config", setting]))
        .current_dir(&context)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
