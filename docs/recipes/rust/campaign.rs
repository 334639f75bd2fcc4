//! Run a nightly campaign of a thousand calls in a second.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Akol, World};

/// The app: calls everybody.
fn run_campaign(akol: &Akol, numbers: &[String]) {
    for number in numbers {
        let call = json!({"campaignId": "cmp_xxx", "toNumber": number, "fromPhoneNumberId": "pn_xxx"});
        assert_eq!(akol.post("/calls", &call).unwrap().status(), 201);
    }
}

/// The app: how many calls came to which outcome, page by page.
fn report(akol: &Akol) -> BTreeMap<String, usize> {
    let mut outcomes = Vec::new();
    for page in 1.. {
        let answer = akol.get(&format!("/calls?direction=outbound&limit=100&page={page}"));
        outcomes.extend(answer["data"].as_array().unwrap().iter().map(|call| call["outcome"].clone()));
        if answer["pagination"]["hasNext"] == false {
            break;
        }
    }
    tally(&outcomes)
}

fn tally(outcomes: &[Value]) -> BTreeMap<String, usize> {
    outcomes.iter().fold(BTreeMap::new(), |mut counts, outcome| {
        *counts.entry(outcome.to_string()).or_default() += 1;
        counts
    })
}

#[test]
fn the_morning_report_has_every_call_of_the_night() {
    let world = World::new();
    let numbers: Vec<String> = (0..1000).map(|number| format!("+1555200{number:04}")).collect();
    // A night on which many are out.
    world.control("PATCH", "/settings", json!({"scenarioWeights": {"voicemail": 60, "no_answer": 30}}));
    run_campaign(&world.akol, &numbers);
    let night = world.advance(Duration::from_secs(3600));
    let events = night["events"].as_array().unwrap().iter();
    let ended: Vec<Value> =
        events.filter(|event| event["step"] == "ended").map(|event| event["outcome"].clone()).collect();
    assert_eq!(ended.len(), numbers.len());
    assert_eq!(report(&world.akol), tally(&ended));
}
