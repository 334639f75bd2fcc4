//! Origins: where a web page comes from, as browsers name it in the `Origin` header.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Scheme;

/// Scheme, host and port of a page, in lower case, the port left out where it is the scheme's own: `http://localhost:3000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnOrigin(&'static str);

const MALFORMED: NotAnOrigin = NotAnOrigin("it is not a URL");
const SCHEME: NotAnOrigin = NotAnOrigin("it must start with http:// or https://");
const USER_INFO: NotAnOrigin = NotAnOrigin("an origin has no user name and no password");
const PATH: NotAnOrigin = NotAnOrigin("an origin has nothing after host and port, not even a slash");
const PORT: NotAnOrigin = NotAnOrigin("its port must be a number from 1 to 65535");

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotAnOrigin {}

impl Origin {
    /// The host, in lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a server that was addressed as `host` (and `port`, where one was named) is where the page comes from.
    pub fn is_served_by(&self, host: &str, port: Option<u16>) -> bool {
        self.host.eq_ignore_ascii_case(host) && self.port == port.unwrap_or(default_port(self.is_https))
    }
}

const fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Origin, NotAnOrigin> {
        let uri: Uri = text.parse().map_err(|_| MALFORMED)?;
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err(SCHEME),
        };
        let authority = uri.authority().ok_or(MALFORMED)?;
        if authority.as_str().contains('@') {
            return Err(USER_INFO);
        }
        // `Uri` drops a fragment and adds a slash without a word, so the text itself is looked at.
        if text.split_once("://").is_none_or(|(_, rest)| rest != authority.as_str()) {
            return Err(PATH);
        }
        let host = authority.host();
        let port = match authority.as_str()[host.len()..].strip_prefix(':') {
            None => default_port(is_https),
            Some(digits) => digits.parse().ok().filter(|port| *port > 0).ok_or(PORT)?,
        };
        if host.is_empty() { Err(MALFORMED) } else { Ok(Origin { is_https, host: host.to_ascii_lowercase(), port }) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default_port(self.is_https) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (given, written) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("HTTP://LocalHost:80", "http://localhost"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("https://app.example.com:80", "https://app.example.com:80"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://127.0.0.1", "http://127.0.0.1"),
        ] {
            assert_eq!(given.parse::<Origin>().unwrap().to_string(), written, "{given}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_the_reason() {
        for (text, why) in [
            ("", MALFORMED),
            ("null", SCHEME),
            ("localhost:3000", SCHEME),
            ("ftp://localhost", SCHEME),
            ("//localhost", SCHEME),
            ("http://", MALFORMED),
            ("http:// a", MALFORMED),
            ("http://me@localhost", USER_INFO),
            ("http://localhost/", PATH),
            ("http://localhost/app", PATH),
            ("http://localhost?a=b", PATH),
            ("http://localhost#top", PATH),
            ("http://localhost/localhost", PATH),
            ("http://localhost:0", PORT),
            ("http://localhost:65536", PORT),
            ("http://localhost:", PORT),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn a_server_serves_its_own_pages_whether_or_not_it_names_the_port() {
        let is_served = |origin: &str, host, port| origin.parse::<Origin>().unwrap().is_served_by(host, port);
        assert!(is_served("http://mock:2565", "MOCK", Some(2565)));
        assert!(is_served("http://mock", "mock", None));
        assert!(is_served("http://mock", "mock", Some(80)));
        assert!(is_served("https://mock", "mock", None));
        assert!(is_served("https://mock", "mock", Some(443)));
        assert!(!is_served("http://mock", "mock", Some(2565)));
        assert!(!is_served("http://mock:2565", "mock", None));
        assert!(!is_served("http://mock", "other", None));
    }
}
