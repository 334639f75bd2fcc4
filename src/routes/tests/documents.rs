//! Holds the OpenAPI documents to the tables of routes, and to the words of the domain.

use std::collections::{BTreeMap, BTreeSet};

use akol_mock_world::calls::call::{Direction, Outcome, Sentiment, Speaker, Status};
use akol_mock_world::calls::lifecycle::Step;
use akol_mock_world::calls::scenario::Answer;
use akol_mock_world::directory::{CampaignStatus, Locale, RecordingSetting};
use akol_mock_world::event::CallStep;
use akol_mock_world::faults::rules::ConnectionFault;
use akol_mock_world::webhooks::{DeliveryState, Event, Trick};
use serde_json::Value;

use crate::config::ClockMode;
use crate::dialect::oversight;
use crate::reference::document;
use crate::routes::{API, CONTROL, Route};

/// A document, read.
struct Document(Value);

impl Document {
    fn read(text: &str) -> Document {
        Document(serde_json::from_str(text).unwrap())
    }

    /// What `value` is, or stands for.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }

    /// Every operation, by its method and its path as a table has it, with the names of the parameters of its query.
    fn operations(&self) -> BTreeMap<(String, String), BTreeSet<&str>> {
        let mut operations = BTreeMap::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            let shared = item["parameters"].as_array().into_iter().flatten();
            let item = item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters");
            for (method, operation) in item {
                let own = operation["parameters"].as_array().into_iter().flatten();
                let parameters = shared.clone().chain(own).map(|parameter| self.resolved(parameter));
                let of_query = parameters.filter(|parameter| parameter["in"] == "query");
                let names = of_query.map(|parameter| parameter["name"].as_str().unwrap()).collect();
                operations.insert((method.to_uppercase(), as_in_table(path)), names);
            }
        }
        operations
    }

    /// Every list of words that a schema allows, by its place. Where `null` is one of them, it is left out.
    fn enums(&self) -> BTreeMap<String, Vec<&str>> {
        let mut enums = BTreeMap::new();
        gather_enums("", &self.0["components"]["schemas"], &mut enums);
        enums
    }
}

/// `/calls/{callId}/timeline` as `/calls/:id/timeline`.
fn as_in_table(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { ":id" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn gather_enums<'a>(place: &str, value: &'a Value, enums: &mut BTreeMap<String, Vec<&'a str>>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                match (key.as_str(), value) {
                    ("enum", Value::Array(words)) => {
                        enums.insert(place, words.iter().filter_map(Value::as_str).collect());
                    }
                    _ => gather_enums(&place, value, enums),
                }
            }
        }
        Value::Array(values) => {
            for (position, value) in values.iter().enumerate() {
                gather_enums(&format!("{place}[{position}]"), value, enums);
            }
        }
        _ => {}
    }
}

/// Every route of a table, as [`Document::operations`] has them. `everywhere` are the parameters that each takes.
fn routes(table: &[Route], everywhere: &[&'static str]) -> BTreeMap<(String, String), BTreeSet<&'static str>> {
    let route = |route: &Route| {
        let parameters = everywhere.iter().chain(route.parameters).copied();
        ((route.method.to_string(), route.path.to_owned()), parameters.collect())
    };
    table.iter().map(route).collect()
}

/// Takes the words of a place out of `enums`, and holds them to `expected`.
fn check_words(enums: &mut BTreeMap<String, Vec<&str>>, place: &str, expected: Vec<&str>) {
    assert_eq!(enums.remove(&format!("{place}.enum")), Some(expected), "{place}");
}

/// The words of a vocabulary.
macro_rules! words {
    ($vocabulary:ty) => {
        <$vocabulary>::ALL.iter().map(|word| word.as_str()).collect::<Vec<&str>>()
    };
}

/// Holds what both documents have to the domain.
fn check_shared_words(enums: &mut BTreeMap<String, Vec<&str>>) {
    check_words(enums, "Direction", words!(Direction));
    check_words(enums, "CallStatus", words!(Status));
    check_words(enums, "Outcome", words!(Outcome));
    check_words(enums, "Sentiment", words!(Sentiment));
    check_words(enums, "Speaker", words!(Speaker));
    for (schema, of_ending) in [("LiveCallEvent", false), ("EndedCallEvent", true)] {
        let events = Event::ALL.iter().filter(|event| event.is_of_ending() == of_ending);
        let events: BTreeSet<&str> = events.map(|event| event.as_str()).collect();
        let words = enums.remove(&format!("{schema}.properties.event.enum")).unwrap();
        assert_eq!(words.into_iter().collect::<BTreeSet<_>>(), events, "{schema}");
    }
}

#[test]
fn the_document_of_the_control_api_has_its_routes_and_their_parameters() {
    assert_eq!(Document::read(&document::CONTROL.text()).operations(), routes(CONTROL, &["workspace"]));
}

#[test]
fn the_document_of_akols_api_has_its_routes() {
    // Their parameters are not in the table: unknown ones are ignored.
    let documented: Vec<_> = Document::read(&document::CALLS.text()).operations().into_keys().collect();
    assert_eq!(documented, routes(API, &[]).into_keys().collect::<Vec<_>>());
}

#[test]
fn the_document_of_the_control_api_speaks_the_words_of_the_domain() {
    let document = Document::read(&document::CONTROL.text());
    let enums = &mut document.enums();
    check_shared_words(enums);
    check_words(enums, "CallStep", words!(CallStep));
    check_words(enums, "CampaignStatus", words!(CampaignStatus));
    check_words(enums, "Recording", words!(RecordingSetting));
    check_words(enums, "Locale", words!(Locale));
    check_words(enums, "ClockMode", [ClockMode::Real, ClockMode::Manual].map(ClockMode::as_str).to_vec());
    check_words(enums, "Event", words!(Event));
    check_words(enums, "DeliveryState", words!(DeliveryState));
    check_words(enums, "Trick", words!(Trick));
    check_words(enums, "ConnectionFault", words!(ConnectionFault));
    check_words(enums, "StatePlan.properties.answer", words!(Answer));
    check_words(enums, "StateStep.properties.step", words!(Step));
    // No type lists those of the rest.
    check_words(enums, "BodyEncoding", vec!["json", "text", "base64"]);
    check_words(enums, "StateHooks.properties.signature", vec!["akol", "standard"]);
    check_words(enums, "Delivering.properties.result", vec!["received", "failed", "dropped", "kept"]);
    check_words(enums, "ChangeCampaign.properties.status", vec!["RUNNING", "PAUSED"]);
    assert!(enums.is_empty(), "these are held to nothing: {enums:?}");
}

#[test]
fn patterns_are_held_to_the_routes_that_there_are() {
    let routes: Vec<_> = API.iter().map(|route| (route.method.as_str(), format!("/api/v1{}", route.path))).collect();
    assert_eq!(routes, oversight::ROUTES.map(|(method, path)| (method, path.to_owned())));
}

#[test]
fn the_document_of_akols_api_speaks_the_words_of_the_domain() {
    let document = Document::read(&document::CALLS.text());
    let enums = &mut document.enums();
    check_shared_words(enums);
    assert!(enums.is_empty(), "these are held to nothing: {enums:?}");
}
