//! What finished deliveries take, and how they make room for newer ones.

use super::*;
use crate::base::id_key::IdKey;
use crate::webhooks::delivery::Content;

/// An outbox that remembers that many, with that many deliveries that have been received, aged 1, 2, 3 and so on.
fn received(count: u64, remembered: usize) -> Outbox {
    let settings = HookSettings { remembered, ..settings(1, &RETRIES, Signature::Akol) };
    let mut outbox = Outbox::new(settings, Seed::new(1), IdKey::NONE);
    for call in 0..count {
        outbox.set_age(call + 1);
        tell(&mut outbox, Event::CallStarted, call, Timestamp::from_millis(0));
        receive_all(&mut outbox, Timestamp::from_millis(0));
        assert_eq!(outbox.held_bytes(), outbox.counted_bytes());
    }
    outbox
}

/// Whether each has its body, the oldest first.
fn bodies(outbox: &Outbox) -> Vec<bool> {
    outbox.deliveries().map(|delivery| matches!(delivery.content, Content::Body(_))).collect()
}

#[test]
fn the_newest_are_remembered_and_those_that_are_not_over() {
    let mut outbox = received(3, 3);
    let first = outbox.deliveries().next().unwrap().id.to_string();
    let one = outbox.held_bytes() / 3;
    assert!(one > 400, "{one}");
    tell(&mut outbox, Event::CallStarted, 3, Timestamp::from_millis(0));
    assert_eq!((outbox.deliveries().count(), outbox.held_bytes()), (4, 3 * one), "what is under way is not counted");
    receive_all(&mut outbox, Timestamp::from_millis(0));
    assert_eq!((outbox.deliveries().count(), outbox.held_bytes()), (3, 3 * one));
    assert!(outbox.find(&first).is_err());
    assert_eq!((received(1, 0).deliveries().count(), received(1, 0).held_bytes()), (0, 0));
}

#[test]
fn one_that_is_sent_again_is_not_over_meanwhile() {
    let mut outbox = received(2, 2);
    let held = outbox.held_bytes();
    let first = outbox.deliveries().next().unwrap().id.to_string();
    outbox.redeliver(&first, Timestamp::from_millis(0)).unwrap();
    assert_eq!((outbox.held_bytes(), outbox.oldest_finished()), (held / 2, Some(2)));
    assert_eq!(outbox.forget_finished(u64::MAX, usize::MAX), held / 2);
    outbox.set_age(9);
    receive_all(&mut outbox, Timestamp::from_millis(0));
    assert_eq!((outbox.oldest_finished(), outbox.oldest_body()), (Some(9), Some(9)));
    assert!(outbox.held_bytes() > held / 2, "there were two tries");
    assert_eq!(outbox.held_bytes(), outbox.counted_bytes());
}

#[test]
fn the_oldest_bodies_are_dropped_as_far_as_is_wanted() {
    let mut outbox = received(4, 10);
    let before = outbox.held_bytes();
    assert_eq!(outbox.drop_bodies(0, usize::MAX), 0, "none is that old");
    let freed = outbox.drop_bodies(u64::MAX, 1);
    assert!(freed > 200, "{freed}");
    assert_eq!((bodies(&outbox), outbox.oldest_body()), (vec![false, true, true, true], Some(2)));
    assert_eq!(outbox.drop_bodies(3, usize::MAX), 2 * freed);
    assert_eq!((bodies(&outbox), outbox.oldest_body()), (vec![false, false, false, true], Some(4)));
    assert_eq!((outbox.held_bytes(), outbox.counted_bytes()), (before - 3 * freed, before - 3 * freed));
    assert_eq!(outbox.drop_bodies(u64::MAX, usize::MAX), freed);
    assert_eq!((outbox.oldest_body(), outbox.oldest_finished()), (None, Some(1)));
    // One of which there is no body cannot be sent again.
    let first = outbox.deliveries().next().unwrap().id.to_string();
    let refused = outbox.redeliver(&first, Timestamp::from_millis(0)).unwrap_err();
    assert!(refused.to_string().contains("--journal-bytes"), "{refused}");
}

#[test]
fn a_body_that_comes_to_its_end_late_is_found_among_those_that_have_gone() {
    let mut outbox = outbox(&[], Signature::Akol);
    let now = Timestamp::from_millis(0);
    (0..3).for_each(|call| tell(&mut outbox, Event::CallStarted, call, now));
    let attempts = outbox.take_ready();
    for (age, attempt) in [(1, &attempts[0]), (2, &attempts[2])] {
        outbox.set_age(age);
        outbox.answered(attempt.key, report(200), now);
    }
    outbox.drop_bodies(u64::MAX, usize::MAX);
    outbox.set_age(3);
    outbox.answered(attempts[1].key, report(200), now);
    assert_eq!((bodies(&outbox), outbox.oldest_body()), (vec![false, true, false], Some(3)));
    assert!(outbox.drop_bodies(3, usize::MAX) > 0);
    assert_eq!(outbox.oldest_body(), None);
    assert_eq!(outbox.held_bytes(), outbox.counted_bytes());
}

#[test]
fn the_oldest_that_are_over_are_forgotten_as_far_as_is_wanted() {
    let mut outbox = received(4, 10);
    let before = outbox.held_bytes();
    assert_eq!(outbox.forget_finished(0, usize::MAX), 0);
    let freed = outbox.forget_finished(u64::MAX, 1);
    assert_eq!((outbox.deliveries().count(), outbox.held_bytes()), (3, before - freed));
    outbox.drop_bodies(u64::MAX, 1);
    outbox.forget_finished(2, usize::MAX);
    assert_eq!((bodies(&outbox), outbox.oldest_body()), (vec![true, true], Some(3)));
    assert_eq!(outbox.held_bytes(), outbox.counted_bytes());
    outbox.forget_finished(u64::MAX, usize::MAX);
    assert_eq!((outbox.deliveries().count(), outbox.held_bytes()), (0, 0));
}

/// That somebody asked for it once more.
fn again(call: CallId) -> Told {
    Told { is_triggered: true, ..told(Event::CallStarted, call) }
}

/// Tells of a call, and says whether that is sent.
fn is_sent(outbox: &mut Outbox, call: u64) -> bool {
    tell(outbox, Event::CallStarted, call, Timestamp::from_millis(0));
    !outbox.take_ready().is_empty()
}

#[test]
fn no_more_is_sent_while_too_many_deliveries_wait() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let first = {
        tell(&mut outbox, Event::CallStarted, 0, Timestamp::from_millis(0));
        outbox.take_ready().remove(0)
    };
    let most = Outbox::MOST_UNFINISHED as u64;
    assert!((1..most).all(|call| is_sent(&mut outbox, call)));
    assert!(outbox.is_full() && !is_sent(&mut outbox, most));
    assert_eq!(states(&outbox).last(), Some(&"dropped"));
    let dropped = outbox.take_moments().pop().unwrap();
    assert!(format!("{dropped:?}").contains("Dropped"), "{dropped:?}");
    // As soon as one is over, there is room for one.
    outbox.answered(first.key, report(200), Timestamp::from_millis(0));
    assert!(!outbox.is_full() && is_sent(&mut outbox, most + 1) && !is_sent(&mut outbox, most + 2));
    let refused = outbox.redeliver(&first.id, Timestamp::from_millis(0)).unwrap_err();
    assert!(refused.to_string().contains("too many others"), "{refused}");
    let id = outbox.subscriptions().next().unwrap().id.to_string();
    outbox.unsubscribe(&id, Timestamp::from_millis(0)).unwrap();
    // Those that are under way are so until they are answered.
    assert!(outbox.is_full());
}

#[test]
fn no_more_is_sent_while_those_that_wait_take_too_much() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let data = EventData { campaign_id: "x".repeat(Outbox::MOST_UNFINISHED_BYTES / 2), ..data(0) };
    let telling = Telling { told: again(data.call_id), business_id: "biz_xxx", data: &data };
    let now = Timestamp::from_millis(0);
    outbox.publish(&telling, now);
    assert!(!outbox.is_full());
    outbox.publish(&telling, now);
    assert!(outbox.is_full());
    receive_all(&mut outbox, now);
    assert!(!outbox.is_full());
}

#[test]
fn what_was_told_again_is_forgotten_with_its_subscription() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let (data, now) = (data(0), Timestamp::from_millis(0));
    let telling = Telling { told: again(data.call_id), business_id: "biz_xxx", data: &data };
    outbox.publish(&telling, now);
    receive_all(&mut outbox, now);
    assert_eq!(outbox.record().repeats.len(), 1);
    let id = outbox.subscriptions().next().unwrap().id.to_string();
    outbox.unsubscribe(&id, now).unwrap();
    assert_eq!(outbox.record().repeats.len(), 0);
}
