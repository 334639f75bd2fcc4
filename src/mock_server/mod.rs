//! The server inside a program of one's own: on a free port, on a thread of its own, stopped when it is dropped.
//!
//! The thread has a runtime of its own, so that the server serves whether or not the program has one, and does not wait for a test
//! that waits for it. What a test asks of it goes to the world directly, not over HTTP.

mod advance;
mod assertions;
mod blocking;
mod builder;
mod calls;
mod campaigns;
mod deliveries;
mod faults;
mod patterns;
mod placing;
mod report;
mod requests;
mod running;
mod settings;
mod state;
mod waiting;
mod webhooks;
mod workspace;

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use self::running::Running;
use crate::engine::{BadName, Workspaces};

pub use advance::{Advance, Moment, NotAdvanced};
pub use assertions::Times;
pub use builder::Builder;
pub use calls::{Call, TranscriptLine};
pub use deliveries::{Delivery, DeliveryAttempt};
pub use faults::Fault;
pub use patterns::{NotAPattern, RequestPattern};
pub use placing::{Incoming, Place, Refused};
pub use requests::RecordedRequest;
pub use waiting::TooFew;
pub use webhooks::{Mischief, Webhook};
pub use workspace::Workspace;

/// A server that runs until it is dropped.
///
/// It stands for its workspace `default` as well: all that can be asked of a [`Workspace`] can be asked of the server itself.
///
/// ```
/// use akol_mock::{ClockMode::Manual, MockServer, Outcome, Place};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = MockServer::builder().seed(7).clock(Manual).start().await?;
///
/// // The program under test talks to `server.api_url()`; the test may place a call as well.
/// let call = server.place(Place::to("+15005550101"))?;
/// server.advance(Duration::from_secs(600)).await?;
/// server.assert_call_outcome(&call.id, Outcome::Transferred);
/// # Ok(())
/// # }
/// ```
///
/// From a test without a runtime, everything that waits has a twin that blocks:
///
/// ```
/// let server = akol_mock::MockServer::builder().start_blocking()?;
/// server.advance_blocking(std::time::Duration::from_secs(60))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    workspaces: Arc<Workspaces>,
    default: Workspace,
    running: Running,
}

impl MockServer {
    /// A server with a clock that stands still, on a free port of this machine, that logs nothing: to be adjusted.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().seed(7).calls(10).start_blocking()?;
    /// assert_eq!(server.seed(), 7);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Where it listens.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert!(std::net::TcpStream::connect(server.address()).is_ok());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a slash at the end.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert_eq!(server.url(), format!("http://127.0.0.1:{}", server.address().port()));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL that Akol's API begins at, without a slash at the end: what the program under test is to be given.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert_eq!(server.api_url(), server.url() + "/api/v1");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn api_url(&self) -> String {
        self.url() + "/api/v1"
    }

    /// The workspace `default`, to be handed on: a cheap clone of what the server stands for.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let default = server.handle();
    /// let shown = std::thread::spawn(move || default.now()).join().unwrap();
    /// assert_eq!(shown, server.now());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn handle(&self) -> Workspace {
        self.default.clone()
    }

    /// The workspace of that name, made if there is none yet: a world of its own, which a client reaches with the workspace's own
    /// [token](Workspace::token).
    ///
    /// # Errors
    ///
    /// Names have 1 to 64 letters, digits, `_` or `-`.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().calls(0).start_blocking()?;
    /// let orders = server.workspace("orders")?;
    /// orders.place(Place::to("+15005550100"))?;
    /// assert_eq!(orders.calls().len(), server.calls().len() + 1);
    /// assert!(server.workspace("no such name!").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn workspace(&self, name: &str) -> Result<Workspace, BadName> {
        self.workspaces.named(name).map(|named| self.default.beside(named))
    }

    /// Stops serving, and finishes what is under way, requests and deliveries: eight seconds at most. Dropping it stops it at once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), akol_mock::StartError> {
    /// let server = akol_mock::MockServer::builder().start().await?;
    /// let address = server.address();
    /// server.stop().await;
    /// assert!(std::net::TcpStream::connect(address).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stop(mut self) {
        self.running.stop().await;
    }

    /// As [`MockServer::stop`], without a runtime.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let address = server.address();
    /// server.stop_blocking();
    /// assert!(std::net::TcpStream::connect(address).is_err());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn stop_blocking(self) {
        blocking::wait_for(self.stop());
    }
}

impl Deref for MockServer {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.default
    }
}
