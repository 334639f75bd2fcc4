//! Who is told of what, and how deliveries misbehave.

use std::time::Duration;

use akol_mock_world::base::probability::Probability;
use akol_mock_world::base::span::Span;
use akol_mock_world::error::Error;
use akol_mock_world::webhooks;
use akol_mock_world::webhooks::{Event, NewSubscription};

use super::deliveries::Delivery;
use super::placing::Refused;
use super::workspace::Workspace;

/// A subscription: who is told of what.
///
/// ```
/// use akol_mock::{Event, MockServer};
///
/// let server = MockServer::builder().start_blocking()?;
/// let webhook = server.subscribe("http://127.0.0.1:9/hooks")?;
/// assert!(webhook.id.starts_with("whk_") && webhook.secret.starts_with("whsec_"));
/// assert_eq!(webhook.events[0], Event::CallStarted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Webhook {
    /// `whk_…`
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// What is told.
    pub events: Vec<Event>,
    /// What deliveries are signed with.
    pub secret: String,
}

impl From<&webhooks::Subscription> for Webhook {
    fn from(subscription: &webhooks::Subscription) -> Webhook {
        Webhook {
            id: subscription.id.to_string(),
            url: subscription.url.to_string(),
            events: subscription.events.to_vec(),
            secret: subscription.secret.to_string(),
        }
    }
}

/// How deliveries misbehave, for testing a receiver. Chances are from 0 to 1, and looked at to 6 decimals; the seed draws.
///
/// ```
/// use akol_mock::{Event, Mischief, MockServer, Trick};
///
/// let server = MockServer::builder().webhook_url("http://127.0.0.1:9/").webhook_retries([]).start_blocking()?;
/// server.set_mischief(Mischief::none().bad_signature(1.0));
/// server.trigger(Event::CallEnded, "call_xxx")?;
/// server.advance_blocking(std::time::Duration::from_secs(1))?;
/// assert_eq!(server.deliveries()[0].attempts[0].mischief, [Trick::BadSignature]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mischief(webhooks::Mischief);

/// The probability that is nearest to `chance`: none where it is no number.
pub(super) fn probability(chance: f64) -> Probability {
    // What is too small or too large for the integer becomes its least or its largest.
    Probability::from_millionths((chance * f64::from(Probability::MOST)).round() as u32)
}

impl Mischief {
    /// The longest delay.
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

    /// They behave.
    ///
    /// ```
    /// assert_eq!(akol_mock::Mischief::none(), akol_mock::Mischief::default());
    /// ```
    pub fn none() -> Mischief {
        Mischief::default()
    }

    /// How many of those that were received are sent once more.
    ///
    /// ```
    /// use akol_mock::Mischief;
    /// assert_ne!(Mischief::none().duplicate(0.5), Mischief::none());
    /// ```
    pub fn duplicate(self, chance: f64) -> Mischief {
        Mischief(webhooks::Mischief { duplicate: probability(chance), ..self.0 })
    }

    /// How many come after the event that follows them.
    ///
    /// ```
    /// use akol_mock::Mischief;
    /// assert_ne!(Mischief::none().reorder(0.5), Mischief::none());
    /// ```
    pub fn reorder(self, chance: f64) -> Mischief {
        Mischief(webhooks::Mischief { reorder: probability(chance), ..self.0 })
    }

    /// How many are never sent.
    ///
    /// ```
    /// use akol_mock::{DeliveryState, Event, Mischief, MockServer};
    ///
    /// let server = MockServer::builder().webhook_url("http://127.0.0.1:9/").start_blocking()?;
    /// server.set_mischief(Mischief::none().drop(1.0));
    /// assert_eq!(server.trigger(Event::CallEnded, "call_xxx")?[0].state, DeliveryState::Dropped);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drop(self, chance: f64) -> Mischief {
        Mischief(webhooks::Mischief { drop: probability(chance), ..self.0 })
    }

    /// How many tries are signed wrongly.
    ///
    /// ```
    /// use akol_mock::Mischief;
    /// assert_eq!(Mischief::none().bad_signature(7.0), Mischief::none().bad_signature(1.0));
    /// ```
    pub fn bad_signature(self, chance: f64) -> Mischief {
        Mischief(webhooks::Mischief { bad_signature: probability(chance), ..self.0 })
    }

    /// How many tries say that they are ten minutes old.
    ///
    /// ```
    /// use akol_mock::Mischief;
    /// assert_eq!(Mischief::none().stale_timestamp(-1.0), Mischief::none());
    /// ```
    pub fn stale_timestamp(self, chance: f64) -> Mischief {
        Mischief(webhooks::Mischief { stale_timestamp: probability(chance), ..self.0 })
    }

    /// How long every event waits before its first try, on the emulator's clock: in whole milliseconds, 24 hours at most.
    ///
    /// ```
    /// use akol_mock::{DeliveryState, Event, Mischief, MockServer};
    ///
    /// let server = MockServer::builder().webhook_url("http://127.0.0.1:9/").start_blocking()?;
    /// server.set_mischief(Mischief::none().delay(std::time::Duration::from_secs(2)));
    /// assert_eq!(server.trigger(Event::CallEnded, "call_xxx")?[0].state, DeliveryState::Waiting);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delay(self, wait: Duration) -> Mischief {
        let millis = wait.min(Mischief::LONGEST).as_millis() as u64;
        Mischief(webhooks::Mischief { delay: (millis > 0).then(|| Span::from_millis(millis)), ..self.0 })
    }
}

impl Workspace {
    /// Makes a subscription to the events of the settings: the receiver at `url` is told of what happens from here on.
    ///
    /// # Errors
    ///
    /// The URL is none, or one that the profile does not send to.
    ///
    /// ```
    /// use akol_mock::MockServer;
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.subscribe("http://127.0.0.1:9/hooks")?, server.webhooks()[0]);
    /// assert_eq!(server.subscribe("somewhere").unwrap_err().status, 422);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe(&self, url: impl Into<String>) -> Result<Webhook, Refused> {
        let new = NewSubscription { url: url.into(), ..NewSubscription::default() };
        self.inner.write(|world| Ok(Webhook::from(world.subscribe(new)?)))
    }

    /// As [`Workspace::subscribe`], to just these events.
    ///
    /// # Errors
    ///
    /// As with [`Workspace::subscribe`], and there are none.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let webhook = server.subscribe_to(&[Event::CallMissed], "http://127.0.0.1:9/hooks")?;
    /// assert_eq!(webhook.events, [Event::CallMissed]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe_to(&self, events: &[Event], url: impl Into<String>) -> Result<Webhook, Refused> {
        if events.is_empty() {
            return Err(Error::invalid("events", "is empty, must have at least one event").into());
        }
        let new = NewSubscription { url: url.into(), events: Some(events.to_vec()), secret: None };
        self.inner.write(|world| Ok(Webhook::from(world.subscribe(new)?)))
    }

    /// Deletes a subscription: nothing more is sent to it.
    ///
    /// # Errors
    ///
    /// There is no such subscription.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().webhook_url("http://127.0.0.1:9/hooks").start_blocking()?;
    /// server.unsubscribe(&server.webhooks()[0].id)?;
    /// assert!(server.webhooks().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsubscribe(&self, id: &str) -> Result<(), Refused> {
        self.inner.write(|world| world.unsubscribe(id))?;
        Ok(())
    }

    /// What webhooks of this workspace are signed with that have no secret of their own. Each workspace has another one, unless
    /// [`Builder::webhook_secret`](super::Builder::webhook_secret) gives one for all.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert!(server.webhook_secret().starts_with("whsec_"));
    /// assert_ne!(server.webhook_secret(), server.workspace("alice")?.webhook_secret());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn webhook_secret(&self) -> String {
        self.inner.peek(|world| world.outbox().secret().to_owned())
    }

    /// All subscriptions, in the order of making.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().webhook_url("http://127.0.0.1:9/hooks").start_blocking()?;
    /// assert_eq!(server.webhooks()[0].url, "http://127.0.0.1:9/hooks");
    /// assert_eq!(server.webhooks()[0].secret, server.webhook_secret());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.inner.read(|world, _| world.outbox().subscriptions().map(Webhook::from).collect())
    }

    /// Tells an event now, whatever has become of the call, and gives the deliveries. With no call, it is about the newest that the event
    /// fits.
    ///
    /// # Errors
    ///
    /// There is no such call, or nobody has subscribed to the event.
    ///
    /// ```
    /// use akol_mock::{Event, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.trigger(Event::CallEnded, "call_xxx")?[0].call_id, "call_xxx");
    /// assert_eq!(server.trigger(Event::CallMissed, None)?[0].event, Event::CallMissed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trigger<'c>(&self, event: Event, call_id: impl Into<Option<&'c str>>) -> Result<Vec<Delivery>, Refused> {
        let call_id = call_id.into();
        self.inner.write(|world| {
            let made = world.trigger(event, call_id)?;
            Ok(Delivery::numbered(&made, world))
        })
    }

    /// Lets deliveries misbehave like that from here on.
    ///
    /// ```
    /// use akol_mock::{DeliveryState, Event, Mischief, MockServer};
    ///
    /// let server = MockServer::builder().webhook_url("http://127.0.0.1:9/").start_blocking()?;
    /// server.set_mischief(Mischief::none().drop(1.0));
    /// assert_eq!(server.trigger(Event::CallEnded, None)?[0].state, DeliveryState::Dropped);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_mischief(&self, mischief: Mischief) {
        self.inner.write(|world| world.set_mischief(mischief.0));
    }
}
