//! The table of the log's fields, held to the lines that the program writes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Map, Value};

use crate::support::markdown::{Document, code_of, only_code};
use crate::support::program::{Program, exchange, request};
use crate::support::receiver::{Reaction, Receiver};

/// The kinds of lines, and the field that tells each from the others.
const KINDS: [(&str, &str); 4] = [("requests", "method"), ("tries", "attempt"), ("steps", "step"), ("notes", "note")];

/// The lines of a program that has been through everything that is logged.
fn lines_of(words: &[&str]) -> Vec<Map<String, Value>> {
    let common = ["--log-format", "json", "--clock", "manual", "--webhook-retries", "1s"];
    let program = Program::start(&[&common, words].concat());
    program.get("/__admin/clock?workspace=alice");
    program.get("/api/v1/calls?limit=1");
    exchange(program.address, &request("GET", "/api/v1/calls/call_none", ""));
    for scenario in ["hung_up", "busy"] {
        program.post("/__admin/calls", &format!(r#"{{"direction":"inbound","scenario":"{scenario}"}}"#));
        program.post("/__admin/clock/advance", r#"{"by":"1h"}"#);
    }
    program.post("/__admin/faults", r#"{"effect":{"fault":"EMPTY_RESPONSE","execute":false}}"#);
    hear_broken(program.address, "GET", "/api/v1/calls");
    let log = program.stop().stderr;
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// Sends a request whose connection is broken, and hears its end.
fn hear_broken(address: SocketAddr, method: &str, path: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request(method, path, "").as_bytes()).unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Whether a field is in all of the lines, in some, or in none, as the table says it.
fn how_often(field: &str, lines: &[&Map<String, Value>]) -> &'static str {
    match lines.iter().filter(|line| line.contains_key(field)).count() {
        0 => "",
        count if count == lines.len() => "always",
        _ => "maybe",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_the_logs_fields_has_all_of_them() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let url = receiver.url.clone();
    let closed = "http://127.0.0.1:1/hooks?secret=x";
    let lines = tokio::task::spawn_blocking(move || {
        let mut lines = lines_of(&["--log-level", "calls"]);
        lines.extend(lines_of(&["--log-level", "calls", "--webhook-url", &url]));
        lines.extend(lines_of(&["--webhook-url", closed]));
        lines
    })
    .await
    .unwrap();

    let document = Document::read("docs/log.md");
    let columns = ["field", "requests", "tries", "steps", "notes", "is"];
    let rows = &document.table("The log as JSON", &columns).rows;
    let told: BTreeSet<String> = rows.iter().map(|row| only_code(&row[0])).collect();
    let written: BTreeSet<String> = lines.iter().flat_map(Map::keys).cloned().collect();
    assert_eq!(told, written);
    assert!(lines.iter().flat_map(Map::values).all(|value| !value.is_null()), "what is not there is left out");

    let mut kinds: BTreeMap<&str, Vec<&Map<String, Value>>> = BTreeMap::new();
    for line in &lines {
        let kind: Vec<&str> =
            KINDS.iter().filter(|(_, field)| line.contains_key(*field)).map(|(kind, _)| *kind).collect();
        assert_eq!(kind.len(), 1, "{line:?}");
        kinds.entry(kind[0]).or_default().push(line);
    }
    for row in rows {
        let field = only_code(&row[0]);
        for (kind, cell) in KINDS.iter().map(|(kind, _)| kind).zip(&row[1..5]) {
            assert_eq!(cell, how_often(&field, &kinds[kind]), "{field} in {kind}");
        }
        if ["result", "step", "level"].contains(&&*field) {
            let seen: BTreeSet<&str> = lines.iter().filter_map(|line| line.get(&field)?.as_str()).collect();
            let known: Vec<String> = code_of(&row[5]);
            assert!(seen.iter().all(|one| known.iter().any(|known| known == one)), "{field}: {seen:?}");
        }
    }
}

#[test]
fn a_line_says_what_fault_rules_did() {
    let program = Program::start(&["--log-format", "json"]);
    let mut expected = Vec::new();
    let effects = [
        (r#""status":503"#, Some(503), "Service Unavailable (fault rule flt_1 asks for it)"),
        (r#""status":503,"execute":true"#, Some(503), "Service Unavailable (fault rule flt_2 asks for it)"),
        (
            r#""fault":"EMPTY_RESPONSE""#,
            Some(200),
            "This was not sent, but EMPTY_RESPONSE in its place (fault rule flt_3 asks for it)",
        ),
        (
            r#""fault":"CONNECTION_RESET_BY_PEER""#,
            Some(200),
            "This was not sent, but CONNECTION_RESET_BY_PEER in its place (fault rule flt_4 asks for it)",
        ),
        (
            r#""fault":"EMPTY_RESPONSE","execute":false"#,
            None,
            "The request was not carried out; EMPTY_RESPONSE (fault rule flt_5 asks for it)",
        ),
        (r#""latency":"1ms""#, Some(200), ""),
    ];
    for (effect, status, error) in effects {
        program.post("/__admin/faults", &format!(r#"{{"times":1,"effect":{{{effect}}}}}"#));
        hear_broken(program.address, "GET", "/api/v1/calls");
        expected.push((status, error.to_owned()));
    }
    let log = program.stop().stderr;
    let lines = log.lines().map(|line| serde_json::from_str::<Map<String, Value>>(line).unwrap());
    let of_api = lines.filter(|line| line.get("target").is_some_and(|target| target == "/api/v1/calls"));
    let said: Vec<(Option<u64>, String)> = of_api
        .map(|line| {
            let error = line.get("error").map_or("", |error| error.as_str().unwrap());
            (line.get("status").and_then(Value::as_u64), error.to_owned())
        })
        .collect();
    assert_eq!(said, expected);
}
