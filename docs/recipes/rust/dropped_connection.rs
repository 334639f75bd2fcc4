//! Verify that my app survives a connection that is dropped after the call was placed.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Error;
use uuid::Uuid;

use crate::world::{Akol, World, json_of};

/// The app: places a call. All tries have one key, so that Akol takes them for one request.
fn place_call(akol: &Akol, call: &Value, sleep: impl Fn(Duration), tries: u32) -> Result<Value, Error> {
    let key = Uuid::new_v4().to_string();
    let mut attempt = 1;
    loop {
        match akol.send("POST", "/calls", call, &[("Idempotency-Key", &key)]) {
            Ok(answer) if answer.status().is_success() => return Ok(json_of(answer)["data"].clone()),
            Ok(refused) => return Err(Error::StatusCode(refused.status().as_u16())),
            Err(dropped) if attempt == tries => return Err(dropped),
            Err(_) => sleep(Duration::from_secs(1)),
        }
        attempt += 1;
    }
}

fn call() -> Value {
    json!({"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"})
}

/// Akol carries the request out, and the answer is lost.
fn drop_once(world: &World) {
    let placement = json!({"method": "POST", "path": "/api/v1/calls"});
    let rule = json!({"match": placement, "times": 1, "effect": {"fault": "CONNECTION_RESET_BY_PEER"}});
    world.control("POST", "/faults", rule);
}

fn calls(world: &World) -> Vec<Value> {
    world.akol.get("/calls?direction=outbound")["data"].as_array().unwrap().clone()
}

#[test]
fn the_app_places_one_call_though_it_asks_twice() {
    let world = World::new();
    drop_once(&world);
    let placed = place_call(&world.akol, &call(), |time| world.sleep(time), 3).unwrap();
    assert_eq!(world.placements().len(), 2);
    let ids: Vec<Value> = calls(&world).iter().map(|call| call["id"].clone()).collect();
    assert_eq!(ids, [placed["id"].clone()]);
}

#[test]
fn an_app_that_sends_no_key_is_caught() {
    let world = World::new();
    drop_once(&world);
    assert!(world.akol.post("/calls", &call()).is_err());
    assert!(world.akol.post("/calls", &call()).is_ok());
    assert_eq!(calls(&world).len(), 2);
}
