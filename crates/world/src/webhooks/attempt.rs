//! One try to deliver an event: what the shell is to send. Cheap to clone.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::delivery::AttemptKey;
use super::event::Event;
use crate::base::time::Timestamp;
use crate::calls::call::CallId;
use crate::webhooks::signature;
use crate::webhooks::signature::Signature;

/// How far back a stale timestamp lies: twice what Standard Webhooks tolerates.
pub(super) const STALE: Duration = Duration::from_secs(10 * 60);

/// Headers by name, in the order in which they are sent. Most names, and some values, are the same for all.
pub type Headers = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// To be given back with the answer.
    pub key: AttemptKey,
    /// Where to.
    pub url: Arc<str>,
    /// What is sent.
    pub body: Bytes,
    /// What it tells of.
    pub event: Event,
    /// The call that it tells of.
    pub call: CallId,
    /// Which try it is, from 1.
    pub number: u32,
    /// The delivery's id, the same for every try.
    pub id: Arc<str>,
    pub(super) secret: Arc<str>,
    pub(super) signature: Signature,
    /// Whether its signatures are to be wrong.
    pub(super) is_forged: bool,
    /// Whether it says that it is older than it is.
    pub(super) is_stale: bool,
}

impl Attempt {
    /// The headers that sign it, when it is sent at `now`.
    pub fn headers(&self, now: Timestamp) -> Headers {
        let at = if self.is_stale { now - STALE } else { now };
        let sign = |body: &[u8]| sign(&self.secret, self.signature, &self.id, body, at);
        match self.is_forged {
            // As if somebody had changed the body on the way.
            true => sign(&[&self.body, b" ".as_slice()].concat()),
            false => sign(&self.body),
        }
    }
}

/// The headers that sign `body`, when it is sent at `at`.
pub(super) fn sign(secret: &str, which: Signature, id: &str, body: &[u8], at: Timestamp) -> Headers {
    let mut headers = Headers::new();
    let mut add = |name: &'static str, value: String| headers.push((name.into(), value.into()));
    add("x-webhook-signature", signature::akol(secret, body));
    if which == Signature::Standard {
        add("webhook-id", id.to_owned());
        add("webhook-timestamp", at.as_secs().to_string());
        add("webhook-signature", signature::standard(secret, id, at, body));
    }
    headers
}
