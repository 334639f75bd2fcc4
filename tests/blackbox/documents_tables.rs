//! The tables of the README, held to what the server does.

use std::collections::{BTreeMap, BTreeSet};

use akol_mock::{Auth, BUILT_IN_FIXTURES, Settings, Webhooks};
use hyper::{Method, Request};
use serde_json::{Value, json};

use crate::support::markdown::{Document, code_of, only_code};
use crate::support::{Server, placement, settings};

fn readme() -> Document {
    Document::read("README.md")
}

/// The numbers that the README gives a meaning.
const COLUMNS: [&str; 7] =
    ["number", "scenario", "ends as", "rings for", "talks for", "drawn, outbound", "drawn, inbound"];

/// A duration or a range of two as the README writes it: `4s..40s` is `4–40 s`.
fn in_words(text: &str) -> String {
    let split = |text: &str| -> (String, &'static str) {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        match &text[digits.len()..] {
            "ms" => ((digits.parse::<f64>().unwrap() / 1_000.0).to_string(), "s"),
            "s" => (digits, "s"),
            "m" => (digits, "min"),
            other => panic!("no unit {other:?}"),
        }
    };
    let Some((least, most)) = text.split_once("..") else {
        let (number, unit) = split(text);
        return format!("{number} {unit}");
    };
    let ((least, first), (most, second)) = (split(least), split(most));
    if first == second { format!("{least}–{most} {first}") } else { format!("{least} {first} – {most} {second}") }
}

#[test]
fn the_table_of_scenarios_is_that_of_the_built_in_fixtures() {
    let (_, text) = BUILT_IN_FIXTURES.iter().find(|(path, _)| *path == "scenarios.toml").unwrap();
    let fixtures: toml::Table = toml::from_str(text).unwrap();
    let scenarios = fixtures["scenario"].as_array().unwrap();
    let text = |scenario: &toml::Value, key: &str| {
        scenario.get(key).and_then(toml::Value::as_str).map_or_else(String::new, str::to_owned)
    };
    let weight = |scenario: &toml::Value, key: &str| {
        scenario.get(key).and_then(toml::Value::as_integer).map_or_else(String::new, |weight| weight.to_string())
    };
    let readme = readme();
    let rows = &readme.table("Scenarios", &COLUMNS).rows;
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| !row[1].is_empty()).collect();
    assert_eq!(rows.len(), scenarios.len());
    for (row, scenario) in rows.into_iter().zip(scenarios) {
        let name = text(scenario, "name");
        assert_eq!([only_code(&row[0]), only_code(&row[1])], [text(scenario, "number"), name.clone()]);
        assert_eq!(row[3], in_words(&text(scenario, "ring")), "{name}");
        let talk = text(scenario, "talk");
        let talk = if ["", "endless"].contains(&&*talk) { String::new() } else { in_words(&talk) };
        assert_eq!(row[4], talk, "{name}");
        assert_eq!([&row[5], &row[6]], [&weight(scenario, "outbound"), &weight(scenario, "inbound")], "{name}");
        assert_eq!(text(scenario, "queue"), "500ms..2s", "the README says that all are queued for 0.5 to 2 seconds");
    }
}

#[tokio::test]
async fn the_dialled_numbers_of_the_table_do_what_it_says_and_no_others_do() {
    let server = Server::start().await;
    let readme = readme();
    let rows: BTreeMap<String, &Vec<String>> =
        readme.table("Scenarios", &COLUMNS).rows.iter().map(|row| (only_code(&row[0]), row)).collect();
    let mut ends = Vec::new();
    for last in 0..1_000 {
        let number = format!("+15005550{last:03}");
        let placed = server.post("/api/v1/calls", placement(&number)).await;
        let refused = rows.get(&number).filter(|row| row[1].is_empty());
        let status = refused.map_or(201, |row| {
            let status = row[2].split_once("answered ").unwrap().1.split(',').next().unwrap();
            status.parse().unwrap()
        });
        assert_eq!(placed.status.as_u16(), status, "{number}");
        if refused.is_none()
            && let Some(row) = rows.get(&number)
        {
            ends.push((placed.data()["id"].as_str().unwrap().to_owned(), code_of(&row[2])));
        }
    }
    // By then every one has ended, an endless one by the business's longest call.
    server.advance_secs(3_600).await;
    assert_eq!(ends.len(), rows.values().filter(|row| !row[1].is_empty()).count());
    for (id, said) in ends {
        let call = server.call(&id).await;
        let [.., status, outcome] = &said[..] else { panic!("{said:?}") };
        assert_eq!((&call["status"], &call["outcome"]), (&json!(status), &json!(outcome)), "{call}");
    }
}

#[tokio::test]
async fn each_token_of_the_table_is_answered_as_it_says() {
    let auth = Auth::Strict(vec!["known".to_owned()]);
    let (any, off) = (Server::start().await, Server::with(Settings { auth: Auth::Off, ..settings() }).await);
    let strict = Server::with(Settings { auth, ..settings() }).await;
    let readme = readme();
    for row in &readme.table("Tokens", &["bearer token", "answer"]).rows {
        let token = match &*row[0] {
            "none" => None,
            "any other" => Some("whatever".to_owned()),
            named => Some(only_code(named)),
        };
        for (server, is_off) in [(&any, false), (&off, true)] {
            let mut request = Request::get(format!("{}/api/v1/calls", server.base));
            if let Some(token) = &token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let answer = server.send(request.body(Default::default()).unwrap()).await;
            let is_let_in = row[1].starts_with("let in") || (token.is_none() && is_off);
            let status = if is_let_in { "200" } else { row[1].split(' ').next().unwrap() };
            assert_eq!(answer.status.as_str(), status, "{row:?}");
            if !is_let_in {
                assert_eq!(answer.error(), code_of(&row[1])[0]);
            }
        }
    }
    for (token, status) in [("known", 200), ("whatever", 401)] {
        let request = Request::get(format!("{}/api/v1/calls", strict.base));
        let request = request.header("authorization", format!("Bearer {token}"));
        assert_eq!(strict.send(request.body(Default::default()).unwrap()).await.status, status);
    }
}

#[test]
fn the_table_of_events_has_all_of_them_and_those_first_that_are_sent() {
    let readme = readme();
    let rows = &readme.table("Events", &["event", "sent when"]).rows;
    let events: Vec<String> = rows.iter().flat_map(|row| code_of(&row[0])).collect();
    let set = |events: &[String]| events.iter().cloned().collect::<BTreeSet<String>>();
    assert_eq!(set(&events), Webhooks::EVENTS.map(str::to_owned).into());
    assert_eq!(events.len(), Webhooks::EVENTS.len());
    let default = Webhooks::default().events;
    assert_eq!(default.len(), 4, "the README says: the first four");
    assert_eq!(set(&events[..4]), set(&default));
}

#[tokio::test]
async fn the_seeded_world_is_the_one_of_the_tables() {
    let server = Server::start().await;
    let all = async |path: &str| server.get(&format!("/__admin/{path}")).await.data().as_array().unwrap().clone();
    let (businesses, agents, numbers) = (all("businesses").await, all("agents").await, all("phone-numbers").await);
    let of = |things: &[Value], key: &str, id: &Value| -> Vec<Value> {
        things.iter().filter(|thing| thing[key] == *id).map(|thing| thing["id"].clone()).collect()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let readme = readme();
    let table = readme.table("The seeded world", &["business", "id", "trade", "agents", "longest call"]);
    let shown = |row: &Vec<String>| {
        let name = row[0].split(" (").next().unwrap().to_owned();
        (name, only_code(&row[1]), only_code(&row[2]), code_of(&row[3]), row[4].clone())
    };
    let is = |business: &Value| {
        let agents = of(&agents, "businessId", &business["id"]).iter().map(text).collect();
        let longest = format!("{} min", business["maxCallDurationMinutes"]);
        (text(&business["name"]), text(&business["id"]), text(&business["trade"]), agents, longest)
    };
    assert_eq!(
        table.rows.iter().map(shown).collect::<BTreeSet<_>>(),
        businesses.iter().map(is).collect::<BTreeSet<(String, String, String, Vec<String>, String)>>()
    );

    let table = readme.table("The seeded world", &["campaign", "status", "recording", "phone numbers"]);
    let shown = |row: &Vec<String>| (only_code(&row[0]), only_code(&row[1]), only_code(&row[2]), code_of(&row[3]));
    let campaigns = all("campaigns").await;
    let is = |campaign: &Value| {
        let numbers: Vec<String> = of(&numbers, "campaignId", &campaign["id"]).iter().map(text).collect();
        (text(&campaign["id"]), text(&campaign["status"]), text(&campaign["recording"]), numbers)
    };
    assert_eq!(
        table.rows.iter().map(shown).collect::<BTreeSet<_>>(),
        campaigns.iter().map(is).collect::<BTreeSet<(String, String, String, Vec<String>)>>()
    );
}

/// The JSON that a cell shows, with what may be left out.
fn json_of(code: &str) -> Value {
    serde_json::from_str(&code.replace("\"?:", "\":")).unwrap_or_else(|error| panic!("{code}: {error}"))
}

#[tokio::test]
async fn every_effect_of_the_table_of_faults_is_taken() {
    let server = Server::start().await;
    let document = server.get("/__admin/openapi.json").await.json();
    let known = document["components"]["schemas"]["ConnectionFault"]["enum"].as_array().unwrap();
    let readme = readme();
    let mut broken = Vec::new();
    for row in &readme.table("Faults", &["effect", "does"]).rows {
        for effect in code_of(&row[0]).iter().map(|code| json_of(code)) {
            let rule = json!({"match": {"path": "/never"}, "effect": effect});
            let made = server.send_json(Method::POST, "/__admin/faults", rule).await;
            assert_eq!(made.status, 201, "{effect}: {made:?}");
            if let Some(fault) = effect.get("fault") {
                broken.push(fault.clone());
            }
        }
    }
    assert_eq!(&broken, known);
}

#[tokio::test]
async fn the_table_of_mischief_has_all_of_it() {
    let server = Server::start().await;
    let mischief = server.get("/__admin/webhooks/mischief").await.data();
    let readme = readme();
    let rows = &readme.table("Webhooks at run time", &["mischief", "does"]).rows;
    let shown: BTreeSet<String> = rows.iter().map(|row| only_code(&row[0])).collect();
    assert_eq!(shown, mischief.as_object().unwrap().keys().cloned().collect());
    assert_eq!(shown.len(), rows.len());
}
