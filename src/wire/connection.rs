//! One connection: HTTP/1.0 and 1.1, or HTTP/2 where the client begins with it.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::answering::Answering;
use super::body::Body;
use super::breakage::{Breakable, Breakage, Order};
use super::farewell::Farewell;
use super::linger::linger;
use super::preface::{self, Beginning};
use super::request_body::{RequestBody, UnreadBody};
use super::silence::{HEAD_TIMEOUT, Silence, Turns};
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
    pub async fn serve<H>(self, mut stream: TcpStream, peer: SocketAddr, handle: H, mut stop: watch::Receiver<bool>)
    where
        H: Fn(Request<RequestBody>, SocketAddr) -> Answering<Response<Body>> + Clone + Send + 'static,
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
        if is_http2 {
            let service = service_fn(move |request: Request<Incoming>| {
                answer_http2(handle(request.map(Into::into), peer), &order)
            });
            let connection = pin!(self.http2.serve_connection(socket.waking(), service));
            converse(connection, Farewell::of(stop), pending()).await;
        } else {
            let turns = Arc::new(Turns::default());
            let silence = Silence::of(Arc::clone(&turns));
            let socket = socket.telling(Arc::clone(&turns));
            let unread = Arc::new(UnreadBody::default());
            let watching = Arc::clone(&unread);
            let service = service_fn(move |request: Request<Incoming>| {
                answer_http1(handle(watching.watch(request), peer), &turns, &order, &watching)
            });
            let mut connection = self.http1.serve_connection(Explaining::new(socket, self.explain), service);
            converse(Pin::new(&mut connection), Farewell::of(stop), silence).await;
            let socket = connection.into_parts().io;
            if unread.is_there() || socket.has_explained() {
                linger(&mut socket.into_inner().into_inner()).await;
            }
        }
    }
}

/// Serves a connection until it ends, or the client's silence has lasted too long. After the farewell, what is under way is finished.
async fn converse(
    mut connection: Pin<&mut impl GracefulConnection>,
    mut farewell: Farewell,
    silence: impl Future<Output = ()>,
) {
    let mut silence = pin!(silence);
    let mut is_leaving = false;
    poll_fn(|context| {
        if !is_leaving && Pin::new(&mut farewell).poll(context).is_ready() {
            is_leaving = true;
            connection.as_mut().graceful_shutdown();
        }
        // A client that breaks off, or speaks no HTTP, is no failure of the server's.
        let has_ended = connection.as_mut().poll(context).is_ready();
        if has_ended { Poll::Ready(()) } else { silence.as_mut().poll(context) }
    })
    .await;
}

fn answer_http1(
    answering: Answering<Response<Body>>,
    turns: &Arc<Turns>,
    order: &Arc<Order>,
    unread: &Arc<UnreadBody>,
) -> Answering<Result<Response<Body>, Infallible>> {
    match answering {
        Answering::Now(response) => send_http1(response, turns, order, unread),
        Answering::Later(answer) => {
            let (turns, order, unread) = (Arc::clone(turns), Arc::clone(order), Arc::clone(unread));
            let turn = turns.begin();
            Answering::later(async move {
                let response = answer.await;
                drop(turn);
                send_http1(response, &turns, &order, &unread).await
            })
        }
        Answering::Given => Answering::never(),
    }
}

fn send_http1(
    mut response: Response<Body>,
    turns: &Arc<Turns>,
    order: &Order,
    unread: &UnreadBody,
) -> Answering<Result<Response<Body>, Infallible>> {
    if let Some(breakage) = response.extensions().get::<Breakage>() {
        order.give(*breakage, response.headers());
        let turn = turns.begin();
        // hyper flushes when nothing is left to write, and at that the socket breaks.
        return Answering::later(async move {
            let _turn = turn;
            pending().await
        });
    }
    turns.pass();
    unread.announce(&mut response);
    Answering::Now(Ok(response.map(|body| body.keeping(turns))))
}

/// Many requests share a connection here, also those of clients that know nothing of each other. So what can be lost of one answer alone is
/// lost of it alone.
fn answer_http2(answering: Answering<Response<Body>>, order: &Arc<Order>) -> Answering<Result<Response<Body>, Reset>> {
    let order = Arc::clone(order);
    answering.and_then(move |response| match response.extensions().get::<Breakage>() {
        Some(Breakage::EmptyResponse) => Answering::Now(Err(Reset)),
        Some(Breakage::MalformedResponseChunk) => Answering::Now(Ok(Breakage::malformed(response))),
        Some(breakage @ (Breakage::RandomDataThenClose | Breakage::ConnectionResetByPeer)) => {
            order.give(*breakage, response.headers());
            // The connection has been woken, and breaks.
            Answering::never()
        }
        None => Answering::Now(Ok(response)),
    })
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
