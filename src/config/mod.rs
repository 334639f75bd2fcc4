//! The settings of a server: plain values, each with its unit and limits.

pub(crate) mod check;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use akol_mock_world::account::settings::Profile;
use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::webhooks::Outbox;
use akol_mock_world::webhooks::signature::Signature;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Everything that can be set, as it stands after command line, environment and file have been read.
///
/// ```
/// use akol_mock::{ClockMode, LogFormat, MockServer, Settings};
///
/// let settings = Settings {
///     listen: ([127, 0, 0, 1], 0).into(),
///     seed: 7,
///     clock: ClockMode::Manual,
///     log_format: LogFormat::Off,
///     ..Settings::default()
/// };
/// let server = MockServer::builder().settings(settings).start_blocking()?;
/// assert_eq!(server.seed(), 7);
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the server listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// What all that is random grows from.
    pub seed: u64,
    /// How many past calls the world starts with, at most [`Settings::MAX_CALLS`].
    pub calls: u32,
    /// The instant the clock starts from, in the years 2000 to 2100; the machine's where `None`.
    pub start_time: Option<Timestamp>,
    /// Whether the clock runs or stands still.
    pub clock: ClockMode,
    /// How fast a clock that runs does so.
    pub speed: Speed,
    /// How many workspaces there may be at once, `default` among them: 2 to [`Settings::MAX_WORKSPACES`]. For one more, the least recently
    /// used is dropped; `default` stays. No limit where `None`.
    pub max_workspaces: Option<u32>,
    /// Whether the ids of calls, deliveries, subscriptions and requests, and the secrets made from the seed, are others in each workspace.
    pub workspace_ids: WorkspaceIds,
    /// How many API requests, and how many finished deliveries, each workspace keeps for reading, at most
    /// [`Settings::MAX_JOURNAL`].
    pub journal_size: u32,
    /// How many bytes all journals and finished deliveries of the server may take together, [`Settings::MIN_JOURNAL_BYTES`] to
    /// [`Settings::MAX_JOURNAL_BYTES`]: the oldest bodies make room for newer ones, and when there are none left, the oldest entries.
    pub journal_bytes: u64,
    /// Which bearer tokens are accepted.
    pub auth: Auth,
    /// Requests a minute for each token, 1 to [`Settings::MAX_RATE_LIMIT`]; no limit where `None`.
    pub rate_limit: Option<u32>,
    /// The account's call minutes a calendar month; with 0 every call that is placed is refused. No limit where `None`.
    pub minute_limit: Option<u64>,
    /// Whether calls go on past the minute limit.
    pub overage: bool,
    /// Where events are sent, and how.
    pub webhooks: Webhooks,
    /// How strict the emulator is.
    pub profile: Profile,
    /// A folder of fixtures that replace the built-in ones.
    pub fixtures: Option<PathBuf>,
    /// The origins whose pages may use Akol's API, as [`Settings::admin_origins`]; none where empty, and then there is no CORS.
    pub cors_origins: Vec<String>,
    /// The bearer token that the control API wants; none where `None`.
    pub admin_token: Option<String>,
    /// The origins whose pages may use the control API, beside the server's own: each as browsers write it, such as
    /// `http://localhost:3000`, or `*` for all.
    pub admin_origins: Vec<String>,
    /// The form of the log.
    pub log_format: LogFormat,
    /// What the log says.
    pub log_level: LogLevel,
}

impl Settings {
    /// The most seeded calls that a world takes.
    pub const MAX_CALLS: u32 = 10_000_000;
    /// The most workspaces that can be allowed.
    pub const MAX_WORKSPACES: u32 = 1_000_000;
    /// The most requests that a journal can be told to keep.
    pub const MAX_JOURNAL: u32 = 1_000_000;
    /// The least that all journals can be told to take together, in bytes.
    pub const MIN_JOURNAL_BYTES: u64 = 64 << 10;
    /// The most that all journals can be told to take together, in bytes.
    pub const MAX_JOURNAL_BYTES: u64 = 1 << 40;
    /// The highest rate limit, in requests a minute.
    pub const MAX_RATE_LIMIT: u32 = 1_000_000_000;
    /// The rate limit that Akol documents, in requests a minute.
    pub const AKOL_RATE_LIMIT: u32 = 100;
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 2565)),
            seed: 42,
            calls: 200,
            start_time: None,
            clock: ClockMode::Real,
            speed: Speed::REAL,
            max_workspaces: Some(10_000),
            workspace_ids: WorkspaceIds::Distinct,
            journal_size: 1_000,
            journal_bytes: 256 << 20,
            auth: Auth::Any,
            rate_limit: None,
            minute_limit: None,
            overage: false,
            webhooks: Webhooks::default(),
            profile: Profile::Lenient,
            fixtures: None,
            cors_origins: Vec::new(),
            admin_token: None,
            admin_origins: Vec::new(),
            log_format: LogFormat::Pretty,
            log_level: LogLevel::Requests,
        }
    }
}

/// Whether a clock runs or stands still.
///
/// ```
/// use akol_mock::ClockMode::{Manual, Real};
///
/// let server = akol_mock::MockServer::builder().clock(Manual).start_blocking()?;
/// assert_eq!(server.clock_mode(), Manual);
/// assert_eq!((Real.as_str(), "manual".parse()), ("real", Ok(Manual)));
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMode {
    /// It runs, as fast as [`Settings::speed`] says.
    Real,
    /// It stands still until it is told to advance.
    Manual,
}

impl ClockMode {
    /// As it is written in options and JSON.
    ///
    /// ```
    /// assert_eq!(akol_mock::ClockMode::Manual.as_str(), "manual");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            ClockMode::Real => "real",
            ClockMode::Manual => "manual",
        }
    }
}

impl FromStr for ClockMode {
    type Err = ();

    fn from_str(text: &str) -> Result<ClockMode, ()> {
        [ClockMode::Real, ClockMode::Manual].into_iter().find(|mode| mode.as_str() == text).ok_or(())
    }
}

impl Serialize for ClockMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ClockMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ClockMode, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| serde::de::Error::custom(format!("{text:?} is neither real nor manual")))
    }
}

/// Whether workspaces have ids of their own.
///
/// ```
/// use akol_mock::{MockServer, Place, WorkspaceIds};
///
/// for (ids, are_one) in [(WorkspaceIds::Distinct, false), (WorkspaceIds::Shared, true)] {
///     let server = MockServer::builder().workspace_ids(ids).start_blocking()?;
///     let [alice, bob] = ["alice", "bob"].map(|name| server.workspace(name).unwrap().place(Place::to("+15005550100")).unwrap());
///     assert_eq!(alice.id == bob.id, are_one);
///     assert_eq!(alice.caller_name, bob.caller_name);
/// }
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkspaceIds {
    /// The workspace's name takes part in ids and secrets, so that one database holds what several workspaces made. What becomes of a call,
    /// and what is said, does not depend on it.
    Distinct,
    /// The same requests get the same ids in each.
    Shared,
}

/// Which bearer tokens are accepted.
///
/// ```
/// use akol_mock::{Auth, MockServer};
///
/// let server = MockServer::builder().auth(Auth::Strict(vec!["s3cret".into()])).start_blocking()?;
/// assert_eq!(server.token(), "s3cret");
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Any token that is not empty.
    Any,
    /// No token is needed.
    Off,
    /// Only these.
    Strict(Vec<String>),
}

/// Where events are sent, and how.
///
/// ```
/// use akol_mock::{Settings, Webhooks};
///
/// let webhooks = Webhooks { urls: vec!["http://127.0.0.1:8080/hooks".into()], ..Webhooks::default() };
/// let settings = Settings { webhooks, ..Settings::default() };
/// assert_eq!(settings.webhooks.events, ["call.started", "call.ended", "call.transferred", "call.voicemail"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhooks {
    /// The receivers, each an `http` or `https` URL.
    pub urls: Vec<String>,
    /// The signing secret, `whsec_` and the base64 of 24 to 64 bytes; made from the seed where `None`.
    pub secret: Option<String>,
    /// The names of the events that are sent, out of [`Webhooks::EVENTS`].
    pub events: Vec<String>,
    /// The waits before each further try, on the emulator's clock: at most [`Webhooks::MAX_RETRIES`], each 1 ms to
    /// 24 h.
    pub retries: Vec<Duration>,
    /// Which signature headers are sent.
    pub signature: Signature,
}

impl Webhooks {
    /// The most receivers from the start.
    pub const MAX_URLS: usize = 100;
    /// The most further tries of one delivery.
    pub const MAX_RETRIES: usize = Outbox::MOST_RETRIES;

    /// Every event that Akol documents.
    pub const EVENTS: [&'static str; 9] = [
        "call.started",
        "call.ended",
        "call.transferred",
        "call.voicemail",
        "call.completed",
        "call.missed",
        "call.failed",
        "transcript.ready",
        "summary.ready",
    ];

    /// How many of [`Webhooks::EVENTS`], from the first, are sent unless told otherwise.
    const SENT_BY_DEFAULT: usize = 4;
}

impl Default for Webhooks {
    fn default() -> Webhooks {
        Webhooks {
            urls: Vec::new(),
            secret: None,
            events: Webhooks::EVENTS[..Webhooks::SENT_BY_DEFAULT].iter().map(ToString::to_string).collect(),
            retries: [1, 5, 30, 120, 600].map(Duration::from_secs).to_vec(),
            signature: Signature::Akol,
        }
    }
}

/// The form of the log on stderr.
///
/// ```
/// use akol_mock::{LogFormat, MockServer};
///
/// // The library keeps silent unless it is told to speak.
/// let server = MockServer::builder().log_format(LogFormat::Json).start_blocking()?;
/// assert!(server.requests().is_empty());
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Readable lines.
    Pretty,
    /// One JSON object a line.
    Json,
    /// None.
    Off,
}

/// What the log on stderr says.
///
/// ```
/// use akol_mock::{LogFormat, LogLevel, MockServer};
///
/// let server = MockServer::builder().log_format(LogFormat::Pretty).log_level(LogLevel::Quiet).start_blocking()?;
/// assert!(server.requests().is_empty());
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// A line for each request, and for each try of a webhook that failed.
    Requests,
    /// That, a line for each step of a call, and one for what came of each try of a webhook.
    Calls,
    /// Warnings, and tries of webhooks that failed.
    Quiet,
}
