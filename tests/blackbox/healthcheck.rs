//! `healthcheck` beside a server: finds it however its address was given, and says what it cannot know.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Command, Output};

use crate::support::program::{Alone, Program};

fn check(mut command: Command) -> Output {
    command.arg("healthcheck").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A file for `--config`.
fn config(name: &str, text: &str) -> String {
    let path = format!("{}/{name}.toml", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_server_beside_it_is_found_however_its_address_was_given() {
    let alone = Alone::named("beside");
    let config = config("beside", "listen = \"127.0.0.1:0\"\n");
    let by_option = alone.akol_mock(&["--listen", "127.0.0.1:0"]);
    let by_file = alone.akol_mock(&["--config", &config]);
    let on_all_addresses = alone.akol_mock(&["--listen", "0.0.0.0:0"]);
    let mut by_environment = alone.akol_mock(&[]);
    by_environment.env("AKOL_MOCK_LISTEN", "[::1]:0");
    for server in [by_option, by_file, on_all_addresses, by_environment] {
        let program = Program::run(server);
        // Neither the same environment nor the default says where it is.
        for expected in [None, Some("0.0.0.0:1"), Some("127.0.0.1:0")] {
            let mut command = alone.akol_mock(&[]);
            command.envs(expected.map(|address| ("AKOL_MOCK_LISTEN", address)));
            let output = check(command);
            assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{expected:?}");
        }
        program.stop();
    }
}

#[test]
fn a_server_with_a_token_of_its_own_is_found_too() {
    let alone = Alone::named("token");
    let program = Program::run(alone.akol_mock(&["--listen", "127.0.0.1:0", "--admin-token", "secret"]));
    assert_eq!(check(alone.akol_mock(&[])).status.code(), Some(0));
    program.stop();
}

#[test]
fn of_two_servers_the_user_has_to_say_which() {
    let alone = Alone::named("two");
    let start = || Program::run(alone.akol_mock(&["--listen", "127.0.0.1:0"]));
    let mut servers = [start(), start()];
    servers.sort_by_key(|server| server.address);
    let output = check(alone.akol_mock(&[]));
    assert_eq!(output.status.code(), Some(1));
    let named = servers.each_ref().map(|server| format!("http://{} (process {})", server.address, server.child.id()));
    let expected = format!("error: 2 servers run here: {}; give --url to say which is meant\n", named.join(", "));
    assert_eq!(stderr(&output), expected);

    // The environment may say it as well.
    let mut command = alone.akol_mock(&[]);
    command.env("AKOL_MOCK_LISTEN", servers[0].address.to_string());
    assert_eq!(check(command).status.code(), Some(0));
    for server in &servers {
        let url = format!("http://{}", server.address);
        assert_eq!(alone.akol_mock(&["healthcheck", "--url", &url]).output().unwrap().status.code(), Some(0));
    }
    for server in servers {
        server.stop();
    }
}

#[test]
fn without_a_server_the_address_of_the_environment_is_asked() {
    let alone = Alone::named("none");
    let listening = |address: &str| {
        let mut command = alone.akol_mock(&[]);
        command.env("AKOL_MOCK_LISTEN", address);
        check(command)
    };
    // Nobody listens on port 1.
    let refused = listening("0.0.0.0:1");
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).starts_with("error: http://127.0.0.1:1/__admin/health is not healthy: "));
    let unknown = listening("127.0.0.1:0");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).starts_with("error: no server runs here, and --listen, given in environment variable"));
    assert!(stderr(&unknown).contains("--url"), "{}", stderr(&unknown));
}

#[test]
fn one_that_waits_finds_a_server_that_starts_later() {
    let alone = Alone::named("later");
    let mut waiting = alone.akol_mock(&["healthcheck", "--wait", "--timeout", "20s"]);
    let mut waiting = waiting.env("AKOL_MOCK_LISTEN", "127.0.0.1:0").spawn().unwrap();
    let program = Program::run(alone.akol_mock(&["--listen", "127.0.0.1:0"]));
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
    // Who is healthy may be another one than was meant.
    let output = check(alone.akol_mock(&[]));
    let url = format!("http://{}/__admin/health", program.address);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{url} is healthy\n"));
    program.stop();
}
