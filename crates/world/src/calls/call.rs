//! A call, and the words that describe one.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::id_key::IdKey;
use crate::base::phone_number::PhoneNumber;
use crate::base::rng::Seed;
use crate::base::time::Timestamp;
use crate::base::vocabulary::vocabulary;
use crate::calls::plan::Plan;
use crate::directory::{CampaignIndex, NumberIndex};

vocabulary! {
    /// Who called whom.
    ///
    /// ```
    /// use akol_mock::Direction;
    /// let server = akol_mock::MockServer::builder().start_blocking().unwrap();
    /// assert_eq!(server.call("call_xxx").unwrap().direction, Direction::Inbound);
    /// assert_eq!((Direction::Outbound.as_str(), Direction::ALL.len()), ("outbound", 2));
    /// ```
    pub enum Direction {
        /// A person called the agent.
        Inbound = "inbound",
        /// The agent called a person.
        Outbound = "outbound",
    }
}

vocabulary! {
    /// Where a call stands in its life.
    ///
    /// ```
    /// use akol_mock::Status;
    /// let server = akol_mock::MockServer::builder().start_blocking().unwrap();
    /// assert_eq!(server.call("call_xxx").unwrap().status, Status::Completed);
    /// assert_eq!(("IN_PROGRESS".parse(), Status::ALL.len()), (Ok(Status::InProgress), 5));
    /// ```
    pub enum Status {
        /// Queued or ringing: not answered yet.
        Ringing = "RINGING",
        /// Answered, by a person or a machine.
        InProgress = "IN_PROGRESS",
        /// Ended after a conversation.
        Completed = "COMPLETED",
        /// Ended without a conversation, or broken off by a fault.
        Failed = "FAILED",
        /// Ended with a message left on a machine.
        Voicemail = "VOICEMAIL",
    }
}

impl Status {
    /// Whether nothing further can happen to the call.
    ///
    /// ```
    /// use akol_mock::Status;
    /// assert!(Status::Voicemail.is_final() && !Status::Ringing.is_final());
    /// ```
    pub const fn is_final(self) -> bool {
        matches!(self, Status::Completed | Status::Failed | Status::Voicemail)
    }
}

vocabulary! {
    /// What came of a call. The last four are an assumption about the real API, which documents only the first four.
    ///
    /// ```
    /// use akol_mock::Outcome;
    /// let server = akol_mock::MockServer::builder().start_blocking().unwrap();
    /// assert_eq!(server.call("call_xxx").unwrap().outcome, Some(Outcome::Completed));
    /// assert_eq!((Outcome::HungUp.to_string().as_str(), Outcome::ALL.len()), ("hung_up", 8));
    /// ```
    pub enum Outcome {
        /// The conversation came to its end.
        Completed = "completed",
        /// The person was handed to a human.
        Transferred = "transferred",
        /// The agent left a message.
        VoicemailLeft = "voicemail_left",
        /// Somebody hung up, or the call was ended over the API.
        HungUp = "hung_up",
        /// It rang out.
        NoAnswer = "no_answer",
        /// The line was engaged.
        Busy = "busy",
        /// The network could not connect it, or dropped it.
        Failed = "failed",
        /// It was ended over the API before anybody answered.
        Canceled = "canceled",
    }
}

vocabulary! {
    /// How the person felt about the call.
    ///
    /// ```
    /// use akol_mock::Sentiment;
    /// let server = akol_mock::MockServer::builder().start_blocking().unwrap();
    /// assert_eq!(server.call("call_xxx").unwrap().sentiment, Some(Sentiment::Positive));
    /// assert_eq!((Sentiment::Neutral.as_str(), Sentiment::ALL.len()), ("neutral", 3));
    /// ```
    pub enum Sentiment {
        /// Pleased.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Displeased.
        Negative = "negative",
    }
}

vocabulary! {
    /// Who says a line of a transcript.
    ///
    /// ```
    /// use akol_mock::Speaker;
    /// let server = akol_mock::MockServer::builder().start_blocking().unwrap();
    /// assert_eq!(server.call("call_xxx").unwrap().transcript[1].speaker, Speaker::Caller);
    /// assert_eq!((Speaker::Agent.as_str(), Speaker::ALL.len()), ("agent", 2));
    /// ```
    pub enum Speaker {
        /// The AI agent.
        Agent = "agent",
        /// The person, whichever side placed the call, or the machine that answers for them.
        Caller = "caller",
    }
}

/// The identity of a call: shown as `call_` and the number in base 36.
///
/// Base 36 makes room for the documentation's own `call_xxx`. Ids that the emulator makes have all thirteen digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallId(u64);

impl CallId {
    const PREFIX: &'static str = "call_";
    const RADIX: u64 = 36;
    const DIGITS: usize = 13;
    /// The least number of thirteen digits: 36 to the power of 12.
    const LEAST_FULL: u64 = Self::RADIX.pow(Self::DIGITS as u32 - 1);
    /// How many ids of thirteen digits the emulator makes.
    const FULL: u64 = u64::MAX - Self::LEAST_FULL;

    /// The id that belongs to a seed, spread over all ids of thirteen digits.
    pub fn from_seed(seed: Seed) -> CallId {
        CallId(Self::LEAST_FULL + seed.number() % Self::FULL)
    }

    /// The id that takes the place of this one in a workspace of that key: another one of those that the emulator makes, and of each another.
    pub const fn keyed(self, key: IdKey) -> CallId {
        let (ahead, back) = Self::distances(key);
        self.turned(ahead, back)
    }

    /// The id whose place this one has taken in a workspace of that key.
    pub const fn unkeyed(self, key: IdKey) -> CallId {
        let (ahead, back) = Self::distances(key);
        self.turned(back, ahead)
    }

    /// By how much a key moves ids, and how much is left to a whole turn.
    const fn distances(key: IdKey) -> (u64, u64) {
        let ahead = key.number() % Self::FULL;
        (ahead, Self::FULL - ahead)
    }

    /// The id that lies `ahead` of this one where the first follows the last; `back` is what is left to a whole turn.
    const fn turned(self, ahead: u64, back: u64) -> CallId {
        if !self.is_made() {
            self
        } else if self.0 - Self::LEAST_FULL >= back {
            CallId(self.0 - back)
        } else {
            CallId(self.0 + ahead)
        }
    }

    /// Whether it is one of those that the emulator makes, which fixtures must leave alone.
    pub const fn is_made(self) -> bool {
        self.0 >= Self::LEAST_FULL
    }

    /// The id as a number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The digits, right-aligned, and where they begin.
    fn digits(self) -> ([u8; Self::DIGITS], usize) {
        let mut digits = [b'0'; Self::DIGITS];
        let (mut rest, mut begin) = (self.0, Self::DIGITS);
        while rest > 0 {
            begin -= 1;
            digits[begin] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % Self::RADIX) as usize];
            rest /= Self::RADIX;
        }
        (digits, begin)
    }

    /// Gives the id to `read` as it is shown.
    pub fn with_text<T>(self, read: impl FnOnce(&str) -> T) -> T {
        const LENGTH: usize = CallId::PREFIX.len();
        let (digits, begin) = self.digits();
        let mut text = [0; LENGTH + CallId::DIGITS];
        text[begin..begin + LENGTH].copy_from_slice(CallId::PREFIX.as_bytes());
        text[begin + LENGTH..].copy_from_slice(&digits[begin..]);
        // Digits and letters, so it is text.
        read(std::str::from_utf8(&text[begin..]).unwrap_or_default())
    }
}

/// In the order of their texts, which is the order that a client sees.
impl Ord for CallId {
    fn cmp(&self, other: &CallId) -> Ordering {
        // Where the texts are of one length, their order is that of the numbers.
        if self.is_made() && other.is_made() {
            return self.0.cmp(&other.0);
        }
        let ((mine, my_begin), (theirs, their_begin)) = (self.digits(), other.digits());
        mine[my_begin..].cmp(&theirs[their_begin..])
    }
}

impl PartialOrd for CallId {
    fn partial_cmp(&self, other: &CallId) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The text is not the id of any call, past or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACallId;

impl FromStr for CallId {
    type Err = NotACallId;

    /// Reads exactly the texts that [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<CallId, NotACallId> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(NotACallId)?;
        if digits.is_empty() || digits.starts_with('0') {
            return Err(NotACallId);
        }
        let number = digits.bytes().try_fold(0_u64, |number, digit| {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'z' => digit - b'a' + 10,
                _ => return None,
            };
            number.checked_mul(Self::RADIX)?.checked_add(u64::from(digit))
        });
        number.map(CallId).ok_or(NotACallId)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CallId, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|NotACallId| serde::de::Error::custom(format!("{text:?} is no id of a call")))
    }
}

/// One call: what is fixed when it is made, and how far it has come.
///
/// Facts only. The words (names, transcript, summary) are made from them when asked for, see [`crate::content::words`].
#[derive(Clone, Debug)]
pub struct Call {
    /// Its identity.
    pub id: CallId,
    /// Whether the workspace's key has moved its id. What is random about the call grows from the id before that.
    pub is_keyed: bool,
    /// The campaign, which names business and agent.
    pub campaign: CampaignIndex,
    /// The account's own number.
    pub number: NumberIndex,
    /// The other side's number.
    pub person: PhoneNumber,
    /// Who called whom.
    pub direction: Direction,
    /// Whether that person had a call before.
    pub returning: bool,
    /// What its scenario means to become of it.
    pub plan: Plan,
    /// When the phone rings, or would have rung.
    pub rings_at: Timestamp,
    /// Whether it has begun to ring.
    pub has_rung: bool,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub status: Status,
    /// What came of it, once it has ended.
    pub outcome: Option<Outcome>,
    /// How the person felt, once it has ended after a conversation.
    pub sentiment: Option<Sentiment>,
}

impl Call {
    /// When ringing began; `None` while the call is queued, and for ever if it was ended then.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.has_rung.then_some(self.rings_at)
    }

    /// Whether it waits for its turn to ring.
    pub fn is_queued(&self) -> bool {
        !self.has_rung && !self.status.is_final()
    }

    /// How long the two sides have been connected by `now`.
    pub fn connected(&self, now: Timestamp) -> Duration {
        self.answered_at.map_or(Duration::ZERO, |answered| self.ended_at.unwrap_or(now).since(answered))
    }

    /// Whole seconds from the answer to the end; `None` until the end.
    pub fn duration_seconds(&self) -> Option<u32> {
        self.ended_at.map(|ended| u32::try_from(self.connected(ended).as_secs()).unwrap_or(u32::MAX))
    }

    /// Whether the call was ended before everything that its plan holds was said.
    pub fn was_cut_short(&self) -> bool {
        self.ended_at.is_some_and(|ended| self.connected(ended) < self.plan.talk) || !self.plan.is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_they_are_written() {
        for number in [1, 35, 36, 43_989, CallId::LEAST_FULL, u64::MAX] {
            assert_eq!(CallId(number).to_string().parse(), Ok(CallId(number)));
        }
        assert_eq!("call_xxx".parse(), Ok(CallId(43_989)));
    }

    #[test]
    fn a_key_gives_each_id_another_and_can_be_taken_back() {
        let ids: Vec<CallId> = (0..1_000).map(|n| CallId::from_seed(Seed::new(n))).collect();
        let ends = [CallId(CallId::LEAST_FULL), CallId(u64::MAX - 1)];
        let keys = [1, 7, CallId::FULL - 1, CallId::FULL + 1, u64::MAX].map(IdKey::at);
        let of_alice = IdKey::of(Seed::new(42), "alice");
        for key in keys.into_iter().chain([of_alice]) {
            for id in ids.iter().copied().chain(ends) {
                let keyed = id.keyed(key);
                assert!(keyed != id && keyed.is_made() && keyed.0 < u64::MAX, "{id} {key:?}");
                assert_eq!(keyed.unkeyed(key), id);
            }
        }
        assert!(ids.iter().all(|id| !ids.contains(&id.keyed(of_alice))));
        assert_eq!(ids[0].keyed(IdKey::NONE), ids[0]);
        let documented: CallId = "call_xxx".parse().unwrap();
        assert_eq!(documented.keyed(of_alice), documented);
    }

    #[test]
    fn what_is_no_id_is_told_apart() {
        for text in
            ["", "call_", "xxx", "call_XXX", "call_0xx", "call_x x", "call_+1", "call_zzzzzzzzzzzzzz", "biz_xxx"]
        {
            assert_eq!(text.parse::<CallId>(), Err(NotACallId), "{text:?}");
        }
    }

    #[test]
    fn made_ids_have_thirteen_digits_and_sort_as_their_texts() {
        let mut ids: Vec<CallId> = (0..1_000).map(|n| CallId::from_seed(Seed::new(n))).collect();
        assert!(ids.iter().all(|id| id.to_string().len() == "call_".len() + 13));
        ids.push(CallId(43_989));
        ids.sort();
        let texts: Vec<String> = ids.iter().map(CallId::to_string).collect();
        assert!(texts.is_sorted());
    }
}
