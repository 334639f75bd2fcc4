//! The accept loop: takes connections until the server is to stop, then those that had reached it by then.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::body::Body;
use super::client::Client;
use super::connection::Manner;
use super::request_body::RequestBody;
use super::shutdown::{Phase, Shutdown};
use super::unparsed::Explain;
use crate::http::maybe_ready::Answering;

/// How long to leave a broken listener alone: running out of file descriptors passes, and must not become a busy loop.
const BREATHER: Duration = Duration::from_millis(50);
/// The most connections that are taken once the server is to stop: as many as the kernel keeps for it, and those that come meanwhile.
const LAST_CONNECTIONS: usize = 2_048;

/// Serves connections with `handle` until the server is to stop and they have ended; what is no HTTP is answered with `explain`. Where a
/// response carries a [`Breakage`](crate::http::fault_socket::Breakage), the connection breaks in its place. No single connection's failure ends it.
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
    // The kernel itself is asked: the runtime hears a moment later of what has come.
    if let Ok(listener) = listener.into_std() {
        let mut room = LAST_CONNECTIONS;
        while let Err(Short) = take_waiting(&listener, &mut room, |stream, peer| drop(tasks.spawn(serve(stream, peer))))
        {
            refuse_more(&listener);
            // A connection that ends gives its descriptor back; so may whatever else holds some.
            let ended = async {
                while tasks.join_next().await.is_none() {
                    pending::<()>().await
                }
            };
            tokio::select! {
                _ = tokio::time::timeout(BREATHER, ended) => {}
                () = shutdown.reached(Phase::GraceOver) => break,
            }
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// There is no descriptor or no memory for a connection.
struct Short;

/// Takes the connections that the kernel keeps for a listener, `room` at most.
fn take_waiting(
    listener: &std::net::TcpListener,
    room: &mut usize,
    mut take: impl FnMut(TcpStream, SocketAddr),
) -> Result<(), Short> {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    while *room > 0 {
        match listener.accept() {
            Ok((stream, peer)) => {
                *room -= 1;
                let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                // One that cannot be waited for is of no use.
                if let Ok(stream) = stream {
                    take(stream, peer);
                }
            }
            Err(error) if error.kind() == WouldBlock => break,
            // That one has gone.
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) => *room -= 1,
            Err(_) => return Err(Short),
        }
    }
    Ok(())
}

/// Has the kernel keep no more connections for a listener beside those that it keeps. One that does not is closed soon.
fn refuse_more(listener: &std::net::TcpListener) {
    let _ = socket2::SockRef::from(listener).listen(0);
}
