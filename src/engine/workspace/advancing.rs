//! Advances of a workspace's clock: what goes together while one is under way, and the answers that deliveries bring meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::event::Moment;
use akol_mock_world::webhooks::{AttemptKey, TryAnswer, TryReport};
use akol_mock_world::world::World;

use super::awaiting::{Awaiting, Note, Report, Told};
use super::{OutgoingAttempt, Present, Void, Workspace};
use crate::clock::Clock;
use crate::engine::epoch::Epoch;
use crate::engine::refusals::Reason;

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
    /// During an advance the answers of all tries that it waits for are taken in together, in the order of the deliveries: what
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
            if awaiting.is_settled() && !awaiting.is_stepping {
                // What is due here by now was entered by others since.
                world.catch_up(world.now());
            }
            let mut told = Vec::new();
            let progress = self.go_on((world, awaiting), epoch, target, &mut told);
            awaiting.is_stepping = progress == Progress::Steps;
            // Nobody sees the world before it is let go, so the clock need not stop at each instant on the way.
            self.clock.move_to(world.now());
            Ok((told, progress))
        })?;
        told.into_iter().for_each(Told::note);
        Ok(progress)
    }

    /// Makes happen what is due, as far as time can go on without waiting for anybody outside.
    fn go_on(
        &self,
        (world, awaiting): (&mut World, &mut Awaiting),
        epoch: &Arc<Epoch>,
        target: Timestamp,
        told: &mut Vec<Told>,
    ) -> Progress {
        let mut left = AT_ONCE;
        while left > 0 {
            left -= 1;
            // All that is due at one instant happens before anything is waited for.
            if world.next_due().is_none_or(|due| due > world.now().min(target)) {
                if !awaiting.is_answered() {
                    return Progress::Waits;
                }
                if !awaiting.is_settled() {
                    let (some, _) = awaiting.tell(world, left + 1);
                    left = left.saturating_sub(some.len());
                    told.extend(some);
                    self.refuse(world, awaiting, epoch);
                    continue;
                }
                if awaiting.join_others(world) {
                    continue;
                }
                // Of what is not waited for here the world is told before time goes on.
                told.extend(awaiting.tell_others(world));
                if world.next_due().is_none_or(|due| due > target) {
                    world.step(target);
                    return Progress::Done;
                }
                awaiting.begin_instant();
            }
            let (ready, made) = (world.ready_deliveries().len(), world.outbox().made());
            world.step(target);
            awaiting.add_own(world, ready, made);
            self.refuse(world, awaiting, epoch);
        }
        Progress::Steps
    }

    /// Answers those of the tries that are waited for whose receivers have just refused others, in their place.
    fn refuse(&self, world: &mut World, awaiting: &mut Awaiting, epoch: &Arc<Epoch>) {
        if world.ready_deliveries().is_empty() {
            return;
        }
        let (requests, mut reasons) = (self.requests(), Vec::new());
        let refused = world.take_deliveries_if(|attempt| {
            let reason = self.refusals.of(&attempt.url, requests).filter(|_| awaiting.waits_for(attempt.key));
            let is_refused = reason.is_some();
            reasons.extend(reason);
            is_refused
        });
        for (attempt, reason) in refused.into_iter().zip(reasons) {
            let answer = TryAnswer::Failed(Arc::clone(&reason.why));
            let report = TryReport { headers: Vec::new(), answer, hint: reason.hint.clone() };
            let (key, outgoing, own, epoch) = (attempt.key, self.outgoing.clone(), self.own.clone(), Arc::clone(epoch));
            let note = Note::new(move |again| {
                if let Some(workspace) = own.upgrade() {
                    let refused = Some((reason, again));
                    // Nobody notes it once the server stops.
                    let _ = outgoing.send(OutgoingAttempt { workspace, epoch, attempt, is_awaited: true, refused });
                }
            });
            // It is waited for, so the world is told with the others.
            awaiting.take_in(Report { key, report, note }, world);
        }
    }

    /// The receiver at `url` has refused a connection just now.
    pub fn note_refusal(&self, url: &Arc<str>, reason: Reason) {
        if self.is_advancing() {
            self.refusals.note(url, reason, self.requests());
        }
    }

    /// A receiver has been heard: from here on each of them is asked again.
    pub fn forget_refusals(&self) {
        self.refusals.forget();
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
    pub fn timeout_of(&self, url: &str, usual: Duration) -> Option<Duration> {
        if self.is_advancing() { self.timeout_budget.left(url, usual) } else { Some(usual) }
    }

    /// The receiver at `url` has let a delivery time out, after that long.
    pub fn spend_timeout(&self, url: &str, waited: Duration) {
        if self.is_advancing() {
            self.timeout_budget.spend(url, waited);
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
        self.timeout_budget.refill();
        self.refusals.forget();
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
        let workspace = &self.workspace;
        let told = workspace.locked(|present| {
            if !Arc::ptr_eq(&present.epoch, &self.epoch) {
                return None;
            }
            workspace.journal.take_collected();
            workspace.timeout_budget.refill();
            workspace.refusals.forget();
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
    use crate::config::{ClockMode, LogFormat, LogLevel, Settings, Webhooks};
    use crate::engine::{CatchUp, WorldTemplate};
    use crate::fixture_files;
    use crate::http::access_log::Log;
    use akol_mock_world::fixtures::Fixtures;

    #[test]
    fn who_hangs_is_waited_for_once_in_each_advance() {
        let world_template =
            WorldTemplate::new(&Settings::default(), Fixtures::read(&fixture_files::built_in()).unwrap());
        let log = Log::new(LogFormat::Off, LogLevel::Quiet);
        let late = CatchUp::told(|_| ());
        let workspace = Workspace::new("a", &Arc::new(world_template), mpsc::unbounded_channel().0, late, log);
        let usual = Duration::from_secs(30);
        for _ in 0..2 {
            let advancing = workspace.begin_advance().unwrap();
            assert_eq!(workspace.timeout_of("url", usual), Some(usual));
            workspace.spend_timeout("url", usual);
            assert!(workspace.timeout_of("url", usual).unwrap() < usual / 10);
            drop(advancing);
            assert_eq!(workspace.timeout_of("url", usual), Some(usual));
        }
    }

    /// A world whose call is told of at a URL, and what is to be sent for it.
    fn told_of_a_call() -> (Arc<Workspace>, mpsc::UnboundedReceiver<OutgoingAttempt>) {
        let urls = vec!["http://127.0.0.1:1/".parse().unwrap()];
        let settings = Settings { clock: ClockMode::Manual, ..Settings::default() };
        let settings = Settings { webhooks: Webhooks { urls, ..settings.webhooks.clone() }, ..settings };
        let world_template = WorldTemplate::new(&settings, Fixtures::read(&fixture_files::built_in()).unwrap());
        let (outgoing, to_send) = mpsc::unbounded_channel();
        let log = Log::new(LogFormat::Off, LogLevel::Requests);
        let workspace = Workspace::new("a", &Arc::new(world_template), outgoing, CatchUp::told(|_| ()), log);
        workspace.write(|world| world.try_call("+15005550105", None)).unwrap();
        (workspace, to_send)
    }

    #[test]
    fn who_has_just_refused_a_connection_is_asked_again_once_somebody_is_heard() {
        let (workspace, mut to_send) = told_of_a_call();
        workspace.refusals.hold(Duration::MAX);
        let advancing = workspace.begin_advance().unwrap();
        let epoch = Arc::clone(advancing.epoch());
        let target = workspace.clock().now() + Duration::from_secs(24 * 60 * 60);
        let refuse = |outgoing: &OutgoingAttempt| {
            let reason = Reason { why: "connection refused".into(), hint: Some("is it started?".into()) };
            let answer = TryAnswer::Failed(Arc::clone(&reason.why));
            let report = TryReport { headers: Vec::new(), answer, hint: reason.hint.clone() };
            workspace.note_refusal(&outgoing.attempt.url, reason);
            workspace.deliver(&outgoing.epoch, outgoing.attempt.key, report, |_| ()).unwrap();
            while workspace.take_in_answers(&outgoing.epoch).unwrap() {}
        };
        let step = || loop {
            match workspace.step(&epoch, target).unwrap() {
                Progress::Steps => {}
                progress => return progress,
            }
        };
        assert_eq!(step(), Progress::Waits);
        let first = to_send.try_recv().unwrap();
        assert!(first.is_awaited && first.refused.is_none());
        // Somebody is heard right after the first has been refused: the second is sent.
        refuse(&first);
        workspace.enter();
        assert_eq!(step(), Progress::Waits);
        let second = to_send.try_recv().unwrap();
        assert!(second.refused.is_none());
        // Nobody is heard after that: none of the others is sent, and each is noted.
        refuse(&second);
        assert_eq!(step(), Progress::Done);
        let noted: Vec<_> = std::iter::from_fn(|| to_send.try_recv().ok()).map(|outgoing| outgoing.refused).collect();
        assert_eq!(noted.len(), 4);
        let whys = noted.iter().map(|refused| refused.as_ref().map(|(why, again)| (&*why.why, again.is_some())));
        assert_eq!(
            whys.collect::<Vec<_>>(),
            [true, true, true, false].map(|again| Some(("connection refused", again)))
        );
        let tries = workspace.peek(|world| world.outbox().deliveries().map(|one| one.tries.len()).sum::<usize>());
        assert_eq!(tries, 6);
    }
}
