//! The real program as its user runs it: it says where it is, serves, logs, and stops when it is told.

#![cfg(unix)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::program::{PROMPTLY, Program, akol_mock, answer, request};
use crate::support::receiver::{Receiver, events};
use crate::support::{contract, raw};
use serde_json::Value;

/// Connects until the program takes no more connections, so has heard of the signal.
fn wait_until_closed(address: SocketAddr) {
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
}

#[test]
fn the_first_line_says_where_and_the_banner_what_to_try() {
    let program = Program::start(&["--seed", "7"]);
    let address = program.address;
    assert_ne!(address.port(), 0);
    assert!(program.get("/api/v1/calls/call_xxx").contains("Alice (existing contact)"));
    let remains = program.stop();
    assert_eq!(remains.code, Some(0));
    assert_eq!(remains.stdout.lines().next(), Some(&*format!("akol-mock listening on http://{address}")));
    assert!(remains.stdout.contains("seed 7, webhook secret whsec_"), "{}", remains.stdout);
    let reference = format!("reference at http://{address}/docs");
    assert!(remains.stdout.lines().any(|line| line == reference), "{}", remains.stdout);
    assert_eq!(remains.stdout.matches("curl ").count(), 3, "{}", remains.stdout);
}

#[test]
fn the_secret_on_the_banner_is_the_users_or_grows_from_the_seed() {
    let secret = |words: &[&str]| {
        let stdout = Program::start(words).stop().stdout;
        stdout.split("webhook secret ").nth(1).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(secret(&["--seed", "7"]), secret(&["--seed", "7"]));
    assert_ne!(secret(&["--seed", "7"]), secret(&["--seed", "8"]));
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(secret(&["--webhook-secret", given]), given);
}

#[test]
fn a_signal_finishes_what_is_under_way_and_exits_with_0() {
    for name in ["TERM", "INT", "HUP"] {
        let program = Program::start(&[]);
        let address = program.address;
        let body = r#"{"campaignId":"cmp_xxx","toNumber":"+15005550107","fromPhoneNumberId":"pn_xxx"}"#;
        let request = request("POST", "/api/v1/calls", body);
        let (first_half, second_half) = request.split_at(request.len() - 20);
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(first_half.as_bytes()).unwrap();
        // Answered after the half request has been accepted, as connections are accepted in order.
        program.get("/__admin/health");

        program.signal(name);
        wait_until_closed(address);
        stream.write_all(second_half.as_bytes()).unwrap();
        assert_eq!(answer(&request, stream).status, 201, "{name}");
        let remains = program.end_within(PROMPTLY);
        assert_eq!(remains.code, Some(0), "{name}");
        assert!(remains.stderr.contains("201  POST  /api/v1/calls"), "{name}: {}", remains.stderr);
    }
}

#[test]
fn a_download_under_way_is_finished() {
    let program = Program::start(&[]);
    // More than the socket's buffers hold is under way when the signal comes.
    let mut streams: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(program.address).unwrap()).collect();
    let download = request("GET", "/api/v1/calls/call_xxx/audio", "");
    let mut starts = Vec::new();
    for stream in &mut streams {
        stream.write_all(download.as_bytes()).unwrap();
        let mut start = [0; 16];
        stream.read_exact(&mut start).unwrap();
        starts.push(start);
    }
    program.signal("TERM");
    wait_until_closed(program.address);
    for (mut stream, start) in streams.into_iter().zip(starts) {
        let mut all = start.to_vec();
        stream.read_to_end(&mut all).unwrap();
        let answers = raw::answers(&all);
        contract::check_all(download.as_bytes(), &answers);
        assert_eq!(answers[0].body.len(), 44 + 88 * 16_000);
    }
    assert_eq!(program.end_within(PROMPTLY).code, Some(0));
}

#[test]
fn connections_that_ask_for_nothing_do_not_hold_up_the_end() {
    let program = Program::start(&[]);
    let silent = TcpStream::connect(program.address).unwrap();
    let mut kept_alive = TcpStream::connect(program.address).unwrap();
    kept_alive.write_all(b"GET /__admin/health HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    kept_alive.read_exact(&mut [0; 100]).unwrap();
    assert_eq!(program.stop().code, Some(0));
    drop((silent, kept_alive));
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let program = Program::start(&[]);
        let mut stream = TcpStream::connect(program.address).unwrap();
        let request = request("POST", "/api/v1/calls", "{}");
        stream.write_all(&request.as_bytes()[..request.len() - 1]).unwrap();
        program.get("/__admin/health");
        program.signal("TERM");
        wait_until_closed(program.address);
        program.signal(name);
        let remains = program.end_within(PROMPTLY);
        assert_eq!(remains.code, Some(code));
        assert!(remains.stderr.contains("stopped at once by a second signal"), "{}", remains.stderr);
    }
}

#[test]
fn a_hangup_that_is_ignored_stays_so_as_under_nohup() {
    if !std::path::Path::new("/proc/self/status").exists() {
        return;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_akol-mock")]);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = Program::run(shell);
    program.signal("HUP");
    program.get("/__admin/health");
    assert_eq!(program.stop().code, Some(0));
}

#[test]
fn a_client_that_never_finishes_is_refused_and_left_behind_within_eight_seconds() {
    let program = Program::start(&[]);
    let mut stream = TcpStream::connect(program.address).unwrap();
    let request = request("POST", "/api/v1/calls", "{}");
    stream.write_all(&request.as_bytes()[..request.len() - 1]).unwrap();
    program.get("/__admin/health");
    program.signal("TERM");
    assert_eq!(program.end_within(Duration::from_secs(8)).code, Some(0));
    assert_eq!(answer(&request, stream).status, 503);
}

#[test]
fn a_port_in_use_is_one_clear_line_and_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = akol_mock(&["--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains(&address) && stderr.contains("--listen"), "{stderr}");
}

#[test]
fn each_request_is_one_line_of_json_on_stderr_down_to_the_last() {
    const REQUESTS: usize = 200;
    let program = Program::start(&["--log-format", "json"]);
    for number in 0..REQUESTS {
        program.get(&format!("/api/v1/calls?limit=1&x={number}&y=%22%0A"));
    }
    let remains = program.stop();
    let mut lines: Vec<Value> = remains.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().unwrap();
    assert!(last["note"].as_str().unwrap().starts_with("stopping"), "{last}");
    assert_eq!(lines.len(), REQUESTS);
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["method"], "GET");
        assert_eq!(line["target"], format!("/api/v1/calls?limit=1&x={number}&y=%22%0A"));
        assert_eq!(line["status"], 200);
        assert!(line["requestId"].as_str().unwrap().starts_with("req_"), "{line}");
        assert_eq!(line["workspace"], "default");
        let times = ["time", "realTime"].map(|time| line[time].as_str().unwrap().parse::<akol_mock::Timestamp>());
        assert!(times.iter().all(Result::is_ok), "{line}");
    }
}

#[test]
fn the_log_is_one_readable_line_a_request_unless_it_is_off() {
    let stderr_of = |words: &[&str]| {
        let program = Program::start(words);
        program.get("/api/v1/calls/call_xxx");
        program.get("/__admin/health");
        program.stop().stderr
    };
    let pretty = stderr_of(&[]);
    assert_eq!(pretty.lines().count(), 3, "{pretty}");
    let stopping = "stopping: what is under way has 6 s to finish; a second signal ends it at once";
    assert!(pretty.lines().last().unwrap().ends_with(stopping), "{pretty}");
    assert!(pretty.lines().next().unwrap().contains("  default  200  GET   /api/v1/calls/call_xxx"), "{pretty}");
    assert_eq!(stderr_of(&["--log-level", "quiet"]), "");
    assert_eq!(stderr_of(&["--log-format", "off"]), "");
}

#[test]
fn calls_are_logged_step_by_step_where_that_is_asked_for() {
    let log = |words: &[&str]| {
        let words = [&["--clock", "manual", "--start-time", "2026-05-04", "--log-level", "calls"], words].concat();
        let program = Program::start(&words);
        let call = program.post("/__admin/calls?workspace=a", r#"{"direction":"inbound","scenario":"hung_up"}"#);
        program.post("/__admin/clock/advance?workspace=a", r#"{"by":"1h"}"#);
        (call["data"]["id"].as_str().unwrap().to_owned(), program.stop().stderr)
    };
    let (id, pretty) = log(&[]);
    for part in [
        format!("2026-05-04T00:00:00.000Z  a  call {id} ringing (RINGING)"),
        format!("  a  call {id} answered (IN_PROGRESS)"),
        format!("  a  call {id} ended (COMPLETED, hung_up)"),
        format!("  a  webhook call.ended of {id} was kept, as no webhook is subscribed"),
    ] {
        assert_eq!(pretty.matches(&part).count(), 1, "{part}: {pretty}");
    }
    let (id, json) = log(&["--log-format", "json", "--webhook-url", "http://127.0.0.1:1/hooks?secret=x"]);
    assert!(!json.contains("secret"), "{json}");
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines.iter().any(|line| line["step"] == "ended" && line["callId"] == id.as_str() && line["workspace"] == "a")
    );
    let tries: Vec<&Value> = lines.iter().filter(|line| line["event"] == "call.ended").collect();
    assert!(tries.len() > 1, "{json}");
    for (number, one) in tries.iter().enumerate() {
        assert_eq!((&one["attempt"], &one["result"]), (&Value::from(number + 1), &Value::from("failed")), "{json}");
        assert!(one["error"].is_string() && one["realTime"].is_string(), "{one}");
    }
    assert!(tries.last().unwrap().get("nextAttempt").is_none());
}

#[test]
fn nothing_that_a_client_sends_steers_the_terminal() {
    let path = "/api/v1/calls/\u{202e}\u{9b}31m\u{2066}\u{200b}\u{feff}\u{ad}\u{e0041}é";
    let steers = |letter: char| !(letter.is_ascii_graphic() || [' ', '\n', 'é', 'µ'].contains(&letter));
    let stderr_of = |format: &str| {
        let program = Program::start(&["--log-format", format]);
        let mut stream = std::net::TcpStream::connect(program.address).unwrap();
        let request = crate::support::program::request("DELETE", path, "").replace("Bearer test", "Bearer ws_\u{202e}");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap();
        program.stop().stderr
    };
    for format in ["pretty", "json"] {
        let log = stderr_of(format);
        assert!(log.contains("DELETE") && log.contains("202e") && !log.contains(steers), "{format}: {log:?}");
        assert!(["200b", "feff", "ad", "é"].iter().all(|shown| log.contains(shown)), "{format}: {log:?}");
    }
    let folder = "no/such/\u{202e}fol\u{200d}der\u{1b}[2J";
    let output = akol_mock(&["--fixtures", folder]).output().unwrap();
    assert!(
        output.stderr.is_ascii() && !output.stderr.contains(&0x1b),
        "{:?}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_variable_that_is_no_option_is_named_first_and_stops_nothing() {
    let stderr_of = |format: &str| {
        let mut command = akol_mock(&["--listen", "127.0.0.1:0", "--log-format", format]);
        command.env("AKOL_MOCK_EU_SERVICE_HOST", "10.0.0.9").env("AKOL_MOCK_LISTEN", "tcp://10.0.0.9:2565");
        Program::run(command).stop().stderr
    };
    for format in ["pretty", "off"] {
        let stderr = stderr_of(format);
        assert!(stderr.starts_with("warning: environment variables that are no options"), "{stderr}");
        assert!(stderr.contains("AKOL_MOCK_EU_SERVICE_HOST, AKOL_MOCK_LISTEN; Kubernetes sets such"), "{stderr}");
    }
    let first: Value = serde_json::from_str(stderr_of("json").lines().next().unwrap()).unwrap();
    assert!(first["level"] == "warning" && first["note"].as_str().unwrap().contains("AKOL_MOCK_LISTEN"), "{first}");
}

#[test]
fn the_healthcheck_tells_a_server_that_runs_from_one_that_has_ended() {
    let program = Program::start(&["--admin-token", "secret"]);
    let url = format!("http://{}", program.address);
    let check = || akol_mock(&["healthcheck", "--url", &url]).output().unwrap().status.code();
    assert_eq!(check(), Some(0));
    assert_eq!(program.stop().code, Some(0));
    assert_eq!(check(), Some(1));
}

#[test]
fn options_come_from_the_environment_too() {
    let mut command = akol_mock(&[]);
    command.env("AKOL_MOCK_LISTEN", "127.0.0.1:0").env("AKOL_MOCK_CALLS", "0").env("AKOL_MOCK_LOG_FORMAT", "off");
    let program = Program::run(command);
    let list: Value = serde_json::from_str(&program.get("/api/v1/calls")).unwrap();
    assert_eq!(list["pagination"]["total"], 1, "the documentation's example alone");
    assert_eq!(program.stop().stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_star_stands_for_all_events_and_deliveries_come_by_the_real_clock() {
    let receiver = Receiver::scripted([crate::support::receiver::Reaction::Status(500)]).await;
    let words = ["--webhook-url", &receiver.url, "--webhook-events", "*", "--webhook-retries", "1ms,1ms"];
    let program = Program::start(&words);
    let call = program.post("/__admin/calls", r#"{"direction":"inbound","scenario":"endless"}"#);
    let id = call["data"]["id"].as_str().unwrap();
    program.post(&format!("/api/v1/calls/{id}/end"), "{}");
    let told = events(&receiver.wait_for(6).await);
    let expected =
        ["call.started", "call.started", "call.ended", "call.completed", "transcript.ready", "summary.ready"];
    assert_eq!(told, expected);
    let stderr = program.stop().stderr;
    let note = format!(
        "webhook call.started of {id} to {} was not received, try 1: answered 500 (the receiver failed; its own log says why); next try at",
        receiver.url
    );
    assert_eq!(stderr.matches(&note).count(), 1, "{stderr}");
}

#[test]
fn retries_that_are_lost_with_the_server_are_counted() {
    let program = Program::start(&["--clock", "manual", "--webhook-url", "http://127.0.0.1:1/"]);
    let body = r#"{"campaignId":"cmp_xxx","toNumber":"+15005550105","fromPhoneNumberId":"pn_xxx"}"#;
    program.post("/api/v1/calls", body);
    program.post("/__admin/clock/advance", r#"{"by": "30s"}"#);
    let remains = program.stop();
    let lost = "stopped with deliveries that were to be tried again later, or stood behind such, ";
    assert!(remains.stderr.contains(lost), "{}", remains.stderr);
    assert_eq!(remains.code, Some(0));
}

#[test]
fn a_large_world_that_is_made_on_first_use_holds_up_nobody() {
    let program = Program::start(&["--calls", "50000"]);
    // More than there are threads that answer, on most machines.
    let waiting: Vec<_> = (0..8)
        .map(|number| {
            let request = request("GET", "/api/v1/calls/call_xxx", "");
            let mut stream = TcpStream::connect(program.address).unwrap();
            stream.write_all(request.replace("Bearer test", &format!("Bearer ws_{number}")).as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        program.get("/api/v1/calls/call_xxx");
    }
    for stream in waiting {
        stream.set_nonblocking(true).unwrap();
        let early = stream.peek(&mut [0]);
        assert_eq!(
            early.unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "others were answered only when one had been made"
        );
    }
}
