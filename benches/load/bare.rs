//! The yardstick: hyper and nothing else. Answers whatever comes with the same bytes, and looks at none of it.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::http::Answer;

/// What is answered.
struct Prebuilt {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves the answer in that file, head and body as they were on the wire, for ever. hyper tells the length itself.
pub fn serve(file: &str) {
    let bytes = std::fs::read(file).expect("the answer can be read");
    let answer = Answer::read(&mut bytes.as_slice()).expect("it is an answer");
    let parse = |(name, value): &(String, String)| -> (HeaderName, HeaderValue) {
        (name.parse().expect("a header's name"), value.parse().expect("a header's value"))
    };
    let mut headers: HeaderMap = answer.headers.iter().map(parse).collect();
    headers.remove("content-length");
    let status = StatusCode::from_u16(answer.status).expect("a status");
    let prebuilt = Arc::new(Prebuilt { status, headers, body: answer.body.into() });

    // The runtime that the product has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        println!("bare hyper listening on http://{}", listener.local_addr().expect("it has an address"));
        let mut http = http1::Builder::new();
        // `Date` is among the headers.
        http.auto_date_header(false);
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let prebuilt = Arc::clone(&prebuilt);
            let service = service_fn(move |request| respond(Arc::clone(&prebuilt), request));
            let connection = http.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                // A client that breaks off is no failure.
                let _ = connection.await;
            });
        }
    });
}

async fn respond(prebuilt: Arc<Prebuilt>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if !hyper::body::Body::is_end_stream(request.body()) {
        // Whoever wants the next request has to take this one's body.
        let _ = request.into_body().collect().await;
    }
    let mut response = Response::new(Full::new(prebuilt.body.clone()));
    *response.status_mut() = prebuilt.status;
    *response.headers_mut() = prebuilt.headers.clone();
    Ok(response)
}
