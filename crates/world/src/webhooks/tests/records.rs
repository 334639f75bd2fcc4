//! What is written down of deliveries, what is kept, sent again and taken back.

use super::*;

#[test]
fn each_try_is_written_down_with_its_answer() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let start = Timestamp::from_millis(5_000);
    tell(&mut outbox, Event::CallStarted, 0, start);
    tell(&mut outbox, Event::CallEnded, 0, start);
    assert_eq!(states(&outbox), ["under_way", "waiting"]);
    let first = outbox.take_ready().remove(0);
    let refused = TryReport {
        headers: Vec::new(),
        answer: TryAnswer::Failed("connection refused".into()),
        hint: Some("is it started?".into()),
    };
    let again = outbox.answered(first.key, refused, start + MILLISECOND).unwrap();
    assert_eq!(states(&outbox), ["retrying", "waiting"]);
    assert_eq!(outbox.deliveries().next().unwrap().next_attempt_at, Some(again));
    outbox.due(first.key.delivery, again);
    receive_all(&mut outbox, again);
    assert_eq!(states(&outbox), ["received", "received"]);

    let delivery = outbox.find(&first.id).unwrap();
    assert_eq!(delivery.next_attempt_at, None);
    let [one, two] = &delivery.tries[..] else { panic!("{delivery:?}") };
    assert_eq!((one.at, one.next_attempt_at), (start, Some(again)));
    assert_eq!(one.answer, Some((TryAnswer::Failed("connection refused".into()), start + MILLISECOND)));
    assert_eq!((one.hint.as_deref(), two.hint.as_deref()), (Some("is it started?"), None));
    assert_eq!((two.at, two.next_attempt_at), (again, None));
    assert_eq!(two.answer, Some((TryAnswer::Answered(200), again)));
    assert_eq!(two.headers, report(200).headers);
}

#[test]
fn every_finished_try_is_a_moment() {
    use crate::event::{DeliveryResult, What};
    let mut outbox = outbox(&RETRIES[..1], Signature::Akol);
    let start = Timestamp::from_millis(0);
    tell(&mut outbox, Event::CallStarted, 0, start);
    let attempt = outbox.take_ready().remove(0);
    assert!(outbox.take_moments().is_empty());
    let again = outbox.answered(attempt.key, report(500), start).unwrap();
    outbox.due(attempt.key.delivery, again);
    let second = outbox.take_ready().remove(0);
    outbox.answered(second.key, report(404), again);
    let moments = outbox.take_moments();
    let seen: Vec<_> = moments
        .iter()
        .map(|moment| match &moment.what {
            What::Delivery(told) => (moment.at, told.attempt, told.result.clone(), told.next_attempt_at),
            What::Transition(_) | What::Kept(..) => panic!("{moment:?}"),
        })
        .collect();
    let answered = DeliveryResult::Answered;
    assert_eq!(seen, [(start, 1, answered(500), Some(again)), (again, 2, answered(404), None)]);
    assert_eq!(states(&outbox), ["given_up"]);
}

#[test]
fn an_answer_counts_once() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let now = Timestamp::from_millis(0);
    tell(&mut outbox, Event::CallStarted, 0, now);
    let key = outbox.take_ready().remove(0).key;
    outbox.answered(key, report(200), now);
    assert_eq!(outbox.answered(key, report(500), now), None);
    assert_eq!((outbox.under_way(), states(&outbox)), (0, vec!["received"]));
}

#[test]
fn only_the_newest_finished_deliveries_are_remembered() {
    let mut outbox = Outbox::new(
        HookSettings { remembered: 2, ..settings(1, &RETRIES, Signature::Akol) },
        Seed::new(1),
        IdKey::NONE,
    );
    let now = Timestamp::from_millis(0);
    tell(&mut outbox, Event::CallStarted, 0, now);
    let unanswered = outbox.take_ready().remove(0);
    for call in 1..=4 {
        tell(&mut outbox, Event::CallStarted, call, now);
        receive_all(&mut outbox, now);
    }
    let calls: Vec<CallId> = outbox.deliveries().map(|delivery| delivery.call).collect();
    assert_eq!(calls, [0, 3, 4].map(|call| data(call).call_id));
    outbox.answered(unanswered.key, report(200), now);
    assert!(outbox.find(&unanswered.id).is_err(), "it is older than two others");
}

#[test]
fn a_kept_event_is_cheap_and_nobody_is_sent_it() {
    let mut outbox = Outbox::new(settings(0, &[], Signature::Akol), Seed::new(1), IdKey::NONE);
    let known = Known { rung: true, answered: true, ended: false };
    let now = Timestamp::from_millis(0);
    assert!(outbox.keeps(Event::CallStarted));
    let number = outbox.keep(told(Event::CallStarted, data(0).call_id), known, now);
    let delivery = outbox.delivery(number).unwrap();
    assert_eq!((delivery.state, &delivery.to, &delivery.content), (DeliveryState::Kept, &None, &Content::Known(known)));
    let id = delivery.id.to_string();
    assert!(outbox.take_ready().is_empty());
    let refused = outbox.redeliver(&id, now).unwrap_err().to_string();
    assert!(refused.contains("nobody to send it to; subscribe first"), "{refused}");
}

#[test]
fn what_has_come_to_its_end_is_sent_again_beside_its_lane() {
    let mut outbox = outbox(&[], Signature::Akol);
    let now = Timestamp::from_millis(0);
    tell(&mut outbox, Event::CallStarted, 0, now);
    let first = outbox.take_ready().remove(0);
    let refused = outbox.redeliver(&first.id, now).unwrap_err().to_string();
    assert!(refused.contains("under way"), "{refused}");
    outbox.answered(first.key, report(500), now);
    tell(&mut outbox, Event::CallEnded, 0, now);
    let second = outbox.take_ready().remove(0);
    assert_eq!(states(&outbox), ["given_up", "under_way"]);

    outbox.redeliver(&first.id, now).unwrap();
    let again = outbox.take_ready().remove(0);
    assert_eq!((&again.id, &again.body, again.number), (&first.id, &first.body, 2));
    assert_eq!((outbox.under_way(), states(&outbox)), (2, vec!["under_way", "under_way"]));
    assert_eq!(outbox.answered(again.key, report(500), now), None, "not tried again by itself");
    assert_eq!(states(&outbox), ["given_up", "under_way"]);
    outbox.redeliver(&first.id, now).unwrap();
    receive_all(&mut outbox, now);
    assert_eq!(states(&outbox), ["received", "under_way"]);
    outbox.answered(second.key, report(200), now);
    outbox.redeliver(&first.id, now).unwrap();
    let third = outbox.take_ready().remove(0);
    outbox.answered(third.key, report(500), now);
    assert_eq!(states(&outbox), ["received", "received"], "what was received stays so");
    let unknown = outbox.redeliver("msg_none", now).unwrap_err().to_string();
    assert_eq!(unknown, "No delivery \"msg_none\" in this workspace");
}

#[test]
fn a_deleted_subscription_is_sent_nothing_more() {
    let mut outbox = outbox(&RETRIES, Signature::Akol);
    let now = Timestamp::from_millis(0);
    for event in [Event::CallStarted, Event::CallEnded] {
        tell(&mut outbox, event, 0, now);
    }
    tell(&mut outbox, Event::CallStarted, 1, now);
    tell(&mut outbox, Event::CallStarted, 2, now);
    let [first, second, third] = &outbox.take_ready()[..] else { panic!() };
    outbox.answered(third.key, report(500), now);
    tell(&mut outbox, Event::CallStarted, 3, now);
    assert_eq!(states(&outbox), ["under_way", "waiting", "under_way", "retrying", "under_way"]);
    let id = outbox.subscriptions().next().unwrap().id.to_string();
    assert_eq!(*outbox.unsubscribe(&id, now).unwrap().id, *id);
    // What the shell has taken will be answered; what it has not is never sent.
    assert_eq!(states(&outbox), ["under_way", "dropped", "under_way", "dropped", "dropped"]);
    assert_eq!((outbox.under_way(), outbox.take_ready().len()), (2, 0));
    outbox.due(third.key.delivery, now + RETRIES[0]);
    assert_eq!(outbox.answered(first.key, report(200), now), None);
    assert_eq!(outbox.answered(second.key, report(500), now), None);
    assert_eq!(states(&outbox), ["received", "dropped", "dropped", "dropped", "dropped"]);
    assert_eq!((outbox.under_way(), outbox.take_ready().len()), (0, 0));
    let refused = outbox.redeliver(&first.id, now).unwrap_err().to_string();
    assert!(refused.contains("has been deleted"), "{refused}");
    assert!(outbox.unsubscribe(&id, now).is_err());
    let next = outbox.subscribe(NewSubscription { url: "http://a/".to_owned(), ..NewSubscription::default() }).unwrap();
    assert_ne!(*next.id, *id);
}

#[test]
fn a_subscription_that_cannot_be_made_names_all_that_is_wrong_and_shows_no_secret() {
    let check = |profile, signature, url: &str, secret: &str| {
        let new = NewSubscription { url: url.to_owned(), events: None, secret: Some(secret.to_owned()) };
        new.check(profile, signature).err().map(|error| error.to_string())
    };
    let standard = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(check(Profile::Lenient, Signature::Akol, "http://localhost:1/", "tiny"), None);
    assert_eq!(check(Profile::Production, Signature::Standard, "https://example.com/", standard), None);
    let refused = check(Profile::Production, Signature::Standard, "http://example.com/", "hidden").unwrap();
    assert!(refused.contains("url ") && refused.contains("https:// only"), "{refused}");
    assert!(refused.contains("secret ") && !refused.contains("hidden"), "{refused}");
    assert!(check(Profile::Lenient, Signature::Akol, "http://a/", "two words").is_some());
}

#[test]
fn what_was_received_stays_so_when_its_subscription_is_deleted_before_it_is_sent_again() {
    let mut outbox = outbox(&[], Signature::Akol);
    let now = Timestamp::from_millis(0);
    tell(&mut outbox, Event::CallStarted, 0, now);
    let id = receive_all(&mut outbox, now)[0].id.to_string();
    outbox.redeliver(&id, now).unwrap();
    let webhook = outbox.subscriptions().next().unwrap().id.to_string();
    outbox.unsubscribe(&webhook, now).unwrap();
    assert_eq!((outbox.under_way(), states(&outbox)), (0, vec!["received"]));
    assert_eq!(outbox.find(&id).unwrap().tries.len(), 1);
}
