//! One workspace of a server that runs, as a test sees it: who it is, its clock, and back to the start.

use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use tokio::runtime;

use super::advance::{Advance, NotAdvanced};
use super::blocking;
use super::running::{Ended, Running, Started};
#[cfg(test)]
use crate::blocking_pool::BlockingPool;
use crate::config::{Auth, ClockMode};
use crate::driver::{self, Target};
use crate::engine::{self, Workspaces};

/// A workspace of a [`MockServer`](super::MockServer): a world of its own, with its calls, its clock and its journal.
///
/// It is a handle: clones are cheap and mean the same world, and can be sent to other threads. What is done with it goes to the world
/// directly. It is neither counted by rate limits nor noted in the journal.
///
/// ```
/// use akol_mock::MockServer;
/// use std::time::Duration;
///
/// let server = MockServer::builder().start_blocking()?;
/// let (mine, yours) = (server.workspace("mine")?, server.workspace("yours")?);
/// let start = yours.now();
/// mine.advance_blocking(Duration::from_secs(60))?;
/// assert_eq!(mine.now(), start + Duration::from_secs(60));
/// assert_eq!(yours.now(), start);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    pub(super) inner: Arc<engine::Workspace>,
    /// What the server runs on.
    pub(super) runtime: runtime::Handle,
    ended: Ended,
}

impl Workspace {
    /// The workspace `default` of a server that has started.
    pub(super) fn default_of(started: &Started, running: &Running) -> Workspace {
        let inner = Arc::clone(started.workspaces.default());
        Workspace { inner, runtime: started.runtime.clone(), ended: running.ended() }
    }

    /// Another workspace of the same server.
    pub(super) fn beside(&self, inner: Arc<engine::Workspace>) -> Workspace {
        Workspace { inner, ..self.clone() }
    }

    #[cfg(test)]
    pub(crate) fn all_of_pool(&self) -> &BlockingPool {
        self.inner.world_template().pool()
    }

    /// Its name.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert_eq!(server.name(), "default");
    /// assert_eq!(server.workspace("orders")?.name(), "orders");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// A bearer token that belongs to it, for the program under test to send: `ws_` and its name, or for `default` one that belongs to
    /// no other. Where only certain tokens are accepted, `default` has the first of those that fits; other workspaces need theirs
    /// among them.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert_eq!(server.token(), "test");
    /// assert_eq!(server.workspace("orders")?.token(), "ws_orders");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token(&self) -> String {
        if self.name() != Workspaces::DEFAULT {
            return format!("{}{}", Workspaces::TOKEN_PREFIX, self.name());
        }
        let accepted = match &self.inner.world_template().settings().auth {
            Auth::Strict(tokens) => tokens.iter().find(|token| !token.starts_with(Workspaces::TOKEN_PREFIX)),
            Auth::Any | Auth::Off => None,
        };
        accepted.map_or("test", String::as_str).to_owned()
    }

    /// What all that is random in it grows from.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().seed(7).start_blocking()?;
    /// assert_eq!(server.seed(), 7);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn seed(&self) -> u64 {
        self.inner.world_template().settings().seed
    }

    /// What its clock shows.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_time("2026-11-22T12:00:00Z".parse()?).start_blocking()?;
    /// assert_eq!(server.now().to_string(), "2026-11-22T12:00:00.000Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn now(&self) -> Timestamp {
        self.inner.clock().now()
    }

    /// Whether its clock runs or stands still.
    ///
    /// ```
    /// use akol_mock::{ClockMode::Real, MockServer};
    ///
    /// let server = MockServer::builder().clock(Real).start_blocking()?;
    /// assert_eq!(server.clock_mode(), Real);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn clock_mode(&self) -> ClockMode {
        self.inner.clock().read().mode
    }

    /// Moves the clock forward by way of everything that falls due, each thing at its own instant and in order. Comes back when all of
    /// it has happened, and every webhook that it caused has been answered, has failed or timed out.
    ///
    /// # Errors
    ///
    /// Another advance of this workspace is under way, a reset came between, or the server has stopped.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place, Status};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::builder().start().await?;
    /// let call = server.place(Place::to("+15005550105"))?;
    /// let advance = server.advance(Duration::from_secs(120)).await?;
    /// assert_eq!(advance.to.since(advance.from), Duration::from_secs(120));
    /// assert!(advance.events.iter().all(|event| event.call_id() == call.id));
    /// assert_eq!(server.call(&call.id).unwrap().status, Status::Failed);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn advance(&self, span: Duration) -> Result<Advance, NotAdvanced> {
        self.move_clock(Target::By(span)).await
    }

    /// As [`Workspace::advance`], to an instant.
    ///
    /// # Errors
    ///
    /// As with [`Workspace::advance`], and the instant has passed.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = akol_mock::MockServer::builder().start().await?;
    /// let tomorrow = server.now() + Duration::from_secs(24 * 60 * 60);
    /// server.advance_to(tomorrow).await?;
    /// assert_eq!(server.now(), tomorrow);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn advance_to(&self, instant: Timestamp) -> Result<Advance, NotAdvanced> {
        self.move_clock(Target::To(instant)).await
    }

    /// As [`Workspace::advance`], without a runtime: blocks this thread. Where webhooks are received by a task of the same thread, they
    /// would wait for each other: take [`Workspace::advance`] there.
    ///
    /// # Errors
    ///
    /// As with [`Workspace::advance`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let start = server.now();
    /// server.advance_blocking(Duration::from_millis(1))?;
    /// assert_eq!(server.now().since(start).as_millis(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance_blocking(&self, span: Duration) -> Result<Advance, NotAdvanced> {
        blocking::wait_for(self.advance(span))
    }

    /// As [`Workspace::advance_to`], without a runtime: see [`Workspace::advance_blocking`].
    ///
    /// # Errors
    ///
    /// As with [`Workspace::advance_to`].
    ///
    /// ```
    /// use akol_mock::NotAdvanced;
    /// use std::time::Duration;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let start = server.now();
    /// server.advance_to_blocking(start + Duration::from_secs(2))?;
    /// assert!(matches!(server.advance_to_blocking(start), Err(NotAdvanced::Past { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance_to_blocking(&self, instant: Timestamp) -> Result<Advance, NotAdvanced> {
        blocking::wait_for(self.advance_to(instant))
    }

    async fn move_clock(&self, target: Target) -> Result<Advance, NotAdvanced> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            advance = driver::advance(&self.inner, target) => Ok(Advance::of(advance?)),
            // Nobody sends what it would wait for.
            () = ended.wait() => Err(NotAdvanced::Stopped),
        }
    }

    /// Lets the clock run from what it shows, as fast as `speed` says.
    ///
    /// # Errors
    ///
    /// An advance of this workspace is under way.
    ///
    /// ```
    /// use akol_mock::{ClockMode::Real, MockServer, Speed};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.run_clock(Speed::times(60))?;
    /// assert_eq!(server.clock_mode(), Real);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_clock(&self, speed: Speed) -> Result<(), NotAdvanced> {
        Ok(driver::set_clock(&self.inner, Some(ClockMode::Real), Some(speed))?)
    }

    /// Lets the clock stand still at what it shows, until it is advanced.
    ///
    /// # Errors
    ///
    /// As with [`Workspace::run_clock`].
    ///
    /// ```
    /// use akol_mock::{ClockMode::{Manual, Real}, MockServer};
    ///
    /// let server = MockServer::builder().clock(Real).start_blocking()?;
    /// server.stop_clock()?;
    /// assert_eq!(server.clock_mode(), Manual);
    /// assert_eq!(server.now(), server.now());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop_clock(&self) -> Result<(), NotAdvanced> {
        Ok(driver::set_clock(&self.inner, Some(ClockMode::Manual), None)?)
    }

    /// Back to the seeded start, clock and journal included. Nothing that was under way before it shows after it.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::builder().start().await?;
    /// let (before, start) = (server.calls(), server.now());
    /// server.place(Place::to("+15005550100"))?;
    /// server.advance(std::time::Duration::from_secs(60)).await?;
    /// server.reset().await;
    /// assert_eq!((server.calls(), server.now()), (before, start));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reset(&self) {
        self.inner.reset().await;
    }

    /// As [`Workspace::reset`], without a runtime.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().calls(10).start_blocking()?;
    /// server.place(akol_mock::Place::to("+15005550100"))?;
    /// server.reset_blocking();
    /// // Ten that are drawn, and the one in Akol's documentation.
    /// assert_eq!(server.calls().len(), 11);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reset_blocking(&self) {
        blocking::wait_for(self.reset());
    }
}
