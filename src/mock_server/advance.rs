//! What happened while a clock was advanced.

use std::fmt;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::{Outcome, Status};
use akol_mock_world::event;
use akol_mock_world::event::{CallStep, DeliveryMoment, DeliveryResult, Transition, What};
use akol_mock_world::webhooks::Event;

use crate::driver;

/// What an advance of a clock went through.
///
/// ```
/// use akol_mock::{CallStep, MockServer, Moment, Place};
/// use std::time::Duration;
///
/// let server = MockServer::builder().start_blocking()?;
/// server.place(Place::to("+15005550104"))?;
/// let advance = server.advance_blocking(Duration::from_secs(120))?;
/// let steps: Vec<CallStep> = advance.events.iter().filter_map(Moment::step).collect();
/// assert_eq!(steps, [CallStep::Ringing, CallStep::Ended]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advance {
    /// Where it began.
    pub from: Timestamp,
    /// Where it ended.
    pub to: Timestamp,
    /// What happened on the way, in order.
    pub events: Vec<Moment>,
}

impl Advance {
    pub(super) fn of(advance: driver::Advance) -> Advance {
        let driver::Advance { from, to, moments } = advance;
        Advance { from, to, events: moments.into_iter().map(Moment::of).collect() }
    }
}

/// Something that happened in a world.
///
/// ```
/// use akol_mock::{CallStep, MockServer, Moment, Outcome, Place, Status};
/// use std::time::Duration;
///
/// let server = MockServer::builder().start_blocking()?;
/// let call = server.place(Place::to("+15005550105"))?;
/// let advance = server.advance_blocking(Duration::from_secs(120))?;
/// let end = advance.events.iter().find(|event| event.step() == Some(CallStep::Ended));
/// let Some(Moment::Transition { at, call_id, step, status, outcome, .. }) = end else {
///     panic!("the call ends: {advance:?}");
/// };
/// assert_eq!((call_id, step, status), (&call.id, &CallStep::Ended, &Status::Failed));
/// assert_eq!((*outcome, Some(*at)), (Some(Outcome::Busy), server.call(call_id).unwrap().ended_at));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// A call went on.
    #[non_exhaustive]
    Transition {
        /// When.
        at: Timestamp,
        /// Which call.
        call_id: String,
        /// How it went on.
        step: CallStep,
        /// Where it stands now.
        status: Status,
        /// What came of it, once it has ended.
        outcome: Option<Outcome>,
    },
    /// An event was sent to a receiver, or was not.
    #[non_exhaustive]
    Delivery {
        /// When that was known.
        at: Timestamp,
        /// Whose event it is.
        call_id: String,
        /// The delivery's id, the same for every try.
        delivery_id: String,
        /// What was told.
        event: Event,
        /// To which subscription; `None` where there is none.
        webhook_id: Option<String>,
        /// Where to; `None` where nobody has subscribed.
        url: Option<String>,
        /// Which try it was, from 1; 0 where none was made.
        attempt: u32,
        /// What came of it.
        result: DeliveryResult,
        /// When it is tried again; `None` where it is not.
        next_attempt_at: Option<Timestamp>,
    },
}

impl Moment {
    fn of(moment: event::Moment) -> Moment {
        let event::Moment { at, call, what } = moment;
        let call_id = call.to_string();
        match what {
            What::Transition(Transition { step, status, outcome }) => {
                Moment::Transition { at, call_id, step, status, outcome }
            }
            What::Kept(id, event) => Moment::Delivery {
                at,
                call_id,
                delivery_id: id.to_string(),
                event,
                webhook_id: None,
                url: None,
                attempt: 0,
                result: DeliveryResult::Kept,
                next_attempt_at: None,
            },
            What::Delivery(delivery) => {
                let DeliveryMoment { id, event, webhook_id, url, attempt, result, next_attempt_at, .. } = *delivery;
                let [webhook_id, url] = [webhook_id, url].map(|text| text.map(|text| text.to_string()));
                let delivery_id = id.to_string();
                Moment::Delivery { at, call_id, delivery_id, event, webhook_id, url, attempt, result, next_attempt_at }
            }
        }
    }

    /// When it happened, on the workspace's clock.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// server.place(akol_mock::Place::to("+15005550105"))?;
    /// let advance = server.advance_blocking(std::time::Duration::from_secs(120))?;
    /// assert!(advance.events.is_sorted_by_key(akol_mock::Moment::at));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(&self) -> Timestamp {
        match self {
            Moment::Transition { at, .. } | Moment::Delivery { at, .. } => *at,
        }
    }

    /// The id of the call that it befell.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let call = server.place(akol_mock::Place::to("+15005550105"))?;
    /// let advance = server.advance_blocking(std::time::Duration::from_secs(120))?;
    /// assert_eq!(advance.events[0].call_id(), call.id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call_id(&self) -> &str {
        match self {
            Moment::Transition { call_id, .. } | Moment::Delivery { call_id, .. } => call_id,
        }
    }

    /// How the call went on; `None` where it did not.
    ///
    /// ```
    /// use akol_mock::{CallStep, MockServer, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// server.place(Place::to("+15005550105"))?;
    /// let advance = server.advance_blocking(std::time::Duration::from_secs(120))?;
    /// assert_eq!(advance.events[0].step(), Some(CallStep::Ringing));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn step(&self) -> Option<CallStep> {
        match self {
            Moment::Transition { step, .. } => Some(*step),
            Moment::Delivery { .. } => None,
        }
    }
}

/// Why a clock was not advanced, or not to the end; or not set.
///
/// ```
/// use akol_mock::NotAdvanced;
///
/// let server = akol_mock::MockServer::builder().start_blocking()?;
/// let past = "2001-01-01T00:00:00Z".parse()?;
/// let refused = server.advance_to_blocking(past).unwrap_err();
/// assert_eq!(refused, NotAdvanced::Past { now: server.now(), to: past });
/// assert!(refused.to_string().contains("2001-01-01T00:00:00.000Z has passed"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAdvanced {
    /// Another advance of the same workspace is under way.
    UnderWay,
    /// The target has passed.
    Past {
        /// What the clock shows.
        now: Timestamp,
        /// The target.
        to: Timestamp,
    },
    /// The workspace was reset in the meantime.
    Reset,
    /// The server has stopped.
    Stopped,
}

impl From<driver::NotAdvanced> for NotAdvanced {
    fn from(why: driver::NotAdvanced) -> NotAdvanced {
        match why {
            driver::NotAdvanced::UnderWay => NotAdvanced::UnderWay,
            driver::NotAdvanced::Past { now, to } => NotAdvanced::Past { now, to },
            driver::NotAdvanced::Reset => NotAdvanced::Reset,
        }
    }
}

impl fmt::Display for NotAdvanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            NotAdvanced::UnderWay => driver::NotAdvanced::UnderWay.fmt(f),
            NotAdvanced::Past { now, to } => driver::NotAdvanced::Past { now, to }.fmt(f),
            NotAdvanced::Reset => driver::NotAdvanced::Reset.fmt(f),
            NotAdvanced::Stopped => f.write_str("The server has stopped; nobody answers its webhooks any more"),
        }
    }
}

impl std::error::Error for NotAdvanced {}
