//! A client of HTTP/2 that has one connection, and shows what becomes of it.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use super::contract::{self, Asked};
use super::{Answer, Server};

/// How a client begins, and then says that its settings are the usual ones.
pub const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// One connection.
pub struct Http2<B> {
    pub sender: SendRequest<B>,
    /// Comes to an end with the connection.
    pub end: JoinHandle<hyper::Result<()>>,
}

impl Http2<Full<Bytes>> {
    /// A new connection, for bodies that are at hand.
    pub async fn connect(server: &Server) -> Http2<Full<Bytes>> {
        Http2::of(server).await
    }

    /// Sends a request, and reads the whole answer, which has to be one that the documents allow.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let asked = Asked::new(&head, body.clone());
        let request = Request::from_parts(head, Full::from(body));
        let answer = self.send_below_the_document(request).await;
        contract::check(Some(&asked), &answer);
        answer
    }

    /// The same for a request that hyper answers by itself, with nothing but a status: over HTTP/2 nobody can explain it.
    pub async fn send_below_the_document(&self, request: Request<Full<Bytes>>) -> Answer {
        answer(self.sender.clone().send_request(request).await.unwrap()).await.unwrap()
    }
}

impl<B> Http2<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Unpin + 'static,
{
    /// A new connection.
    pub async fn of(server: &Server) -> Http2<B> {
        let socket = TokioIo::new(server.connect().await);
        let (sender, connection) = handshake(TokioExecutor::new(), socket).await.unwrap();
        Http2 { sender, end: tokio::spawn(connection) }
    }
}

/// The whole of a response.
pub async fn answer(response: Response<hyper::body::Incoming>) -> hyper::Result<Answer> {
    assert_eq!(response.version(), hyper::Version::HTTP_2);
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}
