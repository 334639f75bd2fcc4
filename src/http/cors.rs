//! CORS, as the Fetch standard has it: what a browser is told of the pages of other origins that may use an API.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, StatusCode};

use super::request::Request;
use crate::http::response::Reply;
use crate::origin::Origin;

/// What stands for all origins.
pub const ALL: &str = "*";

/// The methods that a page may use: also those that a path does not take, as the page can read why only if it may ask.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// How long a browser may remember what a page is allowed, in seconds of real time.
const REMEMBERED: u64 = 600;

// Browsers ask for these before a page on the Internet may reach a server on the machine or its network.
const ASKS_FOR_LOCAL: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOWS_LOCAL: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The pages that may use an API.
#[derive(Debug)]
pub struct Cors {
    /// Whether all may.
    lets_all_in: bool,
    /// The origins of those that may.
    allowed: Vec<Origin>,
    /// The headers of an answer that they may read, beside those that they always may.
    exposed: &'static str,
}

impl Cors {
    /// For pages of these origins, of which [`ALL`] stands for all. What is no origin lets in nobody.
    pub fn new(origins: &[String], exposed: &'static str) -> Cors {
        Cors {
            lets_all_in: origins.iter().any(|origin| origin == ALL),
            allowed: origins.iter().filter_map(|origin| origin.parse().ok()).collect(),
            exposed,
        }
    }

    /// Whether pages of all origins may.
    pub fn lets_all_in(&self) -> bool {
        self.lets_all_in
    }

    /// The origins whose pages may.
    pub fn allowed(&self) -> &[Origin] {
        &self.allowed
    }

    /// Whether pages of an origin may, as its header has it.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        let is_named = |text: &str| text.parse().is_ok_and(|origin: Origin| self.allowed.contains(&origin));
        self.lets_all_in || origin.to_str().is_ok_and(is_named)
    }

    /// The answer to a browser that asks, ahead of a request, whether a page may make it; `None` where this is not such a question, or the
    /// page may not. The question carries no token, so it is to be answered before one is asked for.
    ///
    /// Whatever headers the page wants to send, it may: APIs ignore those that they do not know.
    pub fn preflight(&self, request: &Request) -> Option<Reply> {
        let is_preflight =
            request.method == Method::OPTIONS && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight || !self.allows(origin(request)?) {
            return None;
        }
        let mut reply = Reply::empty(StatusCode::NO_CONTENT)
            .with(ACCESS_CONTROL_ALLOW_METHODS, METHODS)
            .with(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
        if let Some(headers) = request.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            reply = reply.with(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
        if request.header(ASKS_FOR_LOCAL) == Some("true") {
            reply = reply.with(ALLOWS_LOCAL, "true");
        }
        self.share(request, &mut reply);
        Some(reply)
    }

    /// Gives a reply the headers that let those pages read it. For every reply, refusals too.
    pub fn share(&self, request: &Request, reply: &mut Reply) {
        if self.lets_all_in {
            reply.add(ACCESS_CONTROL_ALLOW_ORIGIN, ALL);
            reply.add(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed);
            return;
        }
        if self.allowed.is_empty() {
            return;
        }
        // Also where there is no origin: what a cache keeps of such an answer is none for a page.
        reply.headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin(request).filter(|origin| self.allows(origin)) {
            reply.add(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            reply.add(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed);
        }
    }
}

/// The `Origin` header. Several stand for a foreign one, whatever they are.
pub fn origin(request: &Request) -> Option<&HeaderValue> {
    static SEVERAL: HeaderValue = HeaderValue::from_static("null");
    let mut origins = request.headers.get_all(ORIGIN).iter();
    let first = origins.next()?;
    Some(if origins.next().is_some() { &SEVERAL } else { first })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const EXPOSED: &str = "x-request-id, etag";
    const HOME: &str = "http://localhost:3000";

    fn cors(origins: &[&str]) -> Cors {
        Cors::new(&origins.iter().map(ToString::to_string).collect::<Vec<_>>(), EXPOSED)
    }

    fn request(method: Method, headers: &[(&str, &str)]) -> Request {
        let mut request = hyper::Request::builder().method(method).uri("/somewhere");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Request::new(request.body(()).unwrap().into_parts().0, Ipv4Addr::LOCALHOST.into())
    }

    /// The headers of a reply, sorted.
    fn headers(reply: &Reply) -> Vec<String> {
        let mut headers: Vec<_> =
            reply.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        headers.sort();
        headers
    }

    fn shared(cors: &Cors, origins: &[&str]) -> Vec<String> {
        let origins: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
        let mut reply = Reply::empty(StatusCode::OK);
        cors.share(&request(Method::GET, &origins), &mut reply);
        headers(&reply)
    }

    #[test]
    fn only_pages_of_allowed_origins_may_read_replies() {
        let allowing = cors(&[HOME]);
        let exposed = format!("access-control-expose-headers: {EXPOSED}");
        let refused = ["vary: origin".to_owned()];
        let origin = format!("access-control-allow-origin: {HOME}");
        assert_eq!(shared(&allowing, &[HOME]), [origin, exposed.clone(), refused[0].clone()]);
        assert_eq!(shared(&allowing, &["http://evil.example"]), refused);
        assert_eq!(shared(&allowing, &[HOME, HOME]), refused, "two are none");
        assert_eq!(shared(&allowing, &[]), refused);
        assert!(shared(&cors(&[]), &[HOME]).is_empty());
        // What a star says depends on nobody.
        let anybody = ["access-control-allow-origin: *".to_owned(), exposed];
        for origins in [&[][..], &["null"], &[HOME]] {
            assert_eq!(shared(&cors(&[HOME, ALL]), origins), anybody);
        }
    }

    #[test]
    fn a_preflight_of_an_allowed_origin_is_told_what_is_allowed() {
        let ask = [
            ("origin", HOME),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization,x-more"),
            ("access-control-request-private-network", "true"),
        ];
        let reply = cors(&[HOME]).preflight(&request(Method::OPTIONS, &ask)).unwrap();
        assert_eq!((reply.status, reply.body.len()), (StatusCode::NO_CONTENT, Some(0)));
        let mut wanted = vec![
            "access-control-allow-headers: authorization,x-more".to_owned(),
            format!("access-control-allow-methods: {METHODS}"),
            format!("access-control-allow-origin: {HOME}"),
            "access-control-allow-private-network: true".to_owned(),
            format!("access-control-expose-headers: {EXPOSED}"),
            "access-control-max-age: 600".to_owned(),
            "vary: origin".to_owned(),
        ];
        assert_eq!(headers(&reply), wanted);
        let plain = cors(&[HOME]).preflight(&request(Method::OPTIONS, &ask[..2])).unwrap();
        wanted.retain(|header| !header.contains("allow-headers") && !header.contains("private-network"));
        assert_eq!(headers(&plain), wanted);
    }

    #[test]
    fn what_is_no_preflight_of_an_allowed_origin_is_not_answered_as_one() {
        let is_answered = |method, origin: &str| {
            let ask = [("origin", origin), ("access-control-request-method", "PATCH")];
            cors(&[HOME]).preflight(&request(method, &ask)).is_some()
        };
        assert!(is_answered(Method::OPTIONS, HOME));
        assert!(!is_answered(Method::GET, HOME));
        assert!(!is_answered(Method::OPTIONS, "http://evil.example"));
        assert!(!is_answered(Method::OPTIONS, "null"));
        let options = request(Method::OPTIONS, &[("origin", HOME)]);
        assert!(cors(&[HOME]).preflight(&options).is_none());
        let nobody = request(Method::OPTIONS, &[("access-control-request-method", "PATCH")]);
        assert!(cors(&[ALL]).preflight(&nobody).is_none());
    }
}
