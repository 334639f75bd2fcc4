//! A delivery: an event on its way to one receiver, with each try and what came of it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::attempt::Headers;
use super::event::Event;
use super::mischief::Trick;
use crate::base::id_key::IdKey;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::base::vocabulary::vocabulary;
use crate::calls::call::CallId;
use crate::event::{DeliveryMoment, DeliveryResult};

vocabulary! {
    /// How a delivery stands.
    ///
    /// ```
    /// use akol_mock::{DeliveryState, Event, MockServer};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// assert_eq!(server.trigger(Event::CallEnded, "call_xxx")?[0].state, DeliveryState::Kept);
    /// assert_eq!(("given_up".parse(), DeliveryState::ALL.len()), (Ok(DeliveryState::GivenUp), 7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub enum DeliveryState {
        /// It stands behind another, is held back or delayed.
        Waiting = "waiting",
        /// A try has no answer yet.
        UnderWay = "under_way",
        /// A try failed, and another will be made.
        Retrying = "retrying",
        /// The receiver has it.
        Received = "received",
        /// No further try will be made, and none was received.
        GivenUp = "given_up",
        /// It was not sent: mischief wanted it so, or its receiver was deleted.
        Dropped = "dropped",
        /// There was nobody to send it to: it is kept for reading.
        Kept = "kept",
    }
}

impl DeliveryState {
    /// Whether nothing more happens by itself.
    ///
    /// ```
    /// use akol_mock::DeliveryState;
    /// assert!(DeliveryState::Received.is_final() && !DeliveryState::Retrying.is_final());
    /// ```
    pub const fn is_final(self) -> bool {
        !matches!(self, DeliveryState::Waiting | DeliveryState::UnderWay | DeliveryState::Retrying)
    }
}

/// The identity of a delivery, the same for every try: shown as `msg_` and the number in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(u64);

impl MessageId {
    const PREFIX: &'static str = "msg_";
    const DIGITS: usize = 16;

    /// The id that belongs to a seed.
    pub const fn from_seed(seed: Seed) -> MessageId {
        MessageId(seed.number())
    }

    /// The seed that it grows from in a workspace of that key: the same in every workspace.
    pub const fn seed(self, key: IdKey) -> Seed {
        Seed::at(key.moved(self.0))
    }

    /// The id that takes the place of this one in a workspace of that key, and the other way round.
    pub const fn keyed(self, key: IdKey) -> MessageId {
        MessageId(key.moved(self.0))
    }

    /// Gives the id to `read` as it is shown.
    pub fn with_text<T>(self, read: impl FnOnce(&str) -> T) -> T {
        const LENGTH: usize = MessageId::PREFIX.len();
        let mut text = [0; LENGTH + MessageId::DIGITS];
        text[..LENGTH].copy_from_slice(MessageId::PREFIX.as_bytes());
        let mut rest = self.0;
        for digit in text[LENGTH..].iter_mut().rev() {
            *digit = b"0123456789abcdef"[(rest % 16) as usize];
            rest /= 16;
        }
        // Digits and letters, so it is text.
        read(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The text is not the id of any delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMessageId;

impl FromStr for MessageId {
    type Err = NotAMessageId;

    /// Reads exactly the texts that [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<MessageId, NotAMessageId> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(NotAMessageId)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_written_so = digits.len() == Self::DIGITS && digits.bytes().all(is_digit);
        let number = is_written_so.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
        number.map(MessageId).ok_or(NotAMessageId)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

/// How many deliveries were made before one: its name within the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryNumber(pub u64);

/// The place of a delivery among all: by when it was made, and within one instant by its call. So what several requests cause at one instant
/// has an order that does not depend on which of them came first.
pub type DeliveryOrder = (Timestamp, CallId, DeliveryNumber);

/// Names one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptKey {
    pub(super) delivery: DeliveryNumber,
    pub(super) attempt: u32,
}

impl AttemptKey {
    /// The delivery that is tried.
    pub const fn delivery(self) -> DeliveryNumber {
        self.delivery
    }
}

/// Who a delivery is for, as it was when the delivery was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The subscription's number.
    pub number: u32,
    /// The subscription's id.
    pub id: Arc<str>,
    /// Where it is sent.
    pub url: Arc<str>,
    /// What it is signed with.
    pub(super) secret: Arc<str>,
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The body as it is sent.
    Body(Bytes),
    /// Of a kept one: what its body can be made from.
    Known(Known),
    /// Of one that is over: nothing any more. The body had to make room for newer ones.
    Dropped,
}

/// How much was known of a call when it was told of. With the call itself this is enough to say it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// It had begun to ring.
    pub rung: bool,
    /// It had been answered.
    pub answered: bool,
    /// It had ended.
    pub ended: bool,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its identity; what is random about it grows from the one that it would have in the workspace `default`.
    pub id: MessageId,
    /// What is told.
    pub event: Event,
    /// Which call it is about.
    pub call: CallId,
    /// What everything random about that call grows from.
    pub origin: CallId,
    /// Who is told; `None` where nobody has subscribed.
    pub to: Option<Addressee>,
    /// When it happened.
    pub created_at: Timestamp,
    /// What is said.
    pub content: Content,
    /// How it stands.
    pub state: DeliveryState,
    /// When it is tried next, where that is known.
    pub next_attempt_at: Option<Timestamp>,
    /// Every try, the first one first.
    pub tries: Vec<Try>,
    /// Whether it lets the next event of its call go first.
    pub(super) is_held: bool,
    /// What has been done to it and is to be noted with its next try.
    pub(super) tricks: Vec<Trick>,
}

/// One try to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// When it was made.
    pub at: Timestamp,
    /// The headers that it was sent with; none before it is answered, and where it never left.
    pub headers: Headers,
    /// What came of it, and when that was known.
    pub answer: Option<(TryAnswer, Timestamp)>,
    /// What may help where it was not received, for people to read.
    pub hint: Option<Arc<str>>,
    /// When it is to be tried again because this try failed.
    pub next_attempt_at: Option<Timestamp>,
    /// What was done to it.
    pub mischief: Vec<Trick>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryAnswer {
    /// The receiver's HTTP status.
    Answered(u16),
    /// Why there was no answer, for people to read.
    Failed(Arc<str>),
}

impl TryAnswer {
    /// Whether it counts as received.
    pub const fn is_received(&self) -> bool {
        matches!(self, TryAnswer::Answered(200..=299))
    }
}

/// What the shell says of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryReport {
    /// The headers that were sent; none where nothing was.
    pub headers: Headers,
    /// What came of it.
    pub answer: TryAnswer,
    /// What may help where it was not received, for people to read.
    pub hint: Option<Arc<str>>,
}

impl Try {
    fn held_bytes(&self) -> usize {
        let text = |text: &Cow<'static, str>| if let Cow::Owned(text) = text { text.len() } else { 0 };
        let headers = self.headers.iter().map(|(name, value)| text(name) + text(value));
        let failure = match &self.answer {
            Some((TryAnswer::Failed(why), _)) => why.len(),
            Some((TryAnswer::Answered(_), _)) | None => 0,
        };
        size_of::<Try>()
            + self.headers.len() * size_of::<(Cow<'static, str>, Cow<'static, str>)>()
            + headers.sum::<usize>()
            + failure
            + self.hint.as_ref().map_or(0, |hint| hint.len())
            + self.mischief.len() * size_of::<Trick>()
    }
}

impl Delivery {
    /// Its place among all, where that is its number.
    pub(super) fn order(&self, number: DeliveryNumber) -> DeliveryOrder {
        (self.created_at, self.origin, number)
    }

    /// Whether any try was received.
    pub fn was_received(&self) -> bool {
        self.tries.iter().any(|one| matches!(&one.answer, Some((answer, _)) if answer.is_received()))
    }

    /// How many bytes its body takes; none where it is made when it is read.
    pub(super) fn body_bytes(&self) -> usize {
        match &self.content {
            Content::Body(body) => body.len(),
            Content::Known(_) | Content::Dropped => 0,
        }
    }

    /// Gives back the room that only one that goes on needs.
    pub(super) fn shrink(&mut self) {
        self.tricks.shrink_to_fit();
        self.tries.shrink_to_fit();
        self.tries.iter_mut().for_each(|one| one.headers.shrink_to_fit());
    }

    /// How many bytes it takes. What it shares with its subscription counts there.
    pub fn held_bytes(&self) -> usize {
        let tries: usize = self.tries.iter().map(Try::held_bytes).sum();
        size_of::<Delivery>() + self.body_bytes() + tries + self.tricks.len() * size_of::<Trick>()
    }

    /// How many tries were made.
    pub(super) fn tried(&self) -> u32 {
        self.tries.len() as u32
    }

    /// What is told of it to whoever watches.
    pub(super) fn moment(&self, attempt: u32, result: DeliveryResult, next: Option<Timestamp>) -> DeliveryMoment {
        DeliveryMoment {
            id: self.id.to_string().into(),
            event: self.event,
            webhook_id: self.to.as_ref().map(|to| Arc::clone(&to.id)),
            url: self.to.as_ref().map(|to| Arc::clone(&to.url)),
            attempt,
            result,
            hint: None,
            next_attempt_at: next,
        }
    }
}
