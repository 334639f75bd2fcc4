//! Verify that my app retried after a 429.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::StatusCode;

use crate::world::{Akol, World, json_of};

/// The app: places a call; where it came too fast, it waits, longer each time, and tries again.
fn place_call(akol: &Akol, call: &Value, sleep: impl Fn(Duration), tries: u32) -> Result<Value, StatusCode> {
    let mut attempt = 1;
    loop {
        let answer = akol.post("/calls", call).unwrap();
        match answer.status() {
            StatusCode::CREATED => return Ok(json_of(answer)["data"].clone()),
            StatusCode::TOO_MANY_REQUESTS if attempt < tries => sleep(Duration::from_secs(2_u64.pow(attempt))),
            refused => return Err(refused),
        }
        attempt += 1;
    }
}

fn call() -> Value {
    json!({"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"})
}

fn placement() -> Value {
    json!({"method": "POST", "path": "/api/v1/calls"})
}

fn busy_once() -> Value {
    json!({"match": placement(), "times": 1, "effect": {"status": 429, "retryAfter": 7}})
}

#[test]
fn the_app_tries_again_after_a_429() {
    let world = World::new();
    world.control("POST", "/faults", busy_once());
    let placed = place_call(&world.akol, &call(), |time| world.sleep(time), 3).unwrap();
    assert_eq!(placed["toNumber"], call()["toNumber"]);
    assert_eq!(world.control("POST", "/requests/count", placement()), json!({"count": 2}));
}

#[test]
fn an_app_that_gives_up_is_caught() {
    let world = World::new();
    world.control("POST", "/faults", busy_once());
    let refused = place_call(&world.akol, &call(), |time| world.sleep(time), 1);
    assert_eq!(refused, Err(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(world.control("POST", "/requests/count", placement()), json!({"count": 1}));
}
