//! A program that is measured: on a core of its own, on a port of its own, ended when it is dropped.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::http::{Answer, Connection};
use crate::request::Request;

/// The program as users have it, which `benches/run` has built into the folder where this one is.
pub fn product() -> PathBuf {
    itself().with_file_name("akol-mock")
}

/// Where Cargo builds.
pub fn target() -> PathBuf {
    itself().ancestors().nth(2).expect("this program lies in the folder of a profile").to_owned()
}

/// This program.
pub fn itself() -> PathBuf {
    std::env::current_exe().expect("this program has a path")
}

/// See the module.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Kept open: who prints to a closed pipe might end.
    _output: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts what `command` is, and waits until it has said where it listens.
    pub fn start(mut command: Command) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its output can be read");
        let address = line.split("http://").nth(1).and_then(|address| address.trim().parse().ok());
        let address = address.unwrap_or_else(|| panic!("{command:?} does not say where it listens: {line}"));
        Process { child, address, _output: Some(output) }
    }

    /// Starts what listens where it is told, without saying so.
    pub fn start_at(mut command: Command, address: SocketAddr) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Process { child, address, _output: None }
    }

    /// A connection to it.
    pub fn connect(&self) -> Connection {
        Connection::to(self.address).expect("it can be connected to")
    }

    /// Asks it what has to succeed.
    pub fn get(&self, request: &Request) -> Answer {
        self.connect().get(request)
    }

    /// How much processor time its threads have used so far. To the nanosecond, where `/proc/PID/stat` counts hundredths of a second.
    pub fn cpu(&self) -> Duration {
        let threads = format!("/proc/{}/task", self.child.id());
        let threads = std::fs::read_dir(&threads).unwrap_or_else(|error| panic!("{threads}: {error}"));
        let used = |thread: std::io::Result<std::fs::DirEntry>| {
            // A thread may end while it is looked at.
            let stat = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
        };
        threads.filter_map(used).sum()
    }

    /// How much memory it has, in bytes.
    pub fn resident(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a size is a number") * 1024
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}; has the program ended?"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// That program, on one core alone.
pub fn pinned(core: usize, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program.as_ref());
    command
}

/// A port that was free just now.
pub fn free_port() -> SocketAddr {
    std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port is free")
}
