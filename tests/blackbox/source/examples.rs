//! Which items of the library have an example, and which do not.

use super::{SourceFile, all, expand};

/// How an item begins that whoever uses the library can name.
const ITEMS: [&str; 6] = ["pub fn ", "pub const fn ", "pub async fn ", "pub struct ", "pub enum ", "pub const "];

/// A public item, and whether its documentation has an example that asserts something.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// Its line in the file, from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Whether it is a function.
    pub is_function: bool,
    /// Whether it is shown in use.
    pub is_shown: bool,
}

/// The public items of a file, tests aside.
pub fn items(file: &SourceFile) -> Vec<Item> {
    let text: Vec<&str> = file.text.lines().map(str::trim).collect();
    let lines = file.code.lines().map(str::trim).enumerate();
    let item = |(number, line): (usize, &str)| {
        let begin = ITEMS.iter().find(|begin| line.starts_with(**begin))?;
        let name = line[begin.len()..].split(|letter: char| !super::is_word(letter)).next()?;
        let above = text[..number].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
        let documentation: Vec<&str> = above.copied().collect();
        // Fences come in pairs; the upper of each says what the block is, and that of code that is run says nothing.
        let mut fences = documentation.iter().rev().filter(|line| line.starts_with("/// ```")).step_by(2);
        let is_shown =
            fences.any(|fence| *fence == "/// ```") && documentation.iter().any(|line| line.contains("assert"));
        Some(Item { line: number + 1, name: name.to_owned(), is_function: begin.ends_with("fn "), is_shown })
    };
    lines.filter_map(item).collect()
}

/// The names of types and constants that `lib.rs` exports, each with the module that it is taken from.
pub fn exports() -> Vec<(String, String)> {
    let files = all();
    let library = files.iter().find(|file| file.path == "src/lib.rs").expect("there is a library");
    let uses = library.code.split("pub use ").skip(1).flat_map(expand);
    let names = uses.filter_map(|path| path.rsplit_once("::").map(|(home, name)| (home.to_owned(), name.to_owned())));
    // What is taken from an enum is one of its variants.
    names.filter(|(home, _)| !home.contains(char::is_uppercase)).collect()
}

mod tests {
    use super::*;

    #[test]
    fn examples_are_told_from_mere_words() {
        let text = "/// Shown.\n///\n/// ```\n/// assert!(true);\n/// ```\n#[derive(Debug)]\npub struct A;\n\n/// Told.\npub async fn b() {}\n\n\
                    /// Not run.\n/// ```text\n/// assert\n/// ```\npub fn c() {}\n\n/// No claim.\n/// ```\n/// d();\n/// ```\npub const fn d() {}\n\
                    pub(crate) fn e() {}\n#[cfg(test)]\nmod tests {\n    pub fn f() {}\n}\n";
        let found = items(&SourceFile::for_tests("a", text));
        let found: Vec<_> = found.iter().map(|item| (item.name.as_str(), item.is_function, item.is_shown)).collect();
        assert_eq!(found, [("A", false, true), ("b", true, false), ("c", true, false), ("d", true, false)]);
    }

    #[test]
    fn what_the_library_exports_is_found() {
        let exports = exports();
        let has = |home: &str, name: &str| exports.contains(&(home.to_owned(), name.to_owned()));
        assert!(
            has("config", "Settings")
                && has("mock_server", "MockServer")
                && has("akol_mock_world::calls::call", "Status")
        );
        assert!(!exports.iter().any(|(_, name)| name == "Manual"), "a variant is shown with its enum");
    }
}
