//! The yardstick for deliveries: a bare hyper client that sends the same bytes over and over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// As many as the product has under way to one receiver.
const AT_ONCE: usize = 64;

/// Sends: address, how many, bytes of a body. Then stays, so that what it has used can be read off, until it is ended.
pub fn send(parameters: &[&str]) -> ! {
    let [address, count, length] = parameters else { panic!("sender ADDRESS COUNT LENGTH") };
    let address: SocketAddr = address.parse().expect("an address");
    let left = Arc::new(AtomicI64::new(count.parse().expect("a count")));
    let body = Bytes::from(vec![b'a'; length.parse().expect("a length")]);
    // The runtime that the product has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut lines = JoinSet::new();
        for _ in 0..AT_ONCE {
            lines.spawn(send_along(address, Arc::clone(&left), body.clone()));
        }
        lines.join_all().await;
    });
    // Where it would listen, if it did: that it is done.
    println!("sent all to http://{address}");
    loop {
        std::thread::park();
    }
}

async fn send_along(address: SocketAddr, left: Arc<AtomicI64>, body: Bytes) {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("its options");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
    tokio::spawn(connection);
    let signature = "0".repeat(64);
    while left.fetch_sub(1, Ordering::Relaxed) > 0 {
        let request = Request::post("/hooks")
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .header("user-agent", "bare")
            .header("x-webhook-signature", signature.as_str())
            .body(Full::new(body.clone()))
            .expect("a request");
        sender.ready().await.expect("the receiver keeps its connections");
        let answer = sender.send_request(request).await.expect("an answer");
        assert!(answer.status().is_success());
        let _ = answer.into_body().collect().await;
    }
}
