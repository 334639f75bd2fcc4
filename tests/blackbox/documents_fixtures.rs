//! What fixtures/README.md says of files and keys, held to what the server takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use akol_mock::{BUILT_IN_FIXTURES, MockServer, StartError};
use toml::{Table, Value};

use crate::support::markdown::{Document, code_of};

/// A part of a fixtures file, and the table that tells of its keys.
struct Part {
    file: &'static str,
    heading: &'static str,
    /// Which of the tables with keys under the heading.
    position: usize,
    /// Where it stands in the file.
    key: &'static str,
}

const PARTS: [Part; 7] = [
    Part { file: "businesses/documentation.toml", heading: "`businesses/*.toml`", position: 0, key: "business" },
    Part { file: "businesses/documentation.toml", heading: "`businesses/*.toml`", position: 1, key: "agents" },
    Part { file: "businesses/documentation.toml", heading: "`businesses/*.toml`", position: 2, key: "phoneNumbers" },
    Part { file: "businesses/documentation.toml", heading: "`businesses/*.toml`", position: 3, key: "campaigns" },
    Part { file: "scenarios.toml", heading: "`scenarios.toml`", position: 0, key: "scenario" },
    Part { file: "dialogues/any.toml", heading: "`dialogues/*.toml`", position: 0, key: "dialogue" },
    Part { file: "calls.toml", heading: "`calls.toml`", position: 0, key: "call" },
];

impl Part {
    /// The keys of the table, and whether each may be left out.
    fn keys(&self, readme: &Document) -> Vec<(String, bool)> {
        let tables = readme.tables.iter().filter(|table| table.heading == self.heading && table.columns[0] == "key");
        let table = tables.into_iter().nth(self.position).unwrap();
        let may_be_left_out = |row: &Vec<String>| row.get(2).is_some_and(|default| !default.is_empty());
        table
            .rows
            .iter()
            .flat_map(|row| code_of(&row[0]).into_iter().map(move |key| (key, may_be_left_out(row))))
            .collect()
    }

    /// The first of its kind in the file.
    fn first<'a>(&self, file: &'a mut Table) -> &'a mut Table {
        match &mut file[self.key] {
            Value::Array(all) => all[0].as_table_mut().unwrap(),
            Value::Table(only) => only,
            other => panic!("{other:?}"),
        }
    }
}

/// A folder with the built-in fixtures, in which one file is changed.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("documents-{name}-{}", std::process::id()));
        for (path, text) in BUILT_IN_FIXTURES {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Folder(folder)
    }

    /// What a server says that is started with that file changed; nothing where it starts.
    fn refusal(&self, file: &str, change: impl FnOnce(&mut Table)) -> Option<String> {
        let path = self.0.join(file);
        let original = fs::read_to_string(&path).unwrap();
        let mut table: Table = toml::from_str(&original).unwrap();
        change(&mut table);
        fs::write(&path, toml::to_string(&table).unwrap()).unwrap();
        let started = start(&self.0);
        fs::write(&path, original).unwrap();
        started.err()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(folder: &Path) -> Result<(), String> {
    match MockServer::builder().calls(0).fixtures(folder).start_blocking() {
        Ok(_) => Ok(()),
        Err(StartError::Fixtures(why)) => Err(why),
        Err(other) => panic!("{other}"),
    }
}

fn readme() -> Document {
    Document::read("fixtures/README.md")
}

#[test]
fn the_tables_have_every_key_and_no_other() {
    let folder = Folder::new("keys");
    let readme = readme();
    for part in PARTS {
        let add = |file: &mut Table| drop(part.first(file).insert("bogus".to_owned(), Value::Integer(1)));
        let refusal = folder.refusal(part.file, add).unwrap();
        let (_, expected) =
            refusal.split_once("unknown field `bogus`, expected").unwrap_or_else(|| panic!("{refusal}"));
        let known: BTreeSet<String> = code_of(expected).into_iter().collect();
        let shown: BTreeSet<String> = part.keys(&readme).into_iter().map(|(key, _)| key).collect();
        assert_eq!(shown, known, "{}", part.key);
    }
}

#[test]
fn a_key_may_be_left_out_if_the_table_gives_its_default() {
    let folder = Folder::new("defaults");
    let readme = readme();
    for part in PARTS {
        for (key, may_be_left_out) in part.keys(&readme) {
            let refusal = folder.refusal(part.file, |file| drop(part.first(file).remove(&key)));
            assert_eq!(refusal.is_none(), may_be_left_out, "{} {key}: {refusal:?}", part.key);
            if let Some(refusal) = refusal {
                assert!(refusal.contains(&format!("`{key}`")), "{refusal}");
            }
        }
    }
}

#[test]
fn the_table_of_placeholders_has_all_of_them() {
    let folder = Folder::new("placeholders");
    let refusal = folder.refusal("dialogues/any.toml", |file| {
        let lines = PARTS[5].first(file)["lines"].as_array_mut().unwrap();
        lines.push("agent: {bogus}".into());
    });
    let known = refusal.unwrap();
    let (_, known) = known.split_once("none of ").unwrap();
    let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
    let readme = readme();
    let rows = &readme.table("`dialogues/*.toml`", &["placeholder", "becomes"]).rows;
    assert_eq!(rows.iter().flat_map(|row| code_of(&row[0])).collect::<BTreeSet<_>>(), known);
}

#[test]
fn the_parts_that_a_folder_may_replace_are_those_of_the_table() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("documents-parts-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let refusal = start(&folder).unwrap_err();
    fs::remove_dir(&folder).unwrap();
    let (_, known) = refusal.split_once("there is neither ").unwrap();
    let known: BTreeSet<&str> =
        known.strip_suffix(" in this folder").unwrap().split(", ").flat_map(|part| part.split(" nor ")).collect();
    let readme = readme();
    let rows = &readme.table("Fixtures", &["path", "holds"]).rows;
    let shown = rows.iter().filter(|row| !row[1].contains("not replaceable")).flat_map(|row| code_of(&row[0]));
    let shown: BTreeSet<String> = shown.map(|path| path.replace("*.toml", "")).collect();
    assert_eq!(shown.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
}
