//! Who may enter: the three modes, and the tokens that mean something.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Answer, Server, placement, settings};
use akol_mock::{Auth, Settings};
use hyper::{Method, Request, StatusCode};

async fn server(auth: Auth) -> Server {
    Server::with(Settings { auth, ..settings() }).await
}

/// `GET /calls/call_xxx` with these `Authorization` headers.
async fn get_with(server: &Server, authorization: &[&[u8]]) -> Answer {
    let mut request = Request::builder().uri(format!("{}/api/v1/calls/call_xxx", server.base));
    for value in authorization {
        request = request.header("authorization", *value);
    }
    server.send(request.body(Default::default()).unwrap()).await
}

fn assert_refused(answer: &Answer, message: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.error(), message);
}

#[tokio::test]
async fn any_token_will_do_unless_told_otherwise() {
    let server = server(Auth::Any).await;
    for value in ["Bearer x", "bearer x", "BEARER eyJhbGciOi.eyJzdWIi.c2ln", "Bearer   two words ", "Bearer +/=~"] {
        assert_eq!(get_with(&server, &[value.as_bytes()]).await.status, StatusCode::OK, "{value:?}");
    }
}

#[tokio::test]
async fn without_a_token_nobody_enters() {
    for mode in [Auth::Any, Auth::Strict(vec!["secret".into()])] {
        let server = server(mode).await;
        assert_refused(&get_with(&server, &[]).await, "No bearer token provided");
        for value in
            ["", "Bearer", "Bearer ", "Bearer    ", "Basic dXNlcjpwYXNz", "secret", "Token secret", "Bearersecret"]
        {
            assert_refused(&get_with(&server, &[value.as_bytes()]).await, "No bearer token provided");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_no_text_is_none() {
    let server = server(Auth::Any).await;
    assert_refused(&get_with(&server, &[b"Bearer \xff\xfe"]).await, "No bearer token provided");
}

#[tokio::test]
async fn strict_takes_exactly_the_tokens_given() {
    let server = server(Auth::Strict(vec!["alpha".into(), "beta-2".into()])).await;
    for token in ["alpha", "beta-2"] {
        assert_eq!(get_with(&server, &[format!("Bearer {token}").as_bytes()]).await.status, StatusCode::OK);
    }
    for token in ["gamma", "alph", "alphaa", "Alpha", "alpha beta-2", "alpha,beta-2"] {
        let answer = get_with(&server, &[format!("Bearer {token}").as_bytes()]).await;
        assert_refused(&answer, "Invalid token: it is none of those that the server accepts");
        assert!(!answer.error().contains(token), "a token is a secret");
    }
}

#[tokio::test]
async fn off_needs_no_token_and_takes_any() {
    let server = server(Auth::Off).await;
    for values in [&[][..], &[b"Bearer x".as_slice()], &[b"Basic dXNlcjpwYXNz"], &[b"\xff"]] {
        assert_eq!(get_with(&server, values).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn some_tokens_mean_something_in_every_mode() {
    for mode in [Auth::Any, Auth::Off, Auth::Strict(vec!["only".into()])] {
        let server = server(mode).await;
        assert_refused(&get_with(&server, &[b"Bearer revoked"]).await, "Token has been revoked");
        assert_refused(&get_with(&server, &[b"Bearer expired"]).await, "Token has expired");
        let forbidden = get_with(&server, &[b"Bearer forbidden"]).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        assert!(!forbidden.headers.contains_key("www-authenticate"), "another token would be of no use");
        assert!(forbidden.error().contains("not allowed"), "{}", forbidden.error());
    }
}

#[tokio::test]
async fn every_endpoint_asks_for_the_token_before_anything_else() {
    let server = server(Auth::Any).await;
    for (method, path) in [
        (Method::GET, "/api/v1/calls"),
        (Method::POST, "/api/v1/calls"),
        (Method::GET, "/api/calls/call_xxx"),
        (Method::GET, "/api/v1/calls/call_xxx/audio"),
        (Method::GET, "/api/v1/calls/call_xxx/transcript"),
        (Method::POST, "/api/v1/calls/call_xxx/end"),
        (Method::DELETE, "/api/v1/calls"),
        (Method::GET, "/api/v1/nothing"),
        (Method::GET, "/api/v1/calls/%zz"),
        (Method::GET, "/api/v1/calls?limit=0"),
    ] {
        let request = Request::builder().method(method.clone()).uri(format!("{}{path}", server.base));
        let answer = server.send(request.body(Default::default()).unwrap()).await;
        assert_refused(&answer, "No bearer token provided");
    }
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn a_stranger_learns_nothing_and_changes_nothing() {
    let server = server(Auth::Strict(vec!["test".into()])).await;
    let request = Request::builder().method(Method::POST).uri(format!("{}/api/v1/calls", server.base));
    let request = request.header("authorization", "Bearer wrong").header("content-type", "application/json");
    let answer = server.send(request.body(placement("+15557770020").to_string().into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.all_calls().await.len(), 201);
}
