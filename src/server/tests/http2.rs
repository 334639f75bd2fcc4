//! Clients of HTTP/2 that take nothing of what they are sent, on one stream or on all of them.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use super::*;

/// More than a stream or a connection takes before its client has read something.
const LONG: &str = "/docs/viewer.js";
const SHORT: &str = "/__admin/health";
/// By then a client that takes nothing has been let go.
const TOO_LONG: Duration = Duration::from_secs(41);

type Client = SendRequest<Empty<Bytes>>;

/// A client, and the end of its connection.
async fn connect(address: SocketAddr, window: u32) -> (Client, JoinHandle<hyper::Result<()>>) {
    let socket = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window).initial_connection_window_size(1 << 20);
    let (client, connection) = builder.handshake(socket).await.unwrap();
    (client, tokio::spawn(connection))
}

async fn get(client: &mut Client, path: &str) -> hyper::Result<Response<Incoming>> {
    let request = Request::get(format!("http://localhost{path}")).body(Empty::new()).unwrap();
    client.send_request(request).await
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_let_go_although_it_answers_pings() {
    // Of the first the connection is full, of the second the stream.
    for window in [4 << 20, 1 << 10] {
        let (address, _stop, _end) = running().await;
        let (mut client, end) = connect(address, window).await;
        let unread = get(&mut client, LONG).await.unwrap();
        tokio::time::pause();
        timeout(TOO_LONG, end).await.expect("it is not let go").unwrap().ok();
        assert!(unread.collect().await.is_err());
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_stream_of_which_nothing_is_taken_ends_the_connection_also_while_others_go_on() {
    let (address, _stop, _end) = running().await;
    let (mut client, end) = connect(address, 1 << 10).await;
    let _unread = get(&mut client, LONG).await.unwrap();
    tokio::time::pause();
    for _ in 0..10 {
        let Ok(short) = get(&mut client, SHORT).await else { break };
        let _ = short.collect().await;
        step().await;
    }
    assert!(get(&mut client, SHORT).await.is_err());
    end.await.unwrap().ok();
}

#[tokio::test]
async fn a_client_that_takes_something_now_and_then_gets_all_of_it() {
    let (address, _stop, _end) = running().await;
    let window = 64 << 10;
    let (mut client, _end) = connect(address, window).await;
    let mut body = get(&mut client, LONG).await.unwrap().into_body();
    tokio::time::pause();
    let mut taken = 0;
    while let Some(frame) = body.frame().await {
        taken += frame.unwrap().into_data().unwrap().len();
        // A client says what it has room for when that is worth a frame of its own: by a whole window at the latest, in however many
        // pieces that came.
        if taken >= window as usize {
            taken = 0;
            step().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_has_nothing_to_take_is_not_let_go() {
    let (address, _stop, _end) = running().await;
    let (mut client, end) = connect(address, 64 << 10).await;
    get(&mut client, SHORT).await.unwrap().collect().await.unwrap();
    tokio::time::pause();
    assert!(timeout(10 * TOO_LONG, end).await.is_err());
}
