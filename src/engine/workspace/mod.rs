//! One workspace: a world, its clock, its journal and its lock. The lock is never held across an `.await`.

mod advancing;
mod awaiting;
mod holding;
mod noted;
mod outgoing;
mod replacing;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::RwLock;
use tokio::sync::{Notify, mpsc};

pub use self::advancing::{AdvanceUnderWay, Progress};
use self::awaiting::Awaiting;
pub use self::noted::{NotedDelivery, NotedView};
pub use self::outgoing::OutgoingAttempt;

use super::call_log;
use super::catch_up::CatchUp;
use super::epoch::Epoch;
use super::exchange::{Arrival, Meddling};
use super::journal::{Journal, WatchEnd};
use super::places::Places;
use super::refusals::Refusals;
use super::timeout_budget::TimeoutBudget;
use super::waiters::Waiters;
use super::world_template::WorldTemplate;
use crate::blocking_pool::PoolShare;
use crate::clock::Clock;
use crate::config::ClockMode;
use crate::http::access_log::{Log, Weight};
use crate::http::request::Request;
use crate::http::request_id::RequestId;
use crate::http::response::Reply;
use crate::real_time::Stopwatch;
use akol_mock_world::base::rng::Seed;
use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::faults::matching::Pattern;
use akol_mock_world::faults::rules::RulePatterns;
use akol_mock_world::world::World;

/// How many may wait in one workspace at once.
const MOST_WAITS: usize = 256;
/// How many may watch one workspace at once. Each of them may have a thousand events waiting.
const MOST_STREAMS: usize = 64;

/// See the module.
#[derive(Debug)]
pub struct Workspace {
    name: Arc<str>,
    world_template: Arc<WorldTemplate>,
    clock: Clock,
    present: RwLock<Present>,
    journal: Arc<Journal>,
    /// Where deliveries go that are to be sent.
    outgoing: mpsc::UnboundedSender<OutgoingAttempt>,
    late: CatchUp,
    log: Log,
    /// Itself, for outgoing attempts to carry.
    own: Weak<Workspace>,
    /// How many requests there have been; their ids grow from that.
    requests: AtomicU64,
    /// Whether an advance is under way.
    is_advancing: AtomicBool,
    timeout_budget: TimeoutBudget,
    refusals: Refusals,
    /// How many may wait for requests or deliveries at once.
    waits: Places,
    /// How many bytes the patterns that they wait for may take together.
    wait_bytes: Places,
    /// How many may watch its events at once.
    streams: Places,
    /// When it was last used, in the registry's count of uses.
    pub(super) last_use: AtomicU64,
    /// Wakes the driver: something is due earlier than it thinks, or the clock runs differently.
    pub(crate) agenda_changed: Notify,
    /// Those who wait for deliveries.
    delivery_waiters: Arc<Waiters<NotedDelivery>>,
    /// Runs what takes longer than a moment.
    pool: PoolShare,
    /// Wakes whoever waits for deliveries to be answered.
    pub(crate) delivery_answered: Notify,
}

/// The world, and the epoch that it belongs to. Both are replaced at once, by a reset or another state.
#[derive(Debug)]
struct Present {
    world: World,
    epoch: Arc<Epoch>,
    /// What the ids of requests grow from.
    ids: Seed,
    /// What an advance waits for, while one is under way.
    awaiting: Option<Awaiting>,
}

/// What a request finds when it comes.
#[derive(Debug)]
pub struct Entry {
    /// How many came to the workspace before it.
    pub number: u64,
    /// The `X-Request-Id` of its answer, which no other has.
    pub id: RequestId,
    /// The epoch that it came in: it has no effect on another.
    pub epoch: Arc<Epoch>,
    /// Whether requests are counted.
    pub limits_requests: bool,
    /// Whether anything may go wrong with it on purpose.
    pub has_trouble: bool,
    /// What it is held against to know what does; `None` where there are no fault rules.
    pub rules: Option<Arc<RulePatterns>>,
}

impl Present {
    /// That world, in an epoch that begins.
    fn new(world: World) -> Present {
        Present { ids: world.seed().child("request"), world, epoch: Epoch::begin(), awaiting: None }
    }

    /// Whether this is the world of that epoch, and not of one that came after it, nor one that has been dropped.
    fn is_of(&self, epoch: &Arc<Epoch>) -> bool {
        Arc::ptr_eq(&self.epoch, epoch) && !epoch.has_ended()
    }

    /// This, if it is still of that epoch.
    fn of(&mut self, epoch: &Arc<Epoch>) -> Result<&mut Present, Void> {
        if self.is_of(epoch) { Ok(self) } else { Err(Void) }
    }
}

/// What was begun before a reset, and so has no effect after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Void;

impl Workspace {
    /// A workspace of that name as `world_template` makes them. What it wants sent goes to `outgoing`; `late` is told how late things happen.
    pub fn new(
        name: &str,
        world_template: &Arc<WorldTemplate>,
        outgoing: mpsc::UnboundedSender<OutgoingAttempt>,
        late: CatchUp,
        log: Log,
    ) -> Arc<Workspace> {
        let reading = world_template.clock();
        let world = world_template.world(name, reading.now);
        let budget = world_template.budget();
        budget.note(0, world.outbox().held_bytes());
        let workspace = Arc::new_cyclic(|own: &Weak<Workspace>| Workspace {
            name: name.into(),
            clock: Clock::new(reading),
            present: RwLock::new(Present::new(world)),
            journal: Journal::new(world_template.settings().journal_size as usize, budget),
            world_template: Arc::clone(world_template),
            outgoing,
            late,
            log,
            own: Weak::clone(own),
            requests: AtomicU64::new(0),
            is_advancing: AtomicBool::new(false),
            timeout_budget: TimeoutBudget::default(),
            refusals: Refusals::default(),
            waits: Places::new(MOST_WAITS),
            wait_bytes: Places::new(Pattern::MOST_BYTES),
            streams: Places::new(MOST_STREAMS),
            last_use: AtomicU64::new(0),
            agenda_changed: Notify::new(),
            delivery_waiters: Waiters::new(Arc::clone(budget.awaited())),
            pool: world_template.pool().share(),
            delivery_answered: Notify::new(),
        });
        let holder: Weak<Workspace> = Arc::downgrade(&workspace);
        budget.join(holder);
        workspace
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says something in the log that may be a mistake of whoever uses the workspace.
    pub fn warn(&self, warning: &str) {
        self.log.note(self.clock.now(), Some(&self.name), Weight::Warning, warning);
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What happened in it.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Runs what takes longer than a moment.
    pub fn pool(&self) -> &PoolShare {
        &self.pool
    }

    /// Who waits for requests or deliveries.
    pub fn waits(&self) -> &Places {
        &self.waits
    }

    /// How many bytes the patterns take that are waited for.
    pub fn wait_bytes(&self) -> &Places {
        &self.wait_bytes
    }

    /// Who watches its events.
    pub fn streams(&self) -> &Places {
        &self.streams
    }

    /// What it was made from.
    pub fn world_template(&self) -> &Arc<WorldTemplate> {
        &self.world_template
    }

    /// Lets a request in. One look at the world, so that it waits for nobody twice. Numbers and ids begin anew with a reset.
    pub fn enter(&self) -> Entry {
        let Present { world, epoch, ids, .. } = &*self.present.read();
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Entry {
            number,
            id: RequestId::new(world.id_key().moved(ids.nth(number).number())),
            epoch: Arc::clone(epoch),
            limits_requests: world.limits_requests(),
            has_trouble: world.has_trouble(),
            rules: Some(world.faults().patterns()).filter(|rules| !rules.is_empty()).cloned(),
        }
    }

    /// How many request ids it has given.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Looks at the world as it is now. Readers do not wait for each other.
    pub fn read<T>(&self, look: impl FnOnce(&World, Timestamp) -> T) -> T {
        self.read_at(Stopwatch::start(), look)
    }

    /// Looks at the world as it was at a moment just before; as it is now, where something has happened in it since.
    pub(crate) fn read_at<T>(&self, moment: Stopwatch, look: impl FnOnce(&World, Timestamp) -> T) -> T {
        {
            let present = self.present.read();
            let now = self.clock.at(moment).max(present.world.now());
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
            self.catch_up(present);
            change(&mut present.world)
        })
    }

    /// Changes the world as it is now, if it is still the one of that epoch.
    pub fn write_in<T>(&self, epoch: &Arc<Epoch>, change: impl FnOnce(&mut World) -> T) -> Result<T, Void> {
        self.locked(|present| {
            let present = present.of(epoch)?;
            self.catch_up(present);
            Ok(change(&mut present.world))
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

    /// Takes in an API request of that epoch, which came then.
    pub(crate) fn arrive(&self, request: &Request, came: Timestamp, id: RequestId, epoch: Arc<Epoch>) -> Arrival {
        self.journal.arrive(request, came, id, epoch)
    }

    /// Takes note of an API request's answer, which was given then.
    pub(crate) fn answered(&self, arrival: &Arrival, reply: &Reply, given: Timestamp, trouble: Meddling) {
        self.journal.answer(arrival, reply, given, trouble);
    }

    /// The epoch that goes on now.
    pub fn epoch(&self) -> Arc<Epoch> {
        Arc::clone(&self.present.read().epoch)
    }

    /// Lets the clock run, or stand, from what it shows; as fast as `speed` says. What is `None` stays as it is, and so does what is due.
    /// Not during an advance, whose clock it is until that is over.
    pub fn set_clock(&self, mode: Option<ClockMode>, speed: Option<Speed>) -> Result<(), AdvanceUnderWay> {
        {
            // Every advance begins with this lock, so none begins in between.
            let _present = self.present.write();
            if self.is_advancing() {
                return Err(AdvanceUnderWay);
            }
            self.clock.go_on(mode, speed);
        }
        // A clock that stands now may have passed by something just before.
        self.write(|_| ());
        self.agenda_changed.notify_one();
        Ok(())
    }

    /// Ends what is under way, for good: nobody will see this workspace again.
    pub(super) fn close(&self) {
        {
            let mut present = self.present.write();
            present.epoch.end();
            present.awaiting = None;
        }
        self.journal.clear(WatchEnd::Closed);
        self.delivery_answered.notify_waiters();
    }

    /// Makes everything happen that is due by now. What was due when an advance came to this instant is the advance's, whoever comes across
    /// it first.
    fn catch_up(&self, present: &mut Present) {
        let made = present.world.outbox().made();
        self.late.catch_up(&mut present.world, &self.clock);
        if let Some(awaiting) = present.awaiting.as_mut().filter(|awaiting| awaiting.is_stepping) {
            awaiting.add_own(&present.world, 0, made);
            // Before others change the world, and perhaps take something of it back.
            self.send_off(present);
        }
    }

    fn locked<T>(&self, change: impl FnOnce(&mut Present) -> T) -> T {
        let budget = self.world_template.budget();
        let mut present = self.present.write();
        let due_before = present.world.next_due();
        let held_before = present.world.outbox().held_bytes();
        present.world.set_age(budget.age());
        let result = change(&mut present);
        self.send_off(&mut present);
        budget.note(held_before, present.world.outbox().held_bytes());
        let due = present.world.next_due();
        drop(present);
        budget.make_room();
        let is_earlier = due.is_some_and(|due| due_before.is_none_or(|before| due < before));
        if is_earlier {
            self.agenda_changed.notify_one();
        }
        result
    }

    /// Hands on what has come of a change: what is told of it, and what is to be sent.
    fn send_off(&self, present: &mut Present) {
        let moments = present.world.take_moments();
        call_log::write(&self.log, &self.name, &moments);
        self.journal.enter(moments);
        if present.world.outbox().notes_changes() {
            self.tell_of_deliveries(&mut present.world);
        }
        for attempt in present.world.take_deliveries() {
            if let Some(workspace) = self.own.upgrade() {
                let is_awaited = present.awaiting.as_ref().is_some_and(|awaiting| awaiting.waits_for(attempt.key));
                // Nobody receives once the server stops; then nothing is to be sent any more.
                let _ = self.outgoing.send(OutgoingAttempt {
                    workspace,
                    epoch: Arc::clone(&present.epoch),
                    attempt,
                    is_awaited,
                    refused: None,
                });
            }
        }
    }
}
