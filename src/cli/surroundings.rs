//! What the program finds around it, as a value: so that tests need neither a process nor a disk.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// The environment and the parts of the file system that the command line asks about.
pub struct Surroundings<'a> {
    /// The environment variables.
    pub env: Vec<(OsString, OsString)>,
    /// Gives the text of a file.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
    /// Says whether there is a folder at that path.
    pub is_folder: &'a dyn Fn(&Path) -> bool,
    /// Says whether there is a file at that path.
    pub is_file: &'a dyn Fn(&Path) -> bool,
}

impl Surroundings<'static> {
    /// Those of the process that is running.
    pub fn of_this_process() -> Surroundings<'static> {
        Surroundings {
            env: std::env::vars_os().collect(),
            read_file: &|path| std::fs::read_to_string(path),
            is_folder: &|path| path.is_dir(),
            is_file: &|path| path.is_file(),
        }
    }
}
