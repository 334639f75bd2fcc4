//! The end of a connection whose client may still be sending.
//!
//! A socket that is closed with something unread sends a reset, at which the client's system forgets what it has received and its program not
//! read yet: the answer. So the server ends its own side only, and reads on until the client has ended the other, as RFC 9112 section 9.6 has it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::awake::timeout;

/// How long the client may send what nobody wants, in real time.
const TOTAL: Duration = Duration::from_secs(10);
/// How long it may send nothing meanwhile, in real time.
const IDLE: Duration = Duration::from_secs(2);
/// How much is read at a time, in bytes.
const PIECE: usize = 16 << 10;

/// Ends the server's side, and reads until the client has ended its own; see [`TOTAL`] and [`IDLE`].
pub async fn linger(socket: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    // Where hyper has done so already, this changes nothing.
    let _ = socket.shutdown().await;
    let mut unwanted = vec![0; PIECE];
    let read = async { while let Ok(Ok(1..)) = timeout(IDLE, socket.read(&mut unwanted)).await {} };
    // A client that takes longer may lose the answer.
    let _ = timeout(TOTAL, read).await;
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use tokio::io::{DuplexStream, duplex};
    use tokio::time::interval;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    /// Whether a connection lingers for no longer than `time`, whose client does that.
    async fn is_left_within<F: Future>(time: Duration, client: impl FnOnce(DuplexStream) -> F) -> bool {
        let (mut server, other) = duplex(1);
        let lingers = async {
            linger(&mut server).await;
            drop(server);
        };
        timeout(time, async { tokio::join!(lingers, client(other)) }).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_client_is_the_end() {
        let sends_and_ends = |mut client: DuplexStream| async move {
            client.write_all(b"what nobody wants").await.unwrap();
            client.shutdown().await.unwrap();
            client
        };
        assert!(is_left_within(MOMENT, sends_and_ends).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_waited_for_for_a_while() {
        assert!(!is_left_within(IDLE - MOMENT, |client| async { client }).await);
        assert!(is_left_within(IDLE + MOMENT, |client| async { client }).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_on_and_on_is_left_in_the_end() {
        let drips = |mut client: DuplexStream| async move {
            let mut pause = interval(IDLE / 2);
            // Fails when the server has gone.
            while client.write_all(b"x").await.is_ok() {
                pause.tick().await;
            }
        };
        assert!(!is_left_within(TOTAL - MOMENT, drips).await);
        assert!(is_left_within(TOTAL + IDLE, drips).await);
    }

    #[tokio::test(start_paused = true)]
    async fn the_client_sees_the_end_of_the_answer_first() {
        let (mut server, mut client) = duplex(64);
        server.write_all(b"answer").await.unwrap();
        let reads = async {
            let mut heard = String::new();
            client.read_to_string(&mut heard).await.unwrap();
            drop(client);
            heard
        };
        assert_eq!(tokio::join!(linger(&mut server), reads).1, "answer");
    }
}
