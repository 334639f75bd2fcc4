//! Verify that my app puts off calls when the month's minutes are used up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{Akol, World};

/// The app: places calls, and puts off those that Akol has no minutes for. It is told the time.
#[derive(Default)]
struct Dialler {
    put_off: Vec<(Timestamp, Value)>,
}

impl Dialler {
    fn place(&mut self, akol: &Akol, call: Value, now: Timestamp) {
        let answer = akol.post("/calls", &call).unwrap();
        match (answer.status().as_u16(), answer.headers().get("retry-after")) {
            (201, _) => {}
            (429, Some(seconds)) => {
                let wait = SignedDuration::from_secs(seconds.to_str().unwrap().parse().unwrap());
                self.put_off.push((now + wait, call));
            }
            (status, _) => panic!("Akol answered {status}"),
        }
    }

    fn every_minute(&mut self, akol: &Akol, now: Timestamp) {
        for (_, call) in self.put_off.extract_if(.., |(due, _)| *due <= now).collect::<Vec<_>>() {
            self.place(akol, call, now);
        }
    }
}

#[test]
fn calls_that_the_month_has_no_minutes_for_are_placed_as_the_next_begins() {
    let (world, mut dialler) = (World::new(), Dialler::default());
    let call = json!({"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"});
    world.control("PATCH", "/settings", json!({"minuteLimit": 1}));
    world.control("PUT", "/clock", json!({"now": "2026-05-31T23:50:00Z"}));
    dialler.place(&world.akol, call.clone(), world.now());
    // The call is over, and its minutes count.
    world.advance(Duration::from_secs(300));
    dialler.place(&world.akol, call, world.now());
    for _ in 0..10 {
        world.advance(Duration::from_secs(60));
        dialler.every_minute(&world.akol, world.now());
    }
    // It was refused once, and did not ask again before there was any use in it.
    let placements = world.placements();
    let tries: Vec<_> = placements.iter().map(|entry| json!([entry["at"], entry["answer"]["status"]])).collect();
    let expected = [
        json!(["2026-05-31T23:50:00.000Z", 201]),
        json!(["2026-05-31T23:55:00.000Z", 429]),
        json!(["2026-06-01T00:00:00.000Z", 201]),
    ];
    assert_eq!(tries, expected);
}
