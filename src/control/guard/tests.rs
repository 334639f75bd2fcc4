//! Each rule of the guard, and what a page that is let in is told.

use super::*;

const OWN: &str = "127.0.0.1:2565";

fn guard(origins: &[&str]) -> Guard {
    let admin_origins = origins.iter().map(ToString::to_string).collect();
    Guard::new(&Settings { admin_origins, ..Settings::default() })
}

fn request(method: Method, host: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = hyper::Request::builder().method(method).uri("/__admin/campaigns").header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Request::new(request.body(()).unwrap().into_parts().0, Ipv4Addr::LOCALHOST.into())
}

fn get(host: &str, headers: &[(&str, &str)]) -> Request {
    request(Method::GET, host, headers)
}

/// Why the request is refused; `None` where it is let in.
fn refusal(guard: &Guard, request: &Request) -> Option<String> {
    let refusal = guard.admit(request).err()?;
    assert_eq!(refusal.status, StatusCode::FORBIDDEN);
    Some(refusal.message)
}

#[test]
fn whoever_is_no_browser_is_let_in() {
    assert_eq!(refusal(&guard(&[]), &get(OWN, &[])), None);
    assert_eq!(refusal(&guard(&[]), &request(Method::DELETE, OWN, &[])), None);
}

#[test]
fn a_host_that_no_stranger_can_have_named_is_answered() {
    for host in [
        "127.0.0.1:2565",
        "10.1.2.3",
        "[::1]:2565",
        "[fe80::1]",
        "localhost:2565",
        "LocalHost",
        "localhost.",
        "app.localhost",
        "mock:2565",
        "akol_mock",
        "printer.local",
        "host.docker.internal:2565",
        "mock.test",
        "mock.default.svc:2565",
        "mock.default.svc.cluster.local",
        "mock.default.SVC.",
        "localhost:",
        "[::1]:",
        "mock.",
        "",
    ] {
        assert_eq!(refusal(&guard(&[]), &get(host, &[])), None, "{host}");
    }
}

#[test]
fn a_public_host_is_refused_with_how_to_allow_it() {
    for host in ["evil.example:2565", "localhost.evil.com", "127.0.0.1.nip.io", "a.b", "127.1", "1.2.3.4.5", "..x"] {
        let refused = refusal(&guard(&[]), &get(host, &[]));
        let remedy = format!("--admin-origin http://{host}");
        assert!(refused.clone().is_some_and(|text| text.contains(&remedy)), "{host}: {refused:?}");
    }
    assert_eq!(refusal(&guard(&["http://evil.example"]), &get("Evil.example:2565", &[])), None);
    assert!(refusal(&guard(&["http://evil.example"]), &get("more.evil.example", &[])).is_some());
    assert_eq!(refusal(&guard(&["*"]), &get("evil.example", &[])), None);
}

#[test]
fn a_host_that_is_none_is_refused() {
    for host in ["[::1", "[::1]x", "[localhost]", "mock:port", "mock:65536"] {
        assert!(refusal(&guard(&[]), &get(host, &[])).is_some(), "{host}");
    }
    let mut request = get(OWN, &[]);
    request.headers.remove(HOST);
    assert_eq!(refusal(&guard(&[]), &request), None, "no browser leaves it out");
    let long = format!("{}.example", "a".repeat(10_000));
    assert!(refusal(&guard(&[]), &get(&long, &[])).is_some_and(|text| text.len() < 600));
}

#[test]
fn pages_of_the_server_itself_are_let_in() {
    for (origin, host) in [
        ("http://127.0.0.1:2565", "127.0.0.1:2565"),
        ("http://localhost", "localhost"),
        ("http://localhost", "localhost:80"),
        ("https://mock.test", "mock.test"),
        ("http://[::1]:2565", "[::1]:2565"),
    ] {
        let page = request(Method::POST, host, &[("origin", origin), ("sec-fetch-site", "same-origin")]);
        assert_eq!(refusal(&guard(&[]), &page), None, "{origin}");
    }
}

#[test]
fn pages_of_other_origins_are_refused_with_how_to_let_them_in() {
    for (origin, remedy) in [
        ("http://evil.example", "--admin-origin http://evil.example"),
        ("http://127.0.0.1:3000", "--admin-origin http://127.0.0.1:3000"),
        ("https://127.0.0.1", "--admin-origin https://127.0.0.1"),
        ("http://localhost:2565", "--admin-origin http://localhost:2565"),
        ("null", "--admin-origin \"*\""),
        ("file://", "--admin-origin \"*\""),
        ("chrome-extension://abc", "--admin-origin \"*\""),
        ("", "--admin-origin \"*\""),
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let page = request(method, OWN, &[("origin", origin)]);
            let refused = refusal(&guard(&["http://localhost:4000"]), &page).unwrap();
            assert!(refused.contains(remedy) && refused.contains(&format!("{origin:?}")), "{refused}");
            assert_eq!(refusal(&guard(&["*"]), &page), None, "{origin}");
        }
    }
}

#[test]
fn pages_of_allowed_origins_are_let_in() {
    let guard = guard(&["http://localhost:3000", "https://app.example.com"]);
    for origin in ["http://localhost:3000", "https://app.example.com", "https://app.example.com:443"] {
        assert_eq!(refusal(&guard, &request(Method::PATCH, OWN, &[("origin", origin)])), None, "{origin}");
    }
    for origin in ["https://localhost:3000", "http://app.example.com", "https://example.com"] {
        assert!(refusal(&guard, &request(Method::PATCH, OWN, &[("origin", origin)])).is_some(), "{origin}");
    }
}

#[test]
fn two_origins_are_none() {
    let page = get(OWN, &[("origin", "http://127.0.0.1:2565"), ("origin", "http://evil.example")]);
    assert!(refusal(&guard(&[]), &page).is_some());
}

#[test]
fn a_page_that_does_not_say_where_it_comes_from_may_only_link() {
    let site = |method, site, mode| {
        refusal(&guard(&[]), &request(method, OWN, &[("sec-fetch-site", site), ("sec-fetch-mode", mode)])).is_none()
    };
    for foreign in ["cross-site", "same-site"] {
        assert!(site(Method::GET, foreign, "navigate"));
        assert!(!site(Method::GET, foreign, "no-cors"));
        assert!(!site(Method::GET, foreign, "cors"));
        assert!(!site(Method::POST, foreign, "navigate"));
    }
    assert!(site(Method::GET, "same-origin", "cors"));
    assert!(site(Method::POST, "same-origin", "cors"));
    assert!(site(Method::GET, "none", "navigate"), "typed into the address bar");
    let unclear = request(Method::GET, OWN, &[("sec-fetch-site", "cross-site")]);
    assert!(refusal(&guard(&[]), &unclear).is_some_and(|text| text.contains("--admin-origin")));
    assert_eq!(refusal(&guard(&["*"]), &unclear), None);
}

#[test]
fn a_preflight_is_answered_where_the_request_would_be_let_in() {
    let allowing = guard(&["http://localhost:3000"]);
    let ask = |host, origin| {
        let headers = [("origin", origin), ("access-control-request-method", "PATCH")];
        allowing.preflight(&request(Method::OPTIONS, host, &headers))
    };
    let reply = ask(OWN, "http://localhost:3000").unwrap();
    assert_eq!(
        (reply.status, reply.headers["access-control-expose-headers"].to_str().unwrap()),
        (StatusCode::NO_CONTENT, EXPOSED)
    );
    assert!(ask(OWN, "http://evil.example").is_none());
    assert!(ask("evil.example", "http://localhost:3000").is_none());
}
