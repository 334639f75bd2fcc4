//! Where and with what was measured.

use std::ffi::OsStr;
use std::process::Command;

use crate::options::Options;
use crate::process::product;

/// Lines for the table's head: name and value.
pub fn facts(options: &Options) -> Vec<(&'static str, String)> {
    let cpu = first_after("/proc/cpuinfo", "model name");
    let memory = first_after("/proc/meminfo", "MemTotal");
    let memory = memory.trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0 / 1024.0;
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let (server, client) = options.cores;
    let (rounds, seconds) = (options.rounds, options.round.as_secs());
    vec![
        ("date", first_line("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        ("commit", first_line("git", &["describe", "--always", "--dirty"])),
        ("machine", format!("{cores} cores ({cpu}), {memory:.0} GiB, Linux {}", first_line("uname", &["-r"]))),
        ("pinned", format!("server on core {server}, client on core {client}")),
        ("rounds", format!("{rounds} of {seconds} s")),
        ("rustc", first_line("rustc", &["--version"])),
        ("akol-mock", first_line(product(), &["--version"]).replace("akol-mock ", "")),
        ("hyper, tokio", format!("{}, {}", locked("hyper"), locked("tokio"))),
        (
            "wrk",
            first_line("wrk", &["--version"]).replace("[epoll] Copyright (C) 2012 Will Glozer", "").trim().to_owned(),
        ),
    ]
}

fn first_line(program: impl AsRef<OsStr>, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

fn first_after(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or("unknown").trim_start_matches([' ', '\t', ':']).to_owned()
}

/// The version of a package in the lock file.
fn locked(package: &str) -> String {
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let after = lock.split(&format!("name = \"{package}\"\nversion = \"")).nth(1);
    after.and_then(|after| after.split('"').next()).unwrap_or("unknown").to_owned()
}
