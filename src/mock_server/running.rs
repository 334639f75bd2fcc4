//! The thread that a server runs on: how it begins, and how it is told to end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::{oneshot, watch};

use crate::config::Settings;
use crate::engine::Workspaces;
use crate::server::{Server, StartError};

/// A server's thread. Dropping this ends it at once, and waits until it has ended.
#[derive(Debug)]
pub(super) struct Running {
    /// Tells the server to finish what is under way.
    stop: watch::Sender<bool>,
    /// Dropped to end it at once.
    life: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    ended: Ended,
}

/// What is known once the server listens.
#[derive(Debug)]
pub(super) struct Started {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Its workspaces.
    pub(super) workspaces: Arc<Workspaces>,
    /// What it runs on.
    pub(super) runtime: runtime::Handle,
}

/// Tells when the thread has ended, however it did.
#[derive(Clone, Debug)]
pub(super) struct Ended(watch::Receiver<()>);

impl Ended {
    /// Waits until the thread has ended.
    pub(super) async fn wait(&mut self) {
        // Nothing is ever sent: the other side goes with the thread.
        while self.0.changed().await.is_ok() {}
    }
}

/// What the thread is given.
struct Orders {
    settings: Settings,
    started: oneshot::Sender<Result<Started, StartError>>,
    stopped: watch::Receiver<bool>,
    end_of_life: oneshot::Receiver<()>,
}

impl Running {
    /// Starts a server with these settings, and waits until it listens.
    pub(super) async fn start(settings: Settings) -> Result<(Started, Running), StartError> {
        let (started, start) = oneshot::channel();
        let (stop, stopped) = watch::channel(false);
        let (life, end_of_life) = oneshot::channel();
        let (alive, ended) = watch::channel(());
        let orders = Orders { settings, started, stopped, end_of_life };
        let thread = thread::Builder::new().name("akol-mock".to_owned()).spawn(move || {
            let _alive = alive;
            serve(orders);
        });
        let thread = Some(thread.map_err(StartError::Runtime)?);
        // From here on it ends with this, even if nobody waits for its start any more.
        let running = Running { stop, life: Some(life), thread, ended: Ended(ended) };
        let lost = || StartError::Runtime(std::io::Error::other("it has ended before the server was started"));
        let started = start.await.unwrap_or_else(|_| Err(lost()))?;
        Ok((started, running))
    }

    /// Tells when it has ended.
    pub(super) fn ended(&self) -> Ended {
        self.ended.clone()
    }

    /// Lets the server finish what is under way, and waits until the thread has ended.
    pub(super) async fn stop(&mut self) {
        self.stop.send_replace(true);
        self.ended.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.life.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's has been printed already.
            let _ = thread.join();
        }
    }
}

/// What the thread does.
fn serve(orders: Orders) {
    let Orders { settings, started, stopped, end_of_life } = orders;
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // That nobody waits for it any more is no failure, here as below.
            let _ = started.send(Err(StartError::Runtime(error)));
            return;
        }
    };
    runtime.block_on(async {
        let server = match Server::bind(&settings).await {
            Ok(server) => server,
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        let (address, workspaces) = (server.address(), Arc::clone(server.workspaces()));
        let _ = started.send(Ok(Started { address, workspaces, runtime: runtime::Handle::current() }));
        tokio::select! {
            () = server.run(stopped, "") => {}
            _ = end_of_life => {}
        }
    });
    runtime.shutdown_background();
}
