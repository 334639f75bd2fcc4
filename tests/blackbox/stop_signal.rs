//! What has reached the program before the signal that ends it: it is answered, and the last answer of each connection says that it is the last.

#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::support::program::{PROMPTLY, Program, akol_mock};

const GET: &str = "GET /api/v1/calls/call_xxx HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer any\r\n\r\n";
/// More connections than the program may have descriptors.
const MANY: usize = 90;
const DESCRIPTORS: usize = 64;

fn asked(program: &Program) -> TcpStream {
    let mut client = TcpStream::connect(program.address).unwrap();
    client.set_read_timeout(Some(2 * PROMPTLY)).unwrap();
    client.write_all(GET.as_bytes()).unwrap();
    client
}

/// Holds that each gets that many answers until the end, the last of which announces it.
fn all_are_answered(clients: Vec<TcpStream>, answers: usize) {
    for (number, mut client) in clients.into_iter().enumerate() {
        let mut heard = String::new();
        client.read_to_string(&mut heard).unwrap();
        assert_eq!(heard.matches("HTTP/1.1 200 OK").count(), answers, "client {number}: {heard}");
        assert_eq!(heard.matches("connection: close\r\n").count(), 1, "client {number}: {heard}");
        let last = heard.rsplit("HTTP/1.1 200 OK").next().unwrap();
        assert!(last.contains("connection: close\r\n"), "client {number}: {heard}");
    }
}

/// Stops the program for a while, and waits until each of its threads has heard of that.
fn stand_still(program: &Program) {
    program.signal("STOP");
    let stands = |thread: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
        // Behind the name of the thread, which stands in parentheses.
        stat.rsplit(')').next().unwrap().trim_start().starts_with('T')
    };
    while !std::fs::read_dir(format!("/proc/{}/task", program.child.id())).unwrap().all(stands) {
        std::thread::yield_now();
    }
}

/// The program stands still while all of that comes, so what comes first when it goes on is up to the system.
fn goes_on_to_end(program: &Program) {
    program.signal("TERM");
    program.signal("CONT");
}

#[test]
fn the_last_answer_on_a_kept_connection_announces_the_end() {
    for count in [1, 3] {
        let program = Program::start(&["--log-format", "off"]);
        let mut clients: Vec<TcpStream> = (0..40).map(|_| asked(&program)).collect();
        for client in &mut clients {
            assert!(client.read(&mut [0; 8_192]).unwrap() > 0);
        }
        stand_still(&program);
        for client in &mut clients {
            client.write_all(GET.repeat(count).as_bytes()).unwrap();
        }
        goes_on_to_end(&program);
        all_are_answered(clients, count);
        assert_eq!(program.end_within(PROMPTLY).code, Some(0));
    }
}

#[test]
fn connections_that_wait_to_be_taken_are_answered_even_without_a_descriptor_for_each() {
    let program = akol_mock(&["--listen", "127.0.0.1:0", "--log-format", "off"]);
    let limited = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).arg(program.get_program()).args(program.get_args());
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let program = Program::run(command);
    // Some of the descriptors are those of clients that say nothing.
    let silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(program.address).unwrap()).collect();
    stand_still(&program);
    let clients = (0..MANY).map(|_| asked(&program)).collect();
    goes_on_to_end(&program);
    all_are_answered(clients, 1);
    drop(silent);
    assert_eq!(program.end_within(PROMPTLY).code, Some(0));
}
