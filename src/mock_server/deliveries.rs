//! Deliveries of events: what was sent to receivers, or is kept where nobody has subscribed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::event::DeliveryResult;
use akol_mock_world::faults::matching::Effort;
use akol_mock_world::webhooks;
use akol_mock_world::webhooks::{Content, DeliveryNumber, DeliveryState, Event, Trick, Try, TryAnswer};
use akol_mock_world::world::World;
use serde::de::DeserializeOwned;

use super::blocking;
use super::placing::Refused;
use super::report::Report;
use super::waiting::TooFew;
use super::workspace::Workspace;

/// An event on its way to one receiver, as it was when it was looked at. Where nobody has subscribed, events are kept as if they had been
/// sent, so that a test needs no receiver.
///
/// ```
/// use akol_mock::{DeliveryState, Event, MockServer, Place};
///
/// let server = MockServer::builder().start_blocking()?;
/// let call = server.place(Place::to("+15005550100"))?;
/// server.advance_blocking(std::time::Duration::from_secs(600))?;
/// let delivery = &server.deliveries()[0];
/// assert_eq!((delivery.event, delivery.state), (Event::CallStarted, DeliveryState::Kept));
/// assert_eq!(delivery.call_id, call.id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// `msg_…`, the same for every try.
    pub id: String,
    /// What is told.
    pub event: Event,
    /// Which call it is about.
    pub call_id: String,
    /// The subscription that it is for; `None` where nobody has subscribed.
    pub webhook_id: Option<String>,
    /// Where it is sent; `None` where nobody has subscribed.
    pub url: Option<String>,
    /// When what it tells of happened.
    pub created_at: Timestamp,
    /// How it stands.
    pub state: DeliveryState,
    /// When it is tried next, where that is known.
    pub next_attempt_at: Option<Timestamp>,
    /// The body as it is sent, to the byte.
    pub body: Vec<u8>,
    /// Whether the body had to make room for newer ones, as [`Builder::journal_bytes`](super::Builder::journal_bytes) says. It is empty
    /// then.
    pub is_body_dropped: bool,
    /// Every try, the first one first. Of one that is kept: what would have been sent.
    pub attempts: Vec<DeliveryAttempt>,
}

/// One try to deliver an event.
///
/// ```
/// use akol_mock::{DeliveryResult, MockServer, Place};
///
/// // Nobody listens there.
/// let server = MockServer::builder().webhook_url("http://127.0.0.1:9/").webhook_retries([]).start_blocking()?;
/// server.place(Place::to("+15005550104"))?;
/// server.advance_blocking(std::time::Duration::from_secs(600))?;
/// let attempt = &server.deliveries()[0].attempts[0];
/// assert!(matches!(attempt.answer, Some(DeliveryResult::Failed(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// When it was made.
    pub at: Timestamp,
    /// The headers that it was sent with; none before it is answered, and where it never left.
    pub headers: Vec<(String, String)>,
    /// What came of it; `None` while it has no answer.
    pub answer: Option<DeliveryResult>,
    /// What may help where it was not received, for people to read.
    pub hint: Option<String>,
    /// When that was known.
    pub answered_at: Option<Timestamp>,
    /// When it is tried again because this try failed.
    pub next_attempt_at: Option<Timestamp>,
    /// What was done to it on purpose.
    pub mischief: Vec<Trick>,
}

impl From<&Try> for DeliveryAttempt {
    fn from(one: &Try) -> DeliveryAttempt {
        let answer = one.answer.as_ref().map(|(answer, _)| match answer {
            TryAnswer::Answered(status) => DeliveryResult::Answered(*status),
            TryAnswer::Failed(why) => DeliveryResult::Failed(why.clone()),
        });
        DeliveryAttempt {
            at: one.at,
            headers: owned(one.headers.iter().cloned()),
            answer,
            hint: one.hint.as_deref().map(ToOwned::to_owned),
            answered_at: one.answer.as_ref().map(|(_, at)| *at),
            next_attempt_at: one.next_attempt_at,
            mischief: one.mischief.clone(),
        }
    }
}

fn owned(headers: impl Iterator<Item = (Cow<'static, str>, Cow<'static, str>)>) -> Vec<(String, String)> {
    headers.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

impl DeliveryAttempt {
    /// What would have been sent if there had been anybody to send it to.
    fn of_kept(delivery: &webhooks::Delivery, body: &[u8], world: &World) -> DeliveryAttempt {
        let signed = world.outbox().headers_of_kept(delivery, body);
        let headers = std::iter::once(("content-type".into(), "application/json".into())).chain(signed);
        DeliveryAttempt {
            at: delivery.created_at,
            headers: owned(headers),
            answer: None,
            hint: None,
            answered_at: None,
            next_attempt_at: None,
            mischief: Vec::new(),
        }
    }
}

impl Delivery {
    pub(super) fn of(delivery: &webhooks::Delivery, world: &World) -> Delivery {
        let body = world.body_of(delivery);
        let attempts = match delivery.state {
            DeliveryState::Kept => vec![DeliveryAttempt::of_kept(delivery, &body, world)],
            _ => delivery.tries.iter().map(DeliveryAttempt::from).collect(),
        };
        Delivery {
            id: delivery.id.to_string(),
            event: delivery.event,
            call_id: delivery.call.to_string(),
            webhook_id: delivery.to.as_ref().map(|to| to.id.to_string()),
            url: delivery.to.as_ref().map(|to| to.url.to_string()),
            created_at: delivery.created_at,
            state: delivery.state,
            next_attempt_at: delivery.next_attempt_at,
            body: body.into(),
            is_body_dropped: delivery.content == Content::Dropped,
            attempts,
        }
    }

    pub(super) fn numbered(numbers: &[DeliveryNumber], world: &World) -> Vec<Delivery> {
        let made = numbers.iter().filter_map(|number| world.outbox().delivery(*number));
        made.map(|delivery| Delivery::of(delivery, world)).collect()
    }

    /// Its body, read as JSON.
    ///
    /// # Errors
    ///
    /// It is not of that shape.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let told = server.trigger(Event::CallEnded, "call_xxx")?;
    /// let body: serde_json::Value = told[0].json()?;
    /// assert_eq!((&body["event"], &body["data"]["callId"]), (&"call.ended".into(), &"call_xxx".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The header of that name, in whatever case, that its newest try was sent with.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let told = server.trigger(Event::CallEnded, "call_xxx")?;
    /// // The hex of an HMAC-SHA256.
    /// assert_eq!(told[0].header("X-Webhook-Signature").map(str::len), Some(64));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.attempts.last()?.headers;
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Workspace {
    /// The deliveries that are remembered, oldest first: all that are not done with, and as many of the others as
    /// [`Builder::journal_size`](super::Builder::journal_size) says.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.place(Place::to("+15005550102"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(600))?;
    /// let events: Vec<Event> = server.deliveries().iter().map(|delivery| delivery.event).collect();
    /// assert_eq!(events, [Event::CallStarted, Event::CallVoicemail, Event::CallEnded]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inner.read(|world, _| {
            let all = world.outbox().newest(usize::MAX, |_| true);
            all.iter().map(|delivery| Delivery::of(delivery, world)).collect()
        })
    }

    /// Sends a delivery again that has come to its end, and gives it as it is then.
    ///
    /// # Errors
    ///
    /// There is no such delivery, it is still under way, or there is nobody to send it to.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let told = server.trigger(Event::CallEnded, "call_xxx")?;
    /// assert_eq!(server.redeliver(&told[0].id).unwrap_err().status, 409, "it is only kept");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn redeliver(&self, id: &str) -> Result<Delivery, Refused> {
        self.inner.write(|world| {
            world.redeliver(id)?;
            Ok(Delivery::of(world.outbox().find(id)?, world))
        })
    }

    /// Waits until `count` deliveries have come that are as `is_wanted` says, and gives all that have. The time is real time, whatever the
    /// workspace's clock does. After an advance there is nothing to wait for: it has waited itself.
    ///
    /// # Errors
    ///
    /// Fewer are there when `timeout` has passed, or when the server stops.
    ///
    /// ```
    /// use akol_mock::{ClockMode::Real, Event, MockServer, Place, Speed};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::builder().clock(Real).speed(Speed::times(1_000)).start().await?;
    /// server.place(Place::to("+15005550104"))?;
    /// let is_wanted = |delivery: &akol_mock::Delivery| delivery.event == Event::CallEnded;
    /// let ended = server.wait_for_deliveries(is_wanted, 1, Duration::from_secs(5)).await?;
    /// assert_eq!(ended.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_deliveries(
        &self,
        is_wanted: impl Fn(&Delivery) -> bool,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Delivery>, TooFew> {
        let (waiting, there) = self.inner.wait_for_deliveries(Effort::default(), |_| true, |_| true, 1, true);
        // A server that has stopped has no more to come.
        let _ = waiting.look_at(there, self.inner.pool()).await;
        let mut found = BTreeMap::new();
        let gather = async {
            loop {
                for noted in waiting.take_found() {
                    let delivery = self.inner.peek(|world| Delivery::of(&noted.delivery, world));
                    match is_wanted(&delivery) {
                        true => found.insert(noted.number, delivery),
                        false => found.remove(&noted.number),
                    };
                }
                if found.len() >= count {
                    return;
                }
                waiting.enough(self.inner.pool()).await;
            }
        };
        let is_in_time = self.in_time(timeout, gather).await.is_some();
        if is_in_time {
            return Ok(found.into_values().collect());
        }
        let problem = format!("waited {timeout:?} for {count} deliveries, but {} came", found.len());
        Err(TooFew::new(count, found.len(), Report::of(self).of_deliveries(&problem)))
    }

    /// As [`Workspace::wait_for_deliveries`], without a runtime.
    ///
    /// # Errors
    ///
    /// As with [`Workspace::wait_for_deliveries`].
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let missed = server.wait_for_deliveries_blocking(|_| true, 1, std::time::Duration::ZERO).unwrap_err();
    /// assert!(missed.to_string().contains("no deliveries"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn wait_for_deliveries_blocking(
        &self,
        is_wanted: impl Fn(&Delivery) -> bool,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Delivery>, TooFew> {
        blocking::wait_for(self.wait_for_deliveries(is_wanted, count, timeout))
    }
}
