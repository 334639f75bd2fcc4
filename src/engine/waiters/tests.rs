//! Who is told of what comes, and what is kept of it.

use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake, Waker};

use super::*;
use crate::blocking_pool::BlockingPool;

impl Awaited for (u64, bool) {
    type View<'a> = (u64, bool);

    fn view(&self) -> (u64, bool) {
        *self
    }

    fn key(&self) -> u64 {
        self.0
    }

    fn held_bytes(&self) -> usize {
        16
    }

    fn nanoseconds(&self, _: Effort) -> usize {
        0
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
    let waiters = Waiters::<(u64, bool)>::new(Room::new(usize::MAX));
    let pool = BlockingPool::default().share();
    for round in 0..500 {
        let waiting: Vec<_> = (1..=4)
            .map(|enough| {
                let (waiters, pool) = (Arc::clone(&waiters), pool.clone());
                tokio::spawn(async move {
                    let waiting = waiters.wait(enough, false, Effort::default(), |_| true);
                    waiting.enough(&pool).await.count() >= enough
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
    let waiters = Waiters::new(Room::new(usize::MAX));
    let waiting: Vec<_> = (0..5)
        .map(|number| waiters.wait(1, false, Effort::default(), move |what: &(u64, bool)| what.0 == number))
        .collect();
    let woken: Vec<_> = (0..5).map(|_| Arc::new(Woken::default())).collect();
    let pool = BlockingPool::default().share();
    let mut futures: Vec<_> = waiting.iter().map(|waiting| Box::pin(waiting.enough(&pool))).collect();
    let are_woken = || woken.iter().map(|one| one.0.swap(false, Ordering::Relaxed)).collect::<Vec<_>>();
    for (future, woken) in futures.iter_mut().zip(&woken) {
        assert!(poll(future.as_mut(), woken).is_pending());
    }
    are_woken();
    waiters.tell(|| (3, true));
    assert_eq!(are_woken(), [true, false, false, false, false], "who leads");
    assert!(poll(futures[0].as_mut(), &woken[0]).is_pending());
    assert_eq!(are_woken(), [false, false, false, true, false], "who has enough");
    let found = poll(futures[3].as_mut(), &woken[3]).map(Found::into_things);
    assert_eq!(found, Poll::Ready(vec![(3, true)]));
    // The leader leaves, and another leads.
    drop(futures.remove(0));
    assert_eq!(are_woken().iter().filter(|woken| **woken).count(), 1);
    assert!(poll(futures[0].as_mut(), &woken[1]).is_pending());
    waiters.tell(|| (4, true));
    assert!(are_woken()[1]);
}

#[test]
fn what_is_not_wanted_any_more_does_not_count_and_what_is_there_counts_unless_it_changes() {
    let waiters = Waiters::new(Room::new(usize::MAX));
    let before = waiters.wait(2, false, Effort::default(), is_wanted);
    waiters.tell(|| (1, true));
    // For a wait that begins now that has been.
    let waiting = waiters.wait(2, false, Effort::default(), is_wanted);
    waiters.tell(|| (2, true));
    waiters.tell(|| (2, false));
    waiters.tell(|| (3, true));
    while waiters.look_at_next() {}
    let share = BlockingPool::default().share();
    let mut look = pin!(waiting.look_at(vec![(1, true), (3, true), (4, false)], &share));
    assert_eq!(poll(look.as_mut(), &Arc::default()), Poll::Ready(Ok(())), "what is short needs no thread");
    assert_eq!(before.found().into_things(), [(1, true), (3, true)]);
    assert_eq!(waiting.take_found(), [(1, true), (3, true)]);
    assert_eq!(waiting.found().into_things(), []);
}

#[test]
fn however_much_comes_while_the_leader_rests_little_of_it_waits_and_none_is_lost() {
    let waiters = Waiters::new(Room::new(usize::MAX));
    let waiting = waiters.wait(usize::MAX, false, Effort::default(), is_wanted);
    let many = 2 * BACKLOG as u64;
    for key in 0..many {
        waiters.tell(|| (key, true));
        waiters.look_while_overfull();
    }
    assert!(waiters.news.lock().queue.len() <= BACKLOG);
    while waiters.look_at_next() {}
    assert_eq!(waiting.found().count() as u64, many);
    drop(waiting);
    waiters.tell(|| (0, true));
    assert!(waiters.news.lock().queue.is_empty(), "there is no wait");
}

#[test]
fn what_came_before_a_reset_counts_no_more() {
    let waiters = Waiters::new(Room::new(usize::MAX));
    let waiting = waiters.wait(1, false, Effort::default(), is_wanted);
    waiters.tell(|| (1, true));
    waiters.look_at_next();
    waiters.tell(|| (2, true));
    waiters.begin_anew();
    assert!(!waiters.look_at_next());
    let pool = BlockingPool::default().share();
    let mut enough = pin!(waiting.enough(&pool));
    assert!(poll(enough.as_mut(), &Arc::default()).is_pending());
}

/// Something that takes much.
#[derive(Clone)]
struct Large {
    key: u64,
    /// Shared by all that are kept.
    _memory: Arc<()>,
}

impl Awaited for Large {
    type View<'a> = ();

    fn view(&self) {}

    fn key(&self) -> u64 {
        self.key
    }

    fn held_bytes(&self) -> usize {
        60 << 10
    }

    fn nanoseconds(&self, _: Effort) -> usize {
        Effort::LONG + 1
    }
}

#[test]
fn what_is_large_is_kept_within_the_room_by_those_who_wait_and_in_what_is_new() {
    let waiters = Waiters::new(Room::new(1 << 20));
    let waiting: Vec<_> = (0..2).map(|_| waiters.wait(usize::MAX, false, Effort::default(), |()| true)).collect();
    let memory = Arc::new(());
    for key in 0..1_000 {
        waiters.tell(|| Large { key, _memory: Arc::clone(&memory) });
        waiters.look_while_overfull();
    }
    assert!(Arc::strong_count(&memory) <= 1 + 17 + 17, "what is new, and what both keep");
    while waiters.look_at_next() {}
    assert!(Arc::strong_count(&memory) <= 1 + 17);
    assert!(waiting.iter().all(|one| one.found().count() == 1_000));
    drop(waiting);
    assert_eq!(Arc::strong_count(&memory), 1);
    let all = waiters.wait(usize::MAX, true, Effort::default(), |()| true);
    (0..1_000).for_each(|key| waiters.tell(|| Large { key, _memory: Arc::clone(&memory) }));
    while waiters.look_at_next() {}
    assert!(all.found().is_whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_long_to_look_at_is_looked_at_in_the_pool() {
    let (waiters, pool) = (Waiters::new(Room::new(usize::MAX)), BlockingPool::default());
    let waiting = waiters.wait(1, false, Effort::default(), |()| true);
    let (busy, pool) = (pool.fill_up(), pool.share());
    waiters.tell(|| Large { key: 1, _memory: Arc::default() });
    let mut enough = pin!(waiting.enough(&pool));
    let woken = Arc::default();
    assert!(poll(enough.as_mut(), &woken).is_pending());
    // Nor does one look who brings more than the leader should leave.
    while !waiters.are_overfull() {
        waiters.tell(|| Large { key: 1, _memory: Arc::default() });
    }
    let mut help = pin!(waiters.help_while_overfull(&pool));
    assert!(poll(help.as_mut(), &woken).is_pending());
    assert_eq!(waiting.found().count(), 0);
    drop(busy);
    let ((), found) = tokio::join!(help, enough);
    assert!(!waiters.are_overfull());
    assert_eq!(found.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_waits_for_nobody_and_what_was_being_looked_at_counts_no_more() {
    let (waiters, pool) = (Waiters::new(Room::new(usize::MAX)), BlockingPool::default().share());
    let (begun, begins) = std::sync::mpsc::channel();
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let waiting = waiters.wait(1, false, Effort::default(), move |()| {
        begun.send(()).unwrap();
        let _ = gate.lock().recv();
        true
    });
    waiters.tell(|| Large { key: 1, _memory: Arc::default() });
    let mut enough = pin!(waiting.enough(&pool));
    let woken = Arc::default();
    assert!(poll(enough.as_mut(), &woken).is_pending());
    begins.recv().unwrap();
    waiters.begin_anew();
    drop(release);
    // What comes now counts, and is looked at after what was there.
    waiters.tell(|| Large { key: 2, _memory: Arc::default() });
    assert_eq!(enough.await.into_things().iter().map(|large| large.key).collect::<Vec<_>>(), [2]);
}
