//! The server inside a program of one's own: on a free port, on a thread of its own, stopped when it is dropped.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::config::{ClockMode, LogFormat, Settings};
use crate::driver::{self, Target};
use crate::engine::{Workspace, Workspaces};
use crate::server::{Server, StartError};
use crate::time::Timestamp;

/// A server that runs until it is dropped.
pub struct MockServer {
    address: SocketAddr,
    workspaces: Arc<Workspaces>,
    /// Tells the server to finish what is under way.
    stop: watch::Sender<bool>,
    /// Dropped to end it at once.
    life: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How a [`MockServer`] is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    settings: Settings,
}

impl MockServer {
    /// A server with a manual clock on a free port, to be adjusted.
    pub fn builder() -> Builder {
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            clock: ClockMode::Manual,
            log_format: LogFormat::Off,
            ..Settings::default()
        };
        Builder { settings }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it signs webhooks with.
    pub fn webhook_secret(&self) -> &str {
        self.workspaces.genesis().secret()
    }

    /// Reaches into the workspace `default`.
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(self.workspaces.default()))
    }

    /// Stops serving, and finishes what is under way, requests and deliveries: ten seconds at most.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        drop(self.life.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's has been printed already.
            let _ = thread.join();
        }
    }
}

impl Builder {
    /// All settings at once.
    pub fn settings(self, settings: Settings) -> Builder {
        Builder { settings }
    }

    /// Starts it.
    pub async fn start(self) -> Result<MockServer, StartError> {
        self.start_blocking()
    }

    /// Starts it without a runtime at hand.
    pub fn start_blocking(self) -> Result<MockServer, StartError> {
        let (started, start) = mpsc::channel();
        let (stop, stopped) = watch::channel(false);
        let (life, end_of_life) = oneshot::channel::<()>();
        let settings = self.settings;
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                match Server::bind(&settings).await {
                    Ok(server) => {
                        let _ = started.send(Ok((server.address(), Arc::clone(server.workspaces()))));
                        tokio::select! {
                            () = server.run(stopped) => {}
                            _ = end_of_life => {}
                        }
                    }
                    Err(error) => {
                        let _ = started.send(Err(error));
                    }
                }
            });
            runtime.shutdown_background();
        });
        let (address, workspaces) = start.recv().unwrap_or_else(|_| {
            Err(StartError::Listen(([127, 0, 0, 1], 0).into(), std::io::Error::other("there is no runtime to be had")))
        })?;
        Ok(MockServer { address, workspaces, stop, life: Some(life), thread: Some(thread) })
    }
}

/// Reaches into a workspace of a server that runs.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Workspace>);

impl Handle {
    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.0.clock().now()
    }

    /// Moves the clock forward to `target`.
    pub async fn advance_to(&self, target: Timestamp) {
        let _ = driver::advance(&self.0, Target::To(target)).await;
    }

    /// Moves the clock forward by `span`.
    pub async fn advance(&self, span: Duration) {
        let _ = driver::advance(&self.0, Target::By(span)).await;
    }
}
