//! The server: build, bind, run, stop.

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::fixtures::Fixtures;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use crate::awake;
use crate::config::Settings;
use crate::delivery::{self, Dispatch};
use crate::driver;
use crate::engine::{CatchUp, Dropped, Workspace, Workspaces, WorldTemplate};
use crate::fixture_files;
use crate::http::access_log::{Log, Weight};
use crate::http::listener;
use crate::http::malformed::Malformed;
use crate::http::shutdown::{Phase, Shutdown};
use crate::metrics::Metrics;
use crate::routes;
use crate::service::Service;

/// How long what is under way may go on once the server is to stop. Then what has no answer yet is refused.
const GRACE: Duration = Duration::from_secs(6);
/// How long the last answers and deliveries have after that. Docker kills a container ten seconds after it has told it to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// A server that is bound to its address. Serves once it is run; dropping it ends it at once.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    workspaces: Arc<Workspaces>,
    service: Arc<Service>,
    log: Log,
    /// Moves the server on to its end.
    phase: watch::Sender<Phase>,
    shutdown: Shutdown,
    /// Sends deliveries.
    delivering: AbortHandle,
}

/// Why a server cannot be started.
///
/// ```
/// use akol_mock::{MockServer, StartError};
///
/// let refused = MockServer::builder().rate_limit(0).start_blocking().unwrap_err();
/// assert!(matches!(refused, StartError::Settings(_)));
/// assert!(refused.to_string().contains("rate_limit is 0, must be from 1"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Settings that are out of range or contradict each other; says which, and what they would take.
    Settings(String),
    /// The fixtures are broken; says where and how.
    Fixtures(String),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// There is no thread or no runtime to be had for it.
    Runtime(io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Settings(message) | StartError::Fixtures(message) => f.write_str(message),
            StartError::Runtime(error) => write!(f, "cannot start a thread for the server: {error}"),
            StartError::Listen(address, error) if error.kind() == io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "{address} is in use already; listen on another port (--listen, or `listen` of the settings), or on 0 for any free one"
                )
            }
            StartError::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl Server {
    /// A server as `settings` say, on the runtime that this is called from.
    pub async fn bind(settings: &Settings) -> Result<Server, StartError> {
        settings.check().map_err(StartError::Settings)?;
        let listen = |error| StartError::Listen(settings.listen, error);
        // Before the world is made: whoever finds the port taken should hear of it at once.
        let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let world_template = Arc::new(WorldTemplate::new(settings, fixtures(settings)?));

        let log = Log::new(settings.log_format, settings.log_level);
        let (outgoing, to_send) = mpsc::unbounded_channel();
        let dispatch = Dispatch::new(settings.profile);
        let metrics = Arc::new(Metrics::new(routes::all()));
        let delivering =
            tokio::spawn(delivery::run(to_send, dispatch, Arc::clone(&metrics), log.clone())).abort_handle();
        let lag = Arc::clone(&metrics);
        let late = CatchUp::told(move |late| lag.lag(late));
        let workspaces =
            Arc::new(Workspaces::new(world_template, outgoing, late, log.clone(), drive(), note_dropped(log.clone())));
        warn_of_certificates(&log, workspaces.default().clock().now());
        let (phase, shutdown) = Shutdown::channel();
        let service = Service::new(Arc::clone(&workspaces), settings, metrics, log.clone(), shutdown.clone());
        Ok(Server { listener, address, workspaces, service: Arc::new(service), log, phase, shutdown, delivering })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says something in the log that its user should know.
    pub fn warn(&self, warning: &str) {
        self.log.note(self.workspaces.default().clock().now(), None, Weight::Warning, warning);
    }

    /// What says that it will be told to stop. Whoever sets it has the last answers announce that, from that moment on.
    pub fn stop_is_due(&self) -> &Arc<AtomicBool> {
        self.shutdown.due()
    }

    /// Its workspaces.
    pub fn workspaces(&self) -> &Arc<Workspaces> {
        &self.workspaces
    }

    /// Serves until `stop` says so, then answers what has reached it by then and finishes what is under way, requests and deliveries: eight
    /// seconds at most in all. `hint` ends the line in the log that says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>, hint: &'static str) {
        let Server { listener, workspaces, service, log, phase, shutdown, delivering, .. } = self;
        let is_due = Arc::clone(shutdown.due());
        let explaining = Arc::clone(&service);
        let explain =
            Arc::new(move |malformed: &Malformed, came: &[u8], peer| explaining.explain(malformed, came, peer));
        let handle = move |request, client: &_| service.answer(request, client);
        let note = |weight, note: &str| log.note(workspaces.default().clock().now(), None, weight, note);
        let serve = async {
            listener::serve(listener, handle, explain, shutdown).await;
            // The last requests may have caused deliveries.
            for workspace in workspaces.all() {
                driver::settle(&workspace).await;
            }
        };
        let end = async {
            // An error means that nobody can say stop any more, which is as good as having said it.
            let _ = stop.wait_for(|stop| *stop).await;
            let deliveries: usize = workspaces.all().iter().map(|workspace| workspace.deliveries_under_way()).sum();
            let deliveries = match deliveries {
                0 => String::new(),
                1 => ", one delivery among it,".to_owned(),
                _ => format!(", {deliveries} deliveries among it,"),
            };
            let note_stopping =
                format!("stopping: what is under way{deliveries} has {} s to finish{hint}", GRACE.as_secs());
            note(Weight::Info, &note_stopping);
            is_due.store(true, Ordering::Relaxed);
            phase.send_replace(Phase::Stopping);
            // Streams of events go on for ever unless they are ended.
            workspaces.close();
            awake::sleep(GRACE).await;
            phase.send_replace(Phase::GraceOver);
            awake::sleep(LAST_ANSWERS).await;
            let lost: usize = workspaces.all().iter().map(|workspace| workspace.deliveries_under_way()).sum();
            if lost > 0 {
                let note_lost =
                    format!("stopped with deliveries under way, {lost} in all: what their receivers answer is lost");
                note(Weight::Warning, &note_lost);
            }
        };
        // What takes longer is cut off: that is what the time is for.
        tokio::select! {
            () = serve => {}
            () = end => {}
        }
        let waiting = |workspace: &Arc<Workspace>| {
            workspace.peek(|world| world.outbox().unfinished().saturating_sub(world.deliveries_under_way()))
        };
        let waiting: usize = workspaces.all().iter().map(waiting).sum();
        if waiting > 0 {
            let note_waiting = format!(
                "stopped with deliveries that were to be tried again later, or stood behind such, {waiting} in all: they are not sent \
                 any more, unless by a server that goes on from the state (GET /__admin/state)"
            );
            note(Weight::Warning, &note_waiting);
        }
        delivering.abort();
        workspaces.stop();
        // Fails if the runtime is being shut down; then nobody waits for the last lines.
        let _ = tokio::task::spawn_blocking(move || log.flush()).await;
    }
}

/// Says in the log what is wrong with the certificates that the environment names. Reads files, and only where it names any.
fn warn_of_certificates(log: &Log, now: Timestamp) {
    let log = log.clone();
    if delivery::names_certificates() {
        tokio::task::spawn_blocking(move || {
            for warning in certificate_warnings() {
                log.note(now, None, Weight::Warning, &warning);
            }
        });
    }
}

/// What is wrong with the certificates that the environment names, in words. Reads files.
pub fn certificate_warnings() -> impl Iterator<Item = String> {
    let problems = delivery::certificate_problems().into_iter();
    problems.map(|problem| format!("{problem}; https receivers that need it will not be trusted"))
}

/// Lets the clock of each new workspace run, on the runtime that this is called from.
fn drive() -> impl Fn(Arc<Workspace>) -> AbortHandle + Send + Sync + 'static {
    let runtime = runtime::Handle::current();
    move |workspace| runtime.spawn(async move { driver::run(&workspace).await }).abort_handle()
}

/// Says in the log which workspaces had to go.
fn note_dropped(log: Log) -> impl Fn(&Dropped<'_>) + Send + Sync + 'static {
    move |Dropped { workspace, limit }| {
        let name = workspace.name();
        let note = format!("workspace {name} was dropped, the least recently used of {limit} (--max-workspaces)");
        log.note(workspace.clock().now(), Some(name), Weight::Warning, &note);
    }
}

fn fixtures(settings: &Settings) -> Result<Fixtures, StartError> {
    let sources = match &settings.fixtures {
        Some(folder) => fixture_files::from_folder(folder).map_err(StartError::Fixtures)?,
        None => fixture_files::built_in(),
    };
    Fixtures::read(&sources).map_err(|error| {
        let folder = settings.fixtures.as_ref().map_or_else(String::new, |folder| format!("{}/", folder.display()));
        StartError::Fixtures(format!("{folder}{error}"))
    })
}
