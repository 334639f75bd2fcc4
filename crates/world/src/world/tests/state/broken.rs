//! Documents that are broken are refused by the place of the fault, or make a world that goes on; none makes it panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::commands::{Command, Stage, commands};
use super::{other_hooks, read, stage, written};
use crate::account::settings::Quotas;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::calls::call::CallId;
use crate::error::Error;
use crate::snapshot::WorldRecord;
use crate::world::World;
use crate::world::testing::{fixtures, report, seconds};

/// A world in which there is something of everything.
fn busy() -> Value {
    let quotas = Quotas { requests_per_minute: Some(2), ..Quotas::default() };
    let mut world = World::for_tests(7).with_past(5).with_quotas(quotas).with_receiver(&[seconds(60)]);
    let mut scenarios = ["completed", "transferred", "endless", "no_answer", "ringing"].into_iter();
    for scenario in scenarios.by_ref() {
        world.call_somebody(scenario);
        world.pass(seconds(7));
    }
    for attempt in world.take_deliveries() {
        world.delivery_answered(attempt.key, report(500));
    }
    world.call_somebody("completed");
    world.somebody_calls("completed");
    world.count_request("me").unwrap();
    let mut stage = Stage::of(world);
    stage.run(&Command::Key(1, 1));
    stage.run(&Command::Fault(4));
    serde_json::from_str(&written(stage.world())).unwrap()
}

fn restore(document: &Value) -> Result<World, Error> {
    read(&document.to_string())
}

/// The field that a document is refused for, with `value` put where `pointer` points.
fn refused(document: &Value, pointer: &str, value: Value) -> String {
    let mut document = document.clone();
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("there is nothing at {pointer}")) = value;
    match restore(&document) {
        Err(Error::Invalid(faults)) => faults[0].field.to_string(),
        other => panic!("{pointer} is not refused: {:?}", other.map(|_| ())),
    }
}

#[test]
fn what_cannot_have_come_about_is_refused_by_its_place() {
    let all = busy();
    assert!(restore(&all).is_ok());
    let first = |list: &str, suits: &dyn Fn(&Value) -> bool| {
        all.pointer(list).unwrap().as_array().unwrap().iter().position(suits).unwrap()
    };
    let live = first("/calls", &|call| call["status"] == "IN_PROGRESS" && call["plan"]["ends"] == "completed");
    let step = first("/agenda/entries", &|entry| entry["due"].get("call").is_some());
    let is_delivery = |entry: &&Value| entry["due"].get("delivery").is_some();
    let deliveries_alone = all["agenda"]["entries"].as_array().unwrap().iter().filter(is_delivery).cloned().collect();
    let (now, id) = (all["now"].clone(), all["calls"][0]["id"].clone());
    let (early, late) = (json!("1970-01-01T00:00:00.000Z"), json!("9998-01-01T00:00:00.000Z"));
    for (place, value, named) in [
        ("calls/1/id", id, ""),
        ("calls/0/campaignId", json!("cmp_none"), ""),
        ("calls/0/phoneNumberId", json!("pn_none"), ""),
        ("calls/LIVE/plan/script", json!({"dialogue": 9_999}), "calls[LIVE].plan.script.dialogue"),
        ("calls/LIVE/plan/script", json!({"verbatim": 0}), "calls[LIVE].plan.script.verbatim"),
        ("calls/LIVE/plan/talkMs", json!(86_400_001), ""),
        ("calls/LIVE/plan/ends", json!("busy"), ""),
        ("calls/LIVE/outcome", json!("completed"), "calls[LIVE].status"),
        ("calls/LIVE/endedAt", now.clone(), ""),
        ("calls/LIVE/sentiment", json!("neutral"), ""),
        ("calls/LIVE/ringsAt", late.clone(), "calls[LIVE].answeredAt"),
        ("calls/LIVE/plan/talkMs", json!(1), "calls[LIVE].answeredAt"),
        ("agenda/entries", deliveries_alone, ""),
        ("agenda/nextNumber", json!(1), "agenda.entries[0].number"),
        ("agenda/entries/STEP/due/call/id", json!("call_1"), ""),
        ("agenda/entries/STEP/due/call/step", json!("tell"), ""),
        ("agenda/entries/STEP/at", late.clone(), ""),
        ("minutes/month", now, ""),
        ("settings/rateLimit", json!(0), ""),
        ("settings/scenarioWeights/voicemail/inbound", json!(1), ""),
        ("settings/scenarioWeights", json!({}), "settings.scenarioWeights.completed"),
        ("settings/latency", json!("6m"), ""),
        ("campaigns/cmp_xxx/scenario", json!("none"), ""),
        ("rateLimitWindows/CLIENT/ends", late.clone(), ""),
        ("idempotency/0/key", json!("1"), ""),
        ("idempotency/0/until", late, ""),
        ("faults/made", json!(0), "faults.rules[0].number"),
        ("faults/rules/0/hits", json!(99), ""),
        ("faults/rules/0/effect", json!({"status": 200, "execute": true}), "faults.rules[0].effect.status"),
        ("faults/rules/0/effect", json!({}), ""),
        ("webhooks/subscribed", json!(0), "webhooks.subscriptions[0].number"),
        ("webhooks/subscriptions/0/url", json!("ftp://x"), ""),
        ("webhooks/subscriptions", json!([]), "webhooks.deliveries[0].subscription"),
        ("webhooks/delivered", json!(0), "webhooks.deliveries[0].number"),
        ("webhooks/deliveries/0/callId", json!("call_1"), ""),
        ("webhooks/deliveries/0/id", json!("msg_1"), ""),
        ("webhooks/deliveries/0/state", json!("under_way"), ""),
        ("webhooks/deliveries/0/isHeld", json!(true), ""),
        ("webhooks/lanes", json!([]), ""),
        ("webhooks/lanes/0/deliveries/0", json!(99), ""),
        ("webhooks/lanes/0/subscription", json!(7), ""),
    ] {
        let client = all["rateLimitWindows"].as_object().unwrap().keys().next().unwrap();
        let fill = |text: &str| {
            text.replace("LIVE", &live.to_string()).replace("STEP", &step.to_string()).replace("CLIENT", client)
        };
        let place = fill(place);
        let is_position = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let dotted = place.split('/').fold(String::new(), |path, part| match (path.as_str(), is_position(part)) {
            (_, true) => format!("{path}[{part}]"),
            ("", _) => part.to_owned(),
            _ => format!("{path}.{part}"),
        });
        let named = if named.is_empty() { dotted } else { fill(named) };
        assert_eq!(refused(&all, &format!("/{place}"), value), named, "{place}");
    }
    let mut all = all;
    all["calls"][live]["ringsAt"] = early.clone();
    assert_eq!(refused(&all, &format!("/calls/{live}/answeredAt"), early), format!("calls[{live}].answeredAt"));
}

/// One thing that is done to a document.
#[derive(Clone, Debug)]
enum Breakage {
    Remove,
    Replace(Value),
    Repeat,
    Swap,
}

fn breakage() -> impl Strategy<Value = Breakage> {
    let values = [
        Value::Null,
        json!(0),
        json!(1),
        json!(2),
        json!(u64::MAX),
        json!(9_007_199_000_000_000_u64),
        json!(999_999_000),
        json!(-1),
        json!(0.5),
        json!(true),
        json!(""),
        json!("completed"),
        json!("waiting"),
        json!("under_way"),
        json!("9998-12-31T23:59:59.999Z"),
        json!("1970-01-01T00:00:00.000Z"),
        json!([]),
        json!({}),
    ];
    prop_oneof![
        1 => Just(Breakage::Remove),
        4 => proptest::sample::select(values.to_vec()).prop_map(Breakage::Replace),
        1 => Just(Breakage::Repeat),
        1 => Just(Breakage::Swap),
    ]
}

/// Does that at a place that the numbers choose.
fn break_at(value: &mut Value, way: &[usize], breakage: &Breakage) {
    let Some((step, rest)) = way.split_first() else { return };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let name = fields.keys().nth(step % fields.len()).unwrap().clone();
            let is_leaf = rest.is_empty() || !fields[&name].is_object() && !fields[&name].is_array();
            match breakage {
                Breakage::Remove if is_leaf => drop(fields.remove(&name)),
                Breakage::Replace(value) if is_leaf => drop(fields.insert(name, value.clone())),
                _ => break_at(fields.get_mut(&name).unwrap(), rest, breakage),
            }
        }
        Value::Array(things) if !things.is_empty() => {
            let (at, count) = (step % things.len(), things.len());
            let is_leaf = rest.is_empty() || !things[at].is_object() && !things[at].is_array();
            match breakage {
                Breakage::Remove if is_leaf => drop(things.remove(at)),
                Breakage::Replace(value) if is_leaf => things[at] = value.clone(),
                Breakage::Repeat if is_leaf || step % 3 == 0 => things.insert(at, things[at].clone()),
                Breakage::Swap if is_leaf || step % 3 == 0 => things.swap(at, (at + 1) % count),
                _ => break_at(&mut things[at], rest, breakage),
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_document_never_makes_a_world_panic(
        before in commands(40),
        after in commands(20),
        breakages in proptest::collection::vec((proptest::collection::vec(any::<usize>(), 2..7), breakage()), 1..4),
    ) {
        let mut document: Value = serde_json::from_str(&written(stage(&before).world())).unwrap();
        for (way, breakage) in &breakages {
            break_at(&mut document, way, breakage);
        }
        let Ok(record) = serde_json::from_value::<WorldRecord>(document) else { return Ok(()) };
        let Ok(world) = World::restore(fixtures(), (Seed::new(7), IdKey::NONE), other_hooks(), record) else { return Ok(()) };
        let mut stage = Stage::of(world);
        after.iter().for_each(|command| if !stage.world().call_store().is_empty() { stage.run(command) });
        stage.run(&Command::Pass(86_400_000));
        stage.run(&Command::Answer { status: 200, keep: 0 });
        let world = stage.world();
        let calls: Vec<CallId> = world.call_store().iter().map(|call| call.id).collect();
        for id in calls {
            let call = world.find_call(&id.to_string()).unwrap();
            world.story(call).transcript(world.now());
            world.story(call).filing();
            let _ = world.recording(&id.to_string());
        }
        for delivery in world.outbox().deliveries() {
            world.body_of(delivery);
        }
        // What was taken in goes out and in again.
        let document = written(world);
        let again = read(&document).map(|world| written(&world) == document);
        prop_assert_eq!(again, Ok(true));
    }
}
