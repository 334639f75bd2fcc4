//! What a journal keeps, behind its lock.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::event::Moment;
use tokio::sync::mpsc;

use super::{Happening, WatchEnd};
use crate::engine::budget::Part;
use crate::engine::exchange::Exchange;

/// How many moments are kept.
pub(super) const MOMENTS: usize = 16 * 1024;
/// The number of the first happening: not 0, so that a reader who has seen nothing can say 0.
pub(super) const FIRST: u64 = 1;

/// See the module.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) next_number: u64,
    /// The latest instant at which a request came or was answered, or something happened.
    pub(super) latest: Timestamp,
    pub(super) exchanges: VecDeque<Aged<Arc<Exchange>>>,
    /// How many requests had to make room since all were forgotten on purpose.
    pub(super) lost: u64,
    /// How many of the first have no body to drop.
    pub(super) without_bodies: usize,
    /// With their numbers.
    pub(super) moments: VecDeque<Aged<(u64, Moment)>>,
    /// The number of the newest thing that has been forgotten.
    pub(super) forgotten: u64,
    pub(super) watchers: Vec<Watcher>,
    /// The moments of an advance that is under way.
    pub(super) collected: Option<Vec<Moment>>,
}

/// Something that is kept, with its age among all that the server keeps.
#[derive(Debug)]
pub(super) struct Aged<T> {
    pub(super) age: u64,
    pub(super) kept: T,
}

impl Default for Pages {
    fn default() -> Pages {
        Pages {
            next_number: FIRST,
            latest: Timestamp::MIN,
            exchanges: VecDeque::new(),
            lost: 0,
            without_bodies: 0,
            moments: VecDeque::new(),
            forgotten: 0,
            watchers: Vec::new(),
            collected: None,
        }
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) queue: mpsc::Sender<Happening>,
    pub(super) end: Arc<OnceLock<WatchEnd>>,
}

/// How many bytes a moment takes in a journal.
pub(super) fn held_bytes_of(moment: &Moment) -> usize {
    size_of::<Aged<(u64, Moment)>>() + moment.held_bytes()
}

/// Adds something to what is kept. A buffer that is full grows by an eighth: twice as much would be a lot that is never used.
pub(super) fn push<T>(kept: &mut VecDeque<Aged<T>>, new: Aged<T>) {
    const LEAST: usize = 16;
    if kept.len() == kept.capacity() {
        kept.reserve_exact(LEAST.max(kept.len() / 8));
    }
    kept.push_back(new);
}

impl Pages {
    pub(super) fn take_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Forgets the oldest moment, and says how many bytes it took.
    pub(super) fn forget_moment(&mut self) -> usize {
        let Some(Aged { kept: (oldest, moment), .. }) = self.moments.pop_front() else { return 0 };
        self.forgotten = self.forgotten.max(oldest);
        held_bytes_of(&moment)
    }

    /// Forgets the oldest request, and gives what was kept of it.
    pub(super) fn forget_exchange(&mut self) -> Option<Arc<Exchange>> {
        let Aged { kept: oldest, .. } = self.exchanges.pop_front()?;
        self.lost += 1;
        self.without_bodies = self.without_bodies.saturating_sub(1);
        let number = oldest.answer().map_or(oldest.number, |answer| answer.number);
        self.forgotten = self.forgotten.max(number);
        Some(oldest)
    }

    /// How many bytes all that is kept takes.
    pub(super) fn held_bytes(&self) -> usize {
        let exchanges: usize = self.exchanges.iter().map(|one| one.kept.held_bytes()).sum();
        exchanges + self.moments.iter().map(|one| held_bytes_of(&one.kept.1)).sum::<usize>()
    }

    /// The age of the oldest thing that can go.
    pub(super) fn oldest(&mut self, part: Part) -> Option<u64> {
        match part {
            Part::Bodies => self.oldest_with_body().map(|place| self.exchanges[place].age),
            Part::Entries => {
                let moment = self.moments.front().map(|one| one.age);
                self.exchanges.front().map(|one| one.age).into_iter().chain(moment).min()
            }
        }
    }

    /// The place of the oldest request that has been answered and has a body, or its answer has.
    pub(super) fn oldest_with_body(&mut self) -> Option<usize> {
        let is_without = |one: &Aged<Arc<Exchange>>| one.kept.answer().is_some() && one.kept.droppable_bytes() == 0;
        while self.exchanges.get(self.without_bodies).is_some_and(is_without) {
            self.without_bodies += 1;
        }
        let rest = self.exchanges.iter().skip(self.without_bodies);
        let place = rest.take_while(|one| one.kept.droppable_bytes() == 0).count() + self.without_bodies;
        (place < self.exchanges.len()).then_some(place)
    }

    /// Drops the bodies of the oldest request that has any, and says how many bytes they took. Who is looking at them keeps them until then.
    pub(super) fn drop_bodies(&mut self) -> usize {
        let Some(place) = self.oldest_with_body() else { return 0 };
        let kept = &mut self.exchanges[place].kept;
        let freed = kept.droppable_bytes();
        *kept = Arc::new(kept.without_bodies());
        freed
    }

    /// Forgets the oldest request or moment, and says how many bytes it took.
    pub(super) fn forget_oldest(&mut self) -> usize {
        let ages = (self.exchanges.front().map(|one| one.age), self.moments.front().map(|one| one.age));
        match ages {
            (Some(exchange), Some(moment)) if moment < exchange => self.forget_moment(),
            (Some(_), _) => self.forget_exchange().map_or(0, |forgotten| forgotten.held_bytes()),
            (None, _) => self.forget_moment(),
        }
    }

    /// Gives back the room of much that has gone.
    pub(super) fn shrink(&mut self) {
        if self.exchanges.len() < self.exchanges.capacity() / 2 {
            self.exchanges.shrink_to_fit();
        }
        if self.moments.len() < self.moments.capacity() / 2 {
            self.moments.shrink_to_fit();
        }
    }

    /// The instant, or the latest that there has been where that is later: what comes after something else in the journal is not before
    /// it in time.
    pub(super) fn not_before(&mut self, instant: Timestamp) -> Timestamp {
        self.latest = self.latest.max(instant);
        self.latest
    }

    /// Whether the journal still has a request that it has taken in. They are forgotten in the order of their numbers.
    pub(super) fn keeps(&self, exchange: &Exchange) -> bool {
        self.exchanges.front().is_some_and(|oldest| oldest.kept.number <= exchange.number)
    }

    /// What has happened since, in order.
    pub(super) fn since(&self, since: u64) -> Vec<Happening> {
        let moments =
            self.moments.iter().map(|Aged { kept: (number, moment), .. }| Happening::Moment(*number, moment.clone()));
        let answered = self.exchanges.iter().filter_map(|Aged { kept: exchange, .. }| {
            exchange.answer().map(|answer| Happening::Answered(answer.number, Arc::clone(exchange)))
        });
        let mut happenings: Vec<Happening> =
            moments.chain(answered).filter(|happening| happening.number() > since).collect();
        happenings.sort_by_key(Happening::number);
        happenings
    }

    /// Tells whoever watches. Who does not keep up, or has gone, is told no more.
    pub(super) fn tell(&mut self, happening: &Happening) {
        self.watchers.retain(|watcher| match watcher.queue.try_send(happening.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                watcher.end(WatchEnd::TooSlow);
                false
            }
        });
    }
}

impl Watcher {
    pub(super) fn end(&self, why: WatchEnd) {
        // The first reason stands.
        let _ = self.end.set(why);
    }
}
