//! The journal: the newest API requests with their answers, and the newest moments of the world, in one order. Whoever watches is told
//! as things happen.

mod pages;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock, Weak};

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::event::Moment;
use akol_mock_world::faults::matching::{Effort, Pattern, Sketch};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use self::pages::{Aged, FIRST, MOMENTS, Pages, Watcher, held_bytes_of, push};
use super::budget::{Budget, Holder, Part};
use super::epoch::Epoch;
use super::exchange::{Answer, Arrival, Exchange, KeptReply, KeptRequest, Meddling};
use super::waiters::{Awaited, Waiters, Waiting};
use crate::blocking_pool::PoolShare;
use crate::http::request::Request;
use crate::http::request_id::RequestId;
use crate::http::response::Reply;

/// How many happenings may wait for somebody who watches; who is slower than that is told no more.
const BACKLOG: usize = 1_024;

/// Something that happened in a workspace.
#[derive(Clone, Debug)]
pub enum Happening {
    /// In its world.
    Moment(u64, Moment),
    /// A request was answered. The bodies are left out.
    Answered(u64, Arc<Exchange>),
}

impl Happening {
    /// Its place in the order of everything that happens in the workspace.
    pub fn number(&self) -> u64 {
        match self {
            Happening::Moment(number, _) | Happening::Answered(number, _) => *number,
        }
    }

    /// The same without the bodies of a request and its answer.
    fn without_bodies(self) -> Happening {
        match self {
            Happening::Moment(..) => self,
            Happening::Answered(number, exchange) => Happening::Answered(number, Arc::new(exchange.without_bodies())),
        }
    }
}

/// See the module. The lock is held for the moving of a few pointers, but where somebody reads.
#[derive(Debug)]
pub struct Journal {
    pages: Mutex<Pages>,
    /// Those who wait for requests.
    waiters: Arc<Waiters<Arc<Exchange>>>,
    /// How many requests are kept.
    size: usize,
    /// What it takes counts against this.
    budget: Arc<Budget>,
}

/// What a journal keeps, without whoever watches it.
#[derive(Debug)]
pub(super) struct Kept {
    /// The number of the next happening.
    pub(super) next_number: u64,
    /// The number of the newest thing that has been forgotten.
    pub(super) forgotten: u64,
    /// The moments with their numbers, oldest first.
    pub(super) moments: Vec<(u64, Moment)>,
    /// The requests, oldest first.
    pub(super) exchanges: Vec<Arc<Exchange>>,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { next_number: FIRST, forgotten: 0, moments: Vec::new(), exchanges: Vec::new() }
    }
}

/// What somebody who watches is given.
#[derive(Debug)]
pub struct Watch {
    /// What had happened before, as far as it was asked for.
    pub past: Vec<Happening>,
    /// Whether some of what was asked for has been forgotten.
    pub has_gap: bool,
    /// What happens from now on.
    pub happenings: mpsc::Receiver<Happening>,
    /// Why there is no more, once there is not.
    pub end: Arc<OnceLock<WatchEnd>>,
}

/// Why somebody who watches is told no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchEnd {
    /// They were too slow.
    TooSlow,
    /// The workspace was reset: its order begins anew.
    Reset,
    /// Another state was put in the place of the workspace's: its order goes on as there.
    Replaced,
    /// The workspace was dropped, or the server stops.
    Closed,
}

impl Journal {
    /// A journal that keeps `size` requests, as far as the budget allows.
    pub(super) fn new(size: usize, budget: &Arc<Budget>) -> Arc<Journal> {
        let budget = Arc::clone(budget);
        let journal = Arc::new(Journal {
            pages: Mutex::default(),
            waiters: Waiters::new(Arc::clone(budget.awaited())),
            size,
            budget,
        });
        let holder: Weak<Journal> = Arc::downgrade(&journal);
        journal.budget.join(holder);
        journal
    }

    /// Takes in a request that `came` then. Of two requests the one that comes first in the journal must not have arrived after
    /// the other: one that another has overtaken on its way here arrived when that did.
    pub(super) fn arrive(&self, request: &Request, came: Timestamp, id: RequestId, epoch: Arc<Epoch>) -> Arrival {
        let kept = KeptRequest::of(request);
        let mut pages = self.pages.lock();
        // A request of the world before the reset is none of this one's.
        let is_late = epoch.has_ended();
        let (number, at) = if is_late { (0, came) } else { (pages.take_number(), pages.not_before(came)) };
        let exchange = Arc::new(Exchange { number, at, id, request: kept, answer: OnceLock::new() });
        let (mut before, mut after) = (0, 0);
        let mut forgotten = None;
        if self.size > 0 && !is_late {
            if pages.exchanges.len() >= self.size {
                forgotten = pages.forget_exchange();
            }
            before = forgotten.as_ref().map_or(0, |forgotten| forgotten.held_bytes());
            after = exchange.held_bytes();
            push(&mut pages.exchanges, Aged { age: self.budget.age(), kept: Arc::clone(&exchange) });
        } else if !is_late {
            pages.lost += 1;
        }
        if !is_late {
            self.waiters.tell(|| Arc::clone(&exchange));
        }
        drop(pages);
        // Taken to pieces while nobody waits for it.
        drop(forgotten);
        self.budget.replace(before, after);
        Arrival { exchange, epoch, is_overfull: self.waiters.are_overfull() }
    }

    /// Takes note of a request's answer, which was `given` then, as of its arrival.
    pub(super) fn answer(&self, arrival: &Arrival, reply: &Reply, given: Timestamp, trouble: Meddling) {
        let reply = KeptReply::of(reply);
        let trouble = trouble.is_any().then(|| Box::new(trouble));
        let mut pages = self.pages.lock();
        if arrival.epoch.has_ended() {
            return;
        }
        let number = pages.take_number();
        let is_kept = pages.keeps(&arrival.exchange);
        if !is_kept {
            // Who comes back later is not told of it any more.
            pages.forgotten = pages.forgotten.max(number);
        }
        let at = pages.not_before(given);
        // A request is answered once.
        let _ = arrival.exchange.answer.set(Answer { number, at, reply, trouble });
        let answer = arrival.exchange.answer().filter(|_| is_kept).map_or(0, Answer::held_bytes);
        if !pages.watchers.is_empty() {
            pages.tell(&Happening::Answered(number, Arc::new(arrival.exchange.without_bodies())));
        }
        self.waiters.tell(|| Arc::clone(&arrival.exchange));
        drop(pages);
        self.budget.replace(0, answer);
    }

    /// Takes in what happened in the world.
    pub(super) fn enter(&self, moments: Vec<Moment>) {
        if moments.is_empty() {
            return;
        }
        let (mut before, mut after, age) = (0, 0, self.budget.age());
        let mut pages = self.pages.lock();
        for moment in moments {
            let number = pages.take_number();
            pages.not_before(moment.at);
            if pages.moments.len() >= MOMENTS {
                before += pages.forget_moment();
            }
            if !pages.watchers.is_empty() {
                pages.tell(&Happening::Moment(number, moment.clone()));
            }
            if let Some(collected) = &mut pages.collected {
                collected.push(moment.clone());
            }
            after += held_bytes_of(&moment);
            push(&mut pages.moments, Aged { age, kept: (number, moment) });
        }
        // The world is locked here. Whoever has locked it makes room when it is not.
        self.budget.note(before, after);
    }

    /// The requests that are kept, oldest first.
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        self.pages.lock().exchanges.iter().map(|one| Arc::clone(&one.kept)).collect()
    }

    /// How many requests have come that had to make room since, or for which there was none.
    pub fn lost(&self) -> u64 {
        self.pages.lock().lost
    }

    /// Whether the oldest request that is kept came before that instant.
    pub fn begins_before(&self, instant: Timestamp) -> bool {
        self.pages.lock().exchanges.front().is_some_and(|oldest| oldest.kept.at < instant)
    }

    /// Forgets all requests; says how many.
    pub fn forget_exchanges(&self) -> usize {
        let mut pages = self.pages.lock();
        let count = pages.exchanges.len();
        let forgotten = std::iter::from_fn(|| pages.forget_exchange());
        let held = forgotten.map(|forgotten| forgotten.held_bytes()).sum();
        pages.exchanges.shrink_to_fit();
        pages.lost = 0;
        self.budget.note(held, 0);
        count
    }

    /// The moments that are kept, oldest first, each with its number.
    pub fn moments(&self) -> Vec<(u64, Moment)> {
        self.pages.lock().moments.iter().map(|one| one.kept.clone()).collect()
    }

    /// From now on tells what happens, and before that what has happened since the happening with number `since`.
    pub fn watch(&self, since: Option<u64>) -> Watch {
        let (queue, happenings) = mpsc::channel(BACKLOG);
        let end = Arc::new(OnceLock::new());
        let mut pages = self.pages.lock();
        // A number that has not been given yet is from before a reset: nothing of what came after it is known.
        let is_foreign = since.is_some_and(|since| since >= pages.next_number);
        let since = if is_foreign { Some(0) } else { since };
        let past = since.map_or_else(Vec::new, |since| pages.since(since));
        let has_gap = is_foreign || since.is_some_and(|since| since < pages.forgotten);
        // Those who have gone are noticed here, too, as perhaps nothing ever happens that they could be told.
        pages.watchers.retain(|watcher| !watcher.queue.is_closed());
        pages.watchers.push(Watcher { queue, end: Arc::clone(&end) });
        drop(pages);
        // A slow reader must not keep bodies that make room meanwhile.
        let past = past.into_iter().map(Happening::without_bodies).collect();
        Watch { past, has_gap, happenings, end }
    }

    /// Begins to wait for that many requests that are like `pattern`. Gives those that are kept, too: they count, but whoever waits is to look
    /// at them first, with [`Waiting::look_at`]. One that comes counts even if it is not kept as long as that takes.
    /// It is kept as far as there is room for what is waited for, or where `keeps_all`.
    pub fn wait(
        &self,
        pattern: Pattern,
        count: usize,
        keeps_all: bool,
    ) -> (Waiting<Arc<Exchange>>, Vec<Arc<Exchange>>) {
        let effort = Effort::of(&pattern);
        let pages = self.pages.lock();
        let waiting = self.waiters.wait(count, keeps_all, effort, move |sketch: &Sketch<'_>| pattern.matches(sketch));
        (waiting, pages.exchanges.iter().map(|one| Arc::clone(&one.kept)).collect())
    }

    /// Looks at requests for those who wait for them, where more have come than they have looked at.
    pub(crate) async fn help_waiters(&self, pool: &PoolShare) {
        self.waiters.help_while_overfull(pool).await;
    }

    /// Collects the moments that come, until they are taken.
    pub(super) fn collect(&self) {
        self.pages.lock().collected = Some(Vec::new());
    }

    /// The moments that have come since [`Journal::collect`].
    pub(super) fn take_collected(&self) -> Vec<Moment> {
        self.pages.lock().collected.take().unwrap_or_default()
    }

    /// What is kept, all of one instant.
    pub(super) fn kept(&self) -> Kept {
        let pages = self.pages.lock();
        Kept {
            next_number: pages.next_number,
            forgotten: pages.forgotten,
            moments: pages.moments.iter().map(|one| one.kept.clone()).collect(),
            exchanges: pages.exchanges.iter().map(|one| Arc::clone(&one.kept)).collect(),
        }
    }

    /// Ends all watching.
    pub(super) fn end_watches(&self, end: WatchEnd) {
        let watchers = std::mem::take(&mut self.pages.lock().watchers);
        watchers.iter().for_each(|watcher| watcher.end(end));
    }

    /// Ends all watching, and begins anew.
    pub(super) fn clear(&self, end: WatchEnd) {
        self.replace(Kept::default(), end);
    }

    /// Ends all watching, and goes on from what another journal kept, as far as this one keeps as much.
    pub(super) fn replace(&self, kept: Kept, end: WatchEnd) {
        let age = self.budget.age();
        let mut pages = Pages {
            next_number: kept.next_number,
            forgotten: kept.forgotten,
            moments: kept.moments.into_iter().map(|kept| Aged { age, kept }).collect(),
            exchanges: kept.exchanges.into_iter().map(|kept| Aged { age, kept }).collect(),
            ..Pages::default()
        };
        while pages.moments.len() > MOMENTS {
            pages.forget_moment();
        }
        while pages.exchanges.len() > self.size {
            pages.forget_exchange();
        }
        let after = pages.held_bytes();
        let before = std::mem::replace(&mut *self.pages.lock(), pages);
        before.watchers.iter().for_each(|watcher| watcher.end(end));
        // The world is locked here.
        self.budget.note(before.held_bytes(), after);
        self.waiters.begin_anew();
    }
}

impl Awaited for Arc<Exchange> {
    type View<'a> = Sketch<'a>;

    fn view(&self) -> Sketch<'_> {
        self.sketch()
    }

    fn key(&self) -> u64 {
        self.number
    }

    fn held_bytes(&self) -> usize {
        Exchange::held_bytes(self)
    }

    fn nanoseconds(&self, effort: Effort) -> usize {
        effort.nanoseconds_for(&self.sketch())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.budget.note(self.pages.get_mut().held_bytes(), 0);
    }
}

impl Holder for Journal {
    fn oldest(&self, part: Part) -> Option<u64> {
        self.pages.lock().oldest(part)
    }

    fn release(&self, part: Part, until: u64, wanted: usize) -> usize {
        let mut pages = self.pages.lock();
        let mut freed = 0;
        while freed < wanted && pages.oldest(part).is_some_and(|age| age <= until) {
            freed += match part {
                Part::Bodies => pages.drop_bodies(),
                Part::Entries => pages.forget_oldest(),
            };
        }
        pages.shrink();
        freed
    }
}
