//! Idempotency keys: the same key with the same request gives the first answer again.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use hashbrown::HashMap;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::base::json;
use crate::base::json::Object;
use crate::base::quoted::Quoted;
use crate::base::time::Timestamp;
use crate::snapshot::{AnswerRecord, Checked, Hex, Octets, wrong};

/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// How many keys are remembered at once.
pub const MOST_KEYS: usize = if cfg!(test) { 1_000 } else { 100_000 };

/// The longest answer that is taken from a document, in bytes. Those to placed calls are far shorter.
const LONGEST_ANSWER: usize = 64 << 10;

/// The answers of the last 24 hours, by key.
#[derive(Debug)]
pub struct Idempotency<A> {
    answers: HashMap<Uuid, Remembered<A>>,
    /// The keys in the order in which they expire.
    expiries: VecDeque<(Timestamp, Uuid)>,
    /// The keys whose first answer is still being held back.
    held: BTreeSet<Uuid>,
}

#[derive(Debug)]
struct Remembered<A> {
    /// Of the request's JSON: the request itself may be large.
    request: RequestDigest,
    answer: A,
    until: Timestamp,
}

/// The SHA-256 of a request's JSON, the same however it was spaced, its fields were ordered and its numbers were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDigest([u8; 32]);

impl RequestDigest {
    /// That of a JSON object.
    pub fn of(request: &Object) -> RequestDigest {
        let mut canonical = Vec::with_capacity(256);
        json::write_object(request, &mut canonical);
        RequestDigest(Sha256::digest(&canonical).into())
    }
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Known<A> {
    /// Nothing: the request is to be carried out.
    New,
    /// It came with the same request, and this was the answer.
    Same(A),
    /// It came with the same request, whose answer is still being held back.
    Unanswered,
    /// It came with another request.
    Different,
}

impl<A> Default for Idempotency<A> {
    fn default() -> Idempotency<A> {
        Idempotency { answers: HashMap::new(), expiries: VecDeque::new(), held: BTreeSet::new() }
    }
}

impl<A: Clone> Idempotency<A> {
    /// What is known of `key` at `now`, in view of the request that it comes with now. Requests are the same if they are the same
    /// JSON, whatever its spacing and the order of its fields.
    pub fn look_up(&self, key: Uuid, request: &RequestDigest, now: Timestamp) -> Known<A> {
        match self.answers.get(&key) {
            Some(first) if first.until > now => {
                if first.request != *request {
                    Known::Different
                } else if self.held.contains(&key) {
                    Known::Unanswered
                } else {
                    Known::Same(first.answer.clone())
                }
            }
            _ => Known::New,
        }
    }

    /// Whether there is room for one more key at `now`. Where not, when there is.
    pub fn check_room(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.forget_expired(now);
        match self.expiries.front() {
            Some((expiry, _)) if self.expiries.len() >= MOST_KEYS => Err(*expiry),
            _ => Ok(()),
        }
    }

    /// Remembers the answer to a request that came with `key` at `now`.
    pub fn remember(&mut self, key: Uuid, request: RequestDigest, answer: A, now: Timestamp) {
        self.forget_expired(now);
        let until = now + REMEMBERED;
        self.answers.insert(key, Remembered { request, answer, until });
        self.expiries.push_back((until, key));
    }

    /// Notes that the answer to the first request with `key` is held back.
    pub fn hold(&mut self, key: Uuid) {
        self.held.insert(key);
    }

    /// Notes that it has been given.
    pub fn release(&mut self, key: Uuid) {
        self.held.remove(&key);
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while let Some((_, key)) = self.expiries.front().filter(|(expiry, _)| *expiry <= now).copied() {
            self.expiries.pop_front();
            self.answers.remove(&key);
        }
    }
}

impl Idempotency<Bytes> {
    /// What is remembered at `now`, as a document has it. An answer that is held back is remembered like any other.
    pub fn record(&self, now: Timestamp) -> Vec<AnswerRecord> {
        let remembered = self.expiries.iter().filter(|(until, _)| *until > now);
        let record = |(until, key): &(Timestamp, Uuid)| {
            let Remembered { request, answer, .. } = self.answers.get(key)?;
            let (request, answer) = (Hex(request.0), Octets(answer.clone()));
            Some(AnswerRecord { key: key.to_string(), request, answer, until: *until })
        };
        remembered.filter_map(record).collect()
    }

    /// What a document of the instant `now` remembers.
    pub fn restore(records: Vec<AnswerRecord>, now: Timestamp) -> Checked<Idempotency<Bytes>> {
        if records.len() > MOST_KEYS {
            return Err(wrong("", format!("has {} keys, must have at most {MOST_KEYS}", records.len())));
        }
        let mut restored = Idempotency::default();
        let latest = now + REMEMBERED;
        let mut before = Timestamp::MIN;
        for (position, record) in records.into_iter().enumerate() {
            let AnswerRecord { key, request: Hex(request), answer: Octets(answer), until } = record;
            let wrong = |field, message| Err(wrong(format!("[{position}].{field}"), message));
            let Ok(key) = Uuid::try_parse(&key) else {
                return wrong("key", format!("is {}, must be a UUID", Quoted(&key)));
            };
            if answer.len() > LONGEST_ANSWER {
                return wrong("answer", format!("has {} bytes, must have at most {LONGEST_ANSWER}", answer.len()));
            }
            if until < before || until > latest {
                return wrong("until", format!("is {until}, must be from {before}, as the one before, to {latest}"));
            }
            before = until;
            let request = RequestDigest(request);
            if restored.answers.insert(key, Remembered { request, answer, until }).is_some() {
                return wrong("key", format!("is {key}, which is there twice"));
            }
            restored.expiries.push_back((until, key));
        }
        Ok(restored)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::json::Json;

    const KEY: Uuid = Uuid::from_u128(1);

    fn digest(json: Value) -> RequestDigest {
        digest_of(&json.to_string())
    }

    fn digest_of(text: &str) -> RequestDigest {
        match Json::read(text) {
            Ok(Json::Object(object)) => RequestDigest::of(&object),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_digest_is_of_what_the_json_means() {
        let digest = digest_of(r#"{"a": 1, "b": {"x": "é", "y": [true, null, -5]}}"#);
        for same in [
            r#"{"b":{"y":[true,null,-5],"x":"é"},"a":1}"#,
            r#"{"a":1.0,"b":{"y":[true,null,-50e-1],"x":"é"}}"#,
            r#"{"a":2,"a":1,"b":{"x":"é","y":[true,null,-5.00]}}"#,
        ] {
            assert_eq!(digest_of(same), digest, "{same}");
        }
        // As documents of a state have them that were written by earlier versions.
        assert_eq!(digest.0[..4], Sha256::digest(r#"{"a":1,"b":{"x":"é","y":[true,null,-5]}}"#)[..4]);
        let number = |text: &str| digest_of(&format!("{{\"order\": {text}}}"));
        assert_ne!(number("18446744073709551616"), number("18446744073709551617"));
        assert_ne!(number("0.1"), number("0.10000000000000000001"));
        assert_ne!(number("1"), number("\"1\""));
    }

    #[test]
    fn the_same_request_gets_the_first_answer_and_another_is_told_apart() {
        let mut keys = Idempotency::default();
        let now = Timestamp::from_millis(0);
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 1, "b": 2})), now), Known::New);
        keys.remember(KEY, digest(json!({"a": 1, "b": 2})), "first", now);
        assert_eq!(keys.look_up(KEY, &digest(json!({"b": 2, "a": 1})), now), Known::Same("first"));
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 1})), now), Known::Different);
        assert_eq!(keys.look_up(Uuid::from_u128(2), &digest(json!({"a": 1})), now), Known::New);
    }

    #[test]
    fn while_the_first_answer_is_held_back_there_is_none_to_repeat() {
        let mut keys = Idempotency::default();
        let now = Timestamp::from_millis(0);
        keys.remember(KEY, digest(json!({"a": 1})), "first", now);
        keys.hold(KEY);
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 1})), now), Known::Unanswered);
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 2})), now), Known::Different);
        keys.release(KEY);
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 1})), now), Known::Same("first"));
    }

    #[test]
    fn a_key_is_forgotten_after_a_day_and_may_be_used_again() {
        let mut keys = Idempotency::default();
        let start = Timestamp::from_millis(0);
        keys.remember(KEY, digest(json!({"a": 1})), "first", start);
        let almost = start + REMEMBERED - Duration::from_millis(1);
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 1})), almost), Known::Same("first"));
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 1})), start + REMEMBERED), Known::New);
        keys.remember(KEY, digest(json!({"a": 2})), "second", start + REMEMBERED);
        assert_eq!(keys.look_up(KEY, &digest(json!({"a": 2})), start + REMEMBERED), Known::Same("second"));
        assert_eq!(keys.expiries.len(), 1);
    }

    #[test]
    fn there_is_room_for_so_many_keys_and_then_for_one_for_each_that_is_forgotten() {
        let mut keys = Idempotency::default();
        let start = Timestamp::from_millis(0);
        let later = start + Duration::from_secs(1);
        keys.remember(Uuid::from_u128(0), digest(json!({})), "first", start);
        for number in 1..MOST_KEYS {
            assert_eq!(keys.check_room(later), Ok(()));
            keys.remember(Uuid::from_u128(number as u128), digest(json!({})), "another", later);
        }
        assert_eq!(keys.check_room(later), Err(start + REMEMBERED));
        let almost = start + REMEMBERED - Duration::from_millis(1);
        assert_eq!(keys.check_room(almost), Err(start + REMEMBERED));
        assert_eq!(keys.check_room(start + REMEMBERED), Ok(()));
        assert_eq!((keys.expiries.len(), keys.answers.len()), (MOST_KEYS - 1, MOST_KEYS - 1));
    }

    #[test]
    fn a_document_has_no_more_keys_than_there_may_be_and_each_within_a_day() {
        let now = Timestamp::from_millis(0);
        let record = |number: usize, until| AnswerRecord {
            key: Uuid::from_u128(number as u128).to_string(),
            request: Hex([0; 32]),
            answer: Octets::default(),
            until,
        };
        let records = |count: usize| (0..count).map(|number| record(number, now)).collect::<Vec<_>>();
        assert!(Idempotency::restore(records(MOST_KEYS), now).is_ok());
        assert!(Idempotency::restore(records(MOST_KEYS + 1), now).is_err());
        assert!(Idempotency::restore(vec![record(0, now + REMEMBERED)], now).is_ok());
        let late = record(0, now + REMEMBERED + Duration::from_millis(1));
        assert!(Idempotency::restore(vec![late], now).is_err());
        let falling = vec![record(0, now + REMEMBERED), record(1, now)];
        assert!(Idempotency::restore(falling, now).is_err());
    }

    #[test]
    fn what_is_over_is_in_no_document() {
        let mut keys = Idempotency::default();
        let start = Timestamp::from_millis(0);
        keys.remember(KEY, digest(json!({})), Bytes::from_static(b"first"), start);
        assert_eq!(keys.record(start + REMEMBERED - Duration::from_millis(1)).len(), 1);
        assert_eq!(keys.record(start + REMEMBERED).len(), 0);
    }
}
