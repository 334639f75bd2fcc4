//! One connection: HTTP/1.0 and 1.1, or HTTP/2 where the client begins with it.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::body::Body;
use super::breakage::{Breakable, Breakage, Order};
use super::preface::{self, Beginning};
use super::silence::{HEAD_TIMEOUT, Silence, Turn, Turns};
use super::unparsed::{Explain, Explaining};

/// How many requests a client of HTTP/2 may have under way on one connection. More wait at the client.
const MAX_STREAMS: u32 = 250;
/// The most that hyper takes of a head in HTTP/2, in bytes, with 32 on top for each header. It answers what is longer with a bare 431, so
/// this is well past the limits that are explained to the client.
const MAX_HEADER_LIST: u32 = 64 << 10;

/// What all connections have in common.
#[derive(Clone)]
pub struct Manner {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    explain: Explain,
}

impl Manner {
    /// As the limits above say; what is no HTTP is answered with `explain`.
    pub fn new(explain: Explain) -> Manner {
        let mut http1 = http1::Builder::new();
        // Not `pipeline_flush`: with it, hyper takes in a whole body however slowly the client reads, and keeps what it has to say of a
        // malformed request to itself.
        http1.auto_date_header(false).half_close(true);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.auto_date_header(false).max_concurrent_streams(MAX_STREAMS).max_header_list_size(MAX_HEADER_LIST);
        // A client that has gone without a word does not answer a ping.
        http2.timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
        Manner { http1, http2, explain }
    }

    /// Serves one connection with `handle` until it ends; once `stop` has changed, until what is under way has been answered.
    pub async fn serve<H, F>(
        self,
        mut stream: TcpStream,
        peer: SocketAddr,
        handle: H,
        watcher: Watcher,
        mut stop: watch::Receiver<bool>,
    ) where
        H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        // Small answers must not wait for more to send; a socket that refuses this still works.
        let _ = stream.set_nodelay(true);
        let heard = tokio::select! {
            heard = timeout(HEAD_TIMEOUT, preface::hear(&mut stream)) => heard,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        // Whoever says nothing is told nothing.
        let Ok(Ok(Beginning { is_http2, bytes })) = heard else { return };
        let order = Arc::new(Order::default());
        let socket = Breakable::new(stream, bytes, Arc::clone(&order));
        // A client that breaks off, or speaks no HTTP, is no failure of the server's.
        if is_http2 {
            let service = service_fn(move |request| answer_http2(handle(request, peer), Arc::clone(&order)));
            let _ = watcher.watch(self.http2.serve_connection(socket.waking(), service)).await;
        } else {
            let turns = Arc::new(Turns::default());
            let silence = Silence::of(Arc::clone(&turns));
            let socket = socket.telling(Arc::clone(&turns));
            let service =
                service_fn(move |request| answer_http1(turns.begin(), handle(request, peer), Arc::clone(&order)));
            tokio::select! {
                biased;
                _ = watcher.watch(self.http1.serve_connection(Explaining::new(socket, self.explain), service)) => {}
                () = silence => {}
            }
        }
    }
}

async fn answer_http1(
    turn: Turn,
    reply: impl Future<Output = Response<Body>>,
    order: Arc<Order>,
) -> Result<Response<Body>, Infallible> {
    let response = reply.await;
    match response.extensions().get::<Breakage>() {
        Some(breakage) => {
            order.give(*breakage, response.headers());
            // hyper flushes when nothing is left to write, and at that the socket breaks.
            pending().await
        }
        None => Ok(response.map(|body| body.keeping(turn))),
    }
}

/// Many requests share a connection here, also those of clients that know nothing of each other. So what can be lost of one answer alone is
/// lost of it alone.
async fn answer_http2(reply: impl Future<Output = Response<Body>>, order: Arc<Order>) -> Result<Response<Body>, Reset> {
    let response = reply.await;
    match response.extensions().get::<Breakage>() {
        Some(Breakage::EmptyResponse) => Err(Reset),
        Some(Breakage::MalformedResponseChunk) => Ok(Breakage::malformed(response)),
        Some(breakage @ (Breakage::RandomDataThenClose | Breakage::ConnectionResetByPeer)) => {
            order.give(*breakage, response.headers());
            // The connection has been woken, and breaks.
            pending().await
        }
        None => Ok(response),
    }
}

/// At this hyper resets the stream of one request, with `INTERNAL_ERROR`.
#[derive(Debug)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this answer is to be lost")
    }
}

impl std::error::Error for Reset {}
