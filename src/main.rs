//! The program `akol-mock`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use akol_mock::BUILT_IN_FIXTURES;
use akol_mock::cli::{self, Command, Refusal, Surroundings};

/// Quicker than the C library's where requests are small and many; `benches/load` measures with the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::read(std::env::args_os(), &Surroundings::of_this_process()) {
        Ok(Command::Serve { settings, warnings }) => cli::serve(&settings, &warnings),
        Ok(Command::Healthcheck(check)) => {
            report(check.run().and_then(|healthy| print(format!("{healthy}\n").as_bytes())))
        }
        Ok(Command::Fixtures(folder)) => report(write_fixtures(&folder)),
        Ok(Command::Completions(shell)) => report(print(&cli::completions(shell))),
        Ok(Command::Print(text)) => report(print(text.as_bytes())),
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(Refusal::EXIT_CODE)
        }
    }
}

/// Writes the built-in fixtures, and says what to do with them.
fn write_fixtures(folder: &Path) -> Result<(), String> {
    cli::write_fixtures(folder, BUILT_IN_FIXTURES)?;
    let (count, folder) = (BUILT_IN_FIXTURES.len(), folder.display());
    let said = format!("wrote {count} files to {folder}; serve them with: akol-mock --fixtures {folder}");
    print(format!("{}\n", cli::escaped(&said)).as_bytes())
}

/// Prints to stdout. That the reader has left, as `head` does, is no failure.
fn print(text: &[u8]) -> Result<(), String> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn report(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            cli::complain(&format!("error: {why}"));
            ExitCode::FAILURE
        }
    }
}
