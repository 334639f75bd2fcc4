//! `fixtures DIR`: writes the built-in fixtures to a folder, to start one's own from.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes each file, a relative path and its text, into `folder`, which is made if it is not there.
///
/// # Errors
///
/// If the folder holds anything already, so that nothing is ever overwritten, or if it cannot be written to.
pub fn write(folder: &Path, files: &[(&str, &str)]) -> Result<(), String> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            return Err(format!(
                "{} is not empty; name a new or an empty folder, as nothing is overwritten",
                folder.display()
            ));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(cannot_write(folder)(error)),
        Ok(false) | Err(_) => fs::create_dir_all(folder).map_err(cannot_write(folder))?,
    }
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::File::create_new(&path)?.write_all(text.as_bytes()))
            .map_err(cannot_write(&path))?;
    }
    Ok(())
}

fn cannot_write(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |error| format!("cannot write {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A path at which there is nothing yet.
    fn fresh_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("akol-mock-{}-{name}", std::process::id()));
        assert!(!folder.exists());
        folder
    }

    #[test]
    fn every_file_is_written_in_its_place() {
        let folder = fresh_folder("written");
        write(&folder, &[("a.json", "A"), ("deep/er/b.json", "B")]).unwrap();
        assert_eq!(fs::read_to_string(folder.join("a.json")).unwrap(), "A");
        assert_eq!(fs::read_to_string(folder.join("deep/er/b.json")).unwrap(), "B");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_empty_folder_is_used_and_a_full_one_refused() {
        let folder = fresh_folder("full");
        fs::create_dir(&folder).unwrap();
        write(&folder, &[("a.json", "A")]).unwrap();
        let refused = write(&folder, &[("a.json", "B")]).unwrap_err();
        assert!(refused.ends_with("is not empty; name a new or an empty folder, as nothing is overwritten"));
        assert_eq!(fs::read_to_string(folder.join("a.json")).unwrap(), "A");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_is_no_folder() {
        let path = fresh_folder("file");
        fs::write(&path, "").unwrap();
        let refused = write(&path, &[]).unwrap_err();
        assert!(refused.starts_with(&format!("cannot write {}: ", path.display())), "{refused}");
        fs::remove_file(path).unwrap();
    }
}
