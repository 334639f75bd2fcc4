//! A client in Rust that others wrote: reqwest, over HTTP/1.1 and HTTP/2. hyper's own is what all other tests use. The same is asked of clients
//! in other languages (tests/contract/http).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::support::contract::{self, Asked};
use crate::support::{Server, placement};
use bytes::Bytes;
use http_body_util::channel::Channel;
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode, Version};
use serde_json::json;

const CALL: &str = "/api/v1/calls/call_xxx";
const AUDIO: &str = "/api/v1/calls/call_xxx/audio";
const CALLS: &str = "/api/v1/calls";

/// One client for each version, with the version that it speaks.
fn clients() -> [(Client, Version); 2] {
    let plain = || Client::builder().no_proxy();
    let http2 = plain().http2_prior_knowledge().build().unwrap();
    [(plain().http1_only().build().unwrap(), Version::HTTP_11), (http2, Version::HTTP_2)]
}

fn request(client: &Client, server: &Server, method: Method, path: &str) -> RequestBuilder {
    client.request(method, format!("{}{path}", server.base)).bearer_auth("test")
}

fn get(client: &Client, server: &Server, path: &str) -> RequestBuilder {
    request(client, server, Method::GET, path)
}

fn post(client: &Client, server: &Server) -> RequestBuilder {
    request(client, server, Method::POST, CALLS).header("content-type", "application/json")
}

/// Requests whose answers are held to the documents.
trait Checked {
    /// Sends the request. What it announces must be what the documents say; its body, which may come piece by piece, is the test's.
    async fn checked(self) -> Response;
}

impl Checked for RequestBuilder {
    async fn checked(self) -> Response {
        let (client, request) = self.build_split();
        let request = request.unwrap();
        let url = request.url();
        let target = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        // A body that comes piece by piece is not at hand.
        let body = request.body().map_or(Some(Bytes::new()), |body| body.as_bytes().map(Bytes::copy_from_slice));
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let response = client.execute(request).await.unwrap();
        if let Some(body) = body {
            contract::check_head(&Asked { method, target, headers, body }, response.status(), response.headers());
        }
        response
    }
}

/// The client's end of the connection that an answer came over.
fn own_address(response: &Response) -> SocketAddr {
    response.extensions().get::<HttpInfo>().unwrap().local_addr()
}

#[tokio::test]
async fn one_connection_is_used_again() {
    let server = Server::start().await;
    for (client, version) in clients() {
        let mut addresses = BTreeSet::new();
        for (request, status) in [
            (get(&client, &server, CALL), 200),
            (get(&client, &server, "/api/v1/calls/call_nobody"), 404),
            (request(&client, &server, Method::HEAD, AUDIO), 200),
            (post(&client, &server).body(placement("+15557770097").to_string()), 201),
            (request(&client, &server, Method::PUT, CALLS).body(vec![b'x'; 100_000]), 405),
            (get(&client, &server, CALL), 200),
        ] {
            let response = request.checked().await;
            assert_eq!((response.status().as_u16(), response.version()), (status, version));
            addresses.insert(own_address(&response));
            response.bytes().await.unwrap();
        }
        assert_eq!(addresses.len(), 1, "{version:?}: {addresses:?}");
    }
}

#[tokio::test]
async fn head_and_ranges() {
    let server = Server::start().await;
    let whole = server.get(AUDIO).await;
    let tag = whole.header("etag");
    for (client, version) in clients() {
        let head = request(&client, &server, Method::HEAD, AUDIO).checked().await;
        assert_eq!(head.headers()["content-length"], whole.header("content-length"));
        assert!(head.bytes().await.unwrap().is_empty());
        for (headers, status, expected) in [
            (vec![("range", "bytes=10-19")], 206, &whole.body[10..20]),
            (vec![("range", "bytes=0-9"), ("if-range", tag)], 206, &whole.body[..10]),
            (vec![("range", "bytes=0-9"), ("if-range", "\"other\"")], 200, &whole.body),
            (vec![("if-none-match", tag)], 304, b""),
            (vec![("accept-encoding", "gzip")], 200, &whole.body),
        ] {
            let asked =
                headers.iter().fold(get(&client, &server, AUDIO), |asked, (name, value)| asked.header(*name, *value));
            let answer = asked.checked().await;
            assert_eq!(answer.status().as_u16(), status, "{version:?} {headers:?}");
            assert!(!answer.headers().contains_key("content-encoding"));
            assert!(answer.bytes().await.unwrap() == expected, "{version:?} {headers:?}");
        }
        let beyond = get(&client, &server, AUDIO).header("range", "bytes=99999999-").checked().await;
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", whole.body.len()));
    }
}

#[tokio::test]
async fn a_body_without_a_length() {
    let server = Server::start().await;
    for (client, version) in clients() {
        let text = placement("+15557770098").to_string();
        let (mut sender, coming) = Channel::<Bytes>::new(1);
        tokio::spawn(async move {
            for piece in text.as_bytes().chunks(7) {
                sender.send_data(Bytes::copy_from_slice(piece)).await.unwrap();
            }
        });
        let placed = post(&client, &server).body(Body::wrap(coming)).checked().await;
        assert_eq!(placed.status(), StatusCode::CREATED, "{version:?}");
    }
    for request in server.get("/__admin/requests").await.data().as_array().unwrap() {
        assert!(request["headers"].get("content-length").is_none(), "{request}");
    }
}

#[tokio::test]
async fn each_connection_fault_is_an_error_and_the_next_request_is_none() {
    let server = Server::start().await;
    for (client, version) in clients() {
        for fault in
            ["EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE", "CONNECTION_RESET_BY_PEER"]
        {
            server.post("/__admin/faults", json!({"times": 1, "effect": {"fault": fault}})).await;
            let answer = get(&client, &server, CALL).send().await;
            let broken = match answer {
                Ok(begun) => begun.bytes().await.is_err(),
                Err(_) => true,
            };
            assert!(broken, "{version:?} {fault}");
            assert_eq!(get(&client, &server, CALL).checked().await.status(), StatusCode::OK, "{version:?} {fault}");
        }
    }
}
