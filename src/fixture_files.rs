//! Where fixtures come from: the files that are compiled in, and a folder of the user's.

use std::fs;
use std::io;
use std::path::Path;

use crate::domain::fixtures::Source;

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
const FOLDERS: [&str; 2] = ["businesses", "dialogues"];
const FILES: [&str; 2] = ["scenarios.toml", "calls.toml"];

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
        let goes_with = if part == "calls.toml" { "businesses" } else { part };
        !replaced.contains(&part) && !replaced.contains(&goes_with)
    };
    let kept: Vec<Source> = built_in().into_iter().filter(stays).collect();
    sources.extend(kept);
    Ok(sources)
}

/// Refuses a file that looks as if it belonged here, such as `scenario.toml`: it would be ignored without a word.
fn refuse_strangers(folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    match names.iter().find(|name| name.ends_with(".toml") && !FILES.contains(&name.as_str())) {
        Some(stranger) => {
            let known = FILES.join(" and ");
            Err(format!("{}: nothing is read from this file; {known} are", folder.join(stranger).display()))
        }
        None => Ok(()),
    }
}

/// The part that a file belongs to.
fn part_of(path: &str) -> &str {
    path.split_once('/').map_or(path, |(part, _)| part)
}

fn read_folder(folder: &Path, part: &str) -> Result<Vec<Source>, String> {
    let inside = folder.join(part);
    let explain = |error: io::Error| format!("{}: {error}", inside.display());
    let entries = match fs::read_dir(&inside) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(explain(error)),
    };
    let mut sources = Vec::new();
    for entry in entries {
        let path = entry.map_err(explain)?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sources.push(Source { path: format!("{part}/{name}"), text });
    }
    if sources.is_empty() {
        return Err(format!(
            "{}: there is no .toml file in this folder; leave it out to keep the built-in files",
            inside.display()
        ));
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

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
