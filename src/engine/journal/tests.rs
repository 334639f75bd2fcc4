//! What the journal keeps, and in which order.

use std::net::Ipv4Addr;
use std::thread;

use akol_mock_world::calls::call::Status;
use akol_mock_world::event::{CallStep, DeliveryMoment, DeliveryResult, Moment, Transition, What};
use akol_mock_world::webhooks::Event;

use super::*;
use crate::clock::{Clock, Reading};
use crate::config::ClockMode;
use crate::engine::exchange::KEPT_BODY;

fn request() -> Request {
    let request = hyper::Request::get("/api/v1/calls").body(()).unwrap();
    Request::new(request.into_parts().0, Ipv4Addr::LOCALHOST.into())
}

/// A journal of that size, whose bytes nobody counts.
fn journal(size: usize) -> Arc<Journal> {
    Journal::new(size, &Budget::new(u64::MAX))
}

#[test]
fn requests_that_come_at_once_stand_in_the_order_of_their_instants() {
    let speed = "1000000".parse().unwrap();
    let clock = Clock::new(Reading { mode: ClockMode::Real, now: Timestamp::from_millis(0), speed });
    let (journal, epoch) = (journal(usize::MAX), Epoch::begin());
    let knock = || {
        for _ in 0..2_000 {
            let came = clock.now();
            drop(journal.arrive(&request(), came, RequestId::new(0), epoch.clone()));
        }
    };
    thread::scope(|threads| (0..4).for_each(|_| drop(threads.spawn(knock))));
    assert!(journal.exchanges().is_sorted_by_key(|exchange| exchange.at));
}

#[test]
fn the_oldest_are_forgotten_and_what_is_kept_is_known() {
    let clock = Clock::new(Reading { mode: ClockMode::Manual, now: Timestamp::MIN, speed: crate::Speed::REAL });
    let (journal, epoch) = (journal(3), Epoch::begin());
    let knock = |number| journal.arrive(&request(), clock.now(), RequestId::new(number), epoch.clone());
    let arrivals: Vec<Arrival> = (0..5).map(knock).collect();
    let is_kept = |arrival: &Arrival| {
        let pages = journal.pages.lock();
        let found = pages.exchanges.binary_search_by_key(&arrival.exchange.number, |one| one.kept.number);
        assert_eq!(pages.keeps(&arrival.exchange), found.is_ok());
        found.is_ok()
    };
    assert_eq!(arrivals.iter().map(is_kept).collect::<Vec<_>>(), [false, false, true, true, true]);
    journal.forget_exchanges();
    assert!(!arrivals.iter().any(is_kept));
    assert!(is_kept(&knock(5)) && !arrivals.iter().any(is_kept));
}

#[test]
fn who_watches_may_fall_1024_behind_and_no_further() {
    let journal = journal(0);
    let mut watch = journal.watch(None);
    let happen = |count| {
        let what = What::Transition(Transition { step: CallStep::Queued, status: Status::Ringing, outcome: None });
        let call = "call_xxx".parse().unwrap();
        journal.enter(vec![Moment { at: Timestamp::MIN, call, what }; count]);
    };
    happen(1_024);
    assert_eq!(watch.end.get(), None);
    happen(1);
    assert_eq!(watch.end.get(), Some(&WatchEnd::TooSlow));
    let told = std::iter::from_fn(|| watch.happenings.try_recv().ok()).count();
    assert_eq!(told, 1_024);
}

const STILL: Reading = Reading { mode: ClockMode::Manual, now: Timestamp::MIN, speed: crate::Speed::REAL };
const NO_MEDDLING: Meddling = Meddling { rules: Vec::new(), delay: std::time::Duration::ZERO, breakage: None };

/// A request with a body of that length arrives.
fn arrive(journal: &Journal, length: usize) -> Arrival {
    let mut request = request();
    request.body = vec![b'x'; length].into();
    journal.arrive(&request, STILL.now, RequestId::new(0), Epoch::begin())
}

/// It is answered with one of that length.
fn answer(journal: &Journal, arrival: &Arrival, length: usize) {
    let reply = Reply::json(hyper::StatusCode::OK, vec![b'y'; length]);
    journal.answer(arrival, &reply, STILL.now, NO_MEDDLING);
}

/// How long the bodies are that are kept of requests and of their answers.
fn bodies(journal: &Journal) -> Vec<(usize, Option<usize>)> {
    let answer = |exchange: &Exchange| exchange.answer().map(|answer| answer.reply.body().len());
    journal.exchanges().iter().map(|exchange| (exchange.request.body().len(), answer(exchange))).collect()
}

#[test]
fn what_is_counted_is_what_is_held() {
    let budget = Budget::new(u64::MAX);
    let journal = Journal::new(3, &budget);
    let is_right = || assert_eq!(budget.used(), journal.pages.lock().held_bytes());
    let mut before = 0;
    for number in 0..6_usize {
        let arrival = arrive(&journal, 1_000 * number);
        is_right();
        assert!(budget.used() > before + 1_000 * number || number >= 3);
        answer(&journal, &arrival, 100 * number);
        is_right();
        let moment = |what| Moment { at: STILL.now, call: "call_xxx".parse().unwrap(), what };
        let failed = DeliveryMoment {
            id: "msg_1".into(),
            event: Event::CallEnded,
            webhook_id: None,
            url: None,
            attempt: 1,
            result: DeliveryResult::Failed("connection refused".into()),
            hint: None,
            next_attempt_at: None,
        };
        let kept = What::Kept("msg_0000000000000001".parse().unwrap(), Event::CallEnded);
        journal.enter(vec![moment(What::Delivery(Box::new(failed))), moment(kept)]);
        is_right();
        before = budget.used();
    }
    // One that is no longer kept is answered.
    let late = arrive(&journal, 10);
    (0..3).for_each(|_| drop(arrive(&journal, 10)));
    answer(&journal, &late, 1_000);
    is_right();
    journal.replace(journal.kept(), WatchEnd::Replaced);
    is_right();
    assert_eq!(journal.forget_exchanges(), 3);
    is_right();
    drop(journal);
    assert_eq!(budget.used(), 0);
}

#[test]
fn the_bodies_of_the_oldest_make_room_and_they_stay_themselves() {
    const LIMIT: usize = 150 << 10;
    let budget = Budget::new(LIMIT as u64);
    let journal = Journal::new(100, &budget);
    let watch = journal.watch(None);
    let unanswered = arrive(&journal, 10_000);
    for _ in 0..6 {
        answer(&journal, &arrive(&journal, 20_000), 10_000);
    }
    let (whole, dropped) = ((20_000, Some(10_000)), (0, Some(0)));
    assert_eq!(bodies(&journal), [(10_000, None), dropped, dropped, whole, whole, whole, whole]);
    assert!(budget.used() <= LIMIT);
    assert_eq!(budget.used(), journal.pages.lock().held_bytes());
    let shown: Vec<_> = journal.exchanges();
    let marks = |exchange: &Arc<Exchange>| {
        let answer = exchange.answer().is_some_and(|answer| answer.reply.is_body_dropped);
        (exchange.request.is_body_dropped, answer, exchange.request.body_length)
    };
    assert_eq!(marks(&shown[1]), (true, true, 20_000));
    assert_eq!(marks(&shown[3]), (false, false, 20_000));
    assert_eq!((shown[1].request.path(), shown[1].request.method.as_str()), ("/api/v1/calls", "GET"));
    assert_eq!(shown[1].answer().unwrap().reply.headers().text("content-type"), Some("application/json"));
    // Once it has its answer, it is the oldest.
    answer(&journal, &unanswered, 10_000);
    answer(&journal, &arrive(&journal, 20_000), 10_000);
    assert_eq!(bodies(&journal)[0], (0, Some(0)));
    assert_eq!(budget.used(), journal.pages.lock().held_bytes());
    // Whoever watches keeps none of them.
    let mut happenings = watch.happenings;
    while let Ok(happening) = happenings.try_recv() {
        let Happening::Answered(_, exchange) = happening else { panic!("nothing happened in the world") };
        assert_eq!((exchange.request.body().len(), exchange.droppable_bytes()), (0, 0));
    }
    assert!(journal.watch(Some(0)).past.iter().all(|happening| match happening {
        Happening::Answered(_, exchange) => exchange.droppable_bytes() == 0,
        Happening::Moment(..) => false,
    }));
}

#[test]
fn when_there_are_no_bodies_the_oldest_entries_make_room() {
    const LIMIT: usize = 64 << 10;
    let budget = Budget::new(LIMIT as u64);
    let journal = Journal::new(1_000_000, &budget);
    let moment = Moment {
        at: STILL.now,
        call: "call_xxx".parse().unwrap(),
        what: What::Kept("msg_0000000000000001".parse().unwrap(), Event::CallEnded),
    };
    let count = LIMIT / 100;
    for _ in 0..count {
        journal.enter(vec![moment.clone()]);
        answer(&journal, &arrive(&journal, 1), 1);
    }
    let numbers: Vec<u64> = journal.exchanges().iter().map(|exchange| exchange.number).collect();
    assert!((10..count).contains(&numbers.len()), "{}", numbers.len());
    assert_eq!(numbers.last(), Some(&(3 * count as u64 - 1)));
    assert!((10..count).contains(&journal.moments().len()));
    // What is left of either is from the same time.
    assert!(journal.moments()[0].0.abs_diff(numbers[0]) <= 3);
    assert!(budget.used() <= LIMIT);
    assert_eq!(budget.used(), journal.pages.lock().held_bytes());
    let Pages { exchanges, moments, .. } = &*journal.pages.lock();
    assert!(exchanges.capacity() <= 2 * exchanges.len().max(16) && moments.capacity() <= 2 * moments.len().max(16));
}

#[test]
fn no_more_moments_are_kept_than_may_be() {
    let journal = journal(1);
    let call = "call_xxx".parse().unwrap();
    let what = What::Kept("msg_0000000000000001".parse().unwrap(), Event::CallEnded);
    let moment = Moment { at: STILL.now, call, what };
    journal.enter(vec![moment.clone(); MOMENTS]);
    assert_eq!((journal.moments().len(), journal.moments()[0].0), (MOMENTS, FIRST));
    assert!(!journal.watch(Some(0)).has_gap);
    journal.enter(vec![moment]);
    assert_eq!((journal.moments().len(), journal.moments()[0].0), (MOMENTS, FIRST + 1));
    assert!(journal.watch(Some(0)).has_gap && !journal.watch(Some(1)).has_gap);
}

#[test]
fn of_a_long_answer_in_pieces_only_the_first_are_kept() {
    let journal = journal(3);
    for (count, kept) in [(2, 2), (4, 4), (7, 4)] {
        let pieces = vec![bytes::Bytes::from(vec![b'y'; KEPT_BODY / 4]); count];
        let arrival = arrive(&journal, 0);
        journal.answer(&arrival, &Reply::json_in_pieces(hyper::StatusCode::OK, pieces), STILL.now, NO_MEDDLING);
        let reply = &arrival.exchange.answer().unwrap().reply;
        assert_eq!(
            (reply.body().len(), reply.body_length),
            (kept * KEPT_BODY / 4, Some((count * KEPT_BODY / 4) as u64))
        );
        let room = kept * (KEPT_BODY / 4 + size_of::<bytes::Bytes>());
        assert_eq!(arrival.exchange.droppable_bytes(), room);
    }
}
