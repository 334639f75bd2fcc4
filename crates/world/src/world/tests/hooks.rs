//! What a world keeps for reading, tells on request, and shows of its deliveries.

use bytes::Bytes;
use serde_json::Value;

use crate::base::span::Span;
use crate::base::time::Timestamp;
use crate::calls::call::Status;
use crate::error::Error;
use crate::event::{DeliveryResult, What};
use crate::webhooks::signature;
use crate::webhooks::{Delivery, Event, Mischief, NewSubscription, Outbox};
use crate::world::World;
use crate::world::testing::*;

fn bodies(world: &World) -> Vec<Bytes> {
    world.outbox().deliveries().map(|delivery| world.body_of(delivery)).collect()
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn newest(world: &World) -> &Delivery {
    world.outbox().deliveries().next_back().unwrap()
}

#[test]
fn without_a_receiver_events_are_kept_and_read_as_they_would_have_been_sent() {
    let run = |world: World| {
        let mut world = world;
        let slot = world.call_somebody("transferred");
        world.let_end(slot);
        world.pass(seconds(60 * 60));
        world
    };
    let mut told = run(World::for_tests(1).with_receiver(&[]));
    let sent: Vec<String> = told.receive_all().iter().map(Value::to_string).collect();
    let kept = run(World::for_tests(1));
    let without_receiver = |mut body: Value| {
        body["webhookId"] = Value::Null;
        body.to_string()
    };
    let expected: Vec<String> = sent.iter().map(|body| without_receiver(body.parse().unwrap())).collect();
    assert_eq!(bodies(&kept).iter().map(|body| json(body).to_string()).collect::<Vec<_>>(), expected);
    assert!(kept.outbox().deliveries().all(|delivery| delivery.state.as_str() == "kept" && delivery.to.is_none()));
}

#[test]
fn a_kept_event_says_only_what_was_known_then_to_the_byte() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    world.let_become(slot, Status::InProgress);
    world.pass(seconds(5));
    world.trigger(Event::CallEnded, None).unwrap();
    let before = bodies(&world);
    world.let_end(slot);
    world.pass(seconds(60));
    let after = bodies(&world);
    assert_eq!(after[..before.len()], before[..]);
    let [started, early] = [json(&before[0]), json(&before[1])];
    assert!(started["data"].get("endedAt").is_none());
    let data = &early["data"];
    assert!(["endedAt", "duration", "outcome", "summary", "sentiment"].iter().all(|key| data[key].is_null()), "{data}");
    assert!(!data["transcript"].as_array().unwrap().is_empty(), "what has been said so far");
}

#[test]
fn a_kept_event_is_signed_with_the_workspaces_secret() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("busy");
    world.let_end(slot);
    let delivery = newest(&world);
    let body = world.body_of(delivery);
    let headers = world.outbox().headers_of_kept(delivery, &body);
    assert_eq!(headers, [("x-webhook-signature".into(), signature::akol("whsec_tests", &body).into())]);
}

#[test]
fn what_is_kept_and_what_is_answered_are_moments() {
    let results = |world: &mut World| -> Vec<DeliveryResult> {
        let deliveries = world.take_moments().into_iter().filter_map(|moment| match moment.what {
            What::Delivery(delivery) => Some(delivery.result),
            What::Kept(..) => Some(DeliveryResult::Kept),
            What::Transition(_) => None,
        });
        deliveries.collect()
    };
    let mut kept = World::for_tests(1);
    let slot = kept.call_somebody("busy");
    kept.let_end(slot);
    assert_eq!(results(&mut kept), [DeliveryResult::Kept, DeliveryResult::Kept]);
    let mut sent = World::for_tests(1).with_receiver(&[]);
    let slot = sent.call_somebody("busy");
    sent.let_end(slot);
    assert!(results(&mut sent).is_empty());
    sent.receive_all();
    assert_eq!(results(&mut sent), [DeliveryResult::Answered(200), DeliveryResult::Answered(200)]);
}

#[test]
fn an_event_that_is_triggered_tells_of_the_newest_call_that_it_fits() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    let mut made = Vec::new();
    for scenario in ["voicemail", "transferred", "no_answer", "busy", "completed"] {
        let slot = world.call_somebody(scenario);
        world.let_end(slot);
        world.pass(seconds(60));
        made.push(slot);
    }
    let queued = world.call_somebody("completed");
    world.receive_all();
    let mut told_of = |event: Event| {
        world.trigger(event, None).unwrap();
        let body = world.receive_all().remove(0);
        assert_eq!(body["event"], event.as_str());
        let id = body["data"]["callId"].as_str().unwrap().to_owned();
        made.iter().position(|slot| world.call(*slot).id.to_string() == id)
    };
    for (event, position) in [
        (Event::CallVoicemail, 0),
        (Event::CallTransferred, 1),
        (Event::CallMissed, 2),
        (Event::CallFailed, 3),
        (Event::CallStarted, 4),
        (Event::CallEnded, 4),
        (Event::CallCompleted, 4),
        (Event::SummaryReady, 4),
    ] {
        assert_eq!(told_of(event), Some(position), "{event}");
    }
    let mut only_queued = World::for_tests(1).with_receiver(&[]);
    only_queued.call_somebody("completed");
    only_queued.trigger(Event::CallEnded, None).unwrap();
    let body = only_queued.receive_all().remove(0);
    assert_eq!(body["data"]["startedAt"], Value::Null);
    let id = world.call(queued).id.to_string();
    world.trigger(Event::CallEnded, Some(&id)).unwrap();
    assert_eq!(world.receive_all()[0]["data"]["callId"], id);
}

#[test]
fn an_event_of_the_beginning_leaves_out_the_ending_even_when_it_is_triggered_after_it() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    let slot = world.call_somebody("completed");
    world.let_end(slot);
    world.receive_all();
    world.trigger(Event::CallStarted, None).unwrap();
    let body = world.receive_all().remove(0);
    assert!(body["data"].get("endedAt").is_none(), "{body}");
}

#[test]
fn what_is_told_again_has_an_id_of_its_own_and_leaves_the_first_as_it_is() {
    let ids = |triggered: usize| {
        let mut world = World::for_tests(1).with_receiver(&[]);
        let slot = world.call_somebody("completed");
        for _ in 0..triggered {
            world.trigger(Event::CallEnded, None).unwrap();
        }
        world.let_end(slot);
        world.receive_all();
        let ended = world.outbox().deliveries().filter(|delivery| delivery.event == Event::CallEnded);
        ended.map(|delivery| delivery.id.to_string()).collect::<Vec<_>>()
    };
    let (once, thrice) = (ids(0), ids(2));
    assert_eq!(once[0], thrice[2]);
    assert!(thrice[0] != thrice[1] && thrice[1] != thrice[2] && thrice[0] != thrice[2], "{thrice:?}");
}

#[test]
fn what_cannot_be_triggered_is_refused_with_a_reason() {
    let mut world = World::for_tests(1);
    let refused = |world: &mut World, id| world.trigger(Event::CallEnded, id).unwrap_err().to_string();
    assert!(refused(&mut world, None).starts_with("There is no call that call.ended could tell of"));
    assert_eq!(refused(&mut world, Some("call_xxx")), "No call \"call_xxx\" in this account");
    world.call_somebody("completed");
    let url = "https://receiver.example/".to_owned();
    let new = NewSubscription { url, events: Some(vec![Event::CallStarted]), secret: None };
    world.subscribe(new).unwrap();
    assert!(refused(&mut world, None).starts_with("No webhook is subscribed to call.ended"));
    assert_eq!(world.outbox().deliveries().count(), 0);
}

#[test]
fn subscriptions_made_later_are_told_from_then_on_and_fill_no_inbox() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    world.let_become(slot, Status::InProgress);
    let url = "https://receiver.example/".to_owned();
    let id = world.subscribe(NewSubscription { url, ..NewSubscription::default() }).unwrap().id.to_string();
    world.let_end(slot);
    assert_eq!(events(&world.receive_all())[..2], ["call.ended", "call.completed"]);
    let states: Vec<&str> = world.outbox().deliveries().map(|delivery| delivery.state.as_str()).collect();
    assert_eq!(states, ["kept", "received", "received", "received", "received"]);
    world.unsubscribe(&id).unwrap();
    let slot = world.call_somebody("busy");
    world.let_end(slot);
    assert_eq!(newest(&world).state.as_str(), "kept");
}

#[test]
fn a_delay_is_an_entry_in_the_agenda() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    world.set_mischief(Mischief { delay: Some(Span::from_secs(2)), ..Mischief::default() });
    let slot = world.call_somebody("busy");
    world.let_end(slot);
    let ended_at = world.now();
    assert!(world.take_deliveries().is_empty());
    assert_eq!(world.next_due(), Some(ended_at + seconds(2)));
    assert!(world.step(Timestamp::MAX).is_some());
    assert_eq!(events(&world.receive_all()), ["call.ended", "call.failed"]);
}

#[test]
fn nothing_is_told_on_request_while_too_many_deliveries_wait() {
    let mut world = World::for_tests(1).with_receiver(&[]);
    let slot = world.call_somebody("busy");
    world.let_end(slot);
    let made = world.outbox().deliveries().count();
    for _ in made..Outbox::MOST_UNFINISHED {
        world.trigger(Event::CallEnded, None).unwrap();
    }
    let Err(Error::Invalid(fields)) = world.trigger(Event::CallEnded, None) else { panic!("there are too many") };
    assert_eq!(fields[0].field, "event");
    assert!(fields[0].message.contains("which is the most"), "{}", fields[0].message);
}
