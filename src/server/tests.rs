//! What takes real time, tried out where that time can be stopped: on the runtime of the test.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::config::LogFormat;

/// What is answered to a request that announces a body and never sends it.
async fn answer_without_body(address: SocketAddr, line: &str) -> String {
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = "Host: a\r\nAuthorization: Bearer test\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9";
    client.write_all(format!("{line} HTTP/1.1\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn who_announces_a_body_and_never_sends_it_is_not_waited_for_for_ever() {
    let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), log_format: LogFormat::Off, ..Settings::default() };
    let server = Server::bind(&settings).await.unwrap();
    let address = server.address();
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(server.run(stopped));
    // The machine's own clock stands still too, and jumps to the next deadline whenever nothing else is to be done.
    tokio::time::pause();
    let answer = answer_without_body(address, "POST /api/v1/calls").await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("did not come within 30 s"), "{answer}");
    let answer = answer_without_body(address, "POST /api/v1/nothing").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}
