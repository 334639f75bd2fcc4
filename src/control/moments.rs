//! Moments as the bytes of an answer. An advance may go through millions of them, nearly all of two kinds; those are put down here, piece by
//! piece, as [`Shown`] would be.

use std::vec;

use akol_mock_world::event::{Moment, Transition, What};
use bytes::{BufMut, BytesMut};
use hyper::StatusCode;

use super::happening::Shown;
use crate::dialect::envelope;
use crate::driver::Advance;
use crate::http::response::Reply;

/// About how long a moment is, in bytes.
const LENGTH: usize = 256;
/// How many moments are written at once. An answer that has more is sent while it is written: whole, it might have hundreds of megabytes.
const AT_ONCE: usize = 512;

/// What an advance went through: `{"from": …, "to": …, "events": […]}`.
pub fn of_advance(advance: Advance) -> Reply {
    let Advance { from, to, moments } = advance;
    let is_short = moments.len() <= AT_ONCE;
    let head = format!(r#"{{"from":"{from}","to":"{to}","events":["#);
    let mut parts = Parts { head: Some(head), moments: moments.into_iter(), is_over: false };
    match is_short {
        true => envelope::success_written(StatusCode::OK, &parts.next().unwrap_or_default()),
        false => envelope::success_in_parts(StatusCode::OK, parts.map(BytesMut::freeze)),
    }
}

/// An advance's answer, so many moments at a time.
struct Parts {
    /// What comes before the first moment, until it has come.
    head: Option<String>,
    moments: vec::IntoIter<Moment>,
    is_over: bool,
}

impl Iterator for Parts {
    // Not a vector: whether there is room is seen without a call, and there are many short pieces.
    type Item = BytesMut;

    fn next(&mut self) -> Option<BytesMut> {
        if self.is_over {
            return None;
        }
        let mut bytes = BytesMut::with_capacity((self.moments.len().min(AT_ONCE) + 1) * LENGTH);
        let head = self.head.take();
        let mut is_first = head.is_some();
        bytes.extend_from_slice(head.unwrap_or_default().as_bytes());
        for moment in self.moments.by_ref().take(AT_ONCE) {
            if !is_first {
                bytes.put_u8(b',');
            }
            is_first = false;
            write(&moment, &mut bytes);
        }
        self.is_over = self.moments.len() == 0;
        if self.is_over {
            bytes.extend_from_slice(b"]}");
        }
        Some(bytes)
    }
}

fn write(moment: &Moment, bytes: &mut BytesMut) {
    let Moment { at, call, what } = moment;
    let mut put = |piece: &str| bytes.extend_from_slice(piece.as_bytes());
    match what {
        What::Transition(Transition { step, status, outcome }) => {
            put(r#"{"type":"transition","at":""#);
            at.with_text(&mut put);
            put(r#"","callId":""#);
            call.with_text(&mut put);
            put(r#"","step":""#);
            put(step.as_str());
            put(r#"","status":""#);
            put(status.as_str());
            match outcome {
                Some(outcome) => {
                    put(r#"","outcome":""#);
                    put(outcome.as_str());
                    put(r#""}"#);
                }
                None => put(r#"","outcome":null}"#),
            }
        }
        What::Kept(id, event) => {
            put(r#"{"type":"delivery","at":""#);
            at.with_text(&mut put);
            put(r#"","callId":""#);
            call.with_text(&mut put);
            put(r#"","deliveryId":""#);
            id.with_text(&mut put);
            put(r#"","event":""#);
            put(event.as_str());
            put(
                r#"","webhookId":null,"url":null,"attempt":0,"result":"kept","status":null,"error":null,"nextAttemptAt":null}"#,
            );
        }
        // Writing strings and numbers to memory does not fail.
        What::Delivery(_) => serde_json::to_writer(bytes.writer(), &Shown::of_moment(moment)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::BodyExt;
    use serde::Serialize;

    use super::*;
    use crate::http::body::Body;
    use akol_mock_world::base::time::Timestamp;
    use akol_mock_world::event::{DeliveryMoment, DeliveryResult};
    use akol_mock_world::webhooks::Event;
    use akol_mock_world::world::testing::{CAMPAIGN, NUMBER, start};
    use akol_mock_world::world::{Placement, World};

    #[derive(Serialize)]
    struct AdvanceView<'a> {
        from: Timestamp,
        to: Timestamp,
        events: Vec<Shown<'a>>,
    }

    async fn whole(body: Body) -> Bytes {
        body.collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn moments_are_written_as_they_are_shown() {
        let mut world = World::for_tests(1);
        for number in 0..40 {
            let to = format!("+1212555{number:04}").parse().unwrap();
            world.place(&Placement { campaign_id: CAMPAIGN, number_id: NUMBER, to, scenario: None }).unwrap();
        }
        world.catch_up(world.now() + Duration::from_secs(60 * 60));
        let mut moments = world.take_moments();
        assert!(moments.iter().any(|moment| matches!(moment.what, What::Kept(..))));
        let told = DeliveryMoment {
            id: "msg_\"1\"".into(),
            event: Event::CallEnded,
            webhook_id: Some("whk_1".into()),
            url: Some("http://receiver.example/".into()),
            attempt: 1,
            result: DeliveryResult::Failed("connection refused".into()),
            hint: Some("is it \"started\"?".into()),
            next_attempt_at: Some(world.now()),
        };
        moments.push(Moment { what: What::Delivery(Box::new(told)), ..moments[0].clone() });
        let many: Vec<Moment> = moments.iter().cycle().take(2 * AT_ONCE + 1).cloned().collect();
        for moments in
            [&moments[..0], &moments[..1], &moments, &many[..AT_ONCE], &many[..=AT_ONCE], &many[..2 * AT_ONCE], &many]
        {
            let advance = Advance { from: start(), to: world.now(), moments: moments.to_vec() };
            let events = moments.iter().map(Shown::of_moment).collect();
            let shown = AdvanceView { from: advance.from, to: advance.to, events };
            let expected = envelope::success(StatusCode::OK, &shown);
            let (told, length) = (of_advance(advance).body, moments.len());
            assert_eq!(told.len().is_some(), length <= AT_ONCE, "{length}");
            let told = whole(told).await;
            assert_eq!(Some(told), expected.body.at_hand(), "{length}");
        }
    }
}
