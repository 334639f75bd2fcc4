//! The source as text: what is compiled into the product, what it imports, what it names.
//!
//! No parser of Rust: the source is formatted, so a few rules about lines and braces are enough. They are tested below.

pub mod examples;

use std::fs;
use std::path::Path;

/// The package of the world, and where its source lies.
const WORLD: (&str, &str) = ("akol_mock_world", "crates/world/src");

/// One file of `src/`, or of the world's.
pub struct SourceFile {
    /// Its path from the project's root.
    pub path: String,
    /// The path of its module, such as `engine::workspace`; in another package it begins with that one's name.
    pub module: String,
    /// All of it.
    pub text: String,
    /// What is compiled into the product: without tests, comments and the contents of strings. As many lines as `text`.
    pub code: String,
}

impl SourceFile {
    fn new(path: &str, text: String) -> SourceFile {
        let (package, folder) = WORLD;
        let within = match path.strip_prefix(folder) {
            Some(rest) => format!("{package}{rest}"),
            None => path.trim_start_matches("src/").to_owned(),
        };
        let module = within.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        SourceFile { path: path.to_owned(), module, code: without_tests(&blank_comments_and_strings(&text)), text }
    }

    /// A file that is not there.
    pub fn for_tests(module: &str, text: &str) -> SourceFile {
        let (package, folder) = WORLD;
        let path = match module.strip_prefix(package) {
            Some(rest) => format!("{folder}{}.rs", rest.replace("::", "/")),
            None => format!("src/{}.rs", module.replace("::", "/")),
        };
        SourceFile::new(&path, text.to_owned())
    }

    fn is_product(&self) -> bool {
        !self.module.split("::").any(|part| matches!(part, "tests" | "testing"))
    }
}

/// Every file of both packages, in the order of paths.
pub fn all() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut folders) = (Vec::new(), vec![root.join("src"), root.join(WORLD.1)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push(SourceFile::new(&relative, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// Every file that is compiled into the product.
pub fn code_of_product() -> Vec<SourceFile> {
    all().into_iter().filter(SourceFile::is_product).collect()
}

/// The paths that `code` of `module` imports or names from both packages: from the root of the one on, and with the name of the other.
pub fn imports(code: &str, module: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for root in ["crate::", "super::", "self::", "akol_mock_world::"] {
        for (at, _) in code.match_indices(root) {
            let is_a_word = code[..at].chars().next_back().is_none_or(|before| !(is_word(before) || before == ':'));
            if is_a_word {
                paths.extend(expand(&code[at..]).into_iter().filter_map(|path| from_the_root(&path, module)));
            }
        }
    }
    paths
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`; reads as far as the path goes.
fn expand(text: &str) -> Vec<String> {
    let end = text.find(|letter: char| !(is_word(letter) || letter == ':')).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    if !(path.ends_with("::") && rest.starts_with('{')) {
        return vec![path.trim_end_matches(':').to_owned()];
    }
    let parts = split_braces(&rest[1..]);
    parts.iter().flat_map(|part| expand(part.trim())).map(|part| format!("{path}{part}")).collect()
}

/// What stands between commas, up to the brace that closes.
fn split_braces(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// `super::x` of `a::b` is `a::x`.
fn from_the_root(path: &str, module: &str) -> Option<String> {
    let mut home: Vec<&str> = module.split("::").collect();
    let mut parts = path.split("::").peekable();
    match parts.next()? {
        "crate" => home.truncate(usize::from(home[0] == WORLD.0)),
        name if name == WORLD.0 => home = vec![name],
        "super" => {
            home.pop();
        }
        _ => {}
    }
    while parts.next_if(|part| *part == "super").is_some() {
        home.pop();
    }
    home.extend(parts);
    (!home.is_empty()).then(|| home.join("::"))
}

/// Whether a line has `word` as a word of its own.
pub fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let begins = !word.starts_with(is_word) || before.is_none_or(|letter| !is_word(letter));
        let ends = !word.ends_with(is_word) || after.is_none_or(|letter| !is_word(letter));
        begins && ends
    })
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Comments away, and strings emptied but for their quotes and one letter. Lines stay where they are.
fn blank_comments_and_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(hashes) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let begin = hashes + 2;
            begin + rest[begin..].find(&close).map_or(rest.len() - begin, |end| end + close.len())
        } else if letter == '"' {
            string_length(rest)
        } else if let Some(length) = character_length(rest) {
            length
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        };
        let (blanked, left) = rest.split_at(taken);
        if !blanked.starts_with("//") {
            out.push_str("\"\"");
        }
        out.extend(blanked.chars().filter(|letter| *letter == '\n'));
        rest = left;
    }
    out
}

/// How many hashes the raw string has that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The length of the string that begins here, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let closes = *letter == '"' && !is_escaped;
        is_escaped = *letter == '\\' && !is_escaped;
        closes
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// The length of the character that begins here, such as `'{'`; a lifetime is none.
fn character_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let length = match inside.strip_prefix('\\') {
        Some(escaped) => 1 + escaped.chars().next()?.len_utf8(),
        None => inside.chars().next()?.len_utf8(),
    };
    inside[length..].starts_with('\'').then_some(length + 2)
}

/// Without whatever follows a `#[cfg(test)]`, and without the modules that it has.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = item_end(item);
        out.extend(item[..end].chars().filter(|letter| *letter == '\n'));
        rest = &item[end..];
    }
    out + rest
}

/// Where the item ends that begins here: at its semicolon, or with its outermost braces.
fn item_end(item: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in item.char_indices() {
        match letter {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    // A constant goes on to its semicolon.
                    return if item[at + 1..].starts_with(';') { at + 2 } else { at + 1 };
                }
            }
            _ => {}
        }
    }
    item.len()
}

mod tests {
    use super::*;

    fn found(module: &str, text: &str) -> Vec<String> {
        let file = SourceFile::for_tests(module, text);
        imports(&file.code, &file.module)
    }

    #[test]
    fn imports_are_found_from_the_root_on() {
        assert_eq!(found("domain::call", "use crate::time::Timestamp;"), ["time::Timestamp"]);
        assert_eq!(found("domain::call", "use super::plan::Plan;"), ["domain::plan::Plan"]);
        assert_eq!(found("domain::world::life", "use super::super::call;"), ["domain::call"]);
        assert_eq!(found("wire", "pub use self::range::Range;"), ["wire::range::Range"]);
    }

    #[test]
    fn nested_lists_are_taken_apart() {
        let text = "use crate::{\n    rng::{Seed, Stream},\n    time::Timestamp as Instant,\n};";
        assert_eq!(found("a", text), ["rng::Seed", "rng::Stream", "time::Timestamp"]);
    }

    #[test]
    fn what_is_named_without_an_import_counts_too() {
        assert_eq!(found("a", "let at = crate::time::DAY * 2;"), ["time::DAY"]);
        assert_eq!(found("a", "pub(crate) fn own() {}"), [""; 0]);
        assert_eq!(found("a", "use other_crate::time; use hyper::crate_like::x;"), [""; 0]);
    }

    #[test]
    fn tests_comments_and_strings_do_not_count() {
        let text = "//! crate::a::b\nconst X: &str = \"crate::c\"; // crate::d\n#[cfg(test)]\nmod tests {\n    use crate::e;\n    fn f() { '}' }\n}\nuse crate::g;\n";
        assert_eq!(found("a", text), ["g"]);
        assert_eq!(SourceFile::for_tests("a", text).code.lines().count(), text.lines().count());
        assert_eq!(found("a", "#[cfg(test)]\nmod tests;\n\nuse crate::b;"), ["b"]);
        assert_eq!(found("a", "let x = r#\"crate::b \" \"#; let y = '\"'; use crate::c;"), ["c"]);
        assert_eq!(found("a", "#[cfg(test)]\npub const ALL: [u8; 1] = { [1] };\nuse crate::b;"), ["b"]);
    }

    #[test]
    fn words_are_whole() {
        assert!(names("use tokio::sync;", "tokio") && names("x.unwrap();", "unwrap()"));
        assert!(!names("use tokio_util;", "tokio") && !names("x.unwrap_or(1)", "unwrap()"));
        assert!(names("http::Request", "http::") && !names("webhttp::x", "http::"));
        assert!(names("x.expect(y)", "expect(") && !names("#[expect(lint)]", ".expect("));
    }

    #[test]
    fn files_of_tests_are_no_part_of_the_product() {
        for module in ["domain::world::tests", "domain::world::testing", "cli::tests::help"] {
            assert!(!SourceFile::for_tests(module, "").is_product(), "{module}");
        }
        assert!(SourceFile::for_tests("domain::mod", "").is_product());
        assert_eq!(SourceFile::for_tests("wire::mod", "").module, "wire");
    }
}
