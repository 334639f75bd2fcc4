//! Which HTTP a connection speaks. A client that knows beforehand that the server speaks HTTP/2 begins with a fixed text, which is no
//! request of HTTP/1; every other client begins with something else.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// How a client of HTTP/2 begins, as RFC 9113 section 3.4 has it.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The HTTP that a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0 or 1.1, or none at all.
    Http1,
    /// HTTP/2: the whole preface has come.
    Http2,
}

/// How much is read at a time, in bytes: the whole head of a usual request, as hyper does not judge one that comes in pieces before it is whole.
const PIECE: usize = 512;

/// Reads until it is clear which HTTP a client speaks. What has been read is in `bytes`, also where this is
/// dropped before it knows; then it can be called again with them.
pub async fn hear(client: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<Version> {
    loop {
        if bytes.starts_with(PREFACE) {
            return Ok(Version::Http2);
        }
        if !PREFACE.starts_with(bytes) {
            return Ok(Version::Http1);
        }
        bytes.reserve(PIECE);
        if client.read_buf(bytes).await? == 0 {
            // Whoever breaks off in the middle is told what everybody is who sends no HTTP.
            return Ok(Version::Http1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard of a client that sends those pieces one by one, and then no more.
    async fn heard(pieces: &[&'static [u8]]) -> (Version, Vec<u8>) {
        let nothing: Box<dyn AsyncRead + Unpin> = Box::new(tokio::io::empty());
        let mut client = pieces.iter().fold(nothing, |before, piece| Box::new(before.chain(*piece)));
        let mut bytes = Vec::new();
        (hear(&mut client, &mut bytes).await.unwrap(), bytes)
    }

    #[tokio::test]
    async fn the_preface_is_http2_however_it_is_cut() {
        let whole = (Version::Http2, PREFACE.to_vec());
        assert_eq!(heard(&[PREFACE]).await, whole);
        assert_eq!(heard(&[&PREFACE[..1], &PREFACE[1..5], &PREFACE[5..]]).await, whole);
        assert_eq!(heard(&[PREFACE, b"a frame"]).await, whole, "and what follows it is not waited for");
        let (cut, rest) = PREFACE.split_at(9);
        let with_frame = [rest, b"a frame"].concat().leak();
        assert_eq!(heard(&[cut, with_frame]).await, (Version::Http2, [PREFACE, b"a frame"].concat()));
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
            let (version, bytes) = heard(pieces).await;
            assert!(version == Version::Http1 && pieces.concat().starts_with(&bytes), "{pieces:?}: {bytes:?}");
        }
    }
}
