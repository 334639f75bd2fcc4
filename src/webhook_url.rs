//! Where events are sent: a URL that has been found fit to receive them.

mod public;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;
use hyper::http::uri::Scheme;

use crate::config::Profile;
pub use public::is_public;

/// A URL that may receive events under the profile it was parsed for.
///
/// Every profile wants `http` or `https`, a host, and a port of 1 to 65535 where one is given. A user name, a password
/// or a fragment is refused, since none of them would be sent. [`Profile::Production`] also wants `https`, and no host
/// that is known to be private; what a name resolves to is judged when something is sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(Uri);

impl WebhookUrl {
    /// Reads `text`, and judges it by [`check`].
    pub fn parse(text: &str, profile: Profile) -> Result<WebhookUrl, NotAWebhookUrl> {
        let refused = |why| NotAWebhookUrl::new(text, why);
        // `Uri` drops a fragment without a word, so this is the last place that sees one.
        if text.contains('#') {
            return Err(refused(FRAGMENT));
        }
        let uri: Uri = text.parse().map_err(|_| refused(MALFORMED))?;
        judge(&uri, profile).map_err(refused)?;
        Ok(WebhookUrl(uri))
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not a URL that may receive events: a sentence that names what was given and what is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAWebhookUrl {
    given: String,
    why: &'static str,
}

impl NotAWebhookUrl {
    fn new(given: &str, why: &'static str) -> NotAWebhookUrl {
        let given = if why == USER_INFO { without_user_info(given) } else { given.to_owned() };
        NotAWebhookUrl { given, why }
    }

    /// What is wrong with it, without what was given.
    pub fn why(&self) -> &'static str {
        self.why
    }
}

impl fmt::Display for NotAWebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot receive webhooks: {}", self.given, self.why)
    }
}

impl std::error::Error for NotAWebhookUrl {}

const MALFORMED: &str = "it is not a URL; give one such as https://example.com/webhooks";
const FRAGMENT: &str = "a fragment is never sent; leave out the # and what follows it";
const USER_INFO: &str = "a user name or password would not be sent; leave out what stands before the @";
const SCHEME: &str = "it must start with http:// or https://";
const HOST: &str = "its host must be a name of letters, digits, - and _, parted by dots, or an IP address";
const ADDRESS: &str = "its host is a number in an unusual form; write an IPv4 address as four decimal numbers";
const PORT: &str = "its port must be a number from 1 to 65535";
const NOT_HTTPS: &str = "the production profile sends to https:// only";
const NOT_PUBLIC: &str = "the production profile sends to public addresses only";
const LOCAL_NAME: &str = "the production profile sends to public hosts only, not to localhost, .local or .internal";

/// The names that never lead out of the machine or its network, each with all names under it.
const LOCAL_NAMES: [&str; 3] = ["localhost", "local", "internal"];

/// Whether events may be sent to `uri` under `profile`: the part of [`WebhookUrl::parse`] that follows the reading.
pub fn check(uri: &Uri, profile: Profile) -> Result<(), NotAWebhookUrl> {
    judge(uri, profile).map_err(|why| NotAWebhookUrl::new(&uri.to_string(), why))
}

fn judge(uri: &Uri, profile: Profile) -> Result<(), &'static str> {
    let https = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => false,
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        _ => return Err(SCHEME),
    };
    let authority = uri.authority().ok_or(HOST)?;
    if authority.as_str().contains('@') {
        return Err(USER_INFO);
    }
    let host = Host::read(authority.host())?;
    let port = &authority.as_str()[authority.host().len()..];
    if !port.is_empty() && !is_port(port) {
        return Err(PORT);
    }
    match (profile, host) {
        (Profile::Lenient, _) => Ok(()),
        (Profile::Production, _) if !https => Err(NOT_HTTPS),
        (Profile::Production, Host::Address(address)) if !is_public(address) => Err(NOT_PUBLIC),
        (Profile::Production, Host::Name(name)) if is_local(&name) => Err(LOCAL_NAME),
        (Profile::Production, _) => Ok(()),
    }
}

/// What stands between `://` and the port.
enum Host {
    Address(IpAddr),
    /// In lower case, without the dot that may end it.
    Name(String),
}

impl Host {
    fn read(text: &str) -> Result<Host, &'static str> {
        if let Some(bracketed) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return bracketed.parse::<Ipv6Addr>().map(|address| Host::Address(address.into())).map_err(|_| HOST);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Host::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or(&name);
        if !name.split('.').all(is_label) {
            Err(HOST)
        } else if is_number(last) {
            // System resolvers read `127.1`, `0x7f.1` and `2130706433` as addresses. Nobody else should have to.
            Err(ADDRESS)
        } else {
            Ok(Host::Name(name))
        }
    }
}

fn is_label(text: &str) -> bool {
    // 63 is the most that DNS allows.
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a label of a name, in lower case, is a decimal or hexadecimal number.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn is_port(text: &str) -> bool {
    let number = text.strip_prefix(':').and_then(|digits| digits.parse::<u16>().ok());
    number.is_some_and(|port| port > 0)
}

fn is_local(name: &str) -> bool {
    LOCAL_NAMES.iter().any(|local| name.strip_suffix(local).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// The text of a URL with its user name and password taken out, so that no log shows them.
fn without_user_info(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let end = text[start..].find(['/', '?']).map_or(text.len(), |length| start + length);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}…{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}
