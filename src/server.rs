//! The server: build, bind, run, stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Settings;
use crate::delivery::{self, Courier};
use crate::domain::fixtures::Fixtures;
use crate::domain::seed;
use crate::domain::signature;
use crate::domain::webhook::{HookSettings, Outbox};
use crate::domain::world::{Quotas, World};
use crate::driver;
use crate::engine::Workspace;
use crate::fixture_files;
use crate::rng::Seed;
use crate::service::Service;
use crate::time::{Clock, Timestamp};
use crate::wire::accept;
use crate::wire::log::Log;

/// A server that is bound to its address. Serves once it is run; dropping it ends it at once.
pub struct MockServer {
    listener: TcpListener,
    address: SocketAddr,
    workspace: Arc<Workspace>,
    service: Arc<Service>,
    secret: String,
    log: Log,
    /// Time and deliveries; aborted when the server is dropped.
    background: JoinSet<()>,
}

/// Why a server cannot be started.
#[derive(Debug)]
pub enum StartError {
    /// The fixtures are broken; says where and how.
    Fixtures(String),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Fixtures(message) => f.write_str(message),
            StartError::Listen(address, error) if error.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "{address} is in use already; take another port with --listen, or 0 for any free one")
            }
            StartError::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl MockServer {
    /// A server as `settings` say, on a clock that runs with the machine's.
    pub async fn start(settings: &Settings) -> Result<MockServer, StartError> {
        MockServer::with_clock(settings, Clock::real(settings.start_time)).await
    }

    /// A server as `settings` say, whose world lives by `clock`.
    pub async fn with_clock(settings: &Settings, clock: Clock) -> Result<MockServer, StartError> {
        let listen = |error| StartError::Listen(settings.listen, error);
        // Before the world is made: whoever finds the port taken should hear of it at once.
        let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let secret = secret(settings);
        let world = world(settings, clock.now(), &secret)?;

        let log = Log::new(settings.log_format);
        let (workspace, to_send) = Workspace::new(world, clock);
        let workspace = Arc::new(workspace);
        let service = Arc::new(Service::new(Arc::clone(&workspace), settings, log.clone()));
        let mut background = JoinSet::new();
        let driven = Arc::clone(&workspace);
        background.spawn(async move { driver::run(&driven).await });
        let courier = Courier::new(settings.profile);
        background.spawn(delivery::run(Arc::clone(&workspace), to_send, courier, log.clone()));
        Ok(MockServer { listener, address, workspace, service, secret, log, background })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it signs webhooks with.
    pub fn webhook_secret(&self) -> &str {
        &self.secret
    }

    /// Moves a manual clock, see [`Handle::advance`].
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.workspace))
    }

    /// Serves until `stop` says so, then finishes what is under way, requests and deliveries: ten seconds at most.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let service = self.service;
        let explaining = Arc::clone(&service);
        let explain = Arc::new(move |status| explaining.explain(status));
        let handle = move |request, peer| {
            let service = Arc::clone(&service);
            async move { service.answer(request, peer).await }
        };
        let (mut stopping, log, clock) = (stop.clone(), self.log.clone(), Arc::clone(&self.workspace));
        let farewell = async move {
            // An error means that nobody can say stop any more, which is as good as having said it.
            let _ = stopping.wait_for(|stop| *stop).await;
            log.note(clock.clock().now(), "stopping: what is under way has 10 s to finish");
        };
        // The last requests may have caused deliveries.
        let aftermath = driver::settle(&self.workspace);
        tokio::join!(accept::serve(self.listener, handle, explain, stop, aftermath), farewell);
        drop(self.background);
        // Fails if the runtime is being shut down; then nobody waits for the last lines.
        let _ = tokio::task::spawn_blocking(move || self.log.flush()).await;
    }
}

/// Reaches into a server that runs.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Workspace>);

impl Handle {
    /// What the server's clock shows.
    pub fn now(&self) -> Timestamp {
        self.0.clock().now()
    }

    /// Moves a manual clock forward to `target` by way of everything that is due before, and returns when every webhook that this
    /// caused has been answered, has failed or timed out.
    pub async fn advance_to(&self, target: Timestamp) {
        driver::advance(&self.0, target).await;
    }

    /// Moves a manual clock forward by `span`, see [`Handle::advance_to`].
    pub async fn advance(&self, span: std::time::Duration) {
        self.advance_to(self.now() + span).await;
    }
}

fn secret(settings: &Settings) -> String {
    let made = || signature::secret(Seed::new(settings.seed));
    settings.webhooks.secret.clone().unwrap_or_else(made)
}

fn world(settings: &Settings, now: Timestamp, secret: &str) -> Result<World, StartError> {
    let sources = match &settings.fixtures {
        Some(folder) => fixture_files::from_folder(folder).map_err(StartError::Fixtures)?,
        None => fixture_files::built_in(),
    };
    let fixtures = Fixtures::read(&sources).map_err(|error| {
        let folder = settings.fixtures.as_ref().map_or_else(String::new, |folder| format!("{}/", folder.display()));
        StartError::Fixtures(format!("{folder}{error}"))
    })?;
    let seed = Seed::new(settings.seed);
    let quotas = Quotas {
        requests_per_minute: settings.rate_limit,
        minutes_per_month: settings.minute_limit,
        overage: settings.overage,
    };
    let outbox = Outbox::new(hooks(settings, secret), seed);
    let mut world = World::empty(Arc::new(fixtures), seed, now, quotas, outbox);
    seed::fill(&mut world, settings.calls, seed);
    Ok(world)
}

fn hooks(settings: &Settings, secret: &str) -> HookSettings {
    let webhooks = &settings.webhooks;
    HookSettings {
        urls: webhooks.urls.iter().map(|url| url.as_str().into()).collect(),
        events: webhooks.events.iter().filter_map(|name| name.parse().ok()).collect(),
        secret: secret.into(),
        retries: webhooks.retries.clone(),
        signature: webhooks.signature,
        profile: settings.profile,
        remembered: HookSettings::REMEMBERED,
    }
}
