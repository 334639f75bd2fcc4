//! How a server is to be.

mod journal;
mod webhooks;

use std::net::SocketAddr;
use std::path::PathBuf;

use akol_mock_world::account::settings::Profile;
use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;

use super::MockServer;
use super::blocking;
use super::running::Running;
use super::workspace::Workspace;
use crate::config::{Auth, ClockMode, LogFormat, LogLevel, Settings, WorkspaceIds};
use crate::real_time::wall_clock;
use crate::server::StartError;

/// How a [`MockServer`] is to be. What is set is looked at when it is started.
///
/// It differs from the program in what suits a test: the port is a free one, the clock stands still, and nothing is logged.
///
/// ```
/// use akol_mock::{ClockMode::Manual, MockServer};
///
/// let server = MockServer::builder()
///     .seed(7)
///     .calls(20)
///     .clock(Manual)
///     .start_time("2026-11-22T12:00:00Z".parse()?)
///     .rate_limit(100)
///     .start_blocking()?;
/// // Twenty that are drawn, and the one in Akol's documentation.
/// assert_eq!(server.calls().len(), 21);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    settings: Settings,
    /// Whether it was said what the rate limit is. If not, it is as the profile has it.
    is_rate_limit_given: bool,
}

impl Builder {
    pub(super) fn new() -> Builder {
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            clock: ClockMode::Manual,
            log_format: LogFormat::Off,
            ..Settings::default()
        };
        Builder { settings, is_rate_limit_given: false }
    }

    fn with(mut self, set: impl FnOnce(&mut Settings)) -> Builder {
        set(&mut self.settings);
        self
    }

    /// All settings at once, just as they are. Port and clock are then theirs too.
    ///
    /// ```
    /// use akol_mock::{MockServer, Settings};
    ///
    /// let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), seed: 7, ..Settings::default() };
    /// let server = MockServer::builder().settings(settings).start_blocking()?;
    /// assert_eq!(server.seed(), 7);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn settings(self, settings: Settings) -> Builder {
        Builder { settings, is_rate_limit_given: true }
    }

    /// Where it listens; a free port of 127.0.0.1 unless told otherwise.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().listen(([127, 0, 0, 1], 0).into()).start_blocking()?;
    /// assert_ne!(server.address().port(), 0);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn listen(self, address: SocketAddr) -> Builder {
        self.with(|settings| settings.listen = address)
    }

    /// What all that is random grows from; 42 unless told otherwise.
    ///
    /// ```
    /// use akol_mock::MockServer;
    ///
    /// let start = "2026-11-22T12:00:00Z".parse()?;
    /// let [one, same, other] = [7, 7, 8].map(|seed| MockServer::builder().seed(seed).start_time(start).start_blocking());
    /// let (one, same, other) = (one?.calls(), same?.calls(), other?.calls());
    /// assert_eq!(one, same);
    /// assert_ne!(one, other);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seed(self, seed: u64) -> Builder {
        self.with(|settings| settings.seed = seed)
    }

    /// How many past calls each world starts with, beside those that the fixtures give word for word; 200 unless told otherwise.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().calls(0).start_blocking()?;
    /// assert_eq!(server.calls().len(), 1, "the one in Akol's documentation");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn calls(self, count: u32) -> Builder {
        self.with(|settings| settings.calls = count)
    }

    /// Whether the clock runs or stands still; it stands unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{ClockMode::Real, MockServer};
    ///
    /// let server = MockServer::builder().clock(Real).start_blocking()?;
    /// assert_eq!(server.clock_mode(), Real);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn clock(self, mode: ClockMode) -> Builder {
        self.with(|settings| settings.clock = mode)
    }

    /// The instant that the clock starts from; the machine's time when the server is started unless told otherwise.
    ///
    /// ```
    /// let start = "2026-11-22T12:00:00Z".parse()?;
    /// let server = akol_mock::MockServer::builder().start_time(start).start_blocking()?;
    /// assert_eq!(server.now(), start);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_time(self, instant: Timestamp) -> Builder {
        self.with(|settings| settings.start_time = Some(instant))
    }

    /// How fast a clock that runs does so; as fast as real time unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{ClockMode::Real, MockServer, Speed};
    ///
    /// assert!(MockServer::builder().clock(Real).speed(Speed::times(60)).start_blocking().is_ok());
    /// let contradiction = MockServer::builder().speed(Speed::times(60)).start_blocking();
    /// assert!(contradiction.unwrap_err().to_string().contains("no effect on a clock that is Manual"));
    /// ```
    pub fn speed(self, speed: Speed) -> Builder {
        self.with(|settings| settings.speed = speed)
    }

    /// Requests a minute for each token; no limit unless told otherwise or by the production profile.
    ///
    /// ```
    #[doc = include_str!("../client.md")]
    /// use akol_mock::MockServer;
    ///
    /// let server = MockServer::builder().rate_limit(1).start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 429"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn rate_limit(self, requests_a_minute: impl Into<Option<u32>>) -> Builder {
        let limited = self.with(|settings| settings.rate_limit = requests_a_minute.into());
        Builder { is_rate_limit_given: true, ..limited }
    }

    /// The account's call minutes a calendar month; with 0, every call that is placed is refused. No limit unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().minute_limit(1).start_time("2026-11-22T12:00:00Z".parse()?).start_blocking()?;
    /// // The past calls of this month have used it up.
    /// assert_eq!(server.place(Place::to("+15557770001")).unwrap_err().status, 429);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn minute_limit(self, minutes_a_month: impl Into<Option<u64>>) -> Builder {
        self.with(|settings| settings.minute_limit = minutes_a_month.into())
    }

    /// Whether calls go on past the minute limit; they do not unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().minute_limit(1).overage(true).start_blocking()?;
    /// assert!(server.place(Place::to("+15557770001")).is_ok());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn overage(self, overage: bool) -> Builder {
        self.with(|settings| settings.overage = overage)
    }

    /// Which bearer tokens are accepted; any unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{Auth, MockServer};
    ///
    /// let nobody = MockServer::builder().auth(Auth::Strict(vec![])).start_blocking();
    /// assert!(nobody.unwrap_err().to_string().contains("no token to accept"));
    /// ```
    pub fn auth(self, auth: Auth) -> Builder {
        self.with(|settings| settings.auth = auth)
    }

    /// A bearer token that is accepted, and from here on only those that are named so. May be called several times.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().token("s3cret").token("ws_orders").start_blocking()?;
    /// assert_eq!(server.token(), "s3cret");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn token(self, token: impl Into<String>) -> Builder {
        self.with(|settings| match &mut settings.auth {
            Auth::Strict(tokens) => tokens.push(token.into()),
            auth => *auth = Auth::Strict(vec![token.into()]),
        })
    }

    /// How strict the emulator is; lenient unless told otherwise. The production profile brings along a rate limit of
    /// [`Settings::AKOL_RATE_LIMIT`] unless another is set.
    ///
    /// ```
    /// use akol_mock::{MockServer, Profile};
    ///
    /// let production = MockServer::builder().profile(Profile::Production);
    /// assert!(production.clone().webhook_url("https://example.com/hooks").start_blocking().is_ok());
    /// assert!(production.webhook_url("http://example.com/hooks").start_blocking().is_err());
    /// ```
    pub fn profile(self, profile: Profile) -> Builder {
        self.with(|settings| settings.profile = profile)
    }

    /// A folder of fixtures that replace the built-in ones.
    ///
    /// ```
    /// let refused = akol_mock::MockServer::builder().fixtures("/no/such/folder").start_blocking().unwrap_err();
    /// assert!(refused.to_string().contains("/no/such/folder"));
    /// ```
    pub fn fixtures(self, folder: impl Into<PathBuf>) -> Builder {
        self.with(|settings| settings.fixtures = Some(folder.into()))
    }

    /// How many workspaces there may be, `default` among them: for one more, the least recently used is dropped; `default` stays. 10,000
    /// unless told otherwise.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().max_workspaces(2).start_blocking()?;
    /// let (first, _second) = (server.workspace("first")?, server.workspace("second")?);
    /// first.place(akol_mock::Place::to("+15005550100"))?;
    /// // It had to go, and this is another of the same name.
    /// assert_eq!(server.workspace("first")?.calls().len(), first.calls().len() - 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_workspaces(self, count: impl Into<Option<u32>>) -> Builder {
        self.with(|settings| settings.max_workspaces = count.into())
    }

    /// Whether workspaces have ids of their own; they do unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place, WorkspaceIds};
    ///
    /// let server = MockServer::builder().workspace_ids(WorkspaceIds::Shared).start_blocking()?;
    /// let alice = server.workspace("alice")?.place(Place::to("+15005550100"))?;
    /// assert_eq!(alice.id, server.place(Place::to("+15005550100"))?.id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn workspace_ids(self, ids: WorkspaceIds) -> Builder {
        self.with(|settings| settings.workspace_ids = ids)
    }

    /// The bearer token that the control API wants; none unless told otherwise.
    ///
    /// ```
    #[doc = include_str!("../client.md")]
    /// let server = akol_mock::MockServer::builder().admin_token("boss").start_blocking()?;
    /// assert!(send(&server, "GET /__admin/clock", "").starts_with("HTTP/1.1 401"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn admin_token(self, token: impl Into<String>) -> Builder {
        self.with(|settings| settings.admin_token = Some(token.into()))
    }

    /// An origin whose pages may use the control API, or `*` for all. May be called several times.
    ///
    /// ```
    /// use akol_mock::MockServer;
    ///
    /// assert!(MockServer::builder().admin_origin("http://localhost:3000").start_blocking().is_ok());
    /// assert!(MockServer::builder().admin_origin("localhost").start_blocking().is_err());
    /// ```
    pub fn admin_origin(self, origin: impl Into<String>) -> Builder {
        self.with(|settings| settings.admin_origins.push(origin.into()))
    }

    /// An origin whose pages may use Akol's API, or `*` for all; none unless told otherwise. May be called several times.
    ///
    /// ```
    #[doc = include_str!("../client.md")]
    /// let server = akol_mock::MockServer::builder().cors_origin("*").start_blocking()?;
    /// assert!(send(&server, "GET /api/v1/calls/call_xxx", "").contains("access-control-allow-origin: *"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn cors_origin(self, origin: impl Into<String>) -> Builder {
        self.with(|settings| settings.cors_origins.push(origin.into()))
    }

    /// The form of the request log on stderr; off unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{LogFormat, MockServer};
    ///
    /// assert!(MockServer::builder().log_format(LogFormat::Pretty).start_blocking().is_ok());
    /// ```
    pub fn log_format(self, format: LogFormat) -> Builder {
        self.with(|settings| settings.log_format = format)
    }

    /// What the log says, where there is one: a line for each request, unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{LogFormat, LogLevel, MockServer};
    ///
    /// let builder = MockServer::builder().log_format(LogFormat::Pretty).log_level(LogLevel::Calls);
    /// assert!(builder.start_blocking().is_ok());
    /// ```
    pub fn log_level(self, level: LogLevel) -> Builder {
        self.with(|settings| settings.log_level = level)
    }

    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    ///
    /// Settings that are out of range or contradict each other, fixtures that are broken, an address that is taken.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), akol_mock::StartError> {
    /// let server = akol_mock::MockServer::builder().start().await?;
    /// assert!(server.url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(self) -> Result<MockServer, StartError> {
        let Builder { mut settings, is_rate_limit_given } = self;
        if settings.profile == Profile::Production && !is_rate_limit_given {
            settings.rate_limit = Some(Settings::AKOL_RATE_LIMIT);
        }
        if settings.clock == ClockMode::Manual {
            // So that all workspaces start at the same instant, a reset goes back to it, and a failed test can name it.
            settings.start_time.get_or_insert_with(wall_clock);
        }
        let (started, running) = Running::start(settings).await?;
        let default = Workspace::default_of(&started, &running);
        Ok(MockServer { address: started.address, workspaces: started.workspaces, default, running })
    }

    /// As [`Builder::start`], without a runtime.
    ///
    /// # Errors
    ///
    /// As with [`Builder::start`].
    ///
    /// ```
    /// use akol_mock::{MockServer, StartError};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let taken = MockServer::builder().listen(server.address()).start_blocking();
    /// assert!(matches!(taken, Err(StartError::Listen(..))));
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn start_blocking(self) -> Result<MockServer, StartError> {
        blocking::wait_for(self.start())
    }
}
