//! What the journal keeps, and in which order.

use std::net::Ipv4Addr;
use std::thread;

use super::*;
use crate::clock::{Clock, Reading};
use crate::config::ClockMode;

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
