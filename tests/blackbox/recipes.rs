//! The page of recipes against the programs that it shows.

use std::fs;
use std::path::Path;

const LANGUAGES: [&str; 3] = ["rust", "python", "javascript"];

/// A block of code and the link above it.
struct Block {
    /// The file's path in `docs/recipes`, as the link's text says.
    path: String,
    /// Where the link goes.
    target: String,
    /// What the fence says the language is.
    language: String,
    code: String,
    /// The heading that it stands under.
    heading: String,
}

fn docs() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"))
}

/// The blocks that are whole files. What stands there otherwise, such as commands, has no link above it.
fn blocks() -> Vec<Block> {
    let page = fs::read_to_string(docs().join("recipes.md")).unwrap();
    let (mut blocks, mut heading, mut link) = (Vec::new(), String::new(), None);
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        if let Some(language) = line.strip_prefix("```") {
            let code: String = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
            let (language, heading) = (language.to_owned(), heading.clone());
            if let Some((path, target)) = link.take() {
                blocks.push(Block { path, target, language, code, heading });
            }
        } else if let Some(title) = line.strip_prefix("## ") {
            heading = title.to_owned();
        } else if !line.is_empty() {
            link = link_alone(line);
        }
    }
    blocks
}

/// Text and target of a line that is a link and nothing else.
fn link_alone(line: &str) -> Option<(String, String)> {
    let (text, target) = line.strip_prefix('[')?.strip_suffix(')')?.split_once("](")?;
    Some((text.to_owned(), target.to_owned()))
}

/// The programs' files, without what running them leaves behind, and without the list of what those in Python run on.
fn files() -> Vec<String> {
    let in_language = |language: &str| -> Vec<String> {
        let entries = fs::read_dir(docs().join("recipes").join(language)).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let names = files.map(|file| file.file_name().into_string().unwrap());
        names.filter(|name| name != "requirements.txt").map(|name| format!("{language}/{name}")).collect()
    };
    LANGUAGES.into_iter().flat_map(in_language).collect()
}

#[test]
fn every_block_is_its_file_byte_for_byte() {
    for block in blocks() {
        assert_eq!(block.target, format!("recipes/{}", block.path));
        let file = fs::read_to_string(docs().join(&block.target)).unwrap_or_default();
        assert!(block.code == file, "docs/recipes.md does not show docs/{} as it is", block.target);
        assert!(block.path.starts_with(&format!("{}/", block.language)), "{} as {}", block.path, block.language);
    }
}

#[test]
fn every_program_is_shown_once() {
    let mut shown: Vec<String> = blocks().into_iter().map(|block| block.path).collect();
    let mut there = files();
    shown.sort();
    there.sort();
    assert_eq!(shown, there);
}

#[test]
fn every_recipe_is_there_in_all_three_languages() {
    for number in 1..=6 {
        let blocks = blocks().into_iter().filter(|block| block.heading.starts_with(&format!("{number}. ")));
        let languages: Vec<String> = blocks.map(|block| block.language).collect();
        assert_eq!(languages, LANGUAGES, "recipe {number}");
    }
}

#[test]
fn every_program_is_run() {
    let main = fs::read_to_string(docs().join("recipes/rust/main.rs")).unwrap();
    for file in files().iter().filter(|file| !file.ends_with("/main.rs")) {
        let (language, name) = file.split_once('/').unwrap();
        let is_run = match language {
            "rust" => main.contains(&format!("\nmod {};\n", name.trim_end_matches(".rs"))),
            "python" => name == "conftest.py" || name.starts_with("test_"),
            _ => name == "akol.mjs" || name.ends_with(".test.mjs"),
        };
        assert!(is_run, "nobody runs docs/recipes/{file}");
    }
}
