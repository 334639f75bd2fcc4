//! What a test can set about a workspace while it lives.

use std::time::Duration;

use akol_mock_world::account::settings::{WeightChange, Weights, WorldSettings};
use akol_mock_world::base::span::Span;
use akol_mock_world::calls::call::Direction;
use akol_mock_world::calls::scenario::check_name;
use akol_mock_world::error::Error;
use akol_mock_world::faults::latency::Latency;

use super::placing::Refused;
use super::workspace::Workspace;
use crate::config::Settings;

impl Workspace {
    /// Sets how many requests a minute each token may make; `None` is no limit. It counts from the next request on.
    ///
    /// # Errors
    ///
    /// The limit is 0, or more than [`Settings::MAX_RATE_LIMIT`].
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// server.set_rate_limit(1)?;
    /// assert!(send(&server, "GET /api/v1/calls/call_xxx", "").starts_with("HTTP/1.1 200"));
    /// assert!(send(&server, "GET /api/v1/calls/call_xxx", "").starts_with("HTTP/1.1 429"));
    /// server.set_rate_limit(None)?;
    /// assert!(send(&server, "GET /api/v1/calls/call_xxx", "").starts_with("HTTP/1.1 200"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_rate_limit(&self, requests_a_minute: impl Into<Option<u32>>) -> Result<(), Refused> {
        let limit = requests_a_minute.into();
        if limit.is_some_and(|limit| !(1..=Settings::MAX_RATE_LIMIT).contains(&limit)) {
            return Err(Error::invalid("rateLimit", "must be 1 to 1,000,000,000 requests a minute, or none").into());
        }
        self.set(|settings| settings.quotas.requests_per_minute = limit);
        Ok(())
    }

    /// Sets how many call minutes the account has each calendar month (UTC): with 0, every call that is placed is refused. `None` is no
    /// limit. Calls that are under way go on.
    ///
    /// # Errors
    ///
    /// None today, as every number is a limit.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.set_minute_limit(1)?;
    /// // The seeded calls of this month have used it up.
    /// assert_eq!(server.place(Place::to("+15557770001")).unwrap_err().status, 429);
    /// server.set_overage(true);
    /// assert!(server.place(Place::to("+15557770001")).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_minute_limit(&self, minutes_a_month: impl Into<Option<u64>>) -> Result<(), Refused> {
        let limit = minutes_a_month.into();
        self.set(|settings| settings.quotas.minutes_per_month = limit);
        Ok(())
    }

    /// Sets whether calls go on past the month's minutes.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().minute_limit(1).overage(true).start_blocking()?;
    /// assert!(server.place(Place::to("+15557770001")).is_ok());
    /// server.set_overage(false);
    /// assert_eq!(server.place(Place::to("+15557770001")).unwrap_err().status, 429);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_overage(&self, is_on: bool) {
        self.set(|settings| settings.quotas.overage = is_on);
    }

    /// Sets how often a scenario is drawn for calls of that direction, compared with the others.
    ///
    /// # Errors
    ///
    /// There is no such scenario, the weight is more than a million, no call of that direction can follow it, or nothing would be
    /// left to draw.
    ///
    /// ```
    /// use akol_mock::{Direction, MockServer, Outcome, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// for scenario in ["completed", "transferred", "voicemail", "hung_up", "no_answer", "failed"] {
    ///     server.set_scenario_weight(scenario, Direction::Outbound, 0)?;
    /// }
    /// // What is left is `busy`.
    /// let call = server.place(Place::to("+15557770001"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(60))?;
    /// server.assert_call_outcome(&call.id, Outcome::Busy);
    /// assert_eq!(server.set_scenario_weight("busy", Direction::Outbound, 0).unwrap_err().status, 422);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_scenario_weight(&self, scenario: &str, direction: Direction, weight: u32) -> Result<(), Refused> {
        if weight > Weights::MAX {
            return Err(Error::invalid("scenarioWeights", "must be 0 to 1,000,000").into());
        }
        self.inner.write(|world| {
            let scenarios = &world.fixtures().scenarios;
            check_name(scenario, scenarios)?;
            let position = scenarios.iter().position(|known| known.name == scenario).unwrap_or_default();
            let change = WeightChange { scenario: position, direction, weight: Some(weight) };
            let weights = world.settings().weights.changed(&[change], scenarios)?;
            let settings = WorldSettings { weights, ..world.settings().clone() };
            world.change_settings(settings);
            Ok(())
        })
    }

    /// Sets whether the calls of a list carry their transcripts. A single call does all the same.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// server.set_list_transcripts(false);
    /// let list = send(&server, "GET /api/v1/calls", "");
    /// assert!(!list.contains("\"transcript\":[{"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn set_list_transcripts(&self, is_on: bool) {
        self.set(|settings| settings.list_transcripts = is_on);
    }

    /// Holds every answer back that long, in real time; `None` no longer.
    ///
    /// # Errors
    ///
    /// It is shorter than 1 ms or longer than 5 min.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert!(server.set_latency(Duration::from_millis(20)).is_ok());
    /// assert_eq!(server.set_latency(Duration::ZERO).unwrap_err().status, 422);
    /// server.set_latency(None)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_latency(&self, latency: impl Into<Option<Duration>>) -> Result<(), Refused> {
        let span = |delay: Duration| Span::from_millis(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        let latency = latency.into().map(span);
        let (least, most) = (Latency::LEAST, Latency::MOST);
        if let Some(wrong) = latency.filter(|latency| !(least..=most).contains(latency)) {
            return Err(Error::invalid("latency", format!("is {wrong}, must be {least} to {most}, or none")).into());
        }
        self.set(|settings| settings.latency = latency.map(Latency::Fixed));
        Ok(())
    }

    fn set(&self, change: impl FnOnce(&mut WorldSettings)) {
        self.inner.write(|world| {
            let mut settings = world.settings().clone();
            change(&mut settings);
            world.change_settings(settings);
        });
    }
}
