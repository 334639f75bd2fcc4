//! Which HTTP a connection speaks. A client that knows beforehand that the server speaks HTTP/2 begins with a fixed text, which is no
//! request of HTTP/1; every other client begins with something else.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// How a client of HTTP/2 begins, as RFC 9113 section 3.4 has it.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client has begun with.
#[derive(Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Whether that is the whole preface of HTTP/2.
    pub is_http2: bool,
    /// What has been read to find out: whoever serves the connection has to see it first.
    pub bytes: Vec<u8>,
}

/// Reads until it is clear which HTTP a client speaks, and no further than the preface.
pub async fn hear(client: &mut (impl AsyncRead + Unpin)) -> io::Result<Beginning> {
    let mut bytes = Vec::with_capacity(PREFACE.len());
    loop {
        let is_preface_so_far = PREFACE.starts_with(&bytes);
        let missing = PREFACE.len().saturating_sub(bytes.len());
        if !is_preface_so_far || missing == 0 {
            return Ok(Beginning { is_http2: is_preface_so_far, bytes });
        }
        let mut limited = (&mut *client).take(missing as u64);
        if limited.read_buf(&mut bytes).await? == 0 {
            // Whoever breaks off in the middle is told what everybody is who sends no HTTP.
            return Ok(Beginning { is_http2: false, bytes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard of a client that sends those pieces one by one, and then no more.
    async fn heard(pieces: &[&'static [u8]]) -> Beginning {
        let nothing: Box<dyn AsyncRead + Unpin> = Box::new(tokio::io::empty());
        let mut client = pieces.iter().fold(nothing, |before, piece| Box::new(before.chain(*piece)));
        hear(&mut client).await.unwrap()
    }

    #[tokio::test]
    async fn the_preface_is_http2_however_it_is_cut() {
        let whole = Beginning { is_http2: true, bytes: PREFACE.to_vec() };
        assert_eq!(heard(&[PREFACE]).await, whole);
        assert_eq!(heard(&[&PREFACE[..1], &PREFACE[1..5], &PREFACE[5..]]).await, whole);
        assert_eq!(heard(&[PREFACE, b"a frame"]).await, whole, "and what follows it is left alone");
    }

    #[tokio::test]
    async fn all_else_is_not_and_is_heard_again() {
        for pieces in [
            &[b"GET / HTTP/1.1\r\n".as_slice()][..],
            &[b"P", b"OST / HTTP/1.1\r\n"],
            &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", b"x"],
            &[b"PRI"],
            &[],
        ] {
            let Beginning { is_http2, bytes } = heard(pieces).await;
            assert!(!is_http2 && pieces.concat().starts_with(&bytes), "{pieces:?}: {bytes:?}");
        }
    }
}
