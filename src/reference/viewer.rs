//! The page at `/docs`, on which a bundled viewer shows both documents.

use std::ops::Range;
use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use sha2::{Digest, Sha256};

use crate::dialect::refusal::Refusal;
use crate::wire::conditional::Entity;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// What the page may load and ask, enforced by the browser: nothing but this server. The viewer brings its styles as inline ones, and
/// shows what it was answered, recordings too, from its own memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; \
                      media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    content_type: &'static str,
    bytes: &'static [u8],
    /// Made when it is first asked for, so that a server that nobody reads at does not touch the bytes.
    etag: OnceLock<String>,
}

static PAGE: File = File::new("text/html; charset=utf-8", include_bytes!("page.html"));
static SCRIPT: File = File::new("text/javascript; charset=utf-8", include_bytes!("page.js"));
static VIEWER: File =
    File::new("text/javascript; charset=utf-8", include_bytes!("vendor/scalar-api-reference-1.72.1/standalone.js"));

/// `GET /docs`.
pub fn page(request: &Request) -> Result<Reply, Refusal> {
    Ok(PAGE.reply(request)?.with(CONTENT_SECURITY_POLICY, POLICY))
}

/// `GET /docs/page.js`.
pub fn script(request: &Request) -> Result<Reply, Refusal> {
    SCRIPT.reply(request)
}

/// `GET /docs/viewer.js`.
pub fn viewer(request: &Request) -> Result<Reply, Refusal> {
    VIEWER.reply(request)
}

impl File {
    const fn new(content_type: &'static str, bytes: &'static [u8]) -> File {
        File { content_type, bytes, etag: OnceLock::new() }
    }

    fn reply(&self, request: &Request) -> Result<Reply, Refusal> {
        let bytes = Bytes::from_static(self.bytes);
        let etag =
            self.etag.get_or_init(|| format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.bytes))));
        let entity = Entity {
            content_type: self.content_type,
            etag: etag.clone(),
            length: bytes.len() as u64,
            read: |range: Range<u64>| std::iter::once(bytes.slice(range.start as usize..range.end as usize)),
        };
        // Another version of the program may be started at the same address: what a browser keeps is asked about each time.
        Ok(entity.reply(request)?.with(CACHE_CONTROL, "no-cache").with(X_CONTENT_TYPE_OPTIONS, "nosniff"))
    }
}
