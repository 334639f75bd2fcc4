//! The page at `/docs`, on which a bundled viewer shows both documents.

use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};

use super::compressed::Compressed;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// What the page may load and ask, enforced by the browser: nothing but this server. The viewer brings its styles as inline ones, and
/// shows what it was answered, recordings too, from its own memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; \
                      media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static PAGE: Compressed = Compressed::new(HTML, include_bytes!(concat!(env!("OUT_DIR"), "/page.html.gz")));
static SCRIPT: Compressed = Compressed::new(JAVASCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/page.js.gz")));
static VIEWER: Compressed = Compressed::new(JAVASCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/standalone.js.gz")));

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// `GET /docs`.
pub fn page(request: &Request) -> Result<Reply, Refusal> {
    Ok(reply(&PAGE, request).with(CONTENT_SECURITY_POLICY, POLICY))
}

/// `GET /docs/page.js`.
pub fn script(request: &Request) -> Result<Reply, Refusal> {
    Ok(reply(&SCRIPT, request))
}

/// `GET /docs/viewer.js`.
pub fn viewer(request: &Request) -> Result<Reply, Refusal> {
    Ok(reply(&VIEWER, request))
}

fn reply(file: &Compressed, request: &Request) -> Reply {
    // Another version of the program may be started at the same address: what a browser keeps is asked about each time.
    file.conditional_reply(request).with(CACHE_CONTROL, "no-cache").with(X_CONTENT_TYPE_OPTIONS, "nosniff")
}
