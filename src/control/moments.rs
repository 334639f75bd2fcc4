//! Moments as the bytes of an answer. An advance may go through millions of them, nearly all of two kinds; those are put down here, piece by
//! piece, as [`Shown`] would be.

use hyper::StatusCode;

use super::happening::Shown;
use crate::dialect::envelope;
use crate::domain::moment::{Moment, Transition, What};
use crate::driver::Advance;
use crate::wire::reply::Reply;

/// About how long a moment is, in bytes.
const LENGTH: usize = 192;

/// What an advance went through: `{"from": …, "to": …, "events": […]}`.
pub fn of_advance(advance: &Advance) -> Reply {
    let Advance { from, to, moments } = advance;
    envelope::success_written(StatusCode::OK, (moments.len() + 1) * LENGTH, |bytes| {
        let head = format!(r#"{{"from":"{from}","to":"{to}","events":["#);
        bytes.extend_from_slice(head.as_bytes());
        for (position, moment) in moments.iter().enumerate() {
            if position > 0 {
                bytes.push(b',');
            }
            write(moment, bytes);
        }
        bytes.extend_from_slice(b"]}");
    })
}

fn write(moment: &Moment, bytes: &mut Vec<u8>) {
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
        What::Delivery(_) => serde_json::to_writer(bytes, &Shown::of_moment(moment)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Serialize;

    use super::*;
    use crate::domain::moment::{DeliveryMoment, DeliveryResult};
    use crate::domain::webhook::Event;
    use crate::domain::world::testing::{CAMPAIGN, NUMBER, start};
    use crate::domain::world::{Placement, World};
    use crate::time::Timestamp;

    #[derive(Serialize)]
    struct AdvanceView<'a> {
        from: Timestamp,
        to: Timestamp,
        events: Vec<Shown<'a>>,
    }

    #[test]
    fn moments_are_written_as_they_are_shown() {
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
            next_attempt_at: Some(world.now()),
        };
        moments.push(Moment { what: What::Delivery(Box::new(told)), ..moments[0].clone() });
        for moments in [&moments[..0], &moments[..1], &moments] {
            let advance = Advance { from: start(), to: world.now(), moments: moments.to_vec() };
            let events = moments.iter().map(Shown::of_moment).collect();
            let shown = AdvanceView { from: advance.from, to: advance.to, events };
            let expected = envelope::success(StatusCode::OK, &shown);
            assert_eq!(of_advance(&advance).body.at_hand(), expected.body.at_hand());
        }
    }
}
