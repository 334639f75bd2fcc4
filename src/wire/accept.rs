//! The accept loop: takes connections until the server is to stop, then those that had reached it by then.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::answering::Answering;
use super::body::Body;
use super::client::Client;
use super::connection::Manner;
use super::request_body::RequestBody;
use super::shutdown::{Phase, Shutdown};
use super::unparsed::Explain;

/// How long to leave a broken listener alone: running out of file descriptors passes, and must not become a busy loop.
const BREATHER: Duration = Duration::from_millis(50);
/// The most connections that are taken once the server is to stop: as many as the kernel keeps for it, and those that come meanwhile.
const LAST_CONNECTIONS: usize = 2_048;

/// Serves connections with `handle` until the server is to stop and they have ended; what is no HTTP is answered with `explain`. Where a
/// response carries a [`Breakage`](super::breakage::Breakage), the connection breaks in its place. No single connection's failure ends it.
/// Dropped, it cuts all of them off.
pub async fn serve<H>(listener: TcpListener, handle: H, explain: Explain, shutdown: Shutdown)
where
    H: Fn(Request<RequestBody>, &Client) -> Answering<Response<Body>> + Clone + Send + 'static,
{
    let manner = Manner::new(explain);
    // Aborts them all when it is dropped.
    let mut tasks = JoinSet::new();
    let serve =
        |stream: TcpStream, peer: SocketAddr| manner.clone().serve(stream, peer, handle.clone(), shutdown.clone());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
            () = shutdown.reached(Phase::Stopping) => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Nothing to report to: the client sees its connection refused.
            let _ = tokio::time::timeout(BREATHER, shutdown.reached(Phase::Stopping)).await;
            continue;
        };
        tasks.spawn(serve(stream, peer));
    }
    for (stream, peer) in waiting(listener) {
        tasks.spawn(serve(stream, peer));
    }
    while tasks.join_next().await.is_some() {}
}

/// The connections that the kernel keeps for a listener. No more come: it is closed.
fn waiting(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    // The kernel itself is asked: the runtime hears a moment later of what has come.
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accepted = std::iter::from_fn(|| match listener.accept() {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
        accepted => Some(accepted),
    });
    let streams = accepted.take(LAST_CONNECTIONS).filter_map(|accepted| {
        let (stream, peer) = accepted.ok()?;
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    });
    streams.collect()
}
