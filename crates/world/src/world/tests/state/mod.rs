//! Worlds that go out into a document and come in again are the same worlds, and go on as such.

mod broken;
mod commands;

use std::sync::Arc;

use proptest::prelude::*;

use self::commands::{Command, Stage, commands};
use crate::account::settings::Quotas;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::error::Error;
use crate::snapshot::{ContentRecord, Octets, WorldRecord};
use crate::webhooks::{Event, HookSettings, Outbox};
use crate::world::World;
use crate::world::testing::{fixtures, hooks, seconds};

/// How the server's webhooks are set that the document goes into: otherwise than where it comes from.
fn other_hooks() -> HookSettings {
    HookSettings { secret: "whsec_other".into(), ..hooks(&["https://elsewhere.example/"], &[]) }
}

fn written(world: &World) -> String {
    serde_json::to_string(&world.record()).unwrap()
}

fn read(document: &str) -> Result<World, Error> {
    let record: WorldRecord = serde_json::from_str(document).unwrap();
    World::restore(fixtures(), (Seed::new(7), IdKey::NONE), other_hooks(), record)
}

/// A world with some past and a receiver, after these commands.
fn stage(commands: &[Command]) -> Stage {
    let quotas = Quotas { requests_per_minute: Some(3), minutes_per_month: Some(500), overage: false };
    let world = World::for_tests(7).with_past(20).with_quotas(quotas).with_receiver(&[seconds(1), seconds(30)]);
    let mut stage = Stage::of(world);
    commands.iter().for_each(|command| stage.run(command));
    stage
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_in_is_what_went_out_and_goes_on_as_it(before in commands(40), after in commands(40)) {
        let mut first = stage(&before);
        let document = written(first.world());
        let mut second = Stage::of(read(&document).unwrap());
        prop_assert!(written(second.world()) == document);

        prop_assert_eq!(first.under_way(), second.under_way(), "what was under way is sent once more, as it was");
        for command in &after {
            first.run(command);
            second.run(command);
        }
        prop_assert!(written(first.world()) == written(second.world()));
        prop_assert_eq!(first.seen, second.seen);
    }
}

#[test]
fn a_document_is_small() {
    let world = World::for_tests(42).with_past(200);
    let length = written(&world).len();
    assert!((50_000..120_000).contains(&length), "{length}");
}

#[test]
fn the_secret_and_the_retries_come_from_the_document() {
    let mut world = World::for_tests(1).with_receiver(&[seconds(5)]);
    world.call_somebody("completed");
    let document = written(&world);
    let mut restored = World::restore(
        fixtures(),
        (Seed::new(1), IdKey::NONE),
        other_hooks(),
        serde_json::from_str(&document).unwrap(),
    );
    let restored = restored.as_mut().unwrap();
    restored.pass(seconds(60));
    let attempt = restored.take_deliveries().remove(0);
    world.pass(seconds(60));
    assert_eq!(attempt, world.take_deliveries().remove(0));
    let again = restored.delivery_answered(attempt.key, crate::world::testing::report(500));
    assert_eq!(again, Some(restored.now() + seconds(5)));
}

#[test]
fn a_try_under_way_to_a_deleted_receiver_is_signed_as_before() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    world.call_somebody("completed");
    world.pass(seconds(30));
    let under_way = world.take_deliveries();
    assert_eq!(under_way.len(), 1);
    let id = world.outbox().subscriptions().next().unwrap().id.to_string();
    world.unsubscribe(&id).unwrap();
    let mut restored = read(&written(&world)).unwrap();
    assert_eq!(restored.take_deliveries(), under_way);
    assert_eq!(restored.outbox().subscriptions().len(), 0);
    assert_eq!(written(&restored), written(&world));
}

#[test]
fn a_thousand_calls_in_the_wrong_order_are_listed_in_the_right_one() {
    let world = World::for_tests(3).with_past(1_000);
    let mut record = world.record();
    record.calls.reverse();
    let restored = World::restore(Arc::clone(&fixtures()), (Seed::new(3), IdKey::NONE), other_hooks(), record).unwrap();
    let ids = |world: &World| {
        let (total, calls) = world.list(&Default::default(), 0..2_000);
        (total, calls.into_iter().map(|call| call.id).collect::<Vec<_>>())
    };
    assert_eq!(ids(&restored), ids(&world));
}

#[test]
fn deliveries_that_wait_take_no_more_in_a_document_than_elsewhere() {
    let mut world = World::for_tests(4).with_receiver(&[seconds(60)]);
    world.call_somebody("completed");
    while world.outbox().unfinished() < Outbox::MOST_UNFINISHED {
        world.trigger(Event::CallStarted, None).unwrap();
    }
    // As many as there may be come in again.
    assert_eq!(written(&read(&written(&world)).unwrap()), written(&world));

    let with_bodies = |length: usize, count: usize| {
        let mut record = world.record();
        for delivery in record.webhooks.deliveries.iter_mut().take(count) {
            delivery.content = ContentRecord::Body(Octets("x".repeat(length).into()));
        }
        read(&serde_json::to_string(&record).unwrap()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(with_bodies(Outbox::MOST_UNFINISHED_BYTES / 3, 2), Ok(()));
    let refused = with_bodies(Outbox::MOST_UNFINISHED_BYTES / 3, 5).unwrap_err();
    assert!(refused.contains("webhooks.deliveries") && refused.contains("at most 1048576"), "{refused}");
    assert!(with_bodies(Outbox::MOST_UNFINISHED_BYTES * 2, 1).is_err(), "though it is the only one");
}
