//! Bodies that are long or slow in coming.

use crate::support::{Server, in_time};
use hyper::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const LARGE: usize = 16 << 20;

/// The head of a request to put a state in, of which so many bytes are announced.
fn head(length: usize) -> String {
    let lines = ["PUT /__admin/state HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
    format!("{}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n", lines.join("\r\n"))
}

/// Announces a state of that length, and gives the first line of what is answered: whether to go on, or why not.
async fn announce(client: &mut TcpStream, length: usize) -> String {
    ask(client, &head(length)).await
}

/// Sends a head, and gives the first line of what is answered.
async fn ask(client: &mut TcpStream, head: &str) -> String {
    client.write_all(head.as_bytes()).await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(in_time(client.read_u8()).await.unwrap());
    }
    String::from_utf8(line).unwrap().trim().to_owned()
}

const GO_ON: &str = "HTTP/1.1 100 Continue";

#[tokio::test]
async fn a_server_takes_one_large_state_at_a_time() {
    let server = Server::start().await;
    let mut first = server.connect().await;
    assert_eq!(announce(&mut first, LARGE + 1).await, GO_ON);
    // While that one is on its way, another is refused at once, and what is not large is none of its business.
    let refused = server.raw(head(LARGE + 1).as_bytes()).await.remove(0);
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert!(refused.error().contains("16 MiB"), "{}", refused.error());
    assert_eq!(announce(&mut server.connect().await, LARGE).await, GO_ON);
    let state = server.get("/__admin/state").await.data();
    server.send_json(hyper::Method::PUT, "/__admin/state", state).await.data();
    // When its client has gone, there is room for the next, as soon as the server has noticed.
    drop(first);
    let next = async {
        while announce(&mut server.connect().await, LARGE + 1).await != GO_ON {
            tokio::task::yield_now().await;
        }
    };
    in_time(next).await;
}

#[tokio::test]
async fn bodies_that_are_not_large_share_a_room() {
    let server = Server::start().await;
    // Five of them, of which 13 MiB each have come, are more than 64 MiB.
    let mut uploads = JoinSet::new();
    for _ in 0..5 {
        let mut client = server.connect().await;
        assert_eq!(announce(&mut client, LARGE).await, GO_ON, "what is announced takes no room");
        uploads.spawn(async move {
            let _ = client.write_all(&vec![b' '; 13 << 20]).await;
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.map(|_| answer)
        });
    }
    // One is refused. The others wait for what is still to come of them.
    let refused = in_time(uploads.join_next()).await.unwrap().unwrap().unwrap().to_lowercase();
    assert!(refused.trim().starts_with("http/1.1 503") && refused.contains("retry-after: 1"), "{refused}");
    assert!(refused.contains("64 mib"), "{refused}");
    // What comes whole and is short needs no room.
    server.send_json(hyper::Method::PUT, "/__admin/clock", serde_json::json!({"mode": "manual"})).await.data();
    assert_eq!(uploads.len(), 4);
}
