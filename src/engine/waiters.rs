//! Those who wait for something to come: for requests, or for deliveries.
//!
//! Whoever brings something new puts it into a queue and wakes one of those who wait, however many there are. That one leads: it holds what
//! is new against what each of them waits for, and wakes those that have enough. When it leaves, another leads. So who brings something
//! does the same little work for a hundred waiters as for one, and nobody looks again at what has been looked at.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::time::Stopwatch;

/// How many things may be new before who brings another one looks at the oldest in the leader's place.
const BACKLOG: usize = 4_096;

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
}

/// See the module.
#[derive(Debug)]
pub struct Waiters<T: Awaited> {
    /// How many wait. While nobody does, which is nearly always, who brings something looks no further.
    count: AtomicUsize,
    news: Mutex<News<T>>,
    all: Mutex<Arc<Vec<Arc<Waiter<T>>>>>,
    /// Held while something is looked at, so that nothing is looked at before what came before it.
    looking: Mutex<()>,
    /// Held by the leader.
    leading: tokio::sync::Mutex<()>,
    /// Wakes the leader.
    came: Notify,
}

#[derive(Debug)]
struct News<T> {
    /// How many things there have been.
    count: u64,
    /// Those that nobody has looked at, each with how many there were before it.
    queue: VecDeque<(u64, T)>,
}

struct Waiter<T: Awaited> {
    /// How many things there had been before it came. Those are none of its business.
    since: u64,
    is_wanted: Box<IsWanted<T>>,
    enough: usize,
    found: Mutex<BTreeMap<u64, T>>,
    has_enough: Notify,
}

/// Whether something is wanted.
type IsWanted<T> = dyn for<'a> Fn(&<T as Awaited>::View<'a>) -> bool + Send + Sync;

/// Somebody who waits, until this is dropped.
#[derive(Debug)]
pub struct Waiting<'a, T: Awaited> {
    waiters: &'a Waiters<T>,
    waiter: Arc<Waiter<T>>,
}

impl<T: Awaited> Default for Waiters<T> {
    fn default() -> Waiters<T> {
        Waiters {
            count: AtomicUsize::new(0),
            news: Mutex::new(News { count: 0, queue: VecDeque::new() }),
            all: Mutex::default(),
            looking: Mutex::new(()),
            leading: tokio::sync::Mutex::new(()),
            came: Notify::new(),
        }
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
        let is_overfull = {
            let mut news = self.news.lock();
            let number = news.count;
            news.count += 1;
            news.queue.push_back((number, what()));
            news.queue.len() > BACKLOG
        };
        if is_overfull {
            self.look_at_next();
        }
        self.came.notify_one();
    }

    /// Begins to wait for that many things that are wanted.
    pub(super) fn wait(
        &self,
        enough: usize,
        is_wanted: impl for<'a> Fn(&T::View<'a>) -> bool + Send + Sync + 'static,
    ) -> Waiting<'_, T> {
        let news = self.news.lock();
        let waiter = Arc::new(Waiter {
            since: news.count,
            is_wanted: Box::new(is_wanted),
            enough,
            found: Mutex::default(),
            has_enough: Notify::new(),
        });
        Arc::make_mut(&mut *self.all.lock()).push(Arc::clone(&waiter));
        self.count.fetch_add(1, Ordering::AcqRel);
        drop(news);
        Waiting { waiters: self, waiter }
    }

    /// What came before counts for nobody any more.
    pub(super) fn begin_anew(&self) {
        let _looking = self.looking.lock();
        self.news.lock().queue.clear();
        self.all.lock().iter().for_each(|waiter| waiter.found.lock().clear());
    }

    /// Looks at the oldest thing that is new; says whether there was one.
    fn look_at_next(&self) -> bool {
        let _looking = self.looking.lock();
        let Some((number, what)) = self.news.lock().queue.pop_front() else { return false };
        let all = Arc::clone(&self.all.lock());
        let view = what.view();
        all.iter().filter(|waiter| waiter.since <= number).for_each(|waiter| waiter.take(&what, &view));
        true
    }

    /// Looks at what is new for all who wait, for ever.
    async fn lead(&self) -> Infallible {
        let _leading = self.leading.lock().await;
        loop {
            let began = Stopwatch::start();
            while self.look_at_next() {
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
    fn take(&self, what: &T, view: &T::View<'_>) {
        let is_wanted = (self.is_wanted)(view);
        let mut found = self.found.lock();
        if is_wanted {
            found.insert(what.key(), what.clone());
            if found.len() >= self.enough {
                self.has_enough.notify_one();
            }
        } else {
            found.remove(&what.key());
        }
    }
}

impl<T: Awaited> Waiting<'_, T> {
    /// What is to be done with what was there before: it counts, too, where it is wanted and nothing newer has come of it. May take long,
    /// and can be done elsewhere.
    pub fn look_at(&self, there: Vec<T>) -> impl FnOnce() + Send + use<T> {
        let waiter = Arc::clone(&self.waiter);
        move || {
            for what in there.into_iter().filter(|what| (waiter.is_wanted)(&what.view())) {
                waiter.found.lock().entry(what.key()).or_insert(what);
            }
        }
    }

    /// Waits until enough has come, and gives all that is wanted, in the order of the keys.
    pub async fn enough(&self) -> Vec<T> {
        let lead = self.waiters.lead();
        tokio::pin!(lead);
        loop {
            {
                let found = self.waiter.found.lock();
                if found.len() >= self.waiter.enough {
                    return found.values().cloned().collect();
                }
            }
            tokio::select! {
                () = self.waiter.has_enough.notified() => {}
                never = &mut lead => match never {},
            }
        }
    }

    /// What has come so far, in the order of the keys.
    pub fn found(&self) -> Vec<T> {
        self.waiter.found.lock().values().cloned().collect()
    }

    /// The same; none of it counts any more.
    pub fn take_found(&self) -> Vec<T> {
        std::mem::take(&mut *self.waiter.found.lock()).into_values().collect()
    }
}

impl<T: Awaited> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        Arc::make_mut(&mut *self.waiters.all.lock()).retain(|waiter| !Arc::ptr_eq(waiter, &self.waiter));
        let mut news = self.waiters.news.lock();
        if self.waiters.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Nobody is left who would look at it.
            news.queue.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::AtomicBool;
    use std::task::{Context, Poll, Wake, Waker};

    use super::*;

    impl Awaited for (u64, bool) {
        type View<'a> = (u64, bool);

        fn view(&self) -> (u64, bool) {
            *self
        }

        fn key(&self) -> u64 {
            self.0
        }
    }

    /// Whether it has been woken.
    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Woken>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn is_wanted(what: &(u64, bool)) -> bool {
        what.1
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>, woken: &Arc<Woken>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken))))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_that_comes_is_missed_whoever_leads() {
        let waiters = Arc::new(Waiters::<(u64, bool)>::default());
        for round in 0..500 {
            let waiting: Vec<_> = (1..=4)
                .map(|enough| {
                    let waiters = Arc::clone(&waiters);
                    tokio::spawn(async move {
                        let waiting = waiters.wait(enough, |_| true);
                        waiting.enough().await.len() >= enough
                    })
                })
                .collect();
            while waiters.count.load(Ordering::Acquire) < 4 {
                tokio::task::yield_now().await;
            }
            (0..4).for_each(|key| waiters.tell(|| (key, true)));
            for one in waiting {
                assert!(one.await.unwrap(), "round {round}");
            }
            assert!(!waiters.are_any());
        }
    }

    #[test]
    fn what_comes_wakes_one_of_those_who_wait_and_then_those_that_have_enough() {
        let waiters = Waiters::default();
        let waiting: Vec<_> =
            (0..5).map(|number| waiters.wait(1, move |what: &(u64, bool)| what.0 == number)).collect();
        let woken: Vec<_> = (0..5).map(|_| Arc::new(Woken::default())).collect();
        let mut futures: Vec<_> = waiting.iter().map(|waiting| Box::pin(waiting.enough())).collect();
        let are_woken = || woken.iter().map(|one| one.0.swap(false, Ordering::Relaxed)).collect::<Vec<_>>();
        for (future, woken) in futures.iter_mut().zip(&woken) {
            assert!(poll(future.as_mut(), woken).is_pending());
        }
        are_woken();
        waiters.tell(|| (3, true));
        assert_eq!(are_woken(), [true, false, false, false, false], "who leads");
        assert!(poll(futures[0].as_mut(), &woken[0]).is_pending());
        assert_eq!(are_woken(), [false, false, false, true, false], "who has enough");
        assert_eq!(poll(futures[3].as_mut(), &woken[3]), Poll::Ready(vec![(3, true)]));
        // The leader leaves, and another leads.
        drop(futures.remove(0));
        assert_eq!(are_woken().iter().filter(|woken| **woken).count(), 1);
        assert!(poll(futures[0].as_mut(), &woken[1]).is_pending());
        waiters.tell(|| (4, true));
        assert!(are_woken()[1]);
    }

    #[test]
    fn what_is_not_wanted_any_more_does_not_count_and_what_is_there_counts_unless_it_changes() {
        let waiters = Waiters::default();
        let before = waiters.wait(2, is_wanted);
        waiters.tell(|| (1, true));
        // For whoever comes now that has been.
        let waiting = waiters.wait(2, is_wanted);
        waiters.tell(|| (2, true));
        waiters.tell(|| (2, false));
        waiters.tell(|| (3, true));
        while waiters.look_at_next() {}
        waiting.look_at(vec![(1, true), (3, true), (4, false)])();
        assert_eq!(before.found(), [(1, true), (3, true)]);
        assert_eq!(waiting.take_found(), [(1, true), (3, true)]);
        assert_eq!(waiting.found(), []);
    }

    #[test]
    fn however_much_comes_while_the_leader_rests_little_of_it_waits_and_none_is_lost() {
        let waiters = Waiters::default();
        let waiting = waiters.wait(usize::MAX, is_wanted);
        let many = 2 * BACKLOG as u64;
        (0..many).for_each(|key| waiters.tell(|| (key, true)));
        assert!(waiters.news.lock().queue.len() <= BACKLOG);
        while waiters.look_at_next() {}
        assert_eq!(waiting.found().len() as u64, many);
        drop(waiting);
        waiters.tell(|| (0, true));
        assert!(waiters.news.lock().queue.is_empty(), "nobody waits");
    }

    #[test]
    fn what_came_before_a_reset_counts_no_more() {
        let waiters = Waiters::default();
        let waiting = waiters.wait(1, is_wanted);
        waiters.tell(|| (1, true));
        waiters.look_at_next();
        waiters.tell(|| (2, true));
        waiters.begin_anew();
        assert!(!waiters.look_at_next());
        let mut enough = pin!(waiting.enough());
        assert!(poll(enough.as_mut(), &Arc::default()).is_pending());
    }
}
