//! hyper and nothing else, giving an answer that has been made beforehand: what the product is held against.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What is answered, whatever comes.
pub struct Prebuilt {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Prebuilt {
    /// The answer, head and body as they were on the wire. hyper tells the length itself.
    pub fn read(answer: &[u8]) -> Prebuilt {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
        let head = std::str::from_utf8(&answer[..end]).expect("a head is text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a head has a status");
        let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut headers: HeaderMap = pairs
            .map(|(name, value)| (name.parse().expect("a header's name"), value.parse().expect("a header's value")))
            .collect();
        headers.remove(CONTENT_LENGTH);
        Prebuilt { status, headers, body: Bytes::copy_from_slice(&answer[end + 4..]) }
    }

    /// Gives it to everybody who connects, for ever, on the runtime that this is called from.
    pub async fn serve(self, listener: TcpListener) {
        let prebuilt = Arc::new(self);
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
    }
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
