//! The reference at `/docs`: what its files are, that they are open to everybody, and that they name nothing but this server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::Read;

use akol_mock::{Auth, Settings};
use flate2::read::GzDecoder;
use hyper::header::{AUTHORIZATION, IF_NONE_MATCH};
use hyper::{Method, Request, StatusCode};

use crate::support::{Answer, Server, settings};

/// The files of the page, and their types.
const FILES: [(&str, &str); 4] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/", "text/html; charset=utf-8"),
    ("/docs/page.js", "text/javascript; charset=utf-8"),
    ("/docs/viewer.js", "text/javascript; charset=utf-8"),
];
const DOCUMENTS: [&str; 2] = ["/openapi.json", "/__admin/openapi.json"];

/// A request without a token.
async fn ask(server: &Server, method: Method, path: &str) -> Answer {
    let mut request = server.request(method, path);
    request.headers_mut().unwrap().remove(AUTHORIZATION);
    server.send(request.body(Default::default()).unwrap()).await
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

#[tokio::test]
async fn every_file_has_its_type_and_is_kept_only_as_long_as_it_is_the_same() {
    let server = Server::start().await;
    for (path, content_type) in FILES {
        let answer = ask(&server, Method::GET, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), content_type, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        let kept = Request::get(format!("{}{path}", server.base)).header(IF_NONE_MATCH, answer.header("etag"));
        let again = server.send(kept.body(Default::default()).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        assert!(again.body.is_empty(), "{path}");
        let head = ask(&server, Method::HEAD, path).await;
        assert_eq!(head.status, StatusCode::OK, "{path}");
        assert_eq!(head.header("content-length"), answer.body.len().to_string(), "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn no_document_is_kept_that_another_version_may_replace() {
    let server = Server::start().await;
    for (path, expected) in DOCUMENTS.into_iter().zip(["no-cache", "no-store"]) {
        assert_eq!(ask(&server, Method::GET, path).await.header("cache-control"), expected, "{path}");
    }
}

#[tokio::test]
async fn the_browser_is_told_to_ask_nobody_else() {
    let server = Server::start().await;
    for path in ["/docs", "/docs/"] {
        let answer = ask(&server, Method::GET, path).await;
        let policy = answer.header("content-security-policy").to_owned();
        let (default, others) = policy.split_once("; ").unwrap();
        assert_eq!(default, "default-src 'none'");
        let own = ["'self'", "'none'", "'unsafe-inline'", "data:", "blob:"];
        for directive in others.split("; ") {
            let mut words = directive.split(' ');
            let name = words.next().unwrap();
            for word in words {
                assert!(own.contains(&word), "{directive} lets something else in");
                assert!(word != "'unsafe-inline'" || name == "style-src", "{directive} lets scripts of anybody in");
            }
        }
        assert!(others.contains("connect-src 'self'") && others.contains("script-src 'self'"), "{policy}");
    }
}

#[tokio::test]
async fn the_page_names_only_paths_of_its_own_which_are_all_there() {
    let server = Server::start().await;
    let page = ask(&server, Method::GET, "/docs").await;
    let script = ask(&server, Method::GET, "/docs/page.js").await;
    let mut named: Vec<&str> = Vec::new();
    for source in [text(&page), text(&script)] {
        assert!(!source.contains("://"), "an address of another host: {source}");
        // The first piece stands before all quotes.
        named.extend(source.split('"').skip(1).filter(|word| word.starts_with('/')));
    }
    assert!(named.contains(&"/docs/viewer.js") && named.contains(&"/docs/page.js"), "{named:?}");
    for path in DOCUMENTS {
        assert!(named.iter().filter(|name| **name == path).count() == 2, "in the page and in its script: {path}");
    }
    for path in named {
        assert_eq!(ask(&server, Method::GET, path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn everybody_may_read_it() {
    let strict = Auth::Strict(vec!["only".into()]);
    let server = Server::with(Settings { auth: strict, admin_token: Some("boss".into()), ..settings() }).await;
    let files = FILES.iter().map(|(path, _)| *path);
    for path in files.chain(DOCUMENTS) {
        let answer = ask(&server, Method::GET, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_as_everywhere() {
    let server = Server::start().await;
    for path in ["/docs/nothing", "/docs/viewer.js/", "/docs//", "/doc"] {
        let answer = ask(&server, Method::GET, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.error().contains("the reference to both is at /docs"), "{}", answer.error());
    }
    for (path, _) in FILES {
        let answer = ask(&server, Method::POST, path).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.header("allow"), "GET, HEAD", "{path}");
    }
}

/// What a client is answered that takes those codings: its headers and its bytes, as they come.
async fn coded(server: &Server, path: &str, accept: &str, etag: &str) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}{path}", server.base)).bearer_auth("test");
    let request = request.header("accept-encoding", accept).header("if-none-match", etag);
    let answer = request.send().await.unwrap();
    Answer { status: answer.status(), headers: answer.headers().clone(), body: answer.bytes().await.unwrap() }
}

#[tokio::test]
async fn files_and_documents_come_compressed_to_who_takes_it() {
    let server = Server::start().await;
    for path in FILES.iter().map(|(path, _)| *path).chain(DOCUMENTS) {
        let plain = coded(&server, path, "gzip;q=0", "").await;
        assert_eq!((plain.status, plain.header("content-encoding")), (StatusCode::OK, ""), "{path}");
        let packed = coded(&server, path, "br, gzip", "").await;
        assert_eq!((packed.status, packed.header("content-encoding")), (StatusCode::OK, "gzip"), "{path}");
        assert!(packed.body.len() * 10 < plain.body.len() * 9, "{path}: {} bytes", packed.body.len());
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.body, "{path}");
        for answer in [&plain, &packed] {
            assert_eq!(answer.header("vary"), "accept-encoding", "{path}");
            assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{path}");
            assert_eq!(answer.header("content-type"), plain.header("content-type"), "{path}");
        }
        let (etag, other) = (packed.header("etag"), plain.header("etag"));
        assert!(DOCUMENTS.contains(&path) || (!etag.is_empty() && etag != other), "{path}: {etag} {other}");
        if !etag.is_empty() {
            let again = coded(&server, path, "gzip", etag).await;
            assert_eq!((again.status, again.header("vary")), (StatusCode::NOT_MODIFIED, "accept-encoding"), "{path}");
            assert_eq!(coded(&server, path, "gzip", other).await.status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn answers_of_the_apis_do_not() {
    let server = Server::start().await;
    for path in ["/api/v1/calls?limit=100", "/__admin/state", "/api/v1/calls/call_xxx/audio"] {
        let answer = coded(&server, path, "gzip", "").await;
        assert_eq!((answer.status, answer.header("content-encoding")), (StatusCode::OK, ""), "{path}");
    }
}
