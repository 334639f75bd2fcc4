//! What a test asserts. An assertion that fails prints the journal, and the seed with which it can be seen again.

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

use akol_mock_world::calls::call::{Outcome, Status};
use akol_mock_world::webhooks::{DeliveryState, Event};

use super::deliveries::Delivery;
use super::patterns::RequestPattern;
use super::report::Report;
use super::workspace::Workspace;

/// How often something is expected: a number, or a range of them.
///
/// ```
/// use akol_mock::{MockServer, Times};
///
/// let server = MockServer::builder().start_blocking()?;
/// server.assert_requested("POST", "/api/v1/calls", 0);
/// server.assert_requested("POST", "/api/v1/calls", 0..=3);
/// server.assert_requested("POST", "/api/v1/calls", ..=3);
/// assert_eq!(Times::from(1..).to_string(), "at least once");
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    least: usize,
    /// No limit where `None`.
    most: Option<usize>,
}

impl Times {
    fn allows(self, count: usize) -> bool {
        count >= self.least && self.most.is_none_or(|most| count <= most)
    }
}

impl From<usize> for Times {
    fn from(count: usize) -> Times {
        Times { least: count, most: Some(count) }
    }
}

impl From<RangeInclusive<usize>> for Times {
    fn from(range: RangeInclusive<usize>) -> Times {
        Times { least: *range.start(), most: Some(*range.end()) }
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(range: RangeFrom<usize>) -> Times {
        Times { least: range.start, most: None }
    }
}

impl From<RangeToInclusive<usize>> for Times {
    fn from(range: RangeToInclusive<usize>) -> Times {
        Times { least: 0, most: Some(range.end) }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, Some(0)) => f.write_str("never"),
            (least, Some(most)) if least == most => f.write_str(&times(least)),
            (0, Some(most)) => write!(f, "{} at most", times(most)),
            (least, Some(most)) => write!(f, "{least} to {}", times(most)),
            (least, None) => write!(f, "at least {}", times(least)),
        }
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

impl Workspace {
    /// Asserts that so many requests with that method to that path are in the journal; the path is as in [`RequestPattern::of`].
    ///
    /// # Panics
    ///
    /// If not: prints the request that came nearest, the journal, and the seed.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls/call_xxx", "");
    /// server.assert_requested("GET", "/api/v1/calls/*", 1);
    /// server.assert_requested("GET", "/api/**", 1..);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    #[track_caller]
    pub fn assert_requested(&self, method: &str, path: &str, times: impl Into<Times>) {
        let pattern = RequestPattern::of(method, path);
        assert!(
            pattern.is_ok(),
            "nothing can be like that: {}",
            pattern.err().map_or_else(String::new, |why| why.to_string())
        );
        if let Ok(pattern) = pattern {
            self.assert_requests(&pattern, times);
        }
    }

    /// Asserts that no request with that method to that path is in the journal; the path is as in [`RequestPattern::of`].
    ///
    /// # Panics
    ///
    /// If one is: prints the journal, and the seed.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// server.assert_not_requested("POST", "/api/v1/calls/*/end");
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    #[track_caller]
    pub fn assert_not_requested(&self, method: &str, path: &str) {
        self.assert_requested(method, path, 0);
    }

    /// Asserts that so many requests in the journal are like `pattern`.
    ///
    /// # Panics
    ///
    /// If not: prints the request that came nearest, the journal, and the seed.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::RequestPattern;
    /// use serde_json::json;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let call = r#"{"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}"#;
    /// send(&server, "POST /api/v1/calls", call);
    /// let placed = RequestPattern::of("POST", "/api/v1/calls")?.body(json!({"toNumber": "+15005550100"})).status(201);
    /// server.assert_requests(&placed, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn assert_requests(&self, pattern: &RequestPattern, times: impl Into<Times>) {
        let (report, times) = (Report::of(self), times.into());
        let count = report.count(pattern);
        let problem = || format!("expected {pattern} {times}, but it was requested {}", Times::from(count));
        assert!(times.allows(count), "{}", report.of_requests(&problem(), pattern));
    }

    /// Asserts that a call stands there now.
    ///
    /// # Panics
    ///
    /// If not, or there is no such call: prints the call's steps, the journal, and the seed.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place, Status};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550107"))?;
    /// server.assert_call_status(&call.id, Status::Ringing);
    /// server.advance_blocking(std::time::Duration::from_secs(60))?;
    /// server.assert_call_status(&call.id, Status::InProgress);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn assert_call_status(&self, id: &str, status: Status) {
        let found = self.call(id).map(|call| call.status);
        let expectation = format!("expected call {id} to be {status}");
        assert!(found == Some(status), "{}", self.report_of_call(&expectation, id, found));
    }

    /// Asserts that a call has ended with that outcome.
    ///
    /// # Panics
    ///
    /// If not, or there is no such call: prints the call's steps, the journal, and the seed.
    ///
    /// ```
    /// use akol_mock::{MockServer, Outcome, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550102"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(600))?;
    /// server.assert_call_outcome(&call.id, Outcome::VoicemailLeft);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn assert_call_outcome(&self, id: &str, outcome: Outcome) {
        let found = self.call(id);
        let expectation = format!("expected call {id} to end as {outcome}");
        let is_so = found.as_ref().is_some_and(|call| call.outcome == Some(outcome));
        assert!(is_so, "{}", self.report_of_call(&expectation, id, found.map(|call| call.status)));
    }

    /// Asserts that an event of a call has been received, or is kept because nobody has subscribed.
    ///
    /// # Panics
    ///
    /// If not: prints the deliveries, the journal, and the seed.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550101"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(600))?;
    /// server.assert_delivered(&call.id, Event::CallTransferred);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn assert_delivered(&self, call_id: &str, event: Event) {
        let is_there = |one: &Delivery| one.state == DeliveryState::Received || one.state == DeliveryState::Kept;
        let deliveries = self.deliveries();
        let mut of_event = deliveries.iter().filter(|one| one.call_id == call_id && one.event == event);
        let problem = || format!("expected {event} of call {call_id} to be delivered, but it was not");
        assert!(of_event.any(is_there), "{}", Report::of(self).of_deliveries(&problem()));
    }

    fn report_of_call(&self, expectation: &str, id: &str, found: Option<Status>) -> String {
        let outcome = self.call(id).and_then(|call| call.outcome);
        let outcome = outcome.map_or_else(String::new, |outcome| format!(", {outcome}"));
        let found =
            found.map_or_else(|| "there is no such call".to_owned(), |status| format!("it is {status}{outcome}"));
        Report::of(self).of_call(&format!("{expectation}, but {found}"), id)
    }
}
