//! Connections that nobody uses at the moment, kept for the next event.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::uri::{Authority, Scheme};
use parking_lot::Mutex;
use tokio::time::timeout;

use super::connection::Connection;

/// How long a connection is kept for the next event, in real time. Common servers close after five seconds of silence,
/// and an event sent just then would be lost, so this is less.
const IDLE_AT_MOST: Duration = Duration::from_secs(4);

/// How often in that time it is looked which have been idle for long enough. One is let go after three quarters of it at the earliest.
const LOOKS: u32 = 4;

/// What connections lead to.
pub(super) type Origin = (Scheme, Authority);

/// See the module. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Idle>>);

#[derive(Default)]
struct Idle {
    /// With how many looks each has still to outlast; those that were used last stand at the end.
    connections: HashMap<Origin, Vec<(Connection, u32)>>,
    is_looked_after: bool,
}

impl Pool {
    /// A connection to that origin, the one that was used last, if one is open.
    pub(super) fn take(&self, origin: &Origin) -> Option<Connection> {
        let mut idle = self.0.lock();
        let connections = idle.connections.get_mut(origin)?;
        let open = std::iter::from_fn(|| connections.pop()).find_map(|(mut one, _)| one.is_open().then_some(one));
        if connections.is_empty() {
            idle.connections.remove(origin);
        }
        open
    }

    /// Keeps a connection for a while.
    pub(super) fn keep(&self, origin: Origin, mut connection: Connection) {
        if !connection.is_open() {
            return;
        }
        let mut idle = self.0.lock();
        idle.connections.entry(origin).or_default().push((connection, LOOKS));
        if !std::mem::replace(&mut idle.is_looked_after, true) {
            let pool = self.clone();
            tokio::spawn(async move { while pool.is_used_after_a_look().await {} });
        }
    }

    /// Waits until it is time for a look, and lets go of those that have been idle for too long. Says whether any is left.
    async fn is_used_after_a_look(&self) -> bool {
        let _ = timeout(IDLE_AT_MOST / LOOKS, pending::<()>()).await;
        let mut idle = self.0.lock();
        idle.connections.retain(|_, connections| {
            connections.retain_mut(|(connection, looks)| {
                *looks -= 1;
                *looks > 0 && connection.is_open()
            });
            !connections.is_empty()
        });
        idle.is_looked_after = !idle.connections.is_empty();
        idle.is_looked_after
    }
}
