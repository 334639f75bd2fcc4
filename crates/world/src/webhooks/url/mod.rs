//! Where events are sent: a URL that has been found fit to receive them.

mod public;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::account::settings::Profile;
use crate::base::http_url;
use crate::base::http_url::NotAnHttpUrl;
pub use public::is_public;

/// A URL that may receive events under the profile it was parsed for, as it is written after parsing: see [`crate::base::http_url`].
///
/// [`Profile::Production`] wants `https`, and no host that is known to be private; what a name resolves to is judged when something is sent
/// to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// Reads `text`, and judges it.
    pub fn parse(text: &str, profile: Profile) -> Result<WebhookUrl, NotAWebhookUrl> {
        let refused = |why| NotAWebhookUrl::new(text, why);
        let url = http_url::parse(text).map_err(|NotAnHttpUrl(why)| refused(why))?;
        judge(&url, profile).map_err(refused)?;
        Ok(WebhookUrl(url))
    }

    /// As it is written after parsing.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
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
        NotAWebhookUrl { given: http_url::without_user_info(given), why }
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

const NOT_HTTPS: &str = "the production profile sends to https:// only";
const NOT_PUBLIC: &str = "the production profile sends to public addresses only";
const LOCAL_NAME: &str = "the production profile sends to public hosts only, not to localhost, .local or .internal";

/// The names that never lead out of the machine or its network, each with all names under it.
const LOCAL_NAMES: [&str; 3] = ["localhost", "local", "internal"];

/// Whether the profile lets events be sent there.
fn judge(url: &Url, profile: Profile) -> Result<(), &'static str> {
    if profile == Profile::Lenient {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err(NOT_HTTPS);
    }
    let is_private = |address: IpAddr| !is_public(address);
    match url.host() {
        Some(Host::Ipv4(address)) if is_private(address.into()) => Err(NOT_PUBLIC),
        Some(Host::Ipv6(address)) if is_private(address.into()) => Err(NOT_PUBLIC),
        Some(Host::Domain(name)) if is_local(name.strip_suffix('.').unwrap_or(name)) => Err(LOCAL_NAME),
        _ => Ok(()),
    }
}

fn is_local(name: &str) -> bool {
    LOCAL_NAMES.iter().any(|local| name.strip_suffix(local).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}
