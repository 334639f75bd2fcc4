//! A request as patterns see it. What takes long to make of it is made once, for however many patterns.

use std::cell::OnceCell;

use sha2::{Digest, Sha256};

use super::path;
use crate::base::json::Json;

/// See the module.
#[derive(Clone, Debug)]
pub struct Sketch<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path as it came.
    pub path: &'a str,
    /// The query as it came, empty where there is none.
    pub query: &'a str,
    /// The status that it was answered with; `None` where it has no answer yet.
    pub status: Option<u16>,
    /// The body.
    pub body: SketchBody<'a>,
    digest: OnceCell<u64>,
}

/// The body of a [`Sketch`].
#[derive(Clone, Debug)]
pub struct SketchBody<'a> {
    bytes: &'a [u8],
    is_dropped: bool,
    json: OnceCell<Option<Json>>,
}

impl<'a> Sketch<'a> {
    /// A request of that method, path, query and body, without an answer.
    pub fn new(method: &'a str, path: &'a str, query: &'a str, body: &'a [u8]) -> Sketch<'a> {
        let body = SketchBody { bytes: body, is_dropped: false, json: OnceCell::new() };
        Sketch { method, path, query, status: None, body, digest: OnceCell::new() }
    }

    /// The same, answered with that status.
    pub fn answered(self, status: Option<u16>) -> Sketch<'a> {
        Sketch { status, ..self }
    }

    /// The same, of which there was a body that is not known any more where `is_dropped`. It is like no pattern with one.
    pub fn with_body_dropped(mut self, is_dropped: bool) -> Sketch<'a> {
        self.body.is_dropped = is_dropped;
        self
    }

    /// A number for all requests that are the same: by method, path, query and body, whatever became of them.
    pub fn digest(&self) -> u64 {
        *self.digest.get_or_init(|| {
            let mut hash = Sha256::new();
            let path = path::unversioned(self.path);
            for part in [self.method.as_bytes(), path.as_bytes(), self.query.as_bytes(), self.body.bytes] {
                // With its length, so that no part can be taken for the end of the one before.
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
            hash.finalize().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
        })
    }
}

impl SketchBody<'_> {
    /// The body as it came.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// Whether there was a body that is not known any more.
    pub fn is_dropped(&self) -> bool {
        self.is_dropped
    }

    /// The JSON that it is, if it is any.
    pub fn json(&self) -> Option<&Json> {
        let read = || Json::read(std::str::from_utf8(self.bytes).ok()?).ok();
        self.json.get_or_init(read).as_ref()
    }
}
