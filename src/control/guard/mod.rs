//! The guard of the control API against web pages.
//!
//! A browser on the developer's machine reaches the server too, and so does every page that it shows. Two things give a page away:
//! the headers that browsers add and pages cannot forge (`Origin`, `Sec-Fetch-Site`), and, where a page has pointed a name of its
//! own at this machine (DNS rebinding), that name in `Host`. Whatever is no browser sends none of these, and is let through.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};

use akol_mock_world::base::quoted::Quoted;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, StatusCode};

use crate::config::Settings;
use crate::dialect::refusal::Refusal;
use crate::http::cors::{Cors, origin};
use crate::http::request::Request;
use crate::http::response::Reply;
use crate::origin::Origin;

/// The headers of an answer that a page may read, beside those that it always may.
const EXPOSED: &str = "x-request-id, x-akol-workspace, date, allow, www-authenticate, accept-encoding";

/// Top-level names that nobody on the Internet can register: what is under them is the user's own network.
const OWN_NETWORK: [&str; 5] = ["localhost", "local", "internal", "test", "svc"];

/// Decides which requests go on to the control API.
#[derive(Debug)]
pub struct Guard {
    /// The pages that are let in beside the server's own.
    pages: Cors,
}

impl Guard {
    /// A guard that lets in pages of [`Settings::admin_origins`].
    pub fn new(settings: &Settings) -> Guard {
        Guard { pages: Cors::new(&settings.admin_origins, EXPOSED) }
    }

    /// Lets the request in, or says with a 403 why not and how to change that.
    pub fn admit(&self, request: &Request) -> Result<(), Refusal> {
        if self.pages.lets_all_in() {
            return Ok(());
        }
        let host = Host::of(request)?;
        self.check_host(&host)?;
        match origin(request) {
            Some(origin) => self.check_origin(origin, &host),
            None => check_site(request),
        }
    }

    /// The answer to a browser that asks, ahead of a request, whether a page of an allowed origin may make it; see [`Cors::preflight`].
    pub fn preflight(&self, request: &Request) -> Option<Reply> {
        self.pages.preflight(request).filter(|_| self.admit(request).is_ok())
    }

    /// Gives a reply the headers that let a page of an allowed origin read it. For every reply to a control request, refusals too.
    pub fn share(&self, request: &Request, reply: &mut Reply) {
        self.pages.share(request, reply);
    }

    /// Whether the server was addressed by a name that only its user can have given it.
    fn check_host(&self, host: &Host<'_>) -> Result<(), Refusal> {
        let is_allowed = || self.pages.allowed().iter().any(|origin| origin.host().eq_ignore_ascii_case(host.name));
        if host.is_own() || is_allowed() {
            return Ok(());
        }
        Err(forbidden(format!(
            "Host is {}, a name to which a web page might have lured a browser; the control API answers to IP addresses, \
             names without a dot and names under .localhost, .local, .internal, .test and .svc. If the name is yours, start \
             the server with --admin-origin http://{}",
            Quoted(host.text),
            shortened(host.text)
        )))
    }

    fn check_origin(&self, origin: &HeaderValue, host: &Host<'_>) -> Result<(), Refusal> {
        let text = origin.to_str().unwrap_or_default();
        let parsed = text.parse::<Origin>();
        let is_own = parsed.as_ref().is_ok_and(|origin| origin.is_served_by(host.name, host.port));
        if is_own || self.pages.allows(origin) {
            return Ok(());
        }
        let shown = Quoted(text);
        let remedy = match parsed {
            Ok(origin) => {
                format!("to let them, start the server with --admin-origin {}", shortened(&origin.to_string()))
            }
            Err(_) => "only --admin-origin \"*\", which lets in all pages, would let them".to_owned(),
        };
        Err(forbidden(format!("Web pages of origin {shown} may not use the control API; {remedy}")))
    }
}

/// Whether a request without an `Origin` comes from no page, or from one of the server's own, or is a link that somebody follows.
fn check_site(request: &Request) -> Result<(), Refusal> {
    let is_foreign = matches!(request.header("sec-fetch-site"), Some("cross-site" | "same-site"));
    let is_link = request.method == Method::GET && request.header("sec-fetch-mode") == Some("navigate");
    if !is_foreign || is_link {
        return Ok(());
    }
    Err(forbidden(
        "A web page of another origin may not use the control API; to let it, start the server with --admin-origin and its \
         origin, and let the page ask with CORS",
    ))
}

fn forbidden(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, message)
}

/// How the server was addressed.
struct Host<'a> {
    /// The whole header.
    text: &'a str,
    /// Without the port.
    name: &'a str,
    port: Option<u16>,
}

impl Host<'_> {
    /// What `Host` says. Where there is none, which no browser does, the empty name.
    fn of(request: &Request) -> Result<Host<'_>, Refusal> {
        let malformed = || forbidden("Host is malformed, must be a host and, if there is one, a port");
        let text = match request.headers.get(HOST) {
            Some(host) => host.to_str().map_err(|_| malformed())?,
            None => "",
        };
        let end_of_name = if text.starts_with('[') { text.find(']').map(|end| end + 1) } else { text.find(':') };
        let (name, port) = text.split_at(end_of_name.unwrap_or(text.len()));
        let port = match port.strip_prefix(':') {
            Some("") => None,
            Some(digits) => Some(digits.parse().map_err(|_| malformed())?),
            None if port.is_empty() => None,
            None => return Err(malformed()),
        };
        Ok(Host { text, name, port })
    }

    /// Whether no stranger can have chosen that name: it is an address, or is looked up nowhere but on the user's own network.
    fn is_own(&self) -> bool {
        if let Some(bracketed) = self.name.strip_prefix('[') {
            return bracketed.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
        }
        let name = self.name.strip_suffix('.').unwrap_or(self.name);
        let top = name.rsplit_once('.').map(|(_, top)| top);
        let is_of_own_network = |top: &str| OWN_NETWORK.iter().any(|own| own.eq_ignore_ascii_case(top));
        top.is_none_or(is_of_own_network) || name.parse::<Ipv4Addr>().is_ok()
    }
}

/// The beginning of a text that may be long. A header that is a text is ASCII, so it can be cut anywhere.
fn shortened(text: &str) -> &str {
    const SHOWN: usize = 80;
    text.get(..SHOWN).unwrap_or(text)
}
