//! One connection: HTTP/1.0 and 1.1, or HTTP/2 where the client begins with it.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, ready};

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioExecutor;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::activity::Activity;
use super::backlog::{Backlog, Tracked};
use super::body::Body;
use super::client::Client;
use super::head_record::HeadRecord;
use super::idle_timeout::{HEAD_TIMEOUT, IdleTimeout};
use super::linger::linger;
use super::malformed::{self, other_protocol};
use super::request_body::RequestBody;
use super::shutdown::{Phase, Phases, Shutdown};
use super::socket::{self, Socket};
use super::unparsed::{Explain, Explaining};
use crate::awake;
use crate::http::fault_socket::{Breakable, Breakage, Order};
use crate::http::maybe_ready::Answering;
use crate::http::protocol;
use crate::http::protocol::Version;

/// How many requests a client of HTTP/2 may have under way on one connection. More wait at the client.
const MAX_STREAMS: u32 = 250;
/// The most that hyper takes of a head in HTTP/2, in bytes, with 32 on top for each header. It answers what is longer with a bare 431, so
/// this is well past the limits that are explained to the client.
const MAX_HEADER_LIST: u32 = 64 << 10;

/// The most of a head that is kept in HTTP/1, in bytes: well past the limits, so that what goes beyond one of them is told so. What goes beyond
/// this is a 431 at once.
const MAX_HEAD: usize = 128 << 10;

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
        http1.auto_date_header(false).max_buf_size(MAX_HEAD);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.auto_date_header(false).max_concurrent_streams(MAX_STREAMS).max_header_list_size(MAX_HEADER_LIST);
        // A client that has gone without a word does not answer a ping.
        http2.timer(awake::Timer).keep_alive_interval(HEAD_TIMEOUT);
        Manner { http1, http2, explain }
    }

    /// Serves one connection with `handle` until it ends; once the server is to stop, until what has come over it has been answered.
    pub async fn serve<H>(self, mut stream: TcpStream, peer: SocketAddr, handle: H, shutdown: Shutdown)
    where
        H: Fn(Request<RequestBody>, &Client) -> Answering<Response<Body>> + Clone + Send + 'static,
    {
        // Small answers must not wait for more to send; a socket that refuses this still works.
        let _ = stream.set_nodelay(true);
        socket::limit_unsent(&stream);
        let mut bytes = Vec::new();
        let refused = match hear(&mut stream, &mut bytes, &shutdown).await {
            Heard::Version(Version::Http2) => Ok(Version::Http2),
            // Waited for as HTTP, some of it would never come to an end.
            Heard::Version(Version::Http1) => other_protocol(&bytes).map_or(Ok(Version::Http1), Err),
            // A client that says nothing is told nothing.
            Heard::Late | Heard::CutShort if bytes.is_empty() => return,
            Heard::Late => Err(malformed::late()),
            Heard::CutShort => Err(malformed::cut_short()),
            Heard::Broken => return,
        };
        let version = match refused {
            Ok(version) => version,
            Err(malformed) => {
                let _ = stream.write_all(&(self.explain)(&malformed, &bytes, peer.ip())).await;
                if malformed.status != StatusCode::SERVICE_UNAVAILABLE {
                    linger(&mut stream).await;
                }
                return;
            }
        };
        let (order, activity) = (Arc::new(Order::default()), Arc::new(Activity::default()));
        let socket = Breakable::new(Socket::new(stream, bytes, Arc::clone(&activity)), Arc::clone(&order));
        let phases = shutdown.phases();
        match version {
            Version::Http2 => {
                let (client, backlog) = (Client::http2(peer), Arc::new(Backlog::default()));
                let idle = IdleTimeout::http2(Arc::clone(&activity), Arc::clone(&backlog));
                let service = service_fn(move |request: Request<Incoming>| {
                    answer_http2(handle(request.map(RequestBody::from), &client), &order, &backlog)
                });
                let connection = self.http2.serve_connection(socket.waking(), service);
                let stop = |connection: Pin<&mut http2::Connection<_, _, _>>, phase| {
                    if phase != Phase::Running {
                        connection.graceful_shutdown();
                    }
                };
                converse(pin!(connection), phases, stop, &activity, idle, || false).await;
            }
            Version::Http1 => {
                let client = Client::http1(peer, Arc::clone(&activity));
                let (state, idle) = (Arc::clone(&activity), IdleTimeout::http1(Arc::clone(&activity)));
                let record = Arc::new(HeadRecord::default());
                let (unread, late) = (Arc::clone(activity.unread()), Arc::clone(&record));
                let socket = Explaining::new(socket, peer.ip(), self.explain, Arc::clone(&record), unread);
                let is_due = Arc::clone(shutdown.due());
                let service = service_fn(move |request: Request<Incoming>| {
                    state.called();
                    if is_due.load(Ordering::Relaxed) {
                        state.reach(Phase::Stopping);
                    }
                    let mut request = state.unread().watch(request);
                    if let Some(malformed) = record.taken(&request) {
                        request.extensions_mut().insert(malformed);
                    }
                    answer_http1(handle(request, &client), &state, &order, &is_due)
                });
                let mut connection = self.http1.serve_connection(socket, service);
                // Not hyper's own graceful shutdown, which looks at nothing that has come over the socket since it read last.
                let stop = |_: Pin<&mut http1::Connection<_, _>>, phase| activity.reach(phase);
                converse(Pin::new(&mut connection), phases, stop, &activity, idle, || late.is_late()).await;
                let socket = connection.into_parts().io;
                if activity.unread().is_there() || socket.has_explained() {
                    linger(&mut socket.into_inner().into_inner().into_inner()).await;
                }
            }
        }
    }
}

/// What a client has said first.
enum Heard {
    /// Something by which its HTTP is known.
    Version(Version),
    /// Not enough for that in time.
    Late,
    /// Not enough for that before the server stops.
    CutShort,
    /// Not enough for that before the connection broke.
    Broken,
}

/// Finds out which HTTP a client speaks. What has been read for that is in `bytes`.
async fn hear(stream: &mut TcpStream, bytes: &mut Vec<u8>, shutdown: &Shutdown) -> Heard {
    let heard = tokio::select! {
        biased;
        heard = awake::timeout(HEAD_TIMEOUT, protocol::hear(stream, bytes)) => Some(heard),
        () = shutdown.reached(Phase::Stopping) => None,
    };
    let heard = match heard {
        Some(heard) => heard,
        None if bytes.is_empty() && !socket::has_input(stream) => return Heard::CutShort,
        // What it has begun with is waited for.
        None => tokio::select! {
            biased;
            heard = awake::timeout(HEAD_TIMEOUT, protocol::hear(stream, bytes)) => heard,
            () = shutdown.reached(Phase::GraceOver) => return Heard::CutShort,
        },
    };
    match heard {
        Ok(Ok(version)) => Heard::Version(version),
        Ok(Err(_)) => Heard::Broken,
        Err(_) => Heard::Late,
    }
}

/// Serves a connection until it ends, or its client has been idle for too long. `stop` tells it of each phase of the shutdown, `say` that the
/// client has been; where that says that it is to be answered, the connection has until the next look.
async fn converse<C: Future>(
    mut connection: Pin<&mut C>,
    mut phases: Phases,
    mut stop: impl FnMut(Pin<&mut C>, Phase),
    activity: &Activity,
    idle: IdleTimeout,
    say: impl Fn() -> bool,
) {
    let mut idle = pin!(idle);
    let mut is_said = false;
    poll_fn(|context| {
        if let Poll::Ready(phase) = phases.poll_next(context) {
            stop(connection.as_mut(), phase);
            // Whatever else happens, it is to be woken by the next.
            context.waker().wake_by_ref();
        }
        loop {
            // A client that breaks off, or speaks no HTTP, is no failure of the server's.
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if activity.take_ask_again() {
                continue;
            }
            ready!(idle.as_mut().poll(context));
            if is_said || !say() {
                return Poll::Ready(());
            }
            is_said = true;
        }
    })
    .await;
}

fn answer_http1(
    answering: Answering<Response<Body>>,
    activity: &Arc<Activity>,
    order: &Arc<Order>,
    is_due: &Arc<AtomicBool>,
) -> Answering<Result<Response<Body>, Infallible>> {
    match answering {
        Answering::Now(response) if !activity.is_stopping() => send_http1(response, activity, order),
        Answering::Now(response) => {
            let (activity, order) = (Arc::clone(activity), Arc::clone(order));
            // When hyper asks for it, it has looked whether more requests have come.
            Answering::later(async move { send_http1(response, &activity, &order).await })
        }
        Answering::Later(answer) => {
            let (activity, order) = (Arc::clone(activity), Arc::clone(order));
            let (turn, is_due) = (activity.begin(), Arc::clone(is_due));
            Answering::later(async move {
                let response = answer.await;
                if is_due.load(Ordering::Relaxed) && !activity.is_stopping() {
                    // The answer may know of the stop before the connection does. hyper looks for more requests before it asks for this again.
                    activity.reach(Phase::Stopping);
                    tokio::task::yield_now().await;
                }
                drop(turn);
                send_http1(response, &activity, &order).await
            })
        }
        Answering::Given => Answering::never(),
    }
}

fn send_http1(
    mut response: Response<Body>,
    activity: &Arc<Activity>,
    order: &Order,
) -> Answering<Result<Response<Body>, Infallible>> {
    if let Some(breakage) = response.extensions().get::<Breakage>() {
        order.give(*breakage, response.headers());
        let turn = activity.begin();
        // hyper flushes when nothing is left to write, and at that the socket breaks.
        return Answering::later(async move {
            let _turn = turn;
            pending().await
        });
    }
    activity.pass();
    match activity.is_last() {
        true => activity.unread().announce_close(&mut response),
        false => activity.unread().announce(&mut response),
    }
    Answering::Now(Ok(response.map(|body| body.keeping(activity))))
}

/// Many requests share a connection here, also those of clients that know nothing of each other. So what can be lost of one answer alone is
/// lost of it alone.
fn answer_http2(
    answering: Answering<Response<Body>>,
    order: &Arc<Order>,
    backlog: &Arc<Backlog>,
) -> Answering<Result<Response<Tracked>, Reset>> {
    let (order, backlog) = (Arc::clone(order), Arc::clone(backlog));
    let tracked = move |response: Response<Body>| Answering::Now(Ok(response.map(|body| Tracked::new(body, &backlog))));
    answering.and_then(move |response| match response.extensions().get::<Breakage>() {
        Some(Breakage::EmptyResponse) => Answering::Now(Err(Reset)),
        Some(Breakage::MalformedResponseChunk) => tracked(Breakage::malformed(response)),
        Some(breakage @ (Breakage::RandomDataThenClose | Breakage::ConnectionResetByPeer)) => {
            order.give(*breakage, response.headers());
            // The connection has been woken, and breaks.
            Answering::never()
        }
        None => tracked(response),
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
