//! What mischief does to deliveries.

use proptest::collection::vec;

use super::*;
use crate::base::probability::Probability;
use crate::base::span::Span;
use crate::webhooks::signature;

const NOW: Timestamp = Timestamp::from_millis(1_776_522_190_500);

fn certain() -> Probability {
    Probability::from_millionths(Probability::MOST)
}

fn misbehaving(mischief: Mischief) -> Outbox {
    let mut outbox = outbox(&RETRIES, Signature::Standard);
    outbox.set_mischief(mischief);
    outbox
}

fn tricks(outbox: &Outbox) -> Vec<Vec<Vec<&'static str>>> {
    let of_try = |one: &Try| one.mischief.iter().map(|trick| trick.as_str()).collect();
    outbox.deliveries().map(|delivery| delivery.tries.iter().map(of_try).collect()).collect()
}

#[test]
fn what_is_dropped_is_written_down_and_never_sent() {
    let mut outbox = misbehaving(Mischief { drop: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    assert_eq!((outbox.take_ready().len(), outbox.under_way(), states(&outbox)), (0, 0, vec!["dropped"]));
    assert_eq!(outbox.take_moments().len(), 1);
    let id = outbox.deliveries().next().unwrap().id.to_string();
    outbox.redeliver(&id, NOW).unwrap();
    assert_eq!(receive_all(&mut outbox, NOW).len(), 1);
    assert_eq!(states(&outbox), ["received"]);
}

#[test]
fn a_duplicate_follows_what_was_received_and_comes_before_the_next_event() {
    let mut outbox = misbehaving(Mischief { duplicate: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    tell(&mut outbox, Event::CallEnded, 0, NOW);
    let received = receive_all(&mut outbox, NOW);
    assert_eq!(events(&received), ["call.started", "call.started", "call.ended", "call.ended"]);
    assert_eq!((&received[0].id, &received[0].body), (&received[1].id, &received[1].body));
    assert_eq!(tricks(&outbox), vec![vec![vec![], vec!["duplicate"]]; 2]);
    assert_eq!(states(&outbox), ["received", "received"]);
}

#[test]
fn a_duplicate_that_fails_is_not_tried_again() {
    let mut outbox = misbehaving(Mischief { duplicate: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    let first = outbox.take_ready().remove(0);
    outbox.answered(first.key, report(200), NOW);
    let duplicate = outbox.take_ready().remove(0);
    assert_eq!(outbox.answered(duplicate.key, report(500), NOW), None);
    assert_eq!(states(&outbox), ["received"]);
}

#[test]
fn what_is_reordered_comes_after_the_event_that_follows() {
    let mut outbox = misbehaving(Mischief { reorder: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    assert_eq!((outbox.take_ready().len(), states(&outbox)), (0, vec!["waiting"]));
    tell(&mut outbox, Event::CallEnded, 1, NOW);
    assert_eq!(events(&receive_all(&mut outbox, NOW)), ["call.ended"], "another call's");
    tell(&mut outbox, Event::CallEnded, 0, NOW);
    tell(&mut outbox, Event::CallCompleted, 0, NOW);
    assert_eq!(events(&receive_all(&mut outbox, NOW)), ["call.ended", "call.started", "call.completed"]);
    assert_eq!(tricks(&outbox)[0], [["reorder"]]);
}

#[test]
fn what_nothing_follows_is_not_held_back() {
    let mischief = Mischief { reorder: certain(), ..Mischief::default() };
    let mut untold_of_the_end = told_of(&[&[Event::CallStarted]], &[], Signature::Akol);
    untold_of_the_end.set_mischief(mischief);
    tell(&mut untold_of_the_end, Event::CallStarted, 0, NOW);
    assert_eq!(states(&untold_of_the_end), ["under_way"]);

    let mut outbox = misbehaving(mischief);
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    outbox.set_mischief(Mischief { drop: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallEnded, 0, NOW);
    assert_eq!(states(&outbox), ["under_way", "dropped"]);
    outbox.set_mischief(mischief);
    let told = Told { is_triggered: true, ..told(Event::CallStarted, data(1).call_id) };
    outbox.publish(&Telling { told, business_id: "biz_xxx", data: &data(1) }, NOW);
    assert_eq!(states(&outbox)[2], "under_way");
}

#[test]
fn a_bad_signature_is_that_trys_own() {
    let mut outbox = misbehaving(Mischief { bad_signature: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    let forged = outbox.take_ready().remove(0);
    let again = outbox.answered(forged.key, report(401), NOW).unwrap();
    outbox.set_mischief(Mischief::default());
    outbox.due(forged.key.delivery, again);
    let honest = outbox.take_ready().remove(0);
    assert_eq!(forged.body, honest.body);
    let secret = outbox.subscriptions().next().unwrap().secret.to_string();
    let right = signature::akol(&secret, &honest.body);
    let header = |attempt: &Attempt, position: usize| attempt.headers(NOW)[position].1.clone();
    assert_eq!(header(&honest, 0), right);
    assert!(header(&forged, 0) != right && header(&forged, 0).len() == right.len());
    assert_ne!(header(&forged, 3), header(&honest, 3));
    assert_eq!(tricks(&outbox), [[vec!["badSignature"], vec![]]]);
}

#[test]
fn a_stale_delivery_says_that_it_is_ten_minutes_old_and_is_signed_well() {
    let mut outbox = misbehaving(Mischief { stale_timestamp: certain(), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    let stale = outbox.take_ready().remove(0);
    let body: Value = serde_json::from_slice(&stale.body).unwrap();
    let then = NOW - Duration::from_secs(600);
    assert_eq!(body["timestamp"], then.to_string());
    let secret = outbox.subscriptions().next().unwrap().secret.to_string();
    let signature = signature::standard(&secret, &stale.id, then, &stale.body);
    let headers = stale.headers(NOW);
    assert_eq!(headers[0].1, signature::akol(&secret, &stale.body));
    assert_eq!([&*headers[2].1, &*headers[3].1], [&*then.as_secs().to_string(), &*signature]);
}

#[test]
fn every_first_try_waits_out_the_delay_and_the_order_stays() {
    let delay = Duration::from_secs(2);
    let mut outbox = misbehaving(Mischief { delay: Some(Span::from_secs(2)), ..Mischief::default() });
    tell(&mut outbox, Event::CallStarted, 0, NOW);
    tell(&mut outbox, Event::CallEnded, 0, NOW + MILLISECOND);
    assert_eq!((outbox.take_ready().len(), states(&outbox)), (0, vec!["waiting", "waiting"]));
    let first = outbox.take_alarms();
    assert_eq!(first.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [NOW + delay]);
    outbox.due(first[0].1, NOW + delay);
    assert_eq!(events(&receive_all(&mut outbox, NOW + delay)), ["call.started"]);
    let second = outbox.take_alarms();
    assert_eq!(second.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [NOW + delay + MILLISECOND]);
    outbox.due(second[0].1, second[0].0);
    assert_eq!(events(&receive_all(&mut outbox, second[0].0)), ["call.ended"]);
    assert_eq!(tricks(&outbox), [[["delay"]], [["delay"]]]);
}

#[test]
fn what_is_done_to_a_call_does_not_depend_on_other_calls() {
    let some = Probability::from_millionths(400_000);
    let mischief = Mischief { duplicate: some, drop: some, bad_signature: some, ..Mischief::default() };
    let done_to = |calls: &[u64]| {
        let mut outbox = misbehaving(mischief);
        calls.iter().for_each(|call| tell(&mut outbox, Event::CallStarted, *call, NOW));
        receive_all(&mut outbox, NOW);
        let done = outbox.deliveries().zip(tricks(&outbox)).map(|(one, tricks)| (one.id, (one.state, tricks)));
        done.collect::<BTreeMap<_, _>>()
    };
    let forwards = done_to(&(0..50).collect::<Vec<_>>());
    assert_eq!(forwards, done_to(&(0..50).rev().collect::<Vec<_>>()));
    for (id, done) in done_to(&[7]) {
        assert_eq!(forwards[&id], done);
    }
}

proptest! {
    #[test]
    fn under_any_mischief_everything_comes_to_its_end_and_nothing_is_sent_before_its_answer(
        chances in vec(0..=Probability::MOST, 5), delay in 0_u64..3, answers in vec(prop::bool::weighted(0.6), 200),
        told in vec(0..CALLS, 1..40),
    ) {
        let chance = |position: usize| Probability::from_millionths(chances[position]);
        let mut outbox = misbehaving(Mischief {
            duplicate: chance(0), reorder: chance(1), drop: chance(2), bad_signature: chance(3),
            stale_timestamp: chance(4), delay: Some(Span::from_secs(delay)).filter(|_| delay > 0),
        });
        let mut now = NOW;
        for (position, call) in told.iter().enumerate() {
            let event = Event::ALL[position % Event::ALL.len()];
            tell(&mut outbox, event, *call, now);
        }
        (0..CALLS).for_each(|call| tell(&mut outbox, Event::CallEnded, call, now));
        let mut answers = answers.into_iter().cycle();
        let mut alarms: Vec<(Timestamp, DeliveryNumber)> = Vec::new();
        let mut ended = false;
        for _ in 0..10_000 {
            let attempts = outbox.take_ready();
            let mut calls: Vec<CallId> = attempts.iter().map(|attempt| attempt.call).collect();
            calls.sort();
            calls.dedup();
            prop_assert_eq!(calls.len(), attempts.len(), "two under way in one lane");
            for attempt in attempts {
                let status = if answers.next().unwrap() { 200 } else { 500 };
                outbox.answered(attempt.key, report(status), now);
            }
            alarms.extend(outbox.take_alarms());
            alarms.sort();
            if outbox.under_way() == 0 {
                if alarms.is_empty() {
                    ended = true;
                    break;
                }
                let (at, number) = alarms.remove(0);
                now = now.max(at);
                outbox.due(number, now);
            }
        }
        prop_assert!(ended);
        prop_assert!(outbox.deliveries().all(|delivery| delivery.state.is_final()), "{:?}", states(&outbox));
    }
}
