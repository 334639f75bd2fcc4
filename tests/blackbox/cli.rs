//! The real program: its exit codes, and what it prints where.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};

use tokio::net::TcpSocket;

use crate::support::program::Alone;

/// The program with these words, and no option from this process's environment.
fn akol_mock(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_akol-mock"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AKOL_MOCK_") {
            command.env_remove(name);
        }
    }
    command.args(words);
    command
}

fn run(words: &[&str]) -> Output {
    akol_mock(words).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server that answers each connection with the next of the answers, then closes. Joined, it gives the request
/// lines.
fn server(answers: &'static [&'static str]) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let serve = |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            let request = String::from_utf8(request).unwrap();
            request.lines().next().unwrap_or_default().to_owned()
        };
        answers.iter().map(serve).collect()
    });
    (address, thread)
}

/// An address at which nobody listens, for as long as the socket is kept: so no other test gets the port.
fn closed_port() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

/// A path below the build's own folder at which there is nothing yet.
fn fresh_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

const HEALTHY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
const STARTING: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const GET_HEALTH: &str = "GET /__admin/health HTTP/1.1";

#[test]
fn a_bad_option_ends_with_2_and_one_message_on_stderr() {
    let output = run(&["--calls", "ten"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output), "");
    assert_eq!(
        stderr(&output),
        "error: --calls does not take \"ten\", given on the command line; it takes a whole number from 0 to \
         10,000,000\n"
    );
}

#[test]
fn bad_words_variables_and_files_end_with_2() {
    assert_eq!(run(&["--no-such-option"]).status.code(), Some(2));
    assert_eq!(run(&["no-such-subcommand"]).status.code(), Some(2));
    assert_eq!(run(&["fixtures"]).status.code(), Some(2));
    let unknown = run(&["--port", "3000"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        stderr(&unknown),
        "error: there is no option --port; write --listen 127.0.0.1:3000; \"akol-mock --help\" tells more\n"
    );
    let missing = run(&["--config", "no/such/file.toml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("no/such/file.toml"), "{}", stderr(&missing));
}

#[test]
fn a_real_file_is_read_and_a_real_folder_is_found() {
    let folder = fresh_folder("config");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("mock.toml");
    fs::write(&file, format!("fixtures = '{}'\n\nseed = 'x'\n", folder.display())).unwrap();
    let output = akol_mock(&["serve"]).env("AKOL_MOCK_CONFIG", &file).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let place = format!("--seed does not take \"x\", given in file {}, line 3;", file.display());
    assert!(stderr(&output).contains(&place), "{}", stderr(&output));
    let folder = folder.join("missing");
    let output = run(&["--fixtures", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no such folder"), "{}", stderr(&output));
}

#[test]
fn help_version_and_completions_are_printed_on_stdout() {
    for (words, part) in [
        (&["--help"][..], "AKOL_MOCK_LISTEN"),
        (&["-h"], "--listen"),
        (&["healthcheck", "--help"], "--wait"),
        (&["--version"], "akol-mock "),
        (&["completions", "bash"], "--webhook-secret"),
        (&["completions", "zsh"], "--webhook-secret"),
        (&["completions", "fish"], "webhook-secret"),
        (&["completions", "elvish"], "--webhook-secret"),
        (&["completions", "powershell"], "--webhook-secret"),
    ] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(stdout(&output).contains(part), "{words:?}");
        assert_eq!(stderr(&output), "", "{words:?}");
    }
}

#[test]
fn a_healthy_server_is_healthy() {
    let (address, server) = server(&[HEALTHY]);
    let output = run(&["healthcheck", "--url", &format!("http://{address}")]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert_eq!(server.join().unwrap(), [GET_HEALTH]);
}

#[test]
fn the_servers_own_environment_says_where_it_is() {
    let (address, server) = server(&[HEALTHY]);
    let listen = format!("0.0.0.0:{}", address.port());
    let alone = Alone::named("environment");
    let output = alone.akol_mock(&["healthcheck"]).env("AKOL_MOCK_LISTEN", listen).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert_eq!(server.join().unwrap(), [GET_HEALTH]);
}

#[test]
fn any_other_answer_is_not_healthy() {
    let (address, server) = server(&[STARTING]);
    let output = run(&["healthcheck", "--url", &format!("http://{address}/")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        format!("error: http://{address}/__admin/health is not healthy: it answered 503 Service Unavailable\n")
    );
    server.join().unwrap();
}

#[test]
fn a_closed_port_is_not_healthy() {
    let (address, _kept) = closed_port();
    let output = run(&["healthcheck", "--url", &format!("http://{address}")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("refused"), "{}", stderr(&output));
}

#[test]
fn waiting_ends_when_the_server_is_healthy() {
    let (address, server) = server(&[STARTING, "", HEALTHY]);
    let output = run(&["healthcheck", "--wait", "--url", &format!("http://{address}")]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert_eq!(server.join().unwrap(), [GET_HEALTH; 3]);
}

#[test]
fn waiting_ends_when_the_time_is_up() {
    let (address, _kept) = closed_port();
    let url = format!("http://{address}");
    let output = run(&["healthcheck", "--wait", "--timeout", "250ms", "--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("(gave up after 250ms)"), "{}", stderr(&output));
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let output = run(&["healthcheck", "--timeout", "100ms", "--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no answer within 100ms"), "{}", stderr(&output));
}

#[test]
fn fixtures_are_written_to_a_new_folder_and_never_over_another() {
    let folder = fresh_folder("fixtures");
    let words = ["fixtures", folder.to_str().unwrap()];
    assert_eq!(run(&words).status.code(), Some(0));
    assert!(folder.is_dir());
    fs::write(folder.join("mine.json"), "{}").unwrap();
    let refused = run(&words);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("is not empty"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(folder.join("mine.json")).unwrap(), "{}");
}

#[cfg(unix)]
#[test]
fn the_usage_names_the_program_whatever_its_file_is_called() {
    use std::os::unix::process::CommandExt;

    for words in [
        &["--help"][..],
        &["-h"],
        &["help", "serve"],
        &["serve", "--help"],
        &["healthcheck", "--help"],
        &["fixtures", "--help"],
        &["openapi", "-h"],
        &["completions", "-h"],
    ] {
        let output = akol_mock(words).arg0("/opt/other-name").output().unwrap();
        let help = stdout(&output);
        let usage = help.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert!(usage.starts_with("Usage: akol-mock ") && !help.contains("other-name"), "{words:?}: {help}");
    }
}
