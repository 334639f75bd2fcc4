//! Says in plain words why a receiver gave no answer.

use std::error::Error;
use std::io;
use std::iter::successors;

use rustls::{CertificateError, InvalidMessage};

use super::resolver::Unresolved;

/// The reason that `error` gives, somewhere along its chain of causes; the last cause's own words where none is known.
pub(super) fn explain(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    for link in successors(Some(error), |link| cause(*link)) {
        if let Some(words) = words(link) {
            return words;
        }
        last = link;
    }
    last.to_string()
}

/// Whether nobody listens where a connection was to lead.
pub(super) fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let is_refused = |link: &(dyn Error + 'static)| {
        link.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    successors(Some(error), |link| cause(*link)).any(is_refused)
}

/// What `error` came from. An I/O error names as its source the source of what it wraps, and skips that itself.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn words(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(unresolved) = error.downcast_ref::<Unresolved>() {
        return Some(unresolved.to_string());
    }
    if let Some(error) = error.downcast_ref::<hyper::http::Error>() {
        return Some(format!("the request cannot be sent: {error}"));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return of_http(error).map(str::to_owned);
    }
    error.downcast_ref::<io::Error>().and_then(|error| of_io(error.kind())).map(str::to_owned)
}

const CLOSED: &str = "closed the connection without an answer";

/// What hyper says of a server that does not wait for a request, as those of mail and SSH; it has no other sign of it.
const SPOKE_FIRST: &str = "received unexpected message from connection";

fn of_http(error: &hyper::Error) -> Option<&'static str> {
    if error.is_parse_too_large() {
        Some("answered with headers that are too long")
    } else if error.is_parse() || error.to_string() == SPOKE_FIRST {
        Some("answered with something that is not HTTP")
    } else if error.source().is_some_and(|source| source.is::<hyper::Error>()) {
        // The connection failed before the request was sent on it, and what failed it tells more.
        None
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Some(CLOSED)
    } else {
        None
    }
}

fn of_io(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind::*;
    match kind {
        ConnectionRefused => Some("connection refused"),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => Some(CLOSED),
        HostUnreachable | NetworkUnreachable => Some("cannot be reached from this machine"),
        TimedOut => Some("connection timed out"),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(reason) => format!("certificate not trusted: {}", of_certificate(reason)),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "answered with something that is not TLS; is it http:// rather than https://?".to_owned()
        }
        other => format!("TLS failed: {other}"),
    }
}

fn of_certificate(reason: &CertificateError) -> String {
    match reason {
        // A bad signature comes of a root that bears the issuer's name, and is another.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no known root vouches for it; name its CA in SSL_CERT_FILE, a PEM file".to_owned()
        }
        // What `openssl req -x509` makes unless told otherwise. rustls has no variant for it, only the verifier's word.
        CertificateError::Other(other) if other.0.to_string() == "CaUsedAsEndEntity" => {
            "it is a CA's and not a server's; make it anew with basicConstraints=CA:FALSE".to_owned()
        }
        other => other.to_string(),
    }
}
