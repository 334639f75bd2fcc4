//! Who has sent a request, as far as what answers it needs to know.

use std::net::SocketAddr;
use std::sync::Arc;

use super::activity::Activity;

/// See the module. Clones are the same client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where it is.
    pub peer: SocketAddr,
    /// Its connection, where a request has the connection to itself. In HTTP/2 a client can say itself which request it gives up.
    activity: Option<Arc<Activity>>,
}

impl Client {
    /// One on a connection of HTTP/1.
    pub fn http1(peer: SocketAddr, activity: Arc<Activity>) -> Client {
        Client { peer, activity: Some(activity) }
    }

    /// One on a connection of HTTP/2.
    pub fn http2(peer: SocketAddr) -> Client {
        Client { peer, activity: None }
    }

    /// From here on its request ends when it closes its side of the connection, as one does that has left. Otherwise only a connection that
    /// breaks ends it: a client may close the side on which it sends, and still wait for its answer.
    pub fn cancel_on_close(&self) {
        if let Some(activity) = &self.activity {
            activity.cancel_on_close();
        }
    }
}
