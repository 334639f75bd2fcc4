//! Holds what the documents say of limits, parameters and scenarios to what the program has.

use std::collections::BTreeSet;

use akol_mock_world::fixtures::Fixtures;
use serde_json::Value;

use crate::control::state::MAX_STATE;
use crate::fixture_files;
use crate::http::request::{MAX_BODY, MAX_HEADERS, MAX_TARGET};
use crate::http::upload::{LARGE, PROGRESS_WITHIN};
use crate::reference::compressed::Compressed;
use crate::reference::document::{CALLS, CONTROL};

fn read(document: &Compressed) -> Value {
    serde_json::from_str(&document.text()).unwrap()
}

/// A number as the documents write it: `1,048,576`.
fn in_prose(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn the_refusals_name_the_limits_that_there_are() {
    let slow = format!("for {} seconds of real time", PROGRESS_WITHIN.as_secs());
    let body = format!("longer than {} bytes", in_prose(MAX_BODY));
    let target = format!("longer than {} bytes", in_prose(MAX_TARGET));
    let headers = format!("longer than {} bytes in all, or more than 100", in_prose(MAX_HEADERS));
    let state = format!("longer than {} GiB", MAX_STATE >> 30);
    let large = format!("longer than {} MiB", LARGE >> 20);
    let calls =
        [("RequestTimeout", &slow), ("ContentTooLarge", &body), ("UriTooLong", &target), ("HeadersTooLarge", &headers)];
    let control = [
        ("BodyTooSlow", &slow),
        ("BodyTooLong", &body),
        ("StateTooLong", &state),
        ("StateBusy", &large),
        ("UriTooLong", &target),
        ("HeadersTooLarge", &headers),
    ];
    for (document, names) in [(&CALLS, &calls[..]), (&CONTROL, &control)] {
        let document = read(document);
        for (name, says) in names {
            let description = document["components"]["responses"][name]["description"].as_str().unwrap();
            assert!(description.contains(says.as_str()), "{name}: {says:?} in {description:?}");
        }
    }
}

/// The names in `code` that come after one of `calls`, such as `parameters.get("status")`.
fn names<'a>(code: &'a str, calls: &[&str]) -> BTreeSet<&'a str> {
    let quoted = |call: &&str| code.split(*call).skip(1).filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>();
    calls.iter().flat_map(quoted).collect()
}

#[test]
fn the_list_of_calls_asks_for_the_parameters_that_are_documented() {
    let code = include_str!("../../api/list.rs");
    let asked = names(code, &["parameters.number(\"", "parameters.get(\"", "parameters.id(\"", "by_id(\""]);
    let document = read(&CALLS);
    let parameters = document["paths"]["/calls"]["get"]["parameters"].as_array().unwrap();
    let documented: BTreeSet<&str> = parameters
        .iter()
        .map(|parameter| document.pointer(&parameter["$ref"].as_str().unwrap()[1..]).unwrap())
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(asked, documented);
}

#[test]
fn the_scenarios_that_a_header_can_ask_for_are_those_of_the_built_in_fixtures() {
    let fixtures = Fixtures::read(&fixture_files::built_in()).unwrap();
    let there: Vec<&str> = fixtures.scenarios.iter().map(|scenario| &*scenario.name).collect();
    let document = read(&CALLS);
    assert_eq!(document["components"]["parameters"]["Scenario"]["schema"]["enum"], serde_json::json!(there));
}
