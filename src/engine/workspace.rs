//! One workspace: a world, its clock, its journal and its lock. The lock is never held across an `.await`.

mod replacing;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hyper::header::HeaderValue;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, mpsc, oneshot};

use super::date::DateHeader;
use super::epoch::Epoch;
use super::exchange::{Arrival, Meddling};
use super::genesis::Genesis;
use super::journal::{Journal, WatchEnd};
use super::patience::Patience;
use crate::clock::Clock;
use crate::config::ClockMode;
use crate::domain::moment::Moment;
use crate::domain::webhook::{Attempt, AttemptKey, TryReport};
use crate::domain::world::World;
use crate::rng::Seed;
use crate::speed::Speed;
use crate::time::Timestamp;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// See the module.
#[derive(Debug)]
pub struct Workspace {
    name: String,
    genesis: Arc<Genesis>,
    clock: Clock,
    present: RwLock<Present>,
    journal: Journal,
    /// Where deliveries go that are to be sent.
    errands: mpsc::UnboundedSender<Errand>,
    /// Itself, for errands to carry.
    own: Weak<Workspace>,
    /// How many requests there have been; their ids grow from that.
    requests: AtomicU64,
    /// Whether an advance is under way.
    is_advancing: AtomicBool,
    /// What came of deliveries during an advance, until all that is under way has been answered.
    reports: Mutex<Vec<Report>>,
    patience: Patience,
    date: DateHeader,
    /// When it was last used, in the registry's count of uses.
    pub(super) last_use: AtomicU64,
    /// Wakes the driver: something is due earlier than it thinks, or the clock runs differently.
    pub(crate) agenda_changed: Notify,
    /// Wakes whoever waits for deliveries to be answered.
    pub(crate) delivery_answered: Notify,
}

/// The world, and the epoch that it belongs to. Both are replaced at once, by a reset or another state.
#[derive(Debug)]
struct Present {
    world: World,
    epoch: Arc<Epoch>,
}

/// What a request finds when it comes.
#[derive(Debug)]
pub struct Entry {
    /// How many came to the workspace before it.
    pub number: u64,
    /// The `X-Request-Id` of its answer, which no other has.
    pub id: String,
    /// The epoch that it came in: it has no effect on another.
    pub epoch: Arc<Epoch>,
    /// Whether requests are counted.
    pub limits_requests: bool,
    /// Whether anything may go wrong with it on purpose.
    pub has_trouble: bool,
}

/// A delivery that is to be sent.
#[derive(Debug)]
pub struct Errand {
    /// Whose it is.
    pub workspace: Arc<Workspace>,
    /// The epoch that it belongs to: it is not sent in another.
    pub epoch: Arc<Epoch>,
    /// What is to be sent.
    pub attempt: Attempt,
}

/// What came of a try, and who is to be told when it is made again.
#[derive(Debug)]
struct Report {
    epoch: Arc<Epoch>,
    key: AttemptKey,
    report: TryReport,
    applied: oneshot::Sender<Option<Timestamp>>,
}

/// What was begun before a reset, and so has no effect after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Void;

impl Workspace {
    /// A workspace of that name as `genesis` makes them. What it wants sent goes to `errands`.
    pub fn new(name: &str, genesis: &Arc<Genesis>, errands: mpsc::UnboundedSender<Errand>) -> Arc<Workspace> {
        let reading = genesis.clock();
        let world = genesis.world(reading.now);
        Arc::new_cyclic(|own| Workspace {
            name: name.to_owned(),
            clock: Clock::new(reading),
            present: RwLock::new(Present { world, epoch: Epoch::begin() }),
            journal: Journal::new(genesis.settings().journal_size as usize),
            genesis: Arc::clone(genesis),
            errands,
            own: Weak::clone(own),
            requests: AtomicU64::new(0),
            is_advancing: AtomicBool::new(false),
            reports: Mutex::default(),
            patience: Patience::default(),
            date: DateHeader::default(),
            last_use: AtomicU64::new(0),
            agenda_changed: Notify::new(),
            delivery_answered: Notify::new(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What happened in it.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What it was made from.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The `Date` header by its clock.
    pub fn date(&self) -> HeaderValue {
        self.date.at(self.clock.now())
    }

    /// Lets a request in. One look at the world, so that it waits for nobody twice. Numbers and ids begin anew with a reset.
    pub fn enter(&self) -> Entry {
        let Present { world, epoch } = &*self.present.read();
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Entry {
            number,
            id: request_id(world.seed().child("request"), number),
            epoch: Arc::clone(epoch),
            limits_requests: world.limits_requests(),
            has_trouble: world.has_trouble(),
        }
    }

    /// How many request ids it has given.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Looks at the world as it is now. Readers do not wait for each other.
    pub fn read<T>(&self, look: impl FnOnce(&World, Timestamp) -> T) -> T {
        {
            let present = self.present.read();
            let now = self.clock.now().max(present.world.now());
            if present.world.next_due().is_none_or(|due| due > now) {
                return look(&present.world, now);
            }
        }
        self.write(|world| look(world, world.now()))
    }

    /// Looks at what does not change with time.
    pub fn peek<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.present.read().world)
    }

    /// Changes the world as it is now, and sends off what comes of it.
    pub fn write<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.locked(|present| {
            present.world.catch_up(self.clock.now());
            change(&mut present.world)
        })
    }

    /// Changes the world as it is now, if it is still the one of that epoch.
    pub fn write_in<T>(&self, epoch: &Arc<Epoch>, change: impl FnOnce(&mut World) -> T) -> Result<T, Void> {
        self.locked(|present| {
            if !Arc::ptr_eq(&present.epoch, epoch) {
                return Err(Void);
            }
            present.world.catch_up(self.clock.now());
            Ok(change(&mut present.world))
        })
    }

    /// Makes things happen that are due by `target`, each at its own instant with a clock that stands moved there, until there is something to
    /// deliver. Where nothing is due, moves to `target` and says `false`. Does not keep the lock for long: what is left is for the next call.
    pub fn step(&self, epoch: &Arc<Epoch>, target: Timestamp) -> Result<bool, Void> {
        /// Some tenths of a millisecond.
        const AT_ONCE: usize = 256;
        self.locked(|present| {
            if !Arc::ptr_eq(&present.epoch, epoch) {
                return Err(Void);
            }
            for _ in 0..AT_ONCE {
                let due = present.world.next_due().filter(|due| *due <= target);
                self.clock.move_to(due.unwrap_or(target));
                if present.world.step(target).is_none() {
                    return Ok(false);
                }
                if present.world.deliveries_under_way() > 0 {
                    break;
                }
            }
            Ok(true)
        })
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.present.read().world.next_due()
    }

    /// How many deliveries have no answer yet.
    pub fn deliveries_under_way(&self) -> usize {
        self.present.read().world.deliveries_under_way()
    }

    /// Tells the world what came of a try of that epoch. Where it is made again: when.
    ///
    /// During an advance the answers of all that is under way are taken in at once, in the order in which the tries were begun: what
    /// follows from them must not hang on which receiver was quicker.
    pub async fn deliver(
        &self,
        epoch: &Arc<Epoch>,
        key: AttemptKey,
        report: TryReport,
    ) -> Result<Option<Timestamp>, Void> {
        let applied = {
            let mut reports = self.reports.lock();
            if epoch.has_ended() {
                return Err(Void);
            }
            self.is_advancing().then(|| {
                let (applied, application) = oneshot::channel();
                let epoch = Arc::clone(epoch);
                reports.push(Report { epoch, key, report: report.clone(), applied });
                application
            })
        };
        match applied {
            Some(application) => {
                self.take_in_reports(|reports, under_way| reports >= under_way);
                application.await.map_err(|_| Void)
            }
            None => {
                let again = self.write_in(epoch, |world| world.delivery_answered(key, report));
                self.delivery_answered.notify_waiters();
                again
            }
        }
    }

    /// Takes in the answers that have gathered, if they are `enough` for the number of tries under way.
    fn take_in_reports(&self, enough: impl FnOnce(usize, usize) -> bool) {
        let mut reports = {
            let mut reports = self.reports.lock();
            if !enough(reports.len(), self.deliveries_under_way()) {
                return;
            }
            std::mem::take(&mut *reports)
        };
        reports.sort_by_key(|report| report.key);
        self.locked(|present| {
            present.world.catch_up(self.clock.now());
            // Another world may have deliveries of the same numbers.
            for report in reports.into_iter().filter(|report| Arc::ptr_eq(&report.epoch, &present.epoch)) {
                // Whoever sent it may have been ended meanwhile.
                let _ = report.applied.send(present.world.delivery_answered(report.key, report.report));
            }
        });
        self.delivery_answered.notify_waiters();
    }

    /// How long the receiver at `url` has for a delivery, in real time, who has `usual` as a rule; `None` where there is no time left.
    pub fn patience(&self, url: &str, usual: Duration) -> Option<Duration> {
        if self.is_advancing() { self.patience.with(url, usual) } else { Some(usual) }
    }

    /// The receiver at `url` has let a delivery time out, after that long.
    pub fn lose_patience(&self, url: &str, waited: Duration) {
        if self.is_advancing() {
            self.patience.lose(url, waited);
        }
    }

    fn is_advancing(&self) -> bool {
        self.is_advancing.load(Ordering::Acquire)
    }

    /// Takes in an API request of that epoch.
    pub fn arrive(&self, request: Request, id: String, epoch: Arc<Epoch>) -> Arrival {
        self.journal.arrive(request, self.clock.now(), id, epoch)
    }

    /// Takes note of an API request's answer.
    pub fn answered(&self, arrival: &Arrival, reply: &Reply, trouble: Meddling) {
        self.journal.answer(arrival, reply, self.clock.now(), trouble);
    }

    /// The epoch that goes on now.
    pub fn epoch(&self) -> Arc<Epoch> {
        Arc::clone(&self.present.read().epoch)
    }

    /// Lets the clock run, or stand, from what it shows; as fast as `speed` says. What is due stays so.
    pub fn set_clock(&self, mode: ClockMode, speed: Speed) {
        self.clock.go_on(mode, speed);
        self.agenda_changed.notify_one();
    }

    /// Ends what is under way, for good: nobody will see this workspace again.
    pub(super) fn close(&self) {
        self.present.read().epoch.end();
        self.journal.clear(WatchEnd::Closed);
    }

    /// Holds the clock, and collects what happens, for as long as the guard lives. `None` where somebody does so already.
    pub fn begin_advance(self: &Arc<Workspace>) -> Option<Advancing> {
        let is_free = self.is_advancing.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok();
        is_free.then(|| {
            self.clock.hold();
            self.journal.collect();
            Advancing(Arc::clone(self))
        })
    }

    fn locked<T>(&self, change: impl FnOnce(&mut Present) -> T) -> T {
        let mut present = self.present.write();
        let due_before = present.world.next_due();
        let result = change(&mut present);
        self.journal.enter(present.world.take_moments());
        for attempt in present.world.take_deliveries() {
            if let Some(workspace) = self.own.upgrade() {
                // Nobody receives once the server stops; then nothing is to be sent any more.
                let _ = self.errands.send(Errand { workspace, epoch: Arc::clone(&present.epoch), attempt });
            }
        }
        let due = present.world.next_due();
        drop(present);
        let is_earlier = due.is_some_and(|due| due_before.is_none_or(|before| due < before));
        if is_earlier {
            self.agenda_changed.notify_one();
        }
        result
    }
}

/// An advance that is under way: the clock stands until this is dropped.
#[derive(Debug)]
pub struct Advancing(Arc<Workspace>);

impl Advancing {
    /// What has happened since it began, in order.
    pub fn moments(&self) -> Vec<Moment> {
        self.0.journal.take_collected()
    }
}

impl Drop for Advancing {
    fn drop(&mut self) {
        self.0.journal.take_collected();
        self.0.clock.let_go();
        self.0.is_advancing.store(false, Ordering::Release);
        // An advance that was broken off may have left some.
        self.0.take_in_reports(|reports, _| reports > 0);
        self.0.patience.regain();
        self.0.agenda_changed.notify_one();
    }
}

/// The request id with that number.
pub(super) fn request_id(ids: Seed, number: u64) -> String {
    format!("req_{:016x}", ids.nth(number).number())
}
