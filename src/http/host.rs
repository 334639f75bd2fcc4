//! The host that a request is for, as RFC 9110 section 7.2 and RFC 9112 section 3.2 have it: in `Host`, in a target in absolute form, and in
//! `:authority` of HTTP/2. All that looks at a host looks at `Host`, so there the one that counts is written.

use std::net::Ipv6Addr;

use hyper::Version;
use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Parts;

use super::head;

/// Writes into `Host` the host that counts.
///
/// In HTTP/1 that of a target in absolute form goes before `Host`, which proxies leave as it is. It does not make up for a `Host` that is
/// missing, given twice or malformed, which stays as it is and is refused. In HTTP/2 it is `:authority`; where the client has sent another
/// `Host`, it has sent two, and where it has sent two `Host`s, that is what is wrong.
pub fn settle(parts: &mut Parts) {
    let Some(authority) = parts.uri.authority() else { return };
    let Ok(named) = HeaderValue::from_str(authority.as_str()) else { return };
    let mut given = parts.headers.get_all(HOST).iter();
    let given = (given.next(), given.next());
    if parts.version == Version::HTTP_2 {
        match given {
            (None, _) => drop(parts.headers.insert(HOST, named)),
            (Some(only), None) if *only != named => {
                parts.headers.append(HOST, named);
                parts.extensions.insert(head::contradicting_host());
            }
            _ => {}
        }
        return;
    }
    let is_right = match given {
        (Some(only), None) => is_valid(only.as_bytes()),
        (None, _) => parts.version < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    };
    if is_right && parts.uri.scheme().is_some() {
        parts.headers.insert(HOST, named);
    }
}

/// Whether that is what `Host` may say: a name or an address and, where there is one, a port; or nothing at all.
pub fn is_valid(host: &[u8]) -> bool {
    let (name, port) = match host {
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            if !is_ip_literal(&rest[..end]) {
                return false;
            }
            (&[][..], &rest[end + 1..])
        }
        _ => host.split_at(host.iter().position(|byte| *byte == b':').unwrap_or(host.len())),
    };
    is_name(name) && is_port(port)
}

/// Nothing, or a colon and perhaps a port.
fn is_port(port: &[u8]) -> bool {
    let Some((b':', digits)) = port.split_first() else { return port.is_empty() };
    // Leading zeros change nothing.
    let number = digits.iter().try_fold(0_u32, |number, digit| match digit {
        b'0'..=b'9' => Some(number * 10 + u32::from(digit - b'0')).filter(|number| *number <= u16::MAX.into()),
        _ => None,
    });
    number.is_some()
}

/// RFC 3986's `reg-name`, which IPv4 addresses are, too.
fn is_name(name: &[u8]) -> bool {
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        let is_right = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => true,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
            b'%' => (0..2).all(|_| bytes.next().is_some_and(u8::is_ascii_hexdigit)),
            _ => false,
        };
        if !is_right {
            return false;
        }
    }
    true
}

/// What may stand in brackets: an address of version 6, or of one that is yet to come.
fn is_ip_literal(address: &[u8]) -> bool {
    if let [b'v' | b'V', rest @ ..] = address {
        let Some(dot) = rest.iter().position(|byte| *byte == b'.') else { return false };
        let (version, rest) = (&rest[..dot], &rest[dot + 1..]);
        let is_colon_or_name = |byte: &u8| *byte == b':' || (*byte != b'%' && is_name(std::slice::from_ref(byte)));
        return !version.is_empty()
            && version.iter().all(u8::is_ascii_hexdigit)
            && !rest.is_empty()
            && rest.iter().all(is_colon_or_name);
    }
    std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for host in [
            "",
            "localhost",
            "localhost:2565",
            "my_service:80",
            "a.b.c.",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:2565",
            "host:",
            ":80",
            "xn--bcher-kva.example",
            "a%20b",
            "[v1.a:b]:1",
            "h:00080",
            "h:65535",
        ] {
            assert!(is_valid(host.as_bytes()), "{host:?}");
        }
        for host in [
            "a b",
            "a/b",
            "a:b",
            "a:80:80",
            "http://a",
            "me@a",
            "a,b c",
            "[::1",
            "::1",
            "[::1]x",
            "[localhost]",
            "[]",
            "a%2",
            "a%zz",
            "a:-1",
            "a:+1",
            "a:65536",
            "a:99999999999999999999",
            "é",
            "a\tb",
            "\"a\"",
            "a?b",
            "a#b",
            "[v.a]",
            "[v1.]",
            "a\\b",
        ] {
            assert!(!is_valid(host.as_bytes()), "{host:?}");
        }
    }

    /// The hosts after all, for a request with that target and those hosts.
    fn settled(version: Version, target: &str, hosts: &[&str]) -> Vec<String> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        settle(&mut parts);
        parts.headers.get_all(HOST).iter().map(|host| host.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        assert_eq!(settled(Version::HTTP_11, "http://b:1/x", &["a"]), ["b:1"]);
        assert_eq!(settled(Version::HTTP_10, "http://b/x", &[]), ["b"]);
        assert_eq!(settled(Version::HTTP_11, "/x", &["a"]), ["a"]);
        // What is wrong stays wrong.
        assert!(settled(Version::HTTP_11, "http://b/x", &[]).is_empty());
        assert_eq!(settled(Version::HTTP_11, "http://b/x", &["a", "b"]), ["a", "b"]);
        assert_eq!(settled(Version::HTTP_11, "http://b/x", &["a b"]), ["a b"]);
        // The target of CONNECT names no host of this server's.
        assert_eq!(settled(Version::HTTP_11, "b:443", &["a"]), ["a"]);
    }

    #[test]
    fn in_http_2_the_authority_is_the_host() {
        assert_eq!(settled(Version::HTTP_2, "http://b/x", &[]), ["b"]);
        assert_eq!(settled(Version::HTTP_2, "http://b/x", &["b"]), ["b"]);
        assert_eq!(settled(Version::HTTP_2, "http://b/x", &["a"]), ["a", "b"]);
        for two in [["a", "a"], ["b", "b"], ["a", "b"]] {
            assert_eq!(settled(Version::HTTP_2, "http://b/x", &two), two, "they are what is wrong");
        }
    }
}
