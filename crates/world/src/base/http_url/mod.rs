//! URLs that requests can be sent to, as people give them: parsed and written as the WHATWG URL standard says, so that a path that is not
//! ASCII is percent-encoded and a name that is not ASCII is Punycode. Every place that takes such a URL reads it here.
//!
//! What the standard would repair by guessing, and what would not be sent, is refused: a scheme without its two slashes, an empty host, a
//! user name, a fragment.

#[cfg(test)]
mod tests;

use url::{Host, ParseError, Url};

/// The longest that is taken, in bytes and as it is sent: what RFC 9110 asks every server to accept.
pub const MAX_LENGTH: usize = 8_000;

/// The longest label of a name, as DNS has it.
const LABEL: usize = 63;

/// Why a text is none: what is wrong and what to do, without the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnHttpUrl(pub &'static str);

const MALFORMED: NotAnHttpUrl = NotAnHttpUrl("it is not a URL; give one such as https://example.com/webhooks");
const SCHEME: NotAnHttpUrl = NotAnHttpUrl("it must start with http:// or https://");
const EMPTY_HOST: NotAnHttpUrl = NotAnHttpUrl("it has no host");
const FRAGMENT: NotAnHttpUrl = NotAnHttpUrl("a fragment is never sent; leave out the # and what follows it");
const USER_INFO: NotAnHttpUrl =
    NotAnHttpUrl("a user name or password would not be sent; leave out what stands before the @");
const HOST: NotAnHttpUrl =
    NotAnHttpUrl("its host must be a name of letters, digits, - and _, parted by dots, or an IP address");
const IPV4: NotAnHttpUrl = NotAnHttpUrl("its host is a number but no IPv4 address; write four decimal numbers");
const IPV6: NotAnHttpUrl =
    NotAnHttpUrl("its host is no IPv6 address; write one such as [::1], without a zone such as %eth0");
const PORT: NotAnHttpUrl = NotAnHttpUrl("its port must be a number from 1 to 65535");
const TOO_LONG: NotAnHttpUrl = NotAnHttpUrl("it is longer than 8,000 bytes");

/// Reads a URL of `http` or `https`.
pub fn parse(text: &str) -> Result<Url, NotAnHttpUrl> {
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => SCHEME,
        ParseError::EmptyHost => EMPTY_HOST,
        ParseError::InvalidPort => PORT,
        ParseError::InvalidIpv4Address => IPV4,
        ParseError::InvalidIpv6Address => IPV6,
        ParseError::IdnaError | ParseError::InvalidDomainCharacter => HOST,
        _ => MALFORMED,
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SCHEME);
    }
    let authority = authority(text).ok_or(SCHEME)?;
    // Most likely a variable that was empty: http://$HOST/hooks. The standard would take the path for the host.
    if authority.chars().all(is_passed_over) {
        return Err(EMPTY_HOST);
    }
    if authority.contains('@') {
        return Err(USER_INFO);
    }
    if url.fragment().is_some() {
        return Err(FRAGMENT);
    }
    if url.port() == Some(0) {
        return Err(PORT);
    }
    match url.host() {
        Some(Host::Domain(name)) if !is_name(name) => return Err(HOST),
        Some(_) => {}
        None => return Err(EMPTY_HOST),
    }
    if url.as_str().len() > MAX_LENGTH { Err(TOO_LONG) } else { Ok(url) }
}

/// What stands between the two slashes and the path, as it was given; `None` where there are no two slashes.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    Some(rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest))
}

/// Whether the standard takes a letter for not there, wherever it stands.
fn is_passed_over(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r')
}

/// Whether it is a name that DNS can have, in ASCII. It may end with a dot.
fn is_name(name: &str) -> bool {
    name.strip_suffix('.').unwrap_or(name).split('.').all(|label| {
        (1..=LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}

/// A text without the user name and password that it may hold, so that no log shows them.
pub fn without_user_info(text: &str) -> String {
    let start = text.find("//").map_or(0, |at| at + "//".len());
    let end = text[start..].find(['/', '\\', '?', '#']).map_or(text.len(), |length| start + length);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}…{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}
