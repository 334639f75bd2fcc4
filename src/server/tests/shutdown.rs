//! What becomes of what has reached the server when it is told to stop.

use super::*;

const GET_CALL: &str = "GET /api/v1/calls/call_xxx HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer any\r\n\r\n";
const CLOSE: &str = "connection: close\r\n";
/// What is neither answered nor given up by itself for an hour.
const WAIT: (&str, &str) = ("POST /__admin/requests/wait", r#"{"path": "/never", "timeout": "10m"}"#);

/// The answers that came, each from its status on.
fn answers(heard: &str) -> Vec<&str> {
    heard.split("HTTP/1.1 ").skip(1).collect()
}

/// Waits until the server has heard that it is to stop: it takes no connections any more.
async fn is_stopping(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// A connection that waits in the kernel for the server to take it: nothing else has run since.
fn queued(address: SocketAddr) -> TcpStream {
    let client = std::net::TcpStream::connect(address).unwrap();
    client.set_nonblocking(true).unwrap();
    TcpStream::from_std(client).unwrap()
}

#[tokio::test]
async fn what_has_reached_the_socket_is_answered_and_the_last_answer_says_that_it_is_the_last() {
    for (kind, count) in [("kept", 1), ("pipelined", 10), ("accepted", 1), ("queued", 1)] {
        let (address, stop, end) = running().await;
        let mut clients = Vec::new();
        for _ in 0..20 {
            let mut client = TcpStream::connect(address).await.unwrap();
            if matches!(kind, "kept" | "pipelined") {
                ask(&mut client).await;
            }
            clients.push(client);
        }
        // Connections are taken in the order in which they come.
        ask(&mut TcpStream::connect(address).await.unwrap()).await;
        if kind == "queued" {
            clients = (0..20).map(|_| queued(address)).collect();
            // Writing needs what the runtime hears of a socket.
            for client in &clients {
                client.writable().await.unwrap();
            }
        }
        let sent = GET_CALL.repeat(count);
        for client in &clients {
            assert_eq!(client.try_write(sent.as_bytes()).unwrap(), sent.len());
        }
        stop.send(true).unwrap();
        for client in clients {
            let heard = all_of(client).await;
            let answers = answers(&heard);
            assert_eq!(answers.len(), count, "{kind}: {heard}");
            for (position, answer) in answers.iter().enumerate() {
                let is_last = position + 1 == count;
                assert!(answer.starts_with("200 ") && answer.contains(CLOSE) == is_last, "{kind}: {answer}");
            }
        }
        end.await.unwrap();
    }
}

#[tokio::test]
async fn a_wait_is_given_up_at_once_and_what_was_sent_behind_it_is_answered() {
    let (address, stop, end) = running().await;
    let wait = request(WAIT.0, WAIT.1);
    let alone = having_sent(address, &wait).await;
    let followed = having_sent(address, &(wait + GET_CALL)).await;
    tokio::time::pause();
    stop.send(true).unwrap();
    timeout(GRACE / 2, end).await.unwrap().unwrap();
    let alone = all_of(alone).await;
    assert!(alone.starts_with("HTTP/1.1 503 ") && alone.contains(CLOSE), "{alone}");
    assert!(alone.contains("The server is stopping"), "{alone}");
    let followed = all_of(followed).await;
    let both = answers(&followed);
    assert!(both[0].starts_with("503 ") && !both[0].contains(CLOSE), "{followed}");
    assert!(both[1].starts_with("200 ") && both[1].contains(CLOSE), "{followed}");
}

#[tokio::test]
async fn a_stream_of_events_ends_at_once() {
    let (address, stop, end) = running().await;
    let events = having_sent(address, "GET /__admin/events HTTP/1.1\r\nHost: a\r\n\r\n").await;
    tokio::time::pause();
    stop.send(true).unwrap();
    timeout(GRACE / 2, end).await.unwrap().unwrap();
    let heard = all_of(events).await;
    assert!(heard.contains("or the server stops") && heard.ends_with("0\r\n\r\n"), "{heard}");
}

#[tokio::test]
async fn an_answer_that_is_held_back_is_given_up_when_the_grace_is_over() {
    let (address, stop, end) = running().await;
    let rule = request(
        "POST /__admin/faults",
        r#"{"match": {"path": "/api/v1/calls/call_xxx"}, "effect": {"latency": "60s"}}"#,
    );
    drop(having_sent(address, &rule).await);
    let client = having_sent(address, GET_CALL).await;
    tokio::time::pause();
    stop.send(true).unwrap();
    let mut end = Box::pin(end);
    assert!(timeout(GRACE - Duration::from_secs(1), &mut end).await.is_err());
    timeout(Duration::from_secs(1) + LAST_ANSWERS, end).await.unwrap().unwrap();
    let heard = all_of(client).await;
    assert!(heard.starts_with("HTTP/1.1 503 ") && heard.contains(CLOSE), "{heard}");
}

#[tokio::test]
async fn half_a_request_is_answered_when_the_rest_comes_and_refused_when_it_does_not() {
    let whole = request("POST /api/v1/calls", "{}");
    let head = whole.len() - 2;
    for (begun, comes) in [(20, true), (20, false), (head, true), (head, false), (whole.len() - 1, true)] {
        let (address, stop, end) = running().await;
        let mut client = having_sent(address, &whole[..begun]).await;
        stop.send(true).unwrap();
        is_stopping(address).await;
        if comes {
            client.write_all(&whole.as_bytes()[begun..]).await.unwrap();
        } else {
            tokio::time::pause();
        }
        let heard = all_of(client).await;
        let status = if comes { "422 " } else { "503 " };
        assert!(heard.starts_with(&format!("HTTP/1.1 {status}")) && heard.contains(CLOSE), "{begun}: {heard}");
        assert_eq!(answers(&heard).len(), 1, "{heard}");
        end.await.unwrap();
        if !comes {
            tokio::time::resume();
        }
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_keep_a_server_from_ending() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", receiver.local_addr().unwrap());
    let webhooks = Webhooks { urls: vec![url], ..Webhooks::default() };
    let (address, stop, end) = running_with(Settings { webhooks, ..Settings::default() }).await;
    drop(
        having_sent(
            address,
            &request("POST /__admin/webhooks/trigger", r#"{"event": "call.ended", "callId": "call_xxx"}"#),
        )
        .await,
    );
    let (_delivery, _) = receiver.accept().await.unwrap();
    tokio::time::pause();
    stop.send(true).unwrap();
    timeout(GRACE + 2 * LAST_ANSWERS, end).await.unwrap().unwrap();
}
