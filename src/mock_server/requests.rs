//! Requests as the journal keeps them.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use akol_mock_world::base::json::Json;
use akol_mock_world::base::time::Timestamp;
use serde::de::{DeserializeOwned, Error as _};

use super::patterns::RequestPattern;
use super::workspace::Workspace;
use crate::engine::Exchange;

/// A request to Akol's API, and what it was answered. It is noted when it arrives; the answer is there as soon as it has been given.
/// Of bodies the first 64 KiB are kept, until they have to make room for newer ones.
///
/// ```
#[doc = include_str!("client.md")]
/// let server = akol_mock::MockServer::builder().start_blocking()?;
/// send(&server, "GET /api/v1/calls?limit=5", "");
/// let request = &server.requests()[0];
/// assert_eq!((request.method(), request.path(), request.query()), ("GET", "/api/v1/calls", "limit=5"));
/// assert_eq!(request.status(), Some(200));
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    pub(super) exchange: Arc<Exchange>,
    /// The body of the answer, once somebody has looked at one that the journal has in pieces.
    answer_body: OnceLock<Vec<u8>>,
}

impl RecordedRequest {
    pub(super) fn of(exchange: Arc<Exchange>) -> RecordedRequest {
        RecordedRequest { exchange, answer_body: OnceLock::new() }
    }

    /// When it arrived, on the workspace's clock.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// assert_eq!(server.requests()[0].at(), server.now());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn at(&self) -> Timestamp {
        self.exchange.at
    }

    /// Its id: the `X-Request-Id` of its answer.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let answer = send(&server, "GET /api/v1/calls", "");
    /// assert!(answer.contains(server.requests()[0].id()));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn id(&self) -> &str {
        self.exchange.id.as_str()
    }

    /// Its method.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "HEAD /api/v1/calls", "");
    /// assert_eq!(server.requests()[0].method(), "HEAD");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn method(&self) -> &str {
        self.exchange.request.method.as_str()
    }

    /// Its path as it came.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/calls/call_xxx", "");
    /// assert_eq!(server.requests()[0].path(), "/api/calls/call_xxx");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn path(&self) -> &str {
        self.exchange.request.path()
    }

    /// Its query as it came, without the `?`; empty where it has none.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls?status=FAILED&limit=5", "");
    /// assert_eq!(server.requests()[0].query(), "status=FAILED&limit=5");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn query(&self) -> &str {
        self.exchange.request.query()
    }

    /// The header of that name, in whatever case; `None` where it is missing or no text.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// assert_eq!(server.requests()[0].header("Authorization"), Some("Bearer test"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.exchange.request.headers().text(name)
    }

    /// Its body.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "POST /api/v1/calls", "not JSON");
    /// assert_eq!(server.requests()[0].body(), b"not JSON");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn body(&self) -> &[u8] {
        self.exchange.request.body()
    }

    /// Its body, read as JSON.
    ///
    /// # Errors
    ///
    /// It is no JSON, as the server judges that, or not of that shape.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "POST /api/v1/calls", r#"{"toNumber": "+15005550100"}"#);
    /// let body: serde_json::Value = server.requests()[0].json()?;
    /// assert_eq!(body["toNumber"], "+15005550100");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        if let Ok(Err(error)) = std::str::from_utf8(self.body()).map(Json::read) {
            return Err(serde_json::Error::custom(error));
        }
        serde_json::from_slice(self.body())
    }

    /// The HTTP status that it was answered with; `None` while it has no answer.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls/call_nobody", "");
    /// assert_eq!(server.requests()[0].status(), Some(404));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn status(&self) -> Option<u16> {
        self.exchange.answer().map(|answer| answer.reply.status)
    }

    /// The header of that name in its answer, in whatever case; `None` while it has no answer, and where it is missing or no text.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// assert_eq!(server.requests()[0].answer_header("Content-Type"), Some("application/json"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn answer_header(&self, name: &str) -> Option<&str> {
        self.exchange.answer()?.reply.headers().text(name)
    }

    /// The body of its answer; `None` while it has no answer, empty where it is made as it is sent: that of a recording.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls/call_xxx", "");
    /// let answer: serde_json::Value = serde_json::from_slice(server.requests()[0].answer_body().unwrap())?;
    /// assert_eq!(answer["data"]["id"], "call_xxx");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer_body(&self) -> Option<&[u8]> {
        self.exchange.answer().map(|answer| match answer.reply.body() {
            Cow::Borrowed(body) => body,
            Cow::Owned(body) => self.answer_body.get_or_init(|| body),
        })
    }

    /// Whether its body had to make room for newer ones, as [`Builder::journal_bytes`](super::Builder::journal_bytes) says. It is empty
    /// then, and like no pattern with a body.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "POST /api/v1/calls", "not JSON");
    /// assert!(!server.requests()[0].is_body_dropped());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn is_body_dropped(&self) -> bool {
        self.exchange.request.is_body_dropped
    }

    /// Whether the body of its answer had to make room for newer ones. It is empty then.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls/call_xxx", "");
    /// assert!(!server.requests()[0].is_answer_body_dropped());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn is_answer_body_dropped(&self) -> bool {
        self.exchange.answer().is_some_and(|answer| answer.reply.is_body_dropped)
    }
}

impl Workspace {
    /// The requests to Akol's API, oldest first: the newest 1,000, or as many as [`Builder::journal_size`](super::Builder::journal_size) says.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// send(&server, "GET /api/v1/calls/call_xxx", "");
    /// let paths: Vec<String> = server.requests().iter().map(|request| request.path().to_owned()).collect();
    /// assert_eq!(paths, ["/api/v1/calls", "/api/v1/calls/call_xxx"]);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.inner.journal().exchanges().into_iter().map(RecordedRequest::of).collect()
    }

    /// The requests that are like that, oldest first.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::RequestPattern;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// send(&server, "GET /api/v1/calls/call_nobody", "");
    /// let refused = server.requests_like(&RequestPattern::any().status(404));
    /// assert_eq!(refused[0].path(), "/api/v1/calls/call_nobody");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn requests_like(&self, pattern: &RequestPattern) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| pattern.0.matches(&request.exchange.sketch()));
        requests
    }

    /// Forgets all requests that have been noted so far.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// server.clear_requests();
    /// assert!(server.requests().is_empty());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn clear_requests(&self) {
        self.inner.journal().forget_exchanges();
    }
}
