//! Writes down what was measured: for programs as JSON, for people as a table in `BENCHMARKS.md`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::machine;
use crate::options::Options;
use crate::process::target;
use crate::row::{Goal, Measured, Result, Verdict};

const DOCUMENT: &str = "BENCHMARKS.md";

/// Writes `bench.json` in the target folder; and between its marks in `BENCHMARKS.md` the table, where all of it was measured.
pub fn write(options: &Options, results: &[Result]) {
    let facts = machine::facts(options);
    let part = if options.peers { "peers" } else { "rows" };
    let name = if options.peers { "bench-peers.json" } else { "bench.json" };
    let file = target().join(name);
    let rows: Vec<Value> = results.iter().map(Result::to_json).collect();
    let told: Map<String, Value> = facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let json = serde_json::to_string_pretty(&json!({"about": told, "rows": rows})).expect("it is JSON");
    std::fs::write(&file, json + "\n").expect("results can be written");

    let mut text = String::new();
    for (name, value) in &facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    text += &table(results);
    if options.is_whole() {
        put(part, &text);
    } else {
        println!("{text}");
    }
    println!("written to {}", file.display());
}

/// Puts `text` between the marks of that part of the document. All around it is written by hand, and stays.
pub fn put(part: &str, text: &str) {
    let document = std::fs::read_to_string(DOCUMENT).expect("BENCHMARKS.md can be read");
    let (begin, end) = (format!("<!-- {part}: written by benches/run -->"), format!("<!-- {part}: end -->"));
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("{DOCUMENT} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{DOCUMENT} has no {end}"));
    std::fs::write(DOCUMENT, format!("{before}{begin}\n\n{text}\n{end}{after}")).expect("it can be written");
}

fn table(results: &[Result]) -> String {
    let mut text = String::from(
        "\n| work | goal | akol-mock | held against | ratio (smallest–largest) | CPU ratio | |\n|---|---|---|---|---|---|---|\n",
    );
    for result in results {
        let (row, verdict) = (&result.row, verdict(result.verdict()));
        let goal = goal(row.goal, row.unit);
        let line = match &result.outcome {
            Err(why) => {
                format!("| {} | {goal} | {} | | | | {verdict} |", row.work, why.lines().next().unwrap_or_default())
            }
            Ok(measured) => {
                let Measured { value, yardstick, ratio, spread, cpu_ratio, note, .. } = measured;
                let yardstick = yardstick.map_or_else(String::new, number);
                let ratio = ratio.map_or_else(String::new, |ratio| match spread {
                    Some((low, high)) => format!("{} ({}–{})", share(ratio), share(*low), share(*high)),
                    None => share(ratio),
                });
                let cpu_ratio = cpu_ratio.map_or_else(String::new, share);
                let note = if note.is_empty() { String::new() } else { format!("; {note}") };
                let (work, unit, value) = (row.work, row.unit, number(*value));
                format!("| {work} | {goal} | {value} {unit}{note} | {yardstick} | {ratio} | {cpu_ratio} | {verdict} |")
            }
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

fn goal(goal: Goal, unit: &str) -> String {
    match goal {
        Goal::Share(share) => format!("≥ {share:.2}"),
        Goal::Times(times) => format!("≤ {times:.2} ×"),
        Goal::AtMost(most) => format!("≤ {} {unit}", number(most)),
        Goal::Shown => String::new(),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reached => "reached",
        Verdict::Missed => "**missed**",
        Verdict::Shown => "",
        Verdict::Broken => "**broken**",
    }
}

/// A ratio; a small one with a digit more, so that something of it is seen.
fn share(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

/// A number with as many digits as mean something.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 1_000.0 => return grouped(large.round() as u64),
        some if some >= 100.0 => 0,
        few if few >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// Digits in groups of three.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
