//! Files that the program holds compressed, as the build has made them, and sends so to who takes it.

use std::io::Read;
use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use hyper::StatusCode;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, VARY};
use sha2::{Digest, Sha256};

use crate::http::body::Body;
use crate::http::conditional::is_unchanged;
use crate::http::request::Request;
use crate::http::response::Reply;

/// How much is decompressed at once.
const CHUNK: u64 = 64 * 1024;

/// See the module.
pub struct Compressed {
    content_type: &'static str,
    gzip: &'static [u8],
    /// Made when it is first asked for, so that a server that nobody reads at does not touch the bytes.
    digest: OnceLock<String>,
}

impl Compressed {
    /// A file of that type, in gzip's format.
    pub const fn new(content_type: &'static str, gzip: &'static [u8]) -> Compressed {
        Compressed { content_type, gzip, digest: OnceLock::new() }
    }

    /// How long it is when it is not compressed: what gzip's last four bytes say.
    fn length(&self) -> u64 {
        self.gzip.last_chunk().map_or(0, |length| u64::from(u32::from_le_bytes(*length)))
    }

    /// What it says. Empty if it is no text.
    pub fn text(&self) -> String {
        let chunks: Vec<u8> = chunks(self.gzip).flatten().collect();
        String::from_utf8(chunks).unwrap_or_default()
    }

    /// All of it, compressed if the client takes that.
    pub fn reply(&self, request: &Request) -> Reply {
        let reply = if takes_gzip(&request.headers) {
            let body = Body::Full(Bytes::from_static(self.gzip));
            Reply::new(StatusCode::OK, self.content_type, body).with(CONTENT_ENCODING, "gzip")
        } else {
            let body = Body::chunks(chunks(self.gzip), Some(self.length()));
            Reply::new(StatusCode::OK, self.content_type, body)
        };
        reply.with(VARY, "accept-encoding")
    }

    /// The same with an entity tag, or the word that it has not changed. Each of the two forms has a tag of its own.
    pub fn conditional_reply(&self, request: &Request) -> Reply {
        let mut reply = self.reply(request);
        let digest = self.digest.get_or_init(|| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.gzip)));
        let form = if reply.headers.contains_key(CONTENT_ENCODING) { "gzip" } else { "identity" };
        let etag = format!("\"{digest}-{form}\"");
        if is_unchanged(request, &etag) {
            (reply.status, reply.body) = (StatusCode::NOT_MODIFIED, Body::EMPTY);
            reply.headers.remove(CONTENT_TYPE);
            reply.headers.remove(CONTENT_ENCODING);
        }
        reply.with(ETAG, etag)
    }
}

/// The bytes that were compressed, decompressed as they are taken.
fn chunks(gzip: &'static [u8]) -> impl Iterator<Item = Bytes> + Send {
    let mut decoder = GzDecoder::new(gzip);
    std::iter::from_fn(move || {
        let mut chunk = Vec::new();
        let read = decoder.by_ref().take(CHUNK).read_to_end(&mut chunk);
        // What the build has compressed is whole.
        (read.is_ok() && !chunk.is_empty()).then(|| Bytes::from(chunk))
    })
}

/// Whether a client takes gzip: it names it, or `*`, and not with a weight of nothing. What is named beats `*`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let items = || {
        let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(','))
    };
    let weight = |name: &str| {
        items().find_map(|item| {
            let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
            let coding = coding.trim();
            let is_it = coding.eq_ignore_ascii_case(name) || (name == "gzip" && coding.eq_ignore_ascii_case("x-gzip"));
            let weight = parameters.trim().trim_start_matches(['q', 'Q']).trim_start().strip_prefix('=');
            is_it.then(|| weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0)))
        })
    };
    weight("gzip").or_else(|| weight("*")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_takes_gzip_where_it_says_so() {
        for (accepted, takes) in [
            ("gzip", true),
            ("GZIP;q=0.5", true),
            ("deflate, x-gzip", true),
            ("br, *;q=0.1", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("identity, br", false),
            ("", false),
            ("gzip;q=x", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accepted.parse().unwrap())]);
            assert_eq!(takes_gzip(&headers), takes, "{accepted}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
