//! Connections that nobody uses at the moment, kept for the next event.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::uri::{Authority, Scheme};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use crate::real_time::timer_now;

/// How long a connection is kept for the next event, in real time. Common servers close after five seconds of silence,
/// and an event sent just then would be lost, so this is less.
const IDLE_AT_MOST: Duration = Duration::from_secs(4);

/// How often in that time it is looked which have been idle for long enough, so that no descriptor is held for nothing.
const LOOKS: u32 = 4;

/// What connections lead to.
pub(super) type Origin = (Scheme, Authority);

/// See the module. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Idle>>);

#[derive(Default)]
struct Idle {
    /// With the instant since which each is idle; those that were used last stand at the end.
    connections: HashMap<Origin, Vec<(Connection, Instant)>>,
    is_looked_after: bool,
}

impl Pool {
    /// A connection to that origin, the one that was used last, if one is open.
    pub(super) fn take(&self, origin: &Origin) -> Option<Connection> {
        self.take_at(origin, timer_now())
    }

    pub(super) fn take_at(&self, origin: &Origin, now: Instant) -> Option<Connection> {
        let mut idle = self.0.lock();
        let connections = idle.connections.get_mut(origin)?;
        // A look may be late: a process that was stopped finds all its timers late, and connections that have been idle ever since.
        let young = std::iter::from_fn(|| connections.pop()).filter(|(_, since)| is_young(*since, now));
        let open = young.filter_map(|(one, _)| one.if_open()).next();
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
        idle.connections.entry(origin).or_default().push((connection, timer_now()));
        if !std::mem::replace(&mut idle.is_looked_after, true) {
            let pool = self.clone();
            tokio::spawn(async move { while pool.is_used_after_a_look().await {} });
        }
    }

    /// Closes all, which frees their descriptors.
    pub(super) fn clear(&self) {
        let idle = std::mem::take(&mut self.0.lock().connections);
        drop(idle);
    }

    /// Waits until it is time for a look, and lets go of those that have been idle for too long. Says whether any is left.
    async fn is_used_after_a_look(&self) -> bool {
        let _ = timeout(IDLE_AT_MOST / LOOKS, pending::<()>()).await;
        let mut idle = self.0.lock();
        // One that would come of age before the next look goes now.
        let next_look = timer_now() + IDLE_AT_MOST / LOOKS;
        idle.connections.retain(|_, connections| {
            connections.retain_mut(|(connection, since)| is_young(*since, next_look) && connection.is_open());
            !connections.is_empty()
        });
        idle.is_looked_after = !idle.connections.is_empty();
        idle.is_looked_after
    }
}

fn is_young(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < IDLE_AT_MOST
}
