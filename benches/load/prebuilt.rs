//! hyper and nothing else, giving answers that have been made beforehand: what the product is held against.

use std::cell::Cell;
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

/// What is answered, whatever comes: each of these in turn on every connection.
pub struct Prebuilt(Arc<[Answer]>);

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Prebuilt {
    /// The answers, heads and bodies as they were on the wire, one after the other. hyper tells the lengths itself.
    pub fn read(mut answers: &[u8]) -> Prebuilt {
        let mut read = Vec::new();
        while !answers.is_empty() {
            let end = answers.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
            let head = std::str::from_utf8(&answers[..end]).expect("a head is text");
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a head has a status");
            let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
            let mut headers: HeaderMap = pairs
                .map(|(name, value)| (name.parse().expect("a header's name"), value.parse().expect("a header's value")))
                .collect();
            let length = headers.remove(CONTENT_LENGTH).expect("an answer tells its length");
            let length: usize =
                length.to_str().ok().and_then(|length| length.parse().ok()).expect("a length is a number");
            let (body, rest) = answers[end + 4..].split_at(length);
            read.push(Answer { status, headers, body: Bytes::copy_from_slice(body) });
            answers = rest;
        }
        Prebuilt(read.into())
    }

    /// Gives them to everybody who connects, for ever, on the runtime that this is called from.
    pub async fn serve(self, listener: TcpListener) {
        let mut http = http1::Builder::new();
        // `Date` is among the headers.
        http.auto_date_header(false);
        for connection in 0.. {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let answers = Arc::clone(&self.0);
            let next = Cell::new(connection % answers.len());
            let service = service_fn(move |request| {
                next.set((next.get() + 1) % answers.len());
                respond(answers[next.get()].response(), request)
            });
            let connection = http.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                // A client that breaks off is no failure.
                let _ = connection.await;
            });
        }
    }
}

impl Answer {
    fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

async fn respond(
    response: Response<Full<Bytes>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !hyper::body::Body::is_end_stream(request.body()) {
        // Whoever wants the next request has to take this one's body.
        let _ = request.into_body().collect().await;
    }
    Ok(response)
}
