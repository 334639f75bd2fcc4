//! Bodies that are long or slow in coming.

use crate::support::{Server, in_time};
use hyper::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LARGE: usize = 16 << 20;

/// The head of a request to put a state in, of which so many bytes are announced.
fn head(length: usize) -> String {
    let lines = ["PUT /__admin/state HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
    format!("{}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n", lines.join("\r\n"))
}

/// The same for a call that is placed.
fn head_of_call(length: usize) -> String {
    let head = head(length).replace("PUT /__admin/state", "POST /api/v1/calls");
    head.replace("Host: localhost", "Host: localhost\r\nAuthorization: Bearer test")
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
    const ROOM: usize = 64 << 20;
    let server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..ROOM / LARGE {
        let mut client = server.connect().await;
        assert_eq!(announce(&mut client, LARGE).await, GO_ON);
        clients.push(client);
    }
    // There is no room for any body past 64 KiB, whatever it is for; and all for those that are shorter.
    for head in [head((64 << 10) + 1), head_of_call((64 << 10) + 1)] {
        let refused = server.raw(head.as_bytes()).await.remove(0);
        assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
        assert!(refused.error().contains("64 MiB"), "{}", refused.error());
    }
    assert_eq!(ask(&mut server.connect().await, &head_of_call(64 << 10)).await, GO_ON);
    assert_eq!(announce(&mut server.connect().await, LARGE + 1).await, GO_ON, "one that is large needs none");
    clients.pop();
    let next = async {
        while ask(&mut server.connect().await, &head_of_call(1 << 20)).await != GO_ON {
            tokio::task::yield_now().await;
        }
    };
    in_time(next).await;
}
