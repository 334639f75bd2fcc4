//! Waits, in real time, for something to come.

use std::fmt;
use std::time::Duration;

use super::blocking;
use super::patterns::RequestPattern;
use super::report::Report;
use super::requests::RecordedRequest;
use super::workspace::Workspace;
use crate::driver;

/// Too few requests or deliveries came within the time: says how many, and shows what came instead.
///
/// ```
/// use akol_mock::{MockServer, RequestPattern};
/// use std::time::Duration;
///
/// let server = MockServer::builder().seed(7).start_blocking()?;
/// let missed = server.wait_for_requests_blocking(&RequestPattern::any(), 1, Duration::ZERO).unwrap_err();
/// assert_eq!((missed.wanted, missed.found), (1, 0));
/// assert!(missed.to_string().contains("seed 7"));
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooFew {
    /// How many were waited for.
    pub wanted: usize,
    /// How many came.
    pub found: usize,
    /// What was waited for, and what is in the journal.
    report: String,
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl std::error::Error for TooFew {}

impl TooFew {
    pub(super) fn new(wanted: usize, found: usize, report: String) -> TooFew {
        TooFew { wanted, found, report }
    }
}

impl Workspace {
    /// Waits until `count` requests have come that are like `pattern`, and gives all that have. Those that came before and are in the journal
    /// count too. The time is real time, whatever the workspace's clock does.
    ///
    /// # Errors
    ///
    /// Fewer have come when `timeout` has passed, or when the server stops.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{MockServer, RequestPattern};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::builder().start().await?;
    /// # std::thread::scope(|scope| {
    /// # scope.spawn(|| send(&server, "GET /api/v1/calls", ""));
    /// # });
    /// let listing = RequestPattern::of("GET", "/api/v1/calls")?;
    /// let requests = server.wait_for_requests(&listing, 1, Duration::from_secs(5)).await?;
    /// assert_eq!(requests[0].path(), "/api/v1/calls");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_requests(
        &self,
        pattern: &RequestPattern,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<RecordedRequest>, TooFew> {
        let (waiting, there) = self.inner.journal().wait(pattern.0.clone(), count, true);
        // A server that has stopped has no more to come.
        let _ = waiting.look_at(there, self.inner.pool()).await;
        let found = self.in_time(timeout, waiting.enough(self.inner.pool())).await;
        let found = found.map(|found| found.into_things().into_iter().map(RecordedRequest::of).collect());
        found.ok_or_else(|| {
            let report = Report::of(self);
            let found = report.count(pattern).max(waiting.found().count());
            let problem = format!("waited {timeout:?} for {pattern}, {count} in all, but {found} came");
            TooFew::new(count, found, report.of_requests(&problem, pattern))
        })
    }

    /// As [`Workspace::wait_for_requests`], without a runtime.
    ///
    /// # Errors
    ///
    /// As with [`Workspace::wait_for_requests`].
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{MockServer, RequestPattern};
    /// use std::time::Duration;
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let requests = std::thread::scope(|scope| {
    ///     scope.spawn(|| send(&server, "GET /api/v1/calls", ""));
    ///     server.wait_for_requests_blocking(&RequestPattern::any(), 1, Duration::from_secs(5))
    /// })?;
    /// assert_eq!(requests.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_for_requests_blocking(
        &self,
        pattern: &RequestPattern,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<RecordedRequest>, TooFew> {
        blocking::wait_for(self.wait_for_requests(pattern, count, timeout))
    }

    /// What comes of `work`. `None` where time is up before, or the server has stopped.
    pub(super) async fn in_time<T>(&self, timeout: Duration, work: impl Future<Output = T>) -> Option<T> {
        // On the server's runtime, since the caller need not have one with a timer.
        let mut time_up = self.runtime.spawn(driver::pause(timeout));
        let found = tokio::select! {
            biased;
            found = work => Some(found),
            // It ends with the server as well.
            _ = &mut time_up => None,
        };
        time_up.abort();
        found
    }
}
