//! The clock that a world lives by: one that runs with the machine's, as fast as is wanted, or one that stands until it is moved.

use std::time::Duration;

use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use crossbeam_utils::atomic::AtomicCell;
use parking_lot::Mutex;

use crate::config::ClockMode;
use crate::real_time::Stopwatch;

/// See the module. It never goes back, but for [`Clock::restart`].
#[derive(Debug)]
pub struct Clock {
    /// Who looks takes no lock: every request looks several times.
    hands: AtomicCell<Hands>,
    /// Held by who changes the hands.
    changing: Mutex<()>,
}

/// What a clock shows, and how it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether it runs.
    pub mode: ClockMode,
    /// The instant that it shows.
    pub now: Timestamp,
    /// How fast it runs, if it does.
    pub speed: Speed,
}

#[derive(Clone, Copy, Debug)]
struct Hands {
    mode: ClockMode,
    speed: Speed,
    /// What it showed when it was last set.
    shown: Timestamp,
    /// Since when it has run, from what it showed.
    since: Stopwatch,
    /// Whether somebody holds it while they move it: then it stands, whatever its mode.
    is_held: bool,
}

impl Hands {
    fn stands(&self) -> bool {
        self.is_held || self.mode == ClockMode::Manual
    }

    fn now(&self) -> Timestamp {
        if self.stands() { self.shown } else { self.at(Stopwatch::start()) }
    }

    fn at(&self, moment: Stopwatch) -> Timestamp {
        if self.stands() { self.shown } else { self.shown + self.speed.scale(self.since.until(moment)) }
    }

    /// Sets the hands to what they show, so that mode and speed can be changed without a jump.
    fn take_up(&mut self) {
        self.shown = self.now();
        self.since = Stopwatch::start();
    }
}

impl Clock {
    /// A clock that shows `reading.now` now, and goes on as it says.
    pub fn new(reading: Reading) -> Clock {
        let Reading { mode, now, speed } = reading;
        let hands = Hands { mode, speed, shown: now, since: Stopwatch::start(), is_held: false };
        Clock { hands: AtomicCell::new(hands), changing: Mutex::new(()) }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.hands.load().now()
    }

    /// What the clock showed when that was started, just before; what it was set to, where it has been set since. Who has looked at the
    /// machine's clock already need not look again.
    pub(crate) fn at(&self, moment: Stopwatch) -> Timestamp {
        self.hands.load().at(moment)
    }

    /// What the clock shows, and how it goes on.
    pub fn read(&self) -> Reading {
        let hands = self.hands.load();
        Reading { mode: hands.mode, now: hands.now(), speed: hands.speed }
    }

    /// Lets it run, or stand, from what it shows now; as fast as `speed` says. What is `None` stays as it is.
    pub fn go_on(&self, mode: Option<ClockMode>, speed: Option<Speed>) {
        self.change(|hands| {
            hands.take_up();
            hands.mode = mode.unwrap_or(hands.mode);
            hands.speed = speed.unwrap_or(hands.speed);
        });
    }

    /// Stops it, whatever its mode, so that it can be moved.
    pub fn hold(&self) {
        self.change(|hands| {
            hands.take_up();
            hands.is_held = true;
        });
    }

    /// Lets it go on in its mode, from what it shows.
    pub fn let_go(&self) {
        self.change(|hands| {
            hands.take_up();
            hands.is_held = false;
        });
    }

    /// Moves a clock that stands forward to `instant`; it never goes back. One that runs goes its own way.
    pub fn move_to(&self, instant: Timestamp) {
        self.change(|hands| {
            if hands.stands() {
                hands.shown = instant.max(hands.shown);
            }
        });
    }

    /// Sets it as if it were new: nobody holds it any more.
    pub fn restart(&self, reading: Reading) {
        let Reading { mode, now, speed } = reading;
        self.change(|hands| *hands = Hands { mode, speed, shown: now, since: Stopwatch::start(), is_held: false });
    }

    fn change(&self, change: impl FnOnce(&mut Hands)) {
        let _changing = self.changing.lock();
        let mut hands = self.hands.load();
        change(&mut hands);
        self.hands.store(hands);
    }

    /// How long to wait, in real time, until the clock shows `instant`; `None` if it stands.
    pub fn wait_until(&self, instant: Timestamp) -> Option<Duration> {
        let hands = self.hands.load();
        (!hands.stands()).then(|| hands.speed.unscale(instant.since(hands.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn manual(millis: i64) -> Clock {
        Clock::new(Reading { mode: ClockMode::Manual, now: at(millis), speed: Speed::REAL })
    }

    #[test]
    fn a_clock_that_stands_moves_forward_only() {
        let clock = manual(5);
        clock.move_to(at(9));
        clock.move_to(at(7));
        assert_eq!(clock.now(), at(9));
        assert_eq!(clock.wait_until(at(10)), None);
    }

    #[test]
    fn a_clock_that_runs_is_moved_only_while_it_is_held() {
        let clock = manual(0);
        clock.go_on(Some(ClockMode::Real), Some(Speed::REAL));
        let far = at(1_000_000_000);
        clock.move_to(far);
        assert!(clock.now() < far && clock.wait_until(far).is_some());
        clock.hold();
        clock.move_to(far);
        assert_eq!((clock.now(), clock.wait_until(far)), (far, None));
        clock.let_go();
        assert!(clock.now() >= far && clock.wait_until(far).is_some());
        assert_eq!(clock.read().mode, ClockMode::Real);
    }

    #[test]
    fn changing_the_mode_never_turns_it_back() {
        let clock = manual(1_000);
        clock.go_on(Some(ClockMode::Real), Some(Speed::REAL));
        let seen = clock.now();
        clock.go_on(Some(ClockMode::Manual), None);
        assert!(clock.now() >= seen && seen >= at(1_000));
        let stands = clock.now();
        assert_eq!(clock.now(), stands);
    }

    #[test]
    fn a_look_from_before_it_was_set_shows_what_it_was_set_to() {
        let clock = manual(1_000);
        let before = Stopwatch::start();
        clock.move_to(at(2_000));
        assert_eq!(clock.at(before), at(2_000));
        clock.go_on(Some(ClockMode::Real), None);
        assert_eq!(clock.at(before), at(2_000));
        assert!(clock.at(Stopwatch::start()) >= at(2_000));
    }

    #[test]
    fn only_a_restart_goes_back() {
        let clock = manual(1_000);
        clock.restart(Reading { mode: ClockMode::Manual, now: at(10), speed: Speed::REAL });
        assert_eq!(clock.now(), at(10));
    }
}
