//! Turns a receiver's name into addresses, and under the production profile stops at one that is not public.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use akol_mock_world::account::settings::Profile;
use akol_mock_world::webhooks::url::is_public;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// The machine's own resolver, with the profile's say over what it finds.
///
/// The connection is made to the very addresses that were judged, so that a name cannot change its mind in between.
#[derive(Clone)]
pub(super) struct Resolver {
    profile: Profile,
    machine: GaiResolver,
}

impl Resolver {
    pub(super) fn new(profile: Profile) -> Resolver {
        Resolver { profile, machine: GaiResolver::new() }
    }
}

/// Why a name gave no address to connect to.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// The machine's resolver knows none, for the reason it gave.
    Unknown { host: String, error: io::Error },
    /// One of its addresses is not public.
    NotPublic { host: String, address: IpAddr },
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unresolved::Unknown { host, error } => write!(f, "name does not resolve: {host}: {error}"),
            Unresolved::NotPublic { host, address } => {
                write!(f, "{host} resolves to {address}: the production profile sends to public addresses only")
            }
        }
    }
}

impl std::error::Error for Unresolved {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Unresolved::Unknown { error, .. } => Some(error),
            Unresolved::NotPublic { .. } => None,
        }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unresolved>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.to_string();
        let profile = self.profile;
        let lookup = self.machine.call(name);
        Box::pin(async move {
            let found = lookup.await.map_err(|error| Unresolved::Unknown { host: host.clone(), error })?;
            let addresses: Vec<SocketAddr> = found.collect();
            match profile {
                Profile::Lenient => {}
                Profile::Production => all_public(host, &addresses)?,
            }
            Ok(addresses.into_iter())
        })
    }
}

/// Refuses all of a host's addresses if one is not public: which of them is tried first is not ours to say.
fn all_public(host: String, addresses: &[SocketAddr]) -> Result<(), Unresolved> {
    match addresses.iter().map(SocketAddr::ip).find(|address| !is_public(*address)) {
        Some(address) => Err(Unresolved::NotPublic { host, address }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(profile: Profile, name: &str) -> Result<Vec<IpAddr>, String> {
        let found = Resolver::new(profile).call(name.parse().unwrap()).await;
        found.map(|found| found.map(|address| address.ip()).collect()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn localhost_resolves_only_when_lenient() {
        let found = resolve(Profile::Lenient, "localhost").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty(), "{found:?}");

        let message = resolve(Profile::Production, "localhost").await.unwrap_err();
        assert!(message.starts_with("localhost resolves to "), "{message}");
        assert!(message.ends_with(": the production profile sends to public addresses only"), "{message}");
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse() {
        let addresses = |list: &[&str]| -> Vec<SocketAddr> { list.iter().map(|text| text.parse().unwrap()).collect() };
        let judge = |list| all_public("mixed.example".to_owned(), &addresses(list));

        assert!(judge(&["8.8.8.8:0", "[2606:4700::1111]:0"]).is_ok());
        let refusal = judge(&["8.8.8.8:0", "[fd00::1]:0"]).unwrap_err();
        assert!(refusal.to_string().starts_with("mixed.example resolves to fd00::1:"), "{refusal}");
    }
}
