//! The real program, run as its user runs it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{Answer, contract, raw};

/// Before the six seconds are over that the program gives to what is under way.
pub const PROMPTLY: Duration = Duration::from_secs(5);

/// The program, killed when the test ends.
pub struct Program {
    pub child: Child,
    stdout: BufReader<ChildStdout>,
    first_line: String,
    pub address: SocketAddr,
}

/// What is left when the program has ended.
pub struct Remains {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program with these words, and no option from this process's environment.
pub fn akol_mock(words: &[&str]) -> Command {
    program_at(Path::new(env!("CARGO_BIN_EXE_akol-mock")), words)
}

/// A program of its own for one test: the same one at another path, so that a health check sees no server of other tests.
pub struct Alone(PathBuf);

impl Alone {
    /// For the test of that name. Another run of the tests may go on at the same time.
    pub fn named(test: &str) -> Alone {
        let folder = format!("{test}-{}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("alone").join(folder);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("akol-mock");
        fs::hard_link(env!("CARGO_BIN_EXE_akol-mock"), &path).unwrap();
        Alone(path)
    }

    /// As [`akol_mock`].
    pub fn akol_mock(&self, words: &[&str]) -> Command {
        program_at(&self.0, words)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // What is left behind harms nobody.
        let _ = fs::remove_file(&self.0);
        let _ = self.0.parent().map(fs::remove_dir);
    }
}

fn program_at(path: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AKOL_MOCK_")) {
        command.env_remove(name);
    }
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    /// On a free port.
    pub fn start(words: &[&str]) -> Program {
        Program::run(akol_mock(&[&["--listen", "127.0.0.1:0"], words].concat()))
    }

    /// Waits for its first line.
    pub fn run(mut command: Command) -> Program {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        let address = first_line.trim_end().strip_prefix("akol-mock listening on http://").map(str::parse);
        let Some(Ok(address)) = address else {
            let remains = Program { child, stdout, first_line, address: ([0, 0, 0, 0], 0).into() }.end();
            panic!("it does not start: {}{}", remains.stdout, remains.stderr);
        };
        Program { child, stdout, first_line, address }
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        // The shell's own kill: not every machine has the program.
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Reads all that it still prints, until it has ended.
    pub fn end(mut self) -> Remains {
        let mut stderr = self.child.stderr.take().unwrap();
        let reading = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut stdout = std::mem::take(&mut self.first_line);
        self.stdout.read_to_string(&mut stdout).unwrap();
        Remains { code: self.child.wait().unwrap().code(), stdout, stderr: reading.join().unwrap() }
    }

    /// The same, but gives up after a while.
    pub fn end_within(self, limit: Duration) -> Remains {
        let pid = self.child.id();
        let (send, ended) = mpsc::channel();
        thread::spawn(move || send.send(self.end()));
        ended.recv_timeout(limit).unwrap_or_else(|_| {
            let _ = Command::new("sh").args(["-c", &format!("kill -KILL {pid}")]).status();
            panic!("it has not ended after {limit:?}")
        })
    }

    pub fn stop(self) -> Remains {
        self.signal("TERM");
        self.end_within(PROMPTLY)
    }

    /// The body of the answer to a request, which must be a success.
    pub fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    pub fn post(&self, path: &str, body: &str) -> Value {
        serde_json::from_str(&self.ask("POST", path, body)).unwrap()
    }

    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let answer = exchange(self.address, &request(method, path, body));
        assert!(answer.status.is_success(), "{answer:?}");
        String::from_utf8(answer.body.to_vec()).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn request(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer test\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends a request, and reads its answer.
pub fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    answer(request, stream)
}

/// The one answer to a request that has been sent.
pub fn answer(request: &str, mut stream: TcpStream) -> Answer {
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    let mut answers = raw::answers(&heard);
    assert_eq!(answers.len(), 1, "{answers:?}");
    contract::check_all(request.as_bytes(), &answers);
    answers.remove(0)
}
