//! The table of the log's fields, held to the lines that the program writes.

use std::collections::{BTreeMap, BTreeSet};

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
    let log = program.stop().stderr;
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
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
