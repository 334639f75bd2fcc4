//! Says in plain words why a receiver gave no answer.

use std::error::Error;
use std::io;
use std::iter::successors;

use hyper::Uri;
use hyper::http::uri::Scheme;
use rustls::{CertificateError, InvalidMessage};

use super::hint::{self, Hint};
use super::resolver::Unresolved;
use super::trust::Distrusted;

/// Why there was no answer, and what may help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) why: String,
    pub(super) hint: Option<Hint>,
}

impl Failure {
    fn of(why: impl Into<String>, hint: Option<Hint>) -> Failure {
        Failure { why: why.into(), hint }
    }
}

/// The reason that `error` gives, somewhere along its chain of causes; the last cause's own words where none is known.
pub(super) fn explain(error: &(dyn Error + 'static), receiver: &Uri) -> Failure {
    let mut last = error;
    for link in causes(error) {
        if let Some(failure) = words(link, receiver) {
            return failure;
        }
        last = link;
    }
    Failure::of(last.to_string(), None)
}

/// `error`, what it came from, what that came from, and so on.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |link| cause(*link))
}

/// Whether nobody listens where a connection was to lead.
pub(super) fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let is_refused = |link: &(dyn Error + 'static)| {
        link.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    causes(error).any(is_refused)
}

/// What `error` came from. An I/O error names as its source the source of what it wraps, and skips that itself.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn words(error: &(dyn Error + 'static), receiver: &Uri) -> Option<Failure> {
    if let Some(unresolved) = error.downcast_ref::<Unresolved>() {
        let hint = match unresolved {
            Unresolved::Unknown { host, .. } => Some(hint::of_unknown_name(host)),
            Unresolved::NotPublic { .. } => None,
        };
        return Some(Failure::of(unresolved.to_string(), hint));
    }
    if let Some(error) = error.downcast_ref::<hyper::http::Error>() {
        return Some(Failure::of(format!("the request cannot be sent: {error}"), None));
    }
    if let Some(Distrusted { error, problems }) = error.downcast_ref::<Distrusted>() {
        let Failure { why, hint } = explain(&**error, receiver);
        return Some(Failure::of(format!("{why}; {problems}"), hint));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return of_http(error, receiver);
    }
    error.downcast_ref::<io::Error>().and_then(|error| of_io(error.kind(), receiver))
}

/// What hyper says of a server that does not wait for a request, as those of mail and SSH; it has no other sign of it.
const SPOKE_FIRST: &str = "received unexpected message from connection";

fn of_http(error: &hyper::Error, receiver: &Uri) -> Option<Failure> {
    if error.is_parse_too_large() {
        Some(Failure::of("answered with headers that are too long", None))
    } else if error.is_parse() || error.to_string() == SPOKE_FIRST {
        Some(Failure::of("answered with something that is not HTTP", is_plain(receiver).then_some(hint::OF_NOT_HTTP)))
    } else if error.source().is_some_and(|source| source.is::<hyper::Error>()) {
        // The connection failed before the request was sent on it, and what failed it tells more.
        None
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Some(closed(receiver))
    } else {
        None
    }
}

fn closed(receiver: &Uri) -> Failure {
    Failure::of("closed the connection without an answer", is_plain(receiver).then_some(hint::OF_CLOSED))
}

fn is_plain(receiver: &Uri) -> bool {
    receiver.scheme() == Some(&Scheme::HTTP)
}

fn of_io(kind: io::ErrorKind, receiver: &Uri) -> Option<Failure> {
    use io::ErrorKind::*;
    match kind {
        ConnectionRefused => Some(Failure::of("connection refused", Some(hint::of_refused(receiver)))),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => Some(closed(receiver)),
        HostUnreachable | NetworkUnreachable => Some(Failure::of("cannot be reached from this machine", None)),
        AddrNotAvailable => {
            Some(Failure::of("cannot be reached from this machine: it has no address of this kind", None))
        }
        TimedOut => Some(Failure::of("connection timed out", None)),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(reason) => of_certificate(reason),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Failure::of("answered with something that is not TLS; is it http:// rather than https://?", None)
        }
        other => Failure::of(format!("TLS failed: {other}"), None),
    }
}

fn of_certificate(reason: &CertificateError) -> Failure {
    let (why, hint) = match reason {
        // A bad signature comes of a root that bears the issuer's name, and is another.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            ("no known root vouches for it; name its CA in SSL_CERT_FILE, a PEM file".to_owned(), None)
        }
        // What `openssl req -x509` makes unless told otherwise. rustls has no variant for it, only the verifier's word.
        CertificateError::Other(other) if other.0.to_string() == "CaUsedAsEndEntity" => {
            ("it is a CA's and not a server's; make it anew with basicConstraints=CA:FALSE".to_owned(), None)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            (reason.to_string(), Some(hint::OF_OTHER_NAME))
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => (reason.to_string(), Some(hint::OF_OTHER_TIME)),
        other => (other.to_string(), None),
    };
    Failure::of(format!("certificate not trusted: {why}"), hint)
}
