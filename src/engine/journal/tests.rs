//! What the journal keeps, and in which order.

use std::net::Ipv4Addr;
use std::thread;

use super::*;
use crate::clock::{Clock, Reading};
use crate::config::ClockMode;
use crate::domain::call::Status;
use crate::domain::moment::{CallStep, Moment, Transition, What};

fn request() -> Request {
    let request = hyper::Request::get("/api/v1/calls").body(()).unwrap();
    Request::new(request.into_parts().0, Ipv4Addr::LOCALHOST.into())
}

#[test]
fn requests_that_come_at_once_stand_in_the_order_of_their_instants() {
    let speed = "1000000".parse().unwrap();
    let clock = Clock::new(Reading { mode: ClockMode::Real, now: Timestamp::from_millis(0), speed });
    let (journal, epoch) = (Journal::new(usize::MAX), Epoch::begin());
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
    let (journal, epoch) = (Journal::new(3), Epoch::begin());
    let knock = |number| journal.arrive(&request(), clock.now(), RequestId::new(number), epoch.clone());
    let arrivals: Vec<Arrival> = (0..5).map(knock).collect();
    let is_kept = |arrival: &Arrival| {
        let pages = journal.pages.lock();
        let found = pages.exchanges.binary_search_by_key(&arrival.exchange.number, |kept| kept.number);
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
    let journal = Journal::new(0);
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
