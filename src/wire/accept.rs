//! The accept loop: takes connections until it is told to stop, then lets what is under way finish.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answering::Answering;
use super::body::Body;
use super::connection::Manner;
use super::request_body::RequestBody;
use super::unparsed::Explain;

/// How long what is under way may take to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long to leave a broken listener alone: running out of file descriptors passes, and must not become a busy loop.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves connections with `handle` until `stop` changes; what is no HTTP is answered with `explain`. Where a
/// response carries a [`Breakage`](super::breakage::Breakage), the connection breaks in its place. No single connection's failure ends it.
/// Then requests under way may finish, and after them `aftermath`, within [`GRACE`] in all; what has not is cut off.
pub async fn serve<H>(
    listener: TcpListener,
    handle: H,
    explain: Explain,
    mut stop: watch::Receiver<bool>,
    aftermath: impl Future<Output = ()>,
) where
    H: Fn(Request<RequestBody>, SocketAddr) -> Answering<Response<Body>> + Clone + Send + 'static,
{
    let manner = Manner::new(explain);
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
        tasks.spawn(manner.clone().serve(stream, peer, handle.clone(), stop.clone()));
    }
    drop(listener);
    let finish = async {
        while tasks.join_next().await.is_some() {}
        aftermath.await;
    };
    // What takes longer is cut off: that is what the time is for.
    let _ = tokio::time::timeout(GRACE, finish).await;
}
