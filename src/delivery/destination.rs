//! Where deliveries go: a URL, taken apart once for all that go there.

use akol_mock_world::account::settings::Profile;
use akol_mock_world::webhooks::url::WebhookUrl;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::{PathAndQuery, Scheme};

use super::pool::Origin;

/// See the module.
pub(super) struct Destination {
    /// All of it.
    pub(super) url: Uri,
    /// The connections that lead there.
    pub(super) origin: Origin,
    /// What the receiver is asked for.
    pub(super) path: Uri,
    /// What the receiver is called.
    pub(super) host: HeaderValue,
}

impl Destination {
    /// Takes a URL apart that `profile` lets events be sent to; else says why nothing can be sent there.
    pub(super) fn parse(text: &str, profile: Profile) -> Result<Destination, String> {
        // The resolver judges names, and a literal address is connected to without asking it.
        let url = WebhookUrl::parse(text, profile).map_err(|refusal| refusal.to_string())?;
        let url: Uri = url.as_str().parse().map_err(|error| format!("its URL is none: {error}"))?;
        Destination::take_apart(url).ok_or_else(|| "its URL is none: it names no host".to_owned())
    }

    /// `None` for what is no URL of a receiver.
    pub(super) fn take_apart(url: Uri) -> Option<Destination> {
        let scheme = url.scheme()?.clone();
        let authority = url.authority()?.clone();
        let usual = if scheme == Scheme::HTTPS { 443 } else { 80 };
        let host = match url.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        let path = url.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Some(Destination {
            path: Uri::from(path),
            host: HeaderValue::try_from(host).ok()?,
            origin: (scheme, authority),
            url,
        })
    }
}

/// That URL without its query, which may hold a secret of the receiver's that does not belong in a log.
pub(super) fn without_query(url: &str) -> String {
    let Ok(url) = url.parse::<Uri>() else { return String::new() };
    let scheme = url.scheme_str().unwrap_or_default();
    let host = url.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{host}{}", url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_path_and_host_as_the_url_does_in_ascii() {
        for (url, path, host) in [
            ("http://127.0.0.1:9/h\u{f6}rer?n=\u{e9}", "/h%C3%B6rer?n=%C3%A9", "127.0.0.1:9"),
            ("https://B\u{fc}cher.example/a/../b", "/b", "xn--bcher-kva.example"),
            ("https://example.com:443", "/", "example.com"),
            ("http://example.com:443", "/", "example.com:443"),
            ("http://example.com:80?a=b c", "/?a=b%20c", "example.com"),
            ("http://[0:0::1]:80/", "/", "[::1]"),
            ("http://[::1]:8080/", "/", "[::1]:8080"),
            ("http://127.1/", "/", "127.0.0.1"),
        ] {
            let destination = Destination::parse(url, Profile::Lenient).unwrap();
            assert_eq!(
                (destination.path.to_string().as_str(), destination.host.to_str().unwrap()),
                (path, host),
                "{url}"
            );
        }
    }
}
