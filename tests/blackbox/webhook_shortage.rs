//! A try that this machine had no means for is none: it is made as soon as there are any.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::program::{Program, answer, request};
use crate::support::receiver::Receiver;
use serde_json::Value;

/// How many files the program may have open: enough for its start, and few enough to fill up.
const DESCRIPTORS: usize = 48;

/// The program with that many descriptors at most.
fn short_of_descriptors(words: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let limited = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_akol-mock"), "--listen", "127.0.0.1:0"]).args(words);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AKOL_MOCK_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How many of the files are open that its limit lets it open. It may have been given others, with higher numbers.
fn open_files(program: &Program) -> usize {
    let files = std::fs::read_dir(Path::new("/proc").join(program.child.id().to_string()).join("fd")).unwrap();
    let number = |file: std::io::Result<std::fs::DirEntry>| file.ok()?.file_name().to_str()?.parse::<usize>().ok();
    files.filter_map(number).filter(|number| *number < DESCRIPTORS).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_finds_no_descriptor_waits_for_one_and_is_received_at_the_first_try() {
    const CALLS: usize = 5;
    let receiver = Receiver::start().await;
    let url = receiver.url.clone();
    let told = tokio::task::spawn_blocking(move || {
        let once = ["--webhook-events", "call.started,call.ended", "--webhook-retries", ""];
        let words = [&["--clock", "manual", "--webhook-url", &url][..], &once].concat();
        let mut program = Program::run(short_of_descriptors(&words));
        let mut stderr = BufReader::new(program.child.stderr.take().unwrap()).lines();
        let place = r#"{"campaignId": "cmp_xxx", "toNumber": "+15005550101", "fromPhoneNumberId": "pn_xxx"}"#;
        for _ in 0..CALLS {
            program.post("/api/v1/calls", place);
        }
        // It has its descriptor before there are none.
        let mut asking = TcpStream::connect(program.address).unwrap();
        let idle: Vec<TcpStream> = (0..2 * DESCRIPTORS).map(|_| TcpStream::connect(program.address).unwrap()).collect();
        while open_files(&program) < DESCRIPTORS {
            std::thread::yield_now();
        }
        let advance = request("POST", "/__admin/clock/advance", r#"{"by": "15m"}"#);
        asking.write_all(advance.as_bytes()).unwrap();
        let waits =
            stderr.find(|line| line.as_ref().unwrap().contains("waits, and has not been tried")).unwrap().unwrap();
        assert!(waits.contains("EMFILE") && waits.contains(&url), "{waits}");
        drop(idle);
        let told = answer(&advance, asking).data();
        let deliveries: Value = serde_json::from_str(&program.get("/__admin/webhooks/deliveries")).unwrap();
        for delivery in deliveries["data"].as_array().unwrap() {
            let attempts = delivery["attempts"].as_array().unwrap();
            assert!(attempts.len() == 1 && delivery["state"] == "received", "{delivery:#}");
        }
        told
    });
    let told = told.await.unwrap();
    let results: Vec<&Value> =
        told["events"].as_array().unwrap().iter().filter(|event| event["type"] == "delivery").collect();
    assert_eq!(results.len(), 2 * CALLS);
    assert!(results.iter().all(|event| event["result"] == "received" && event["attempt"] == 1), "{results:#?}");
    assert_eq!(receiver.deliveries().len(), 2 * CALLS);
}
