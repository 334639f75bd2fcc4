//! Those who wait for something to come: for requests, or for deliveries.
//!
//! Whoever brings something new puts it into a queue and wakes one of those who wait, however many there are. That one leads: it holds what
//! is new against what each of them waits for, and wakes those that have enough. When it leaves, another leads. So who brings something
//! does the same little work for a hundred waiters as for one, and nobody looks again at what has been looked at.
//!
//! Where the leader is slower than what comes, those who bring it help: [`Waiters::look_while_overfull`].

mod found;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use self::found::Collected;
pub use self::found::Found;
pub(super) use self::found::Room;
use crate::blocking_pool::{PoolShare, Stopped};
use crate::real_time::Stopwatch;
use akol_mock_world::faults::matching::Effort;

/// How many things may be new before those who bring others are to help the leader.
const BACKLOG: usize = 4_096;
/// The same in bytes.
const BACKLOG_BYTES: usize = 1 << 20;

/// How long the leader looks before it lets others have their turn.
const AT_ONCE: Duration = Duration::from_micros(500);

/// Something that is waited for.
pub trait Awaited: Clone + Send + Sync + 'static {
    /// What is held against what each waits for: made once for all of them.
    type View<'a>;

    /// That of this.
    fn view(&self) -> Self::View<'_>;

    /// What it is known by: what comes again with the same key takes the place of what came before.
    fn key(&self) -> u64;

    /// How many bytes it takes.
    fn held_bytes(&self) -> usize;

    /// How long it takes about to look at it for waits of that effort, in nanoseconds.
    fn nanoseconds(&self, effort: Effort) -> usize;
}

/// See the module.
#[derive(Debug)]
pub struct Waiters<T: Awaited> {
    /// How many wait. While nobody does, which is nearly always, who brings something looks no further.
    count: AtomicUsize,
    news: Mutex<News<T>>,
    all: Mutex<Arc<All<T>>>,
    /// Held while something is looked at, so that nothing is looked at before what came before it.
    looking: Arc<tokio::sync::Mutex<()>>,
    /// Held by the leader.
    leading: tokio::sync::Mutex<()>,
    /// Wakes the leader.
    came: Notify,
    /// For what they keep.
    room: Arc<Room>,
}

#[derive(Debug)]
struct News<T> {
    /// How many things there have been.
    count: u64,
    /// How often all has begun anew.
    generation: u64,
    /// Those that have not been looked at.
    queue: VecDeque<New<T>>,
    /// How many bytes those take.
    bytes: usize,
}

#[derive(Debug)]
struct New<T> {
    /// How many things there were before it.
    number: u64,
    /// How often all had begun anew by then.
    generation: u64,
    /// How many bytes it took when it came.
    bytes: usize,
    what: T,
}

impl<T> News<T> {
    fn is_overfull(&self) -> bool {
        self.queue.len() > BACKLOG || self.bytes > BACKLOG_BYTES
    }

    fn take_next(&mut self) -> Option<New<T>> {
        let next = self.queue.pop_front()?;
        self.bytes -= next.bytes;
        Some(next)
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }
}

/// All who wait, and what it takes to look at something for them.
#[derive(Clone, Debug)]
struct All<T: Awaited> {
    waiters: Vec<Arc<Waiter<T>>>,
    effort: Effort,
}

impl<T: Awaited> Default for All<T> {
    fn default() -> All<T> {
        All { waiters: Vec::new(), effort: Effort::default() }
    }
}

impl<T: Awaited> All<T> {
    fn change(&mut self, change: impl FnOnce(&mut Vec<Arc<Waiter<T>>>)) {
        change(&mut self.waiters);
        self.effort = self.waiters.iter().map(|waiter| waiter.effort).sum();
    }
}

struct Waiter<T: Awaited> {
    /// How many things there had been before it came. Those are none of its business.
    since: u64,
    is_wanted: Box<IsWanted<T>>,
    effort: Effort,
    enough: usize,
    found: Mutex<Collected<T>>,
    has_enough: Notify,
}

/// Whether something is wanted.
type IsWanted<T> = dyn for<'a> Fn(&<T as Awaited>::View<'a>) -> bool + Send + Sync;

/// Somebody who waits, until this is dropped.
#[derive(Debug)]
pub struct Waiting<T: Awaited> {
    waiters: Arc<Waiters<T>>,
    waiter: Arc<Waiter<T>>,
    /// How often all had begun anew when it began.
    generation: u64,
}

impl<T: Awaited> Waiters<T> {
    /// Without waits yet. They will keep no more than there is room for.
    pub(super) fn new(room: Arc<Room>) -> Arc<Waiters<T>> {
        Arc::new(Waiters {
            count: AtomicUsize::new(0),
            news: Mutex::new(News { count: 0, generation: 0, queue: VecDeque::new(), bytes: 0 }),
            all: Mutex::default(),
            looking: Arc::default(),
            leading: tokio::sync::Mutex::new(()),
            came: Notify::new(),
            room,
        })
    }
}

impl<T: Awaited> std::fmt::Debug for Waiter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiter").field("since", &self.since).field("enough", &self.enough).finish_non_exhaustive()
    }
}

impl<T: Awaited> Waiters<T> {
    /// Whether anybody waits.
    pub(super) fn are_any(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// Tells those who wait of something that has come. What it came to (a journal, a world) has to be locked, as for [`Waiters::wait`]:
    /// so nobody misses it who comes to wait just now.
    pub(super) fn tell(&self, what: impl FnOnce() -> T) {
        if !self.are_any() {
            return;
        }
        {
            let mut news = self.news.lock();
            let (number, generation, what) = (news.count, news.generation, what());
            let bytes = what.held_bytes();
            news.count += 1;
            news.bytes += bytes;
            news.queue.push_back(New { number, generation, bytes, what });
        }
        self.came.notify_one();
    }

    /// Whether more is new than the leader should leave.
    pub(super) fn are_overfull(&self) -> bool {
        self.are_any() && self.news.lock().is_overfull()
    }

    /// Looks at what is new while there is too much of it, unless another task does. For work that is never long.
    pub(super) fn look_while_overfull(&self) {
        let Ok(_looking) = self.looking.try_lock() else { return };
        while self.news.lock().is_overfull() && self.look_at_next() {}
    }

    /// The same for any work: what is long runs in the pool.
    pub(super) async fn help_while_overfull(self: &Arc<Self>, pool: &PoolShare) {
        while self.are_overfull() && self.look_at_next_in(pool).await {}
    }

    /// Begins to wait for that many things that are wanted, which takes that effort to say. Where `keeps_all`, they are kept even if there is
    /// no room for them.
    pub(super) fn wait(
        self: &Arc<Self>,
        enough: usize,
        keeps_all: bool,
        effort: Effort,
        is_wanted: impl for<'a> Fn(&T::View<'a>) -> bool + Send + Sync + 'static,
    ) -> Waiting<T> {
        let news = self.news.lock();
        let waiter = Arc::new(Waiter {
            since: news.count,
            is_wanted: Box::new(is_wanted),
            effort,
            enough,
            found: Mutex::new(Collected::new(news.generation, (!keeps_all).then(|| Arc::clone(&self.room)))),
            has_enough: Notify::new(),
        });
        Arc::make_mut(&mut *self.all.lock()).change(|waiters| waiters.push(Arc::clone(&waiter)));
        self.count.fetch_add(1, Ordering::AcqRel);
        let generation = news.generation;
        drop(news);
        Waiting { waiters: Arc::clone(self), waiter, generation }
    }

    /// What came before counts for nobody any more.
    pub(super) fn begin_anew(&self) {
        let generation = {
            let mut news = self.news.lock();
            news.clear();
            news.generation += 1;
            news.generation
        };
        // What is being looked at just now counts for none of them either.
        self.all.lock().waiters.iter().for_each(|waiter| waiter.found.lock().begin_anew(generation));
    }

    /// Looks at the oldest thing that is new; says whether there was one. Only who holds `looking` may do so.
    fn look_at_next(&self) -> bool {
        let Some(New { number, generation, what, .. }) = self.news.lock().take_next() else { return false };
        let all = Arc::clone(&self.all.lock());
        let view = what.view();
        let waiters = all.waiters.iter().filter(|waiter| waiter.since <= number);
        waiters.for_each(|waiter| waiter.take(generation, &what, &view));
        true
    }

    /// The same; what is long work runs in the pool.
    async fn look_at_next_in(self: &Arc<Self>, pool: &PoolShare) -> bool {
        let looking = Arc::clone(&self.looking).lock_owned().await;
        let is_long = {
            let effort = self.all.lock().effort;
            self.news.lock().queue.front().is_some_and(|next| next.what.nanoseconds(effort) > Effort::LONG)
        };
        if !is_long {
            return self.look_at_next();
        }
        let waiters = Arc::clone(self);
        // Where the server has stopped, there is no answer that anybody would get.
        let look = move || {
            let _looking = looking;
            waiters.look_at_next()
        };
        pool.run(look).await.unwrap_or(false)
    }

    /// Looks at what is new for all who wait, for ever.
    async fn lead(self: &Arc<Self>, pool: &PoolShare) -> Infallible {
        let _leading = self.leading.lock().await;
        loop {
            let began = Stopwatch::start();
            while self.look_at_next_in(pool).await {
                if began.until(Stopwatch::start()) > AT_ONCE {
                    break;
                }
            }
            if self.news.lock().queue.is_empty() {
                self.came.notified().await;
            } else {
                tokio::task::yield_now().await;
            }
        }
    }
}

impl<T: Awaited> Waiter<T> {
    fn take(&self, generation: u64, what: &T, view: &T::View<'_>) {
        let is_wanted = (self.is_wanted)(view);
        let mut found = self.found.lock();
        if !found.is_of(generation) {
            return;
        }
        if is_wanted {
            found.put(what);
            if found.count() >= self.enough {
                self.has_enough.notify_one();
            }
        } else {
            found.remove(what.key());
        }
    }
}

impl<T: Awaited> Waiting<T> {
    /// Looks at what was there when the wait began: it counts, too, where it is wanted and nothing newer has come of it. What is long runs in the
    /// pool.
    pub async fn look_at(&self, there: Vec<T>, pool: &PoolShare) -> Result<(), Stopped> {
        let (waiter, generation) = (Arc::clone(&self.waiter), self.generation);
        let nanoseconds: usize = there.iter().map(|what| what.nanoseconds(waiter.effort)).sum();
        let look = move || {
            for what in there.into_iter().filter(|what| (waiter.is_wanted)(&what.view())) {
                let mut found = waiter.found.lock();
                if found.is_of(generation) {
                    found.put_older(&what);
                }
            }
        };
        pool.run_if(nanoseconds > Effort::LONG, look).await
    }

    /// Waits until enough has come, and gives all that is wanted. What is long to look at is looked at in the pool.
    pub async fn enough(&self, pool: &PoolShare) -> Found<T> {
        let lead = self.waiters.lead(pool);
        tokio::pin!(lead);
        loop {
            {
                let found = self.waiter.found.lock();
                if found.count() >= self.waiter.enough {
                    return found.found();
                }
            }
            tokio::select! {
                () = self.waiter.has_enough.notified() => {}
                never = &mut lead => match never {},
            }
        }
    }

    /// What has come so far.
    pub fn found(&self) -> Found<T> {
        self.waiter.found.lock().found()
    }

    /// The same, in the order of the keys, as far as it is kept; none of it counts any more.
    pub fn take_found(&self) -> Vec<T> {
        let mut finds = self.waiter.found.lock();
        let found = finds.found();
        finds.clear();
        found.into_things()
    }
}

impl<T: Awaited> Drop for Waiting<T> {
    fn drop(&mut self) {
        let is_other = |waiter: &Arc<Waiter<T>>| !Arc::ptr_eq(waiter, &self.waiter);
        Arc::make_mut(&mut *self.waiters.all.lock()).change(|waiters| waiters.retain(is_other));
        let mut news = self.waiters.news.lock();
        if self.waiters.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Nobody is left who would look at it.
            news.clear();
        }
    }
}
