//! The README's examples on a clock that stands: typed in one after the other, they print what it shows.

#![cfg(unix)]

use std::process::Command;

use crate::support::markdown::Document;
use crate::support::program::Program;

/// A block of code.
struct Block {
    /// The heading that it stands under.
    heading: String,
    language: String,
    code: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let (mut blocks, mut heading) = (Vec::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let (heading, language) = (heading.clone(), language.to_owned());
            blocks.push(Block { heading, language, code: code.join("\n") });
        } else if line.starts_with('#') {
            heading = line.trim_start_matches(['#', ' ']).to_owned();
        }
    }
    blocks
}

/// What differs between what was printed and what is shown, which is wrapped at will and cut at each `…`. What the first of several
/// commands print may not be shown at all.
fn difference(shown: &str, printed: &str) -> Option<String> {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let (shown, printed) = (bare(shown), bare(printed));
    let mut rest = printed.as_str();
    let parts: Vec<&str> = shown.split('…').collect();
    for part in &parts {
        let Some(place) = rest.find(part) else {
            return Some(format!("{part}\nis not in\n{rest}"));
        };
        rest = &rest[place + part.len()..];
    }
    let is_all = rest.is_empty() || parts.last().is_some_and(|last| last.is_empty() || printed.ends_with(last));
    (!is_all).then(|| format!("is not shown: {rest}"))
}

/// Under these headings all is typed on one server, and each block of commands is followed by what it prints.
const CHAPTERS: [&str; 8] =
    ["Time", "Workspaces", "World", "Reset and state", "Calls", "The journal", "Faults", "Webhooks at run time"];

#[test]
fn the_examples_print_what_the_readme_shows() {
    let program = Program::start(&["--clock", "manual", "--start-time", "2026-04-20T15:00:00Z"]);
    // Another server may have the port of the README's, and somebody may listen where nobody is to.
    let readme = Document::read("README.md").text.replace("127.0.0.1:2565", &program.address.to_string());
    let readme = readme.replace("127.0.0.1:8080", "127.0.0.1:1");
    let blocks = blocks(&readme);
    let abbreviations = blocks.iter().find(|block| block.code.contains("akol() {")).unwrap();
    let mut script = abbreviations.code.clone();
    let mut shown = Vec::new();
    let mut awaited = 0;
    for chapter in CHAPTERS {
        for block in blocks.iter().filter(|block| block.heading == chapter && !block.code.contains("cargo run")) {
            match &*block.language {
                "sh" => {
                    script += &format!("\n{}", block.code);
                    awaited += 1;
                }
                "json" | "text" if awaited > 0 => {
                    script += "\nprintf '\\001'";
                    shown.push(block);
                    awaited = 0;
                }
                _ => {}
            }
        }
        // What prints nothing that is shown.
        script += "\nprintf '\\002'";
        awaited = 0;
    }
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readme-examples");
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new("sh").args(["-c", &script]).current_dir(&folder).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<&str> = printed
        .split('\u{2}')
        .flat_map(|chapter| chapter.rsplit_once('\u{1}').map(|(all, _)| all.split('\u{1}')))
        .flatten()
        .collect();
    assert_eq!(printed.len(), shown.len());
    assert!(shown.len() >= CHAPTERS.len());
    for (block, printed) in shown.into_iter().zip(printed) {
        let difference = difference(&block.code, printed);
        assert!(difference.is_none(), "under {}: {}", block.heading, difference.unwrap());
    }
    program.stop();
}

#[test]
fn what_is_cut_may_be_anything_and_what_is_shown_may_not() {
    let shown = "{\"a\":1,…,\"b\":{…},\n\"c\": 2}";
    assert_eq!(difference(shown, "{\"a\":1,\"x\":3,\"b\":{\"y\":4},\"c\":2}"), None);
    for printed in
        ["{\"a\":2,\"x\":3,\"b\":{},\"c\":2}", "{\"a\":1,\"x\":3,\"b\":{},\"c\":3}", "{\"a\":1,\"b\":{},\"c\":2}"]
    {
        assert!(difference(shown, printed).is_some(), "{printed}");
    }
    assert_eq!(difference("{\"b\":1}", "{\"a\":1}\n{\"b\":1}"), None);
    assert!(difference("{\"a\":1}", "{\"a\":1}\n{\"b\":1}").is_some());
}
