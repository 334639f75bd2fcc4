//! Advances of a workspace's clock: what goes together while one is under way, and the answers that deliveries bring meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::awaiting::{Awaiting, Note, Report, Told};
use super::{Present, Void, Workspace};
use crate::clock::Clock;
use crate::domain::moment::Moment;
use crate::domain::webhook::{AttemptKey, TryReport};
use crate::domain::world::World;
use crate::engine::epoch::Epoch;
use crate::time::Timestamp;

/// How an advance goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// With another step.
    Steps,
    /// When what it waits for has been answered.
    Waits,
    /// It has come to its end.
    Done,
}

/// How much is done with the lock held: some tenths of a millisecond.
const AT_ONCE: usize = 256;

/// The clock belongs to an advance that is under way: nobody else may move or set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvanceUnderWay;

impl Workspace {
    /// Tells the world what came of a try of that epoch, and then `note` when it is made again, if it is.
    ///
    /// During an advance the answers of all tries that it waits for are taken in together, in the order in which they were begun: what
    /// follows from them must not hang on which receiver was quicker.
    pub fn deliver(
        &self,
        epoch: &Arc<Epoch>,
        key: AttemptKey,
        report: TryReport,
        note: impl FnOnce(Option<Timestamp>) + Send + Sync + 'static,
    ) -> Result<(), Void> {
        let report = Report { key, report, note: Note::new(note) };
        let (told, is_answered) = self.locked(|present| {
            if !present.is_of(epoch) {
                return Err(Void);
            }
            let Present { world, awaiting, .. } = present;
            Ok(match awaiting {
                Some(awaiting) => (awaiting.take_in(report, world), awaiting.is_answered()),
                None => {
                    self.late.catch_up(world, &self.clock);
                    (vec![report.tell(world)], true)
                }
            })
        })?;
        told.into_iter().for_each(Told::note);
        if is_answered {
            self.delivery_answered.notify_waiters();
        }
        Ok(())
    }

    /// Makes things happen that are due by `target`, each at its own instant, until there is something to wait for; a clock that stands is
    /// moved along. Does not keep the lock for long: what is left is for the next call.
    pub fn step(&self, epoch: &Arc<Epoch>, target: Timestamp) -> Result<Progress, Void> {
        let (told, progress) = self.locked(|present| {
            let Present { world, awaiting: Some(awaiting), .. } = present.of(epoch)? else { return Err(Void) };
            let mut told = Vec::new();
            if awaiting.is_settled() && !awaiting.is_stepping {
                // What is due here by now was entered by others since.
                world.catch_up(world.now());
                if awaiting.join_others(world) {
                    return Ok((told, Progress::Waits));
                }
                // Of what is not waited for here the world is told before time goes on.
                told = awaiting.tell_others(world);
            }
            let progress = go_on(world, awaiting, target);
            awaiting.is_stepping = progress == Progress::Steps;
            // Nobody sees the world before it is let go, so the clock need not stop at each instant on the way.
            self.clock.move_to(world.now());
            Ok((told, progress))
        })?;
        told.into_iter().for_each(Told::note);
        Ok(progress)
    }

    /// Whether what the advance of that epoch waits for has been answered.
    pub fn is_answered(&self, epoch: &Arc<Epoch>) -> Result<bool, Void> {
        self.awaiting(epoch, Awaiting::is_answered)
    }

    /// Whether nothing is left that the advance of that epoch waits for.
    pub fn is_settled(&self, epoch: &Arc<Epoch>) -> Result<bool, Void> {
        self.awaiting(epoch, Awaiting::is_settled)
    }

    fn awaiting(&self, epoch: &Arc<Epoch>, ask: impl FnOnce(&Awaiting) -> bool) -> Result<bool, Void> {
        let present = self.present.read();
        present.awaiting.as_ref().filter(|_| present.is_of(epoch)).map(ask).ok_or(Void)
    }

    /// Tells the world of some of what was waited for and has been answered; says whether some is left.
    pub fn take_in_answers(&self, epoch: &Arc<Epoch>) -> Result<bool, Void> {
        let (told, is_some_left) = self.locked(|present| {
            let Present { world, awaiting: Some(awaiting), .. } = present.of(epoch)? else { return Err(Void) };
            Ok(awaiting.tell(world, AT_ONCE))
        })?;
        told.into_iter().for_each(Told::note);
        Ok(is_some_left)
    }

    /// Has the advance of that epoch wait for what others have caused where time stands, if that is little; says whether it does.
    pub fn join_others(&self, epoch: &Arc<Epoch>) -> Result<bool, Void> {
        self.locked(|present| {
            let Present { world, awaiting: Some(awaiting), .. } = present.of(epoch)? else { return Err(Void) };
            Ok(awaiting.join_others(world))
        })
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
        let mut present = self.present.write();
        let is_free = self.is_advancing.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !is_free {
            return Err(AdvanceUnderWay);
        }
        self.clock.hold();
        present.awaiting = Some(Awaiting::begin(&present.world));
        Ok(Advancing { workspace: Arc::clone(self), epoch: Arc::clone(&present.epoch) })
    }

    /// What another world in the place of this one does with an advance that is under way: it is over, even if nobody goes on with it to
    /// notice. To be called with the lock on the world.
    pub(super) fn break_off_advance(&self) {
        self.patience.regain();
        self.is_advancing.store(false, Ordering::Release);
    }
}

/// Makes happen what is due, as far as time can go on without waiting.
fn go_on(world: &mut World, awaiting: &mut Awaiting, target: Timestamp) -> Progress {
    for _ in 0..AT_ONCE {
        let waits = !awaiting.is_settled();
        match world.next_due().filter(|due| *due <= target) {
            // All that is due at one instant happens before anything is waited for.
            Some(due) if due <= world.now() => {}
            _ if waits => return Progress::Waits,
            Some(_) => awaiting.begin_instant(),
            None => {
                world.step(target);
                return Progress::Done;
            }
        }
        let (ready, made) = (world.ready_deliveries().len(), world.outbox().made());
        world.step(target);
        awaiting.add_own(world, ready, made);
    }
    Progress::Steps
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
        let workspace = &self.workspace;
        let told = workspace.locked(|present| {
            if !Arc::ptr_eq(&present.epoch, &self.epoch) {
                return None;
            }
            workspace.journal.take_collected();
            workspace.patience.regain();
            workspace.clock.let_go();
            workspace.is_advancing.store(false, Ordering::Release);
            // An advance that was broken off may have left answers, and things that are due at the instant where the clock stands now.
            let awaiting = present.awaiting.take();
            workspace.late.catch_up(&mut present.world, &workspace.clock);
            Some(awaiting.map_or_else(Vec::new, |awaiting| awaiting.end(&mut present.world)))
        });
        let Some(told) = told else { return };
        told.into_iter().for_each(Told::note);
        workspace.delivery_answered.notify_waiters();
        workspace.agenda_changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::config::{LogFormat, LogLevel, Settings};
    use crate::domain::fixtures::Fixtures;
    use crate::engine::{Genesis, Lateness};
    use crate::fixture_files;
    use crate::wire::log::Log;

    #[test]
    fn who_hangs_is_waited_for_once_in_each_advance() {
        let genesis = Genesis::new(&Settings::default(), Fixtures::read(&fixture_files::built_in()).unwrap());
        let log = Log::new(LogFormat::Off, LogLevel::Quiet);
        let late = Lateness::told(|_| ());
        let workspace = Workspace::new("a", &Arc::new(genesis), mpsc::unbounded_channel().0, late, log);
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
