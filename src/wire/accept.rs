//! The accept loop: takes connections until it is told to stop, then lets what is under way finish.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::body::Body;
use super::breakage::{Breakable, Breakage, Order};
use super::unparsed::{Explain, Explaining};

/// How long what is under way may take to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to leave a broken listener alone: running out of file descriptors passes, and must not become a busy loop.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves connections with `handle` until `stop` changes; what is no HTTP is answered with `explain`. Where a
/// response carries a [`Breakage`], the connection breaks in its place. No single connection's failure ends it. Then requests under way may finish, and after them `aftermath`, within [`GRACE`] in all; what has not is cut off.
pub async fn serve<H, F>(
    listener: TcpListener,
    handle: H,
    explain: Explain,
    mut stop: watch::Receiver<bool>,
    aftermath: impl Future<Output = ()>,
) where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let mut http = http1::Builder::new();
    // Not `pipeline_flush`: with it, hyper takes in a whole body however slowly the client reads, and keeps what it has to say of a
    // malformed request to itself.
    http.auto_date_header(false).half_close(true).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connections = GracefulShutdown::new();
    // Aborts them all when it is dropped.
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Nothing to report to: the client sees its connection refused.
            let _ = tokio::time::timeout(BREATHER, stop.wait_for(|stop| *stop)).await;
            continue;
        };
        let connection = connect(&http, stream, peer, handle.clone(), Arc::clone(&explain));
        let watched = connections.watch(connection);
        tasks.spawn(async move {
            // A client that breaks off, or speaks no HTTP, is no failure of the server's.
            let _ = watched.await;
        });
    }
    drop(listener);
    let finish = async {
        connections.shutdown().await;
        aftermath.await;
    };
    // What takes longer is cut off: that is what the time is for.
    let _ = tokio::time::timeout(GRACE, finish).await;
}

fn connect<H, F>(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    handle: H,
    explain: Explain,
) -> http1::Connection<
    Explaining<Breakable>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> + use<H, F>,
>
where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // Small answers must not wait for more to send; a socket that refuses this still works.
    let _ = stream.set_nodelay(true);
    let order = Arc::new(Order::default());
    let socket = Breakable::new(stream, Arc::clone(&order));
    let service = service_fn(move |request| {
        let reply = handle(request, peer);
        let order = Arc::clone(&order);
        async move {
            let response = reply.await;
            if let Some(breakage) = response.extensions().get::<Breakage>() {
                order.give(*breakage, response.headers());
                // hyper flushes when nothing is left to write, and at that the socket breaks.
                return std::future::pending().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    http.serve_connection(Explaining::new(socket, explain), service)
}
