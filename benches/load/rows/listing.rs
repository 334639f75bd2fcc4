//! Pages of lists.

use serde_json::Value;

use crate::ground::Ground;
use crate::options::Options;
use crate::process::Process;
use crate::race::{Race, Side, against_bare, race};
use crate::request::Request;
use crate::row::Measured;

const USUAL: &str = "/calls?status=COMPLETED&limit=20";

/// The usual filter in a small world.
pub fn of_a_thousand(ground: &Ground) -> Measured {
    let world = ground.world(1_000);
    against_bare(ground, &world, &ground.script("list", &[Request::get(USUAL)])).into()
}

/// Several combinations: one look at each, and all rounds with the one that fared worst.
pub fn of_a_million(ground: &Ground) -> Measured {
    let world = ground.world(ground.million());
    let glance = Ground::new(&Options { rounds: 1, ..ground.options.clone() });
    let race_with = |ground: &Ground, target: &str| -> Race {
        against_bare(ground, &world, &ground.script("list", &[Request::get(target)]))
    };
    // Processor time is the steadier of the two.
    let some = ground.scaled(u64::MAX, 2) as usize;
    let looked = combinations(&world).into_iter().rev().take(some).map(|target| {
        let race = race_with(&glance, &target);
        (race.cpu_ratio.unwrap_or(race.ratio), target)
    });
    let (_, worst) = looked.min_by(|one, other| one.0.total_cmp(&other.0)).expect("there are combinations");
    Measured::from(race_with(ground, &worst)).noting(format!("worst: `{worst}`"))
}

/// What may be asked of a list: one filter, several, all of them, dates, and what nothing matches.
fn combinations(world: &Process) -> Vec<String> {
    let call = call_at(world, 0.5);
    // Not every call has an outcome and a sentiment.
    let field = |name: &str| call[name].as_str().map(|value| format!("{name}={value}"));
    let names = ["direction", "status", "outcome", "sentiment", "businessId", "campaignId", "agentId", "phoneNumberId"];
    let all = names.into_iter().filter_map(field).collect::<Vec<_>>().join("&");
    let (from, to) = (started(&call_at(world, 0.75)), started(&call_at(world, 0.25)));
    [
        "status=COMPLETED".to_owned(),
        "direction=outbound".to_owned(),
        "direction=outbound&status=COMPLETED".to_owned(),
        "direction=outbound&status=COMPLETED&outcome=completed&sentiment=positive".to_owned(),
        "status=VOICEMAIL&campaignId=cmp_brightsmile_recall".to_owned(),
        all,
        format!("startDate={from}&endDate={to}"),
        format!("direction=outbound&status=COMPLETED&startDate={from}&endDate={to}"),
        "status=COMPLETED&outcome=busy".to_owned(),
    ]
    .map(|filters| format!("/calls?{filters}&limit=20"))
    .into()
}

/// The usual filter, a large world against a small one.
pub fn million_against_thousand(ground: &Ground) -> Measured {
    let (small, large) = (ground.world(1_000), ground.world(ground.million()));
    let script = ground.script("list", &[Request::get(USUAL)]);
    race(ground, Side { server: &small, script: &script }, Side { server: &large, script: &script }).into()
}

/// The page in the middle.
pub fn middle_page(ground: &Ground) -> Measured {
    against_first_page(ground, |pages| pages / 2)
}

/// The last page.
pub fn last_page(ground: &Ground) -> Measured {
    against_first_page(ground, |pages| pages)
}

fn against_first_page(ground: &Ground, page: fn(u64) -> u64) -> Measured {
    let world = ground.world(ground.million());
    let listed = world.get(&Request::get(USUAL)).json();
    let pages = listed["pagination"]["totalPages"].as_u64().expect("a list tells how many pages it has");
    against_first(ground, &world, &format!("{USUAL}&page={}", page(pages)))
}

/// Dates between which there is one call.
pub fn one_instant(ground: &Ground) -> Measured {
    let world = ground.world(ground.million());
    let lonely = (0..50).map(|n| 0.3 + f64::from(n) / 200.0).find_map(|part| {
        let start = started(&call_at(&world, part));
        let target = format!("/calls?startDate={start}&endDate={start}&limit=20");
        let total = world.get(&Request::get(&target)).json()["pagination"]["total"].as_u64();
        (total == Some(1)).then_some(target)
    });
    against_first(ground, &world, &lonely.expect("some call has begun alone"))
}

/// A list against the first page of the usual one, on the same server.
fn against_first(ground: &Ground, world: &Process, target: &str) -> Measured {
    let first = ground.script("list-first", &[Request::get(USUAL)]);
    let other = ground.script("list-other", &[Request::get(target)]);
    race(ground, Side { server: world, script: &first }, Side { server: world, script: &other }).into()
}

/// The call at that part of the list of all.
fn call_at(world: &Process, part: f64) -> Value {
    let total = world.get(&Request::get("/calls?limit=1")).json()["pagination"]["total"].as_u64().expect("a total");
    let page = 1 + (total as f64 * part) as u64;
    world.get(&Request::get(&format!("/calls?limit=1&page={page}"))).json()["data"][0].clone()
}

fn started(call: &Value) -> String {
    call["startedAt"].as_str().expect("a past call has started").to_owned()
}
