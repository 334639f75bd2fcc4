//! The head of a request that hyper has taken, and what is wrong with it all the same.

use hyper::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, DATE,
    EXPECT, FROM, HOST, HeaderName, IF_MODIFIED_SINCE, IF_RANGE, IF_UNMODIFIED_SINCE, MAX_FORWARDS, ORIGIN,
    PROXY_AUTHORIZATION, RANGE, REFERER, TRANSFER_ENCODING, USER_AGENT,
};
use hyper::http::uri::Scheme;
use hyper::{HeaderMap, Method, StatusCode, Uri};

use super::malformed::{Malformed, content_lengths, shown, transfer_codings};

/// The headers of a request that may stand once, by the RFCs that have them and by what this server and Akol make of them. Those whose value is
/// a list may stand more than once: the lists are one then.
const ONCE: [HeaderName; 24] = [
    AUTHORIZATION,
    CONTENT_LOCATION,
    CONTENT_RANGE,
    CONTENT_TYPE,
    DATE,
    FROM,
    HOST,
    IF_MODIFIED_SINCE,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    MAX_FORWARDS,
    ORIGIN,
    PROXY_AUTHORIZATION,
    RANGE,
    REFERER,
    USER_AGENT,
    ACCESS_CONTROL_REQUEST_METHOD,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("sec-fetch-dest"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("sec-fetch-user"),
    HeaderName::from_static("x-akol-scenario"),
];

/// Refuses a header that stands more often than it may.
pub fn check_once(headers: &HeaderMap) -> Result<(), Malformed> {
    // A map has as many keys as it has different names: mostly there is nothing to look for.
    if headers.keys_len() == headers.len() {
        return Ok(());
    }
    for name in &ONCE {
        let times = headers.get_all(name).iter().count();
        if times > 1 {
            let name = as_usually_written(name);
            return Err(Malformed::bad_request(format!("The header {name} is given {times} times, may be given once")));
        }
    }
    let lengths: Vec<&[u8]> = headers.get_all(CONTENT_LENGTH).iter().map(|length| length.as_bytes()).collect();
    content_lengths(&lengths)
}

/// `Idempotency-Key` for `idempotency-key`.
fn as_usually_written(name: &HeaderName) -> String {
    let mut begins = true;
    let letters = name.as_str().chars().map(|letter| {
        let written = if begins { letter.to_ascii_uppercase() } else { letter };
        begins = letter == '-';
        written
    });
    letters.collect()
}

/// Whether that is one of the headers that [`check_framing`] looks at.
pub fn is_of_framing(name: &HeaderName) -> bool {
    *name == TRANSFER_ENCODING || *name == EXPECT
}

/// Refuses a body that comes otherwise than is understood, and expectations that cannot be met.
pub fn check_framing(headers: &HeaderMap) -> Result<(), Malformed> {
    transfer_codings(headers.get_all(TRANSFER_ENCODING).iter().map(|value| value.as_bytes()))?;
    let expectations = headers.get_all(EXPECT).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let unknown = |one: &&[u8]| !one.is_empty() && !one.eq_ignore_ascii_case(b"100-continue");
    match expectations.map(<[u8]>::trim_ascii).find(unknown) {
        Some(unknown) => {
            let message = format!("Expect is {}, must be 100-continue", shown(unknown));
            Err(Malformed::new(StatusCode::EXPECTATION_FAILED, message))
        }
        None => Ok(()),
    }
}

/// Refuses a target of a form that its method does not take, as RFC 9112 section 3.2 has them.
pub fn check_target(method: &Method, uri: &Uri) -> Result<(), Malformed> {
    match (uri.scheme(), uri.path()) {
        (None, path) if path.starts_with('/') => Ok(()),
        (Some(scheme), path) if path.starts_with('/') => match *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS {
            // A proxy in front may end TLS.
            true => Ok(()),
            false => {
                let scheme = shown(scheme.as_str().as_bytes());
                Err(Malformed::bad_request(format!("The scheme of the target is {scheme}, must be http or https")))
            }
        },
        (_, "*") if *method == Method::OPTIONS => Ok(()),
        (_, "*") => Err(Malformed::bad_request(format!("{method} * names no path; only OPTIONS takes a *"))),
        _ if *method == Method::CONNECT => Err(Malformed::new(
            StatusCode::NOT_IMPLEMENTED,
            "CONNECT asks for a tunnel, and this server is no proxy; make it the base URL of your client, not its proxy",
        )),
        _ => {
            let target = shown(uri.to_string().as_bytes());
            Err(Malformed::bad_request(format!(
                "The target {target} has no path, must begin with a slash or with http://"
            )))
        }
    }
}

/// The host of a request that has not just one.
pub fn not_one_host(headers: &HeaderMap, is_http2: bool) -> Malformed {
    let times = headers.get_all(HOST).iter().count();
    let message = match (is_http2, times) {
        (true, 0) => "A request has an :authority; this one has none, and no Host in its place".to_owned(),
        (true, times) => format!("An HTTP/2 request has one Host header at most; this one has {times}"),
        (false, 0) => "An HTTP/1.1 request has one Host header; this one has none".to_owned(),
        (false, times) => format!("An HTTP/1.1 request has one Host header; this one has {times}"),
    };
    Malformed::bad_request(message)
}

/// The host of a request of HTTP/2 that has two.
pub fn contradicting_host() -> Malformed {
    Malformed::bad_request("Host contradicts :authority, must be the same or not be there")
}

/// A host that is none.
pub fn no_such_host(host: &[u8]) -> Malformed {
    let host = shown(host);
    Malformed::bad_request(format!("Host is {host}, must be a name or an address and, if there is one, a port"))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn what_may_stand_once_stands_once() {
        for name in ONCE {
            let name = name.as_str();
            assert_eq!(check_once(&headers(&[(name, "1"), ("accept", "a")])), Ok(()), "{name}");
            let refused = check_once(&headers(&[(name, "1"), ("accept", "a"), (name, "1"), (name, "2")])).unwrap_err();
            let said = refused.message.to_lowercase();
            assert!(refused.status == 400 && said.contains(&format!("the header {name} is given 3 times")), "{said}");
        }
        assert_eq!(as_usually_written(&HeaderName::from_static("x-akol-scenario")), "X-Akol-Scenario");
    }

    #[test]
    fn lists_may_be_spread_and_the_same_length_is_one() {
        for name in
            ["accept", "if-match", "if-none-match", "cookie", "x-forwarded-for", "expect", "content-length", "x-own"]
        {
            assert_eq!(check_once(&headers(&[(name, "1"), (name, "1")])), Ok(()), "{name}");
        }
        assert!(check_once(&headers(&[("content-length", "1"), ("content-length", "2")])).is_err());
    }

    #[test]
    fn only_100_continue_can_be_expected() {
        let status =
            |value: &str| check_framing(&headers(&[("expect", value)])).map_err(|refused| refused.status.as_u16());
        assert_eq!(status("100-Continue, 100-continue"), Ok(()));
        assert_eq!(status(""), Ok(()));
        for value in ["miracles", "100-continue, miracles", "100-continue;a=b", "\"100-continue\""] {
            assert_eq!(status(value), Err(417), "{value}");
        }
    }

    #[test]
    fn a_target_has_the_form_that_its_method_takes() {
        let status = |method: Method, target: &str| {
            check_target(&method, &target.parse().unwrap()).map_err(|refused| refused.status.as_u16())
        };
        for target in ["/", "/a?b", "//a", "http://a", "http://a/b", "https://a/b"] {
            assert_eq!(status(Method::GET, target), Ok(()), "{target}");
        }
        assert_eq!(status(Method::OPTIONS, "*"), Ok(()));
        for target in ["*", "a", "a:80", "ftp://a/b"] {
            assert_eq!(status(Method::GET, target), Err(400), "{target}");
        }
        assert_eq!(status(Method::CONNECT, "a:80"), Err(501));
    }
}
