//! What goes wrong with requests because a test wants it so.

use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::base::probability::Probability;
use akol_mock_world::base::span::Span;
use akol_mock_world::error::Error;
use akol_mock_world::faults::latency::Latency;
use akol_mock_world::faults::rules::{ConnectionFault, Effect, Terms};

use super::patterns::RequestPattern;
use super::placing::Refused;
use super::webhooks::probability;
use super::workspace::Workspace;
use crate::dialect::oversight;

/// A rule of what goes wrong with which requests to Akol's API: with all, every time, unless told otherwise.
///
/// ```
#[doc = include_str!("client.md")]
/// use akol_mock::{Fault, MockServer, RequestPattern};
///
/// let server = MockServer::builder().start_blocking()?;
/// let listing = RequestPattern::of("GET", "/api/v1/calls")?;
/// server.add_fault(Fault::status(503).retry_after(2).on(listing).times(1))?;
/// let refused = send(&server, "GET /api/v1/calls", "");
/// assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 2"));
/// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 200"), "the rule is used up");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault(Terms);

impl Fault {
    fn new(effect: Effect) -> Fault {
        Fault(Terms { pattern: Arc::default(), times: None, probability: Probability::ALWAYS, effect })
    }

    /// The request is answered with that HTTP status, 400 to 599, and not carried out.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::status(500))?;
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 500"));
    /// assert_eq!(server.add_fault(Fault::status(200)).unwrap_err().status, 422);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn status(status: u16) -> Fault {
        Fault::new(Effect::Status { status, retry_after: None, execute: false })
    }

    /// The answer is held back for that long, in real time: 1 ms to 5 min.
    ///
    /// ```
    /// use akol_mock::{Fault, MockServer};
    /// use std::time::Duration;
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert!(server.add_fault(Fault::latency(Duration::from_millis(20))).is_ok());
    /// assert_eq!(server.add_fault(Fault::latency(Duration::ZERO)).unwrap_err().status, 422);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn latency(delay: Duration) -> Fault {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Fault::new(Effect::Latency { latency: Latency::Fixed(Span::from_millis(millis)) })
    }

    /// The request is carried out, and the connection breaks in place of the answer.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{ConnectionFault, Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::connection(ConnectionFault::EmptyResponse))?;
    /// assert_eq!(send(&server, "GET /api/v1/calls", ""), "");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connection(fault: ConnectionFault) -> Fault {
        Fault::new(Effect::Connection { fault, execute: true })
    }

    /// Which requests it is for; those with a status in their pattern cannot be, since it decides before they are answered.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{Fault, MockServer, RequestPattern};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::status(503).on(RequestPattern::of("POST", "/api/v1/calls")?))?;
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 200"));
    /// assert!(server.add_fault(Fault::status(503).on(RequestPattern::any().status(200))).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on(self, pattern: RequestPattern) -> Fault {
        Fault(Terms { pattern: pattern.0.into(), ..self.0 })
    }

    /// How many requests it strikes before it is used up, 1 or more.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::status(503).times(1))?;
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 503"));
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 200"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn times(self, count: u32) -> Fault {
        Fault(Terms { times: Some(count), ..self.0 })
    }

    /// How likely it strikes each request, from 0 to 1, looked at to 6 decimals; the seed draws.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::status(503).probability(0.0))?;
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 200"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn probability(self, chance: f64) -> Fault {
        Fault(Terms { probability: probability(chance), ..self.0 })
    }

    /// After how many seconds the client may come again, where it is answered with a status.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::status(429).retry_after(30))?;
    /// assert!(send(&server, "GET /api/v1/calls", "").contains("retry-after: 30"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn retry_after(mut self, seconds: u32) -> Fault {
        if let Effect::Status { retry_after, .. } = &mut self.0.effect {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Whether the request is carried out although its client does not hear of it. One whose answer is held back always is.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{ConnectionFault, Fault, MockServer};
    ///
    /// let server = MockServer::builder().calls(0).start_blocking()?;
    /// server.add_fault(Fault::connection(ConnectionFault::EmptyResponse).execute(false))?;
    /// let call = r#"{"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}"#;
    /// send(&server, "POST /api/v1/calls", call);
    /// assert_eq!(server.calls().len(), 1, "only the one in Akol's documentation");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn execute(mut self, is_executed: bool) -> Fault {
        match &mut self.0.effect {
            Effect::Status { execute, .. } | Effect::Connection { execute, .. } => *execute = is_executed,
            Effect::Latency { .. } => {}
        }
        self
    }

    /// Refuses what the control API would not read.
    fn check(&self) -> Result<(), Error> {
        let Terms { pattern, times, effect, .. } = &self.0;
        if pattern.status.is_some() {
            let message = "must be left out: whether a request is struck is settled before it is answered";
            return Err(Error::invalid("match.status", message));
        }
        if *times == Some(0) {
            return Err(Error::invalid("times", "is 0, must be 1 or more"));
        }
        match effect {
            Effect::Status { status, .. } if !(400..=599).contains(status) => {
                Err(Error::invalid("effect.status", format!("is {status}, must be from 400 to 599")))
            }
            Effect::Latency { latency: Latency::Fixed(span) } if !(Latency::LEAST..=Latency::MOST).contains(span) => {
                let message = format!("is {span}, must be from {} to {}", Latency::LEAST, Latency::MOST);
                Err(Error::invalid("effect.latency", message))
            }
            _ => Ok(()),
        }
    }
}

impl Workspace {
    /// Adds a rule, which comes after all others, and gives its id.
    ///
    /// # Errors
    ///
    /// A status, a latency or a number of times out of range, a pattern with a status, or as many rules as there may be: 1,000.
    ///
    /// ```
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.add_fault(Fault::status(503))?, "flt_1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_fault(&self, fault: Fault) -> Result<String, Refused> {
        fault.check()?;
        let warnings = self.inner.peek(|world| oversight::of_rule(&fault.0, world.faults().rules()));
        warnings.iter().for_each(|warning| self.inner.warn(warning));
        let added = self.inner.write(|world| world.faults_mut().add(fault.0).map(|rule| rule.id()));
        added.map_err(Refused::from)
    }

    /// Takes back the rule with that id; says whether there was one.
    ///
    /// ```
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let fault = server.add_fault(Fault::status(503))?;
    /// assert!(server.remove_fault(&fault));
    /// assert!(!server.remove_fault(&fault));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_fault(&self, id: &str) -> bool {
        self.inner.write(|world| world.faults_mut().remove(id))
    }

    /// Takes back all rules.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::{Fault, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.add_fault(Fault::status(503))?;
    /// server.clear_faults();
    /// assert!(send(&server, "GET /api/v1/calls", "").starts_with("HTTP/1.1 200"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear_faults(&self) {
        self.inner.write(|world| world.faults_mut().clear());
    }
}
