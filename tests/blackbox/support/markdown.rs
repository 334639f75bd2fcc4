//! The project's documents, taken apart: headings, links, tables.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A Markdown file.
pub struct Document {
    /// Its path below the project's folder.
    pub path: String,
    pub text: String,
    pub headings: Vec<Heading>,
    /// Where its links and images lead.
    pub links: Vec<String>,
    pub tables: Vec<Table>,
}

pub struct Heading {
    pub level: usize,
    /// As it is written, code in backticks.
    pub text: String,
    /// What a link to it has behind the `#`.
    pub anchor: String,
}

/// A table; cells as they are written, code in backticks.
pub struct Table {
    /// The heading that it stands under.
    pub heading: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Document {
    /// The file at that path below the project's folder.
    pub fn read(path: &str) -> Document {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let mut document =
            Document { path: path.to_owned(), text: String::new(), headings: vec![], links: vec![], tables: vec![] };
        document.take_in(&text);
        document.text = text;
        document
    }

    /// The table with these columns under that heading; there is one.
    pub fn table(&self, heading: &str, columns: &[&str]) -> &Table {
        let mut found = self.tables.iter().filter(|table| table.heading == heading && table.columns == columns);
        let table = found.next().unwrap_or_else(|| panic!("{} has no table {columns:?} under {heading:?}", self.path));
        assert!(found.next().is_none(), "{} has two tables {columns:?} under {heading:?}", self.path);
        table
    }

    /// The code that stands between `begin` and the end of the sentence.
    pub fn listed(&self, begin: &str) -> Vec<String> {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let places: Vec<_> = text.match_indices(begin).collect();
        assert_eq!(places.len(), 1, "{} says {begin:?} that often", self.path);
        let rest = &text[places[0].0 + begin.len()..];
        let sentence = rest.split_once(". ").map_or(rest, |(sentence, _)| sentence);
        code_of(sentence)
    }

    fn take_in(&mut self, text: &str) {
        let mut taken: HashMap<String, usize> = HashMap::new();
        // What has been written since the last heading or cell began.
        let mut written = String::new();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(Tag::Heading { .. } | Tag::TableCell) => written.clear(),
                Event::Text(part) => written.push_str(&part),
                Event::Code(code) => written.push_str(&format!("`{code}`")),
                Event::SoftBreak | Event::HardBreak => written.push(' '),
                Event::End(TagEnd::Heading(level)) => {
                    let slug = slug_of(&written);
                    let before = taken.entry(slug.clone()).or_default();
                    let anchor = if *before == 0 { slug } else { format!("{slug}-{before}") };
                    *before += 1;
                    self.headings.push(Heading { level: number(level), text: written.clone(), anchor });
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    self.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Table(_)) => {
                    let heading = self.headings.last().map_or_else(String::new, |heading| heading.text.clone());
                    self.tables.push(Table { heading, columns: Vec::new(), rows: Vec::new() });
                }
                Event::Start(Tag::TableRow) => self.tables.last_mut().unwrap().rows.push(Vec::new()),
                Event::End(TagEnd::TableCell) => {
                    let table = self.tables.last_mut().unwrap();
                    table.rows.last_mut().unwrap_or(&mut table.columns).push(written.trim().to_owned());
                }
                _ => {}
            }
        }
    }
}

/// What stands in backticks.
pub fn code_of(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The only code that there is in a cell.
pub fn only_code(cell: &str) -> String {
    let codes = code_of(cell);
    assert_eq!(codes.len(), 1, "{cell:?}");
    codes[0].clone()
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the project, by its path below the project's folder. Tools and what they build lie in folders that are not looked
/// into.
pub fn all_paths() -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let path = folder.join(&name);
            let is_ours = !name.starts_with('.') && !["target", "node_modules", "__pycache__"].contains(&&*name);
            if entry.file_type().unwrap().is_dir() && is_ours {
                folders.push(path);
            } else if name.ends_with(".md") {
                paths.push(path.into_os_string().into_string().unwrap());
            }
        }
    }
    paths.sort();
    paths
}

/// The anchor that GitHub gives a heading.
fn slug_of(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn number(level: HeadingLevel) -> usize {
    level as usize
}
