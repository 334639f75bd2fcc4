//! Where fixtures come from: the files that are compiled in, and a folder of the user's.

use std::fs;
use std::io;
use std::path::Path;

use akol_mock_world::fixtures::Source;

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../fixtures/", $path)))
    };
}

/// The built-in fixtures: path within the folder, and text.
///
/// ```
/// let (path, text) = akol_mock::BUILT_IN_FIXTURES[0];
/// assert!(path.starts_with("businesses/") && text.contains("maxCallDurationMinutes"));
/// ```
pub const BUILT_IN: &[(&str, &str)] = &[
    file!("businesses/blue-spruce.toml"),
    file!("businesses/bright-smile-dental.toml"),
    file!("businesses/documentation.toml"),
    file!("businesses/fernwood-home.toml"),
    file!("businesses/hotel-isarblick.toml"),
    file!("businesses/pennington-motors.toml"),
    file!("calls.toml"),
    file!("dialogues/any.toml"),
    file!("dialogues/automotive.toml"),
    file!("dialogues/dental.toml"),
    file!("dialogues/home-services.toml"),
    file!("dialogues/hotel.toml"),
    file!("dialogues/retail.toml"),
    file!("dialogues/salon.toml"),
    file!("scenarios.toml"),
];

/// The parts that a folder may replace, each as a whole: folders of files, and single files.
const FOLDERS: [&str; 2] = [BUSINESSES, "dialogues"];
const FILES: [&str; 2] = ["scenarios.toml", CALLS];
const BUSINESSES: &str = "businesses";
const CALLS: &str = "calls.toml";

/// The built-in fixtures.
pub fn built_in() -> Vec<Source> {
    BUILT_IN.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

/// The fixtures in `folder`, in the order of their names. A part that it does not have is the built-in one; but the built-in calls go
/// with the built-in businesses.
pub fn from_folder(folder: &Path) -> Result<Vec<Source>, String> {
    refuse_strangers(folder)?;
    let mut sources = Vec::new();
    for part in FOLDERS {
        sources.extend(read_folder(folder, part)?);
    }
    for part in FILES {
        match fs::read_to_string(folder.join(part)) {
            Ok(text) => sources.push(Source { path: part.to_owned(), text }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{}: {error}", folder.join(part).display())),
        }
    }
    if sources.is_empty() {
        let (folders, files) = (FOLDERS.join("/, "), FILES.join(" nor "));
        return Err(format!("{}: there is neither {folders}/, {files} in this folder", folder.display()));
    }
    let replaced: Vec<&str> = sources.iter().map(|source| part_of(&source.path)).collect();
    let stays = |source: &Source| {
        let part = part_of(&source.path);
        let goes_with = if part == CALLS { BUSINESSES } else { part };
        !replaced.contains(&part) && !replaced.contains(&goes_with)
    };
    let kept: Vec<Source> = built_in().into_iter().filter(stays).collect();
    sources.extend(kept);
    Ok(sources)
}

/// Where the parts of a world with the fixtures in `folder` come from, and what it lacks beside a world of the built-in ones: one line.
pub fn origins(folder: &Path) -> String {
    let is_there = |part: &&str| folder.join(part).exists();
    let (own, others): (Vec<&str>, Vec<&str>) = FOLDERS.into_iter().chain(FILES).partition(is_there);
    let is_left_out = |part: &&str| *part == CALLS && own.contains(&BUSINESSES);
    let (left_out, built_in): (Vec<&str>, Vec<&str>) = others.into_iter().partition(is_left_out);
    let mut line = format!("fixtures: {} of {}", own.join(", "), folder.display());
    if !built_in.is_empty() {
        line += &format!("; built in: {}", built_in.join(", "));
    }
    if !left_out.is_empty() {
        line +=
            "; there is no calls.toml, and the built-in one goes with the built-in businesses, so there is no call_xxx";
    }
    line
}

/// Refuses what nothing is read from, such as `scenario.toml` or `busineses/`: it would be ignored without a word.
fn refuse_strangers(folder: &Path) -> Result<(), String> {
    let known = |name: &str| FILES.contains(&name) || FOLDERS.contains(&name);
    match names_in(folder)?.into_iter().find(|name| !known(name)) {
        Some(stranger) => {
            let (files, folders) = (FILES.join(" and "), FOLDERS.join("/ and "));
            let path = folder.join(stranger);
            let kind = if path.is_dir() { "folder" } else { "file" };
            Err(format!(
                "{}: nothing is read from this {kind}; {files} are, and the .toml files in {folders}/",
                path.display()
            ))
        }
        None => Ok(()),
    }
}

/// The names in a folder, sorted, without those of files that are left there by others.
fn names_in(folder: &Path) -> Result<Vec<String>, String> {
    let explain = |error: io::Error| format!("{}: {error}", folder.display());
    let names =
        fs::read_dir(folder).map_err(explain)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<String>>>().map_err(explain)?;
    names.retain(|name| !is_left_over(name));
    names.sort();
    Ok(names)
}

/// Whether systems and editors leave files or folders of that name wherever they go, or it is something for people to read.
///
/// What begins with a dot is hidden: `.DS_Store`, `.git`, swap and lock files of editors, and the folders behind the links of a
/// Kubernetes volume (`..data`).
fn is_left_over(name: &str) -> bool {
    const NAMES: [&str; 6] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "lost+found", "$recycle.bin"];
    const ENDS: [&str; 12] =
        ["~", ".bak", ".backup", ".old", ".orig", ".rej", ".save", ".swp", ".swo", ".tmp", ".md", ".txt"];
    const TO_READ: [&str; 4] = ["license", "licence", "readme", "notice"];
    let name = name.to_lowercase();
    // vim tries with a file of such a name whether it may write: 4913, and the next ones where that is taken.
    let is_probe = name.bytes().all(|byte| byte.is_ascii_digit());
    let is_auto_saved = name.len() > 1 && name.starts_with('#') && name.ends_with('#');
    name.starts_with('.')
        || is_auto_saved
        || name.starts_with("~$")
        || is_probe
        || NAMES.contains(&name.as_str())
        || TO_READ.contains(&name.as_str())
        || ENDS.iter().any(|end| name.ends_with(end))
}

/// The part that a file belongs to.
fn part_of(path: &str) -> &str {
    path.split_once('/').map_or(path, |(part, _)| part)
}

fn read_folder(folder: &Path, part: &str) -> Result<Vec<Source>, String> {
    let inside = folder.join(part);
    if !inside.try_exists().map_err(|error| format!("{}: {error}", inside.display()))? {
        return Ok(Vec::new());
    }
    let mut sources = Vec::new();
    for name in names_in(&inside)? {
        let path = inside.join(&name);
        if !name.ends_with(".toml") {
            return Err(format!("{}: nothing is read from here; only files that end in .toml are", path.display()));
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sources.push(Source { path: format!("{part}/{name}"), text });
    }
    if sources.is_empty() {
        return Err(format!(
            "{}: there is no .toml file in this folder; leave it out to keep the built-in files",
            inside.display()
        ));
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_and_editors_leave_behind_is_told_from_a_stranger() {
        for name in [
            ".DS_Store",
            "._a.toml",
            ".a.toml.swp",
            ".#a.toml",
            "..data",
            "..2026_05_04_09_00_00.123456789",
            ".gitignore",
            "Thumbs.db",
            "desktop.ini",
            "Desktop.ini",
            "__MACOSX",
            "lost+found",
            "a.toml~",
            "a.toml.bak",
            "a.toml.orig",
            "a.swp",
            "#a.toml#",
            "~$a.toml",
            "4913",
            "README.md",
            "LICENSE",
            "notes.txt",
        ] {
            assert!(is_left_over(name), "{name}");
        }
        for name in ["scenario.toml", "calls.yaml", "businesses", "dialogs", "a.toml.toml", "#", "bak", "notes"] {
            assert!(!is_left_over(name), "{name}");
        }
    }

    #[test]
    fn every_fixture_file_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut on_disk = from_folder(&folder).unwrap();
        on_disk.sort_by(|one, other| one.path.cmp(&other.path));
        let paths: Vec<&str> = on_disk.iter().map(|source| source.path.as_str()).collect();
        let compiled_in: Vec<&str> = BUILT_IN.iter().map(|(path, _)| *path).collect();
        assert_eq!(paths, compiled_in);
    }
}
