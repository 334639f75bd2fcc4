//! Which webhooks a server is to send.

use std::time::Duration;

use akol_mock_world::webhooks::signature::Signature;

use super::Builder;
use crate::config::Webhooks;

impl Builder {
    fn with_webhooks(self, set: impl FnOnce(&mut Webhooks)) -> Builder {
        self.with(|settings| set(&mut settings.webhooks))
    }

    /// Where events are sent. May be called several times; nowhere unless told.
    ///
    /// ```
    /// use akol_mock::MockServer;
    ///
    /// let server = MockServer::builder().webhook_url("http://127.0.0.1:9/hooks").start_blocking();
    /// assert!(server.is_ok());
    /// let odd = MockServer::builder().webhook_url("ftp://127.0.0.1/hooks").start_blocking();
    /// assert!(odd.unwrap_err().to_string().contains("http://"));
    /// ```
    pub fn webhook_url(self, url: impl Into<String>) -> Builder {
        self.with_webhooks(|webhooks| webhooks.urls.push(url.into()))
    }

    /// What webhooks are signed with; made from the seed unless told otherwise.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().webhook_secret("hush").start_blocking()?;
    /// assert_eq!(server.webhook_secret(), "hush");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn webhook_secret(self, secret: impl Into<String>) -> Builder {
        self.with_webhooks(|webhooks| webhooks.secret = Some(secret.into()))
    }

    /// Which events are sent, by their names, out of [`Webhooks::EVENTS`]; the first four of those unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{MockServer, Webhooks};
    ///
    /// assert!(MockServer::builder().webhook_events(Webhooks::EVENTS).start_blocking().is_ok());
    /// let odd = MockServer::builder().webhook_events(["call.made"]).start_blocking();
    /// assert!(odd.unwrap_err().to_string().contains("call.started"));
    /// ```
    pub fn webhook_events(self, events: impl IntoIterator<Item = impl Into<String>>) -> Builder {
        self.with_webhooks(|webhooks| webhooks.events = events.into_iter().map(Into::into).collect())
    }

    /// The waits before each further try of a delivery, on the emulator's clock; 1 s, 5 s, 30 s, 2 min and 10 min unless told otherwise.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let once_more = akol_mock::MockServer::builder().webhook_retries([Duration::from_secs(1)]);
    /// assert!(once_more.start_blocking().is_ok());
    /// let at_once = akol_mock::MockServer::builder().webhook_retries([Duration::ZERO]);
    /// assert!(at_once.start_blocking().unwrap_err().to_string().contains("1 ms to 24 h"));
    /// ```
    pub fn webhook_retries(self, waits: impl Into<Vec<Duration>>) -> Builder {
        self.with_webhooks(|webhooks| webhooks.retries = waits.into())
    }

    /// Which signature headers are sent; Akol's unless told otherwise.
    ///
    /// ```
    /// use akol_mock::{MockServer, Signature};
    ///
    /// assert!(MockServer::builder().webhook_signature(Signature::Standard).start_blocking().is_ok());
    /// ```
    pub fn webhook_signature(self, signature: Signature) -> Builder {
        self.with_webhooks(|webhooks| webhooks.signature = signature)
    }
}
