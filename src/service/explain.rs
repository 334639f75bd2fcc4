//! The answer to what hyper could not read as a request.

use std::collections::HashSet;
use std::net::IpAddr;

use hyper::header::{CACHE_CONTROL, DATE};
use parking_lot::Mutex;

use super::control::NO_STORE;
use super::scope::Scope;
use super::{REQUEST_ID, Service};
use crate::dialect::refusal::Refusal;
use crate::engine::date;
use crate::http::access_log::Weight;
use crate::http::malformed::{Malformed, path};

/// How many addresses are remembered. With one more, all are forgotten.
const MOST: usize = 256;

/// Addresses of which something has been said already.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<HashSet<IpAddr>>);

impl Peers {
    /// Whether nothing has been said of that one yet.
    fn is_new(&self, peer: IpAddr) -> bool {
        let mut peers = self.0.lock();
        if peers.len() >= MOST && !peers.contains(&peer) {
            peers.clear();
        }
        peers.insert(peer)
    }
}

impl Service {
    /// The whole answer to a client whose request is malformed in that way, and of which that came. In the log it is a note, as it is no
    /// request.
    pub fn explain(&self, malformed: &Malformed, came: &[u8], peer: IpAddr) -> Vec<u8> {
        let Malformed { status, message, is_tls } = malformed;
        let (now, request_id) = (self.workspaces.default().clock().now(), self.next_id());
        if !is_tls {
            self.log.note(now, None, Weight::Info, &format!("{} {message} ({request_id})", status.as_u16()));
        } else if self.tls_clients.is_new(peer) {
            // A browser comes again and again.
            let note =
                format!("{} {message} ({request_id}, from {peer}, of whose TLS no more is said)", status.as_u16());
            self.log.note(now, None, Weight::Warning, &note);
        }
        let mut reply = Refusal::new(*status, message.clone()).reply();
        // Where it is not known what was asked for, it may have been something of the control API.
        if path(came).is_none_or(|path| matches!(Scope::of(path), Scope::Control { .. })) {
            reply.add(CACHE_CONTROL, NO_STORE);
        }
        reply.with(REQUEST_ID, request_id.header()).with(DATE, date::at(now)).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_address_is_new_once_and_not_all_are_remembered() {
        let peers = Peers::default();
        let address = |number: usize| IpAddr::from(Ipv4Addr::from(number as u32));
        assert!(peers.is_new(address(0)) && !peers.is_new(address(0)));
        assert!((1..MOST).all(|number| peers.is_new(address(number))));
        assert!(!peers.is_new(address(0)), "as many as are remembered");
        assert!(peers.is_new(address(MOST)) && peers.0.lock().len() == 1);
    }
}
