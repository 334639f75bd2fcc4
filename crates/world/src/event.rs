//! Moments: what happens in a world, as it happens. The shell shows them to whoever watches.

use std::sync::Arc;

use crate::base::time::Timestamp;
use crate::base::vocabulary::vocabulary;
use crate::calls::call::{CallId, Outcome, Status};
use crate::webhooks::{Event, MessageId};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, on the world's clock.
    pub at: Timestamp,
    /// Which call it befell.
    pub call: CallId,
    /// What it was.
    pub what: What,
}

impl Moment {
    /// How many bytes it takes beside its own. What it shares with a delivery counts as if it were its own, since it may outlive that.
    pub fn held_bytes(&self) -> usize {
        /// Of a text that is shared: how many share it.
        const COUNTS: usize = 2 * size_of::<usize>();
        match &self.what {
            What::Transition(_) | What::Kept(..) => 0,
            What::Delivery(delivery) => {
                let failure = match &delivery.result {
                    DeliveryResult::Failed(why) => COUNTS + why.len(),
                    DeliveryResult::Answered(_) | DeliveryResult::Dropped | DeliveryResult::Kept => 0,
                };
                let hint = delivery.hint.as_ref().map_or(0, |hint| COUNTS + hint.len());
                size_of::<DeliveryMoment>() + COUNTS + delivery.id.len() + failure + hint
            }
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A call went on.
    Transition(Transition),
    /// An event was sent to a receiver, or was not.
    Delivery(Box<DeliveryMoment>),
    /// An event was kept for reading, as nobody had subscribed: a delivery of which there is no more to say.
    Kept(MessageId, Event),
}

vocabulary! {
    /// How a call went on.
    ///
    /// ```
    /// use akol_mock::{CallStep, MockServer, Moment, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.place(Place::to("+15005550102"))?;
    /// let advance = server.advance_blocking(std::time::Duration::from_secs(600))?;
    /// let steps: Vec<CallStep> = advance.events.iter().filter_map(Moment::step).collect();
    /// assert_eq!(steps, [CallStep::Ringing, CallStep::Answered, CallStep::Voicemail, CallStep::Ended]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub enum CallStep {
        /// It was placed, and waits for its phone to ring.
        Queued = "queued",
        /// The phone began to ring.
        Ringing = "ringing",
        /// Somebody picked up, or a machine did.
        Answered = "answered",
        /// The person was handed to a human.
        Transferred = "transferred",
        /// The agent heard that it talks to a machine.
        Voicemail = "voicemail",
        /// It is over.
        Ended = "ended",
    }
}

/// A step of a call, and how it stands after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The step.
    pub step: CallStep,
    /// Where the call stands now.
    pub status: Status,
    /// What came of it, once it has ended.
    pub outcome: Option<Outcome>,
}

/// One try to deliver an event, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryMoment {
    /// The delivery's id, the same for every try.
    pub id: Arc<str>,
    /// What was told.
    pub event: Event,
    /// Who was told: the subscription's id. `None` where nobody has subscribed.
    pub webhook_id: Option<Arc<str>>,
    /// Where it was sent; `None` where nobody has subscribed.
    pub url: Option<Arc<str>>,
    /// Which try it was, from 1; 0 where none was made.
    pub attempt: u32,
    /// What came of it.
    pub result: DeliveryResult,
    /// What may help where it was not received, for people to read.
    pub hint: Option<Arc<str>>,
    /// When it is tried again; `None` where it is not.
    pub next_attempt_at: Option<Timestamp>,
}

/// What came of a try.
///
/// ```
/// use akol_mock::DeliveryResult;
///
/// let is_received = |result: &DeliveryResult| matches!(result, DeliveryResult::Answered(200..=299));
/// assert!(is_received(&DeliveryResult::Answered(204)));
/// assert!(!is_received(&DeliveryResult::Failed("connection refused".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The receiver answered with that HTTP status.
    Answered(u16),
    /// There was no answer; says why, for people to read.
    Failed(Arc<str>),
    /// It was not sent: mischief wanted it so, or its receiver was deleted.
    Dropped,
    /// There is nobody to send it to: it is kept for reading.
    Kept,
}
