//! Advances of a workspace's clock: what goes together while one is under way, and the answers that deliveries bring meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Void, Workspace};
use crate::clock::Clock;
use crate::domain::moment::Moment;
use crate::domain::webhook::{AttemptKey, TryReport};
use crate::engine::epoch::Epoch;
use crate::time::Timestamp;

/// What came of a try, and who is to be told when it is made again.
#[derive(Debug)]
pub(super) struct Report {
    epoch: Arc<Epoch>,
    key: AttemptKey,
    report: TryReport,
    applied: oneshot::Sender<Option<Timestamp>>,
}

/// When the world has been told of a try, and when the try is made again, if it is.
#[derive(Debug)]
pub enum Delivered {
    /// It has.
    Now(Option<Timestamp>),
    /// An advance tells it in time. An error means that it was broken off, and the try is nothing to anybody any more.
    InTime(oneshot::Receiver<Option<Timestamp>>),
}

/// The clock belongs to an advance that is under way: nobody else may move or set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvanceUnderWay;

impl Workspace {
    /// Tells the world what came of a try of that epoch.
    ///
    /// During an advance the answers of all that is under way are taken in at once, in the order in which the tries were begun: what
    /// follows from them must not hang on which receiver was quicker.
    pub fn deliver(&self, epoch: &Arc<Epoch>, key: AttemptKey, report: TryReport) -> Result<Delivered, Void> {
        let mut reports = self.reports.lock();
        if epoch.has_ended() {
            return Err(Void);
        }
        if self.is_advancing() {
            let (applied, application) = oneshot::channel();
            reports.push(Report { epoch: Arc::clone(epoch), key, report, applied });
            drop(reports);
            self.take_in_all_reports();
            return Ok(Delivered::InTime(application));
        }
        drop(reports);
        let again = self.write_in(epoch, |world| world.delivery_answered(key, report));
        self.delivery_answered.notify_waiters();
        // An advance may have begun meanwhile, and this be the last answer that it has waited for.
        self.take_in_all_reports();
        again.map(Delivered::Now)
    }

    /// Takes in the answers that have gathered, if everything under way has one.
    fn take_in_all_reports(&self) {
        self.take_in_reports(|reports, under_way| reports >= under_way);
    }

    /// Takes in the answers that have gathered, if they are `enough` for the number of tries under way.
    fn take_in_reports(&self, enough: impl Fn(usize, usize) -> bool) {
        // While some are taken in, others may become enough.
        loop {
            let mut reports = {
                let mut reports = self.reports.lock();
                if reports.is_empty() || !enough(reports.len(), self.deliveries_under_way()) {
                    return;
                }
                std::mem::take(&mut *reports)
            };
            reports.sort_by_key(|report| report.key);
            self.locked(|present| {
                self.late.catch_up(&mut present.world, &self.clock);
                for Report { epoch, key, report, applied } in reports {
                    // What came of a try before a reset is nothing to the world after it, whose tries have the same names.
                    if present.is_of(&epoch) {
                        // Whoever sent it may have been ended meanwhile.
                        let _ = applied.send(present.world.delivery_answered(key, report));
                    }
                }
            });
            self.delivery_answered.notify_waiters();
        }
    }

    /// Forgets what came of tries of that epoch, which is nothing to the world after it.
    pub(super) fn forget_reports(&self, epoch: &Arc<Epoch>) {
        self.reports.lock().retain(|report| !Arc::ptr_eq(&report.epoch, epoch));
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

    pub(super) fn is_advancing(&self) -> bool {
        self.is_advancing.load(Ordering::Acquire)
    }

    /// Holds the clock for as long as the guard lives, or until a reset.
    pub fn begin_advance(self: &Arc<Workspace>) -> Result<Advancing, AdvanceUnderWay> {
        // Nobody can put another world here meanwhile.
        let present = self.present.read();
        let is_free = self.is_advancing.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !is_free {
            return Err(AdvanceUnderWay);
        }
        self.clock.hold();
        Ok(Advancing { workspace: Arc::clone(self), epoch: Arc::clone(&present.epoch) })
    }

    /// What another world in the place of this one does with an advance that is under way: it is over, even if nobody goes on with it to
    /// notice. To be called with the lock on the world.
    pub(super) fn break_off_advance(&self) {
        self.patience.regain();
        self.is_advancing.store(false, Ordering::Release);
    }
}

/// An advance that is under way: the clock stands until this is dropped, or the epoch has ended.
#[derive(Debug)]
pub struct Advancing {
    workspace: Arc<Workspace>,
    epoch: Arc<Epoch>,
}

impl Advancing {
    /// The epoch that it began in, and ends with.
    pub fn epoch(&self) -> &Arc<Epoch> {
        &self.epoch
    }

    /// From here on what happens is collected.
    pub fn collect(&self) -> Result<(), Void> {
        self.if_it_goes_on(|workspace| workspace.journal.collect())
    }

    /// What has been collected, in order. `then` changes how the clock goes on from here, which it does once this is dropped.
    pub fn finish(&self, then: impl FnOnce(&Clock)) -> Result<Vec<Moment>, Void> {
        self.if_it_goes_on(|workspace| {
            then(&workspace.clock);
            workspace.journal.take_collected()
        })
    }

    /// Does something while nobody can put another world in the place of that which this began in. Where somebody has, journal and clock
    /// are those of another advance, if of any. The lock on the world is held.
    fn if_it_goes_on<T>(&self, act: impl FnOnce(&Workspace) -> T) -> Result<T, Void> {
        let present = self.workspace.present.read();
        if Arc::ptr_eq(&present.epoch, &self.epoch) { Ok(act(&self.workspace)) } else { Err(Void) }
    }
}

impl Drop for Advancing {
    fn drop(&mut self) {
        let let_go = |workspace: &Workspace| {
            workspace.journal.take_collected();
            workspace.patience.regain();
            workspace.clock.let_go();
            workspace.is_advancing.store(false, Ordering::Release);
        };
        if self.if_it_goes_on(let_go).is_err() {
            return;
        }
        let workspace = &self.workspace;
        // An advance that was broken off may have left answers, and things that are due at the instant where the clock stands now.
        workspace.take_in_reports(|reports, _| reports > 0);
        workspace.write(|_| ());
        workspace.agenda_changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::config::Settings;
    use crate::domain::fixtures::Fixtures;
    use crate::engine::{Genesis, Lateness};
    use crate::fixture_files;

    #[test]
    fn who_hangs_is_waited_for_once_in_each_advance() {
        let genesis = Genesis::new(&Settings::default(), Fixtures::read(&fixture_files::built_in()).unwrap());
        let workspace = Workspace::new("a", &Arc::new(genesis), mpsc::unbounded_channel().0, Lateness::told(|_| ()));
        let usual = Duration::from_secs(30);
        for _ in 0..2 {
            let advancing = workspace.begin_advance().unwrap();
            assert_eq!(workspace.patience("url", usual), Some(usual));
            workspace.lose_patience("url", usual);
            assert!(workspace.patience("url", usual).unwrap() < usual / 10);
            drop(advancing);
            assert_eq!(workspace.patience("url", usual), Some(usual));
        }
    }
}
