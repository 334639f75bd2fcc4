//! What this machine may lack for a try: descriptors, ports, memory. No receiver is to blame for that, so no try has been made, and it is
//! made as soon as there is what it takes.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use hyper::Uri;
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use super::failure::causes;
use super::resolver::Unresolved;
use crate::real_time::timer_now;

/// The pause before the machine is asked again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What there is none of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// The process may open no more files and sockets.
    Descriptors,
    /// The system may open no more.
    SystemDescriptors,
    /// Every local port is taken that could lead there.
    Ports,
    /// The kernel has no memory for another socket.
    Memory,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shortage::Descriptors => {
                "no file descriptor is left to this process (EMFILE); close connections, or raise its limit (ulimit -n)"
            }
            Shortage::SystemDescriptors => "no file descriptor is left on this machine (ENFILE)",
            Shortage::Ports => "no local port is left to connect from (EADDRNOTAVAIL); connections that were closed free theirs in a minute",
            Shortage::Memory => "no memory is left for another connection on this machine (ENOMEM or ENOBUFS)",
        })
    }
}

impl Shortage {
    /// What was short when no connection to `receiver` could be made; `None` where the reason lies elsewhere.
    pub(super) async fn behind(error: &(dyn Error + Send + Sync + 'static), receiver: &Uri) -> Option<Shortage> {
        let (mut no_address, mut unresolved) = (false, false);
        for cause in causes(error) {
            if let Some(error) = cause.downcast_ref::<io::Error>() {
                if let Some(shortage) = Shortage::of(error) {
                    return Some(shortage);
                }
                no_address |= error.kind() == io::ErrorKind::AddrNotAvailable;
            }
            unresolved |= matches!(cause.downcast_ref(), Some(Unresolved::Unknown { .. }));
        }
        if unresolved {
            // Not every resolver says that it could not open its files or a socket.
            return bind(Ipv4Addr::UNSPECIFIED.into()).err().and_then(|error| Shortage::of(&error));
        }
        (no_address && leads_to(receiver).await).then_some(Shortage::Ports)
    }

    /// Why nothing was sent, where it did not end.
    pub(super) fn of_no_end(self, waited: Duration) -> String {
        format!("not sent, and the receiver is not to blame: for {} s, {self}", waited.as_secs())
    }

    /// Whether `error` is one that comes of a shortage.
    pub(super) fn is_told_by(error: &(dyn Error + 'static)) -> bool {
        error.downcast_ref().and_then(Shortage::of).is_some()
    }

    fn of(error: &io::Error) -> Option<Shortage> {
        match error.raw_os_error()? {
            // EMFILE and ENFILE, the same on every Unix, and WSAEMFILE.
            24 | 10024 => Some(Shortage::Descriptors),
            23 => Some(Shortage::SystemDescriptors),
            // ENOBUFS of Linux, of the BSDs, and of Windows.
            105 | 55 | 10055 => Some(Shortage::Memory),
            _ if error.kind() == io::ErrorKind::OutOfMemory => Some(Shortage::Memory),
            _ => None,
        }
    }
}

/// Whether this machine has an address from which each address of `receiver` can be reached. One without IPv6 has none for `::1`, and says
/// so by the same word as one whose ports are all taken. UDP has ports of its own, and connecting sends nothing.
async fn leads_to(receiver: &Uri) -> bool {
    let Some(host) = receiver.host() else { return false };
    let Ok(mut addresses) = lookup_host((host.trim_matches(['[', ']']), 9)).await else { return false };
    addresses.all(has_way_to)
}

fn has_way_to(address: SocketAddr) -> bool {
    let any = if address.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
    bind(any).and_then(|socket| socket.connect(address)).is_ok()
}

fn bind(address: IpAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind((address, 0))
}

/// A wait for what is short, in real time. It has an end, as an advance waits for it.
pub(super) struct Wait {
    began: Instant,
    limit: Duration,
    pause: Duration,
}

impl Wait {
    pub(super) fn new(limit: Duration) -> Wait {
        Wait { began: timer_now(), limit, pause: FIRST_PAUSE }
    }

    /// How long it has been.
    pub(super) fn waited(&self) -> Duration {
        timer_now().saturating_duration_since(self.began)
    }

    /// Waits for a moment. Says whether it was not too long already.
    pub(super) async fn pause(&mut self) -> bool {
        let left = self.limit.saturating_sub(self.waited());
        if left.is_zero() {
            return false;
        }
        let _ = timeout(self.pause.min(left), pending::<()>()).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    async fn behind(code: i32, receiver: &str) -> Option<Shortage> {
        Shortage::behind(&io::Error::from_raw_os_error(code), &uri(receiver)).await
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_the_machine_lacks_is_told_from_what_the_receiver_does() {
        const EADDRNOTAVAIL: i32 = 99;
        let local = "http://127.0.0.1:9/";
        assert_eq!(behind(24, local).await, Some(Shortage::Descriptors));
        assert_eq!(behind(23, local).await, Some(Shortage::SystemDescriptors));
        assert_eq!(behind(12, local).await, Some(Shortage::Memory));
        assert_eq!(behind(105, local).await, Some(Shortage::Memory));
        assert_eq!(behind(EADDRNOTAVAIL, local).await, Some(Shortage::Ports));
        // Refused, reset, unreachable, timed out.
        for code in [111, 104, 113, 110] {
            assert_eq!(behind(code, local).await, None, "{code}");
        }
        // Documentation's addresses of a kind that no machine is given: there is no way, and no lack of ports.
        let nowhere = "http://[fe80::1]:9/";
        assert_eq!(has_way_to("[fe80::1]:9".parse().unwrap()), behind(EADDRNOTAVAIL, nowhere).await.is_some());
    }

    #[tokio::test]
    async fn a_name_that_nobody_knows_is_no_shortage() {
        let unknown = Unresolved::Unknown { host: "a".to_owned(), error: io::Error::other("nobody knows it") };
        assert_eq!(Shortage::behind(&unknown, &uri("http://a/")).await, None);
        let out = Unresolved::Unknown { host: "a".to_owned(), error: io::Error::from_raw_os_error(24) };
        assert_eq!(Shortage::behind(&out, &uri("http://a/")).await, Some(Shortage::Descriptors));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_has_an_end() {
        let mut wait = Wait::new(Duration::from_secs(30));
        let mut pauses = Vec::new();
        loop {
            let before = wait.waited();
            if !wait.pause().await {
                break;
            }
            pauses.push(wait.waited() - before);
        }
        assert_eq!(wait.waited().as_secs(), 30);
        assert_eq!(pauses[..3].iter().map(Duration::as_millis).collect::<Vec<_>>(), [50, 100, 200]);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE), "{pauses:?}");
        assert!(!Wait::new(Duration::ZERO).pause().await);
    }
}
