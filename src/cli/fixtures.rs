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
