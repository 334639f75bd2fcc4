//! The body of a delivery: what a receiver reads.

use bytes::Bytes;
use serde::Serialize;

use super::event::Event;
use crate::base::phone_number::PhoneNumber;
use crate::base::time::Timestamp;
use crate::calls::call::{CallId, Direction, Outcome, Sentiment};
use crate::content::dialogue::Line;

/// See the module. The fields are in the documented order.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Body<'a> {
    /// What happened.
    pub event: Event,
    /// When.
    pub timestamp: Timestamp,
    /// Whose call it is.
    pub business_id: &'a str,
    /// Who is told; `None` where nobody has subscribed.
    pub webhook_id: Option<&'a str>,
    /// The call.
    pub data: &'a EventData,
}

/// What an event says about its call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// Its id.
    pub call_id: CallId,
    /// Its campaign's id.
    pub campaign_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// Who called.
    pub from_number: PhoneNumber,
    /// Who was called.
    pub to_number: PhoneNumber,
    /// Who speaks.
    pub agent_id: String,
    /// When ringing began.
    pub started_at: Option<Timestamp>,
    /// The rest, left out of events that do not tell of the end.
    #[serde(flatten)]
    pub ending: Option<Ending>,
}

/// What is known only when a call has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whole seconds from the answer to the end.
    pub duration: Option<u32>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// What it was about.
    pub summary: Option<String>,
    /// How the person felt.
    pub sentiment: Option<Sentiment>,
    /// What was said.
    pub transcript: Vec<Line>,
}

impl Body<'_> {
    /// The body's bytes.
    pub fn to_bytes(self) -> Bytes {
        // Plain strings, numbers and lists always serialize.
        let written = serde_json::to_vec(&self).unwrap_or_default();
        // It is kept for long, without the room that it was written in.
        Bytes::from(written.into_boxed_slice())
    }
}

/// The same body with another `timestamp`. It stands at a place that the event's name decides, and is always as long.
pub(super) fn dated(body: &Bytes, event: Event, timestamp: Timestamp) -> Bytes {
    let start = r#"{"event":"","timestamp":""#.len() + event.as_str().len();
    let text = timestamp.to_string();
    let mut changed = body.to_vec();
    if let Some(place) = changed.get_mut(start..start + text.len()) {
        place.copy_from_slice(text.as_bytes());
    }
    changed.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Seed;

    #[test]
    fn only_the_timestamp_differs_in_a_body_that_is_dated_otherwise() {
        let data = EventData {
            call_id: CallId::from_seed(Seed::new(1)),
            campaign_id: "cmp_xxx".to_owned(),
            direction: Direction::Outbound,
            from_number: "+15557654321".parse().unwrap(),
            to_number: "+15551234567".parse().unwrap(),
            agent_id: "agt_xxx".to_owned(),
            started_at: None,
            ending: None,
        };
        let [now, earlier] = [1_776_522_190_500, 1_776_521_590_500].map(Timestamp::from_millis);
        for event in Event::ALL.iter().copied() {
            let body = |timestamp| {
                Body { event, timestamp, business_id: "biz_xxx", webhook_id: Some("whk_1"), data: &data }.to_bytes()
            };
            assert_eq!(dated(&body(now), event, earlier), body(earlier));
        }
    }
}
