//! Verify that my app honours Retry-After.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Body;
use ureq::http::{Response, StatusCode};

use crate::world::{Akol, World, instant, json_of};

/// The app: places a call; where it is told to come again later, it comes then.
fn place_call(akol: &Akol, call: &Value, sleep: impl Fn(Duration)) -> Result<Value, StatusCode> {
    loop {
        let answer = akol.post("/calls", call).unwrap();
        match (answer.status(), retry_after(&answer)) {
            (StatusCode::CREATED, _) => return Ok(json_of(answer)["data"].clone()),
            (StatusCode::TOO_MANY_REQUESTS, Some(time)) => sleep(time),
            (refused, _) => return Err(refused),
        }
    }
}

fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Gives the journal: what was asked, when, and how it was answered.
fn place_three_where_a_minute_allows_two(world: &World, sleep: impl Fn(Duration)) -> Vec<Value> {
    let call = json!({"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"});
    world.control("PATCH", "/settings", json!({"rateLimit": 2}));
    for _ in 0..3 {
        place_call(&world.akol, &call, &sleep).unwrap();
        world.advance(Duration::from_secs(5));
    }
    world.placements()
}

#[test]
fn the_app_comes_again_when_it_is_told_to() {
    let world = World::new();
    let journal = place_three_where_a_minute_allows_two(&world, |time| world.sleep(time));
    let statuses: Vec<&Value> = journal.iter().map(|entry| &entry["answer"]["status"]).collect();
    assert_eq!(statuses, [201, 201, 429, 201]);
    let (refused, accepted) = (&journal[2], &journal[3]);
    // The third call came in the tenth second of its minute.
    assert_eq!(refused["answer"]["headers"]["retry-after"], "50");
    assert_eq!(instant(&accepted["at"]).duration_since(instant(&refused["at"])).as_secs(), 50);
}

#[test]
fn an_app_that_waits_as_it_likes_is_caught() {
    let world = World::new();
    let journal = place_three_where_a_minute_allows_two(&world, |_| world.sleep(Duration::from_secs(1)));
    assert_eq!(journal.iter().filter(|entry| entry["answer"]["status"] == 429).count(), 50);
}
