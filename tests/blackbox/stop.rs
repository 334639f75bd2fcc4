//! What becomes of requests and deliveries when the server is told to stop.

use crate::support::http2::Http2;
use crate::support::receiver::{Receiver, events};
use crate::support::{Answer, START, Server, contract, raw, settings};
use akol_mock::{ClockMode, MockServer, Settings, Webhooks};
use hyper::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Reads one answer to what was sent, head and body, which comes in one piece.
async fn answer(connection: &mut TcpStream, sent: &str) -> Answer {
    let mut heard = vec![0; 64 * 1024];
    let length = connection.read(&mut heard).await.unwrap();
    let mut answers = raw::answers(&heard[..length]);
    contract::check_all(sent.as_bytes(), &answers);
    answers.remove(0)
}

#[tokio::test]
async fn events_of_the_last_request_are_delivered_before_the_server_ends() {
    let receiver = Receiver::start().await;
    let settings =
        Settings { webhooks: Webhooks { urls: vec![receiver.url.clone()], ..Webhooks::default() }, ..settings() };
    let settings = Settings { clock: ClockMode::Manual, start_time: START.parse().ok(), ..settings };
    let server = MockServer::builder().settings(settings).start().await.unwrap();
    let (address, handle) = (server.address(), server.handle());

    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = "Host: akol\r\nAuthorization: Bearer test\r\nContent-Type: application/json\r\n";
    let body = crate::support::placement("+15005550107").to_string();
    let place = format!("POST /api/v1/calls HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}", body.len());
    connection.write_all(place.as_bytes()).await.unwrap();
    let placed = answer(&mut connection, &place).await.data();
    let id = placed["id"].as_str().unwrap();
    handle.advance(std::time::Duration::from_secs(60)).await.unwrap();
    assert_eq!(events(&receiver.deliveries()), ["call.started"]);

    let end =
        format!("POST /api/v1/calls/{id}/end HTTP/1.1\r\n{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    connection.write_all(end.as_bytes()).await.unwrap();
    // From here on the request is under way.
    assert_eq!(answer(&mut connection, &end).await.status, StatusCode::CONTINUE);
    let stopping = tokio::spawn(server.stop());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    connection.write_all(b"{}").await.unwrap();
    assert_eq!(answer(&mut connection, &end).await.status, StatusCode::OK);
    stopping.await.unwrap();
    assert_eq!(events(&receiver.deliveries()), ["call.started", "call.ended"]);
}

#[tokio::test]
async fn a_wait_over_http2_is_given_up_at_once() {
    let server = Server::start().await;
    let client = Http2::connect(&server).await;
    let body = r#"{"path": "/never", "timeout": "10m"}"#;
    let wait = server.request(Method::POST, "/__admin/requests/wait").header("content-type", "application/json");
    let wait = client.sender.clone().send_request(wait.body(body.into()).unwrap());
    let waiting = tokio::spawn(async move { crate::support::http2::answer(wait.await.unwrap()).await.unwrap() });
    // Answered on the same connection, so the wait has begun.
    let health = server.request(Method::GET, "/__admin/health").body(Default::default()).unwrap();
    assert_eq!(client.send(health).await.status, StatusCode::OK);
    server.server.stop().await;
    assert_eq!(waiting.await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(client.end.await.unwrap().is_ok());
}
