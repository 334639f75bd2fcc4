//! Carries events to their receivers.

mod connection;
mod connector;
mod courier;
mod destination;
mod failure;
mod lines;
mod pool;
mod resolver;
mod transport;

pub use courier::Dispatch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::courier::{ANSWER_WITHIN, Answer, Courier, all_headers};
use self::destination::without_query;
use self::lines::{Lines, Place};
use crate::domain::webhook::{Headers, TryAnswer, TryReport};
use crate::engine::Errand;
use crate::metrics::{Delivery, Metrics};
use crate::time::{Timestamp, wall_clock};
use crate::wire::log::{Log, Undelivered};

/// Why something is not sent to a receiver that has used up the time which an advance has for it.
const OUT_OF_TIME: &str =
    "not sent: the receiver has let others of the same advance time out, and has no time left in it";

/// How many errands are taken in at a time.
const AT_A_TIME: usize = 64;

/// A receiver as one workspace sees it: the workspace's place in memory, and the URL. Senders do not wait for each other.
type Receiver = (usize, Arc<str>);

/// What all couriers have in common.
struct Post {
    dispatch: Dispatch,
    metrics: Arc<Metrics>,
    log: Log,
}

/// Sends what workspaces want sent, and tells them how that went. Dropping the future ends all that is under way.
///
/// A receiver that is slow, down or answers nonsense harms only its own deliveries: each has a line of its own for each workspace, whose
/// couriers begin when there is something to carry, and leave when there is nothing more.
pub async fn run(mut to_send: mpsc::UnboundedReceiver<Errand>, dispatch: Dispatch, metrics: Arc<Metrics>, log: Log) {
    let post = Arc::new(Post { dispatch, metrics, log });
    let lines = Lines::default();
    let mut couriers = JoinSet::new();
    let mut taken = Vec::with_capacity(AT_A_TIME);
    loop {
        tokio::select! {
            count = to_send.recv_many(&mut taken, AT_A_TIME) => {
                if count == 0 {
                    return;
                }
                for errand in taken.drain(..) {
                    if let Some((why, again)) = &errand.refused {
                        post.note(&errand, Some(why.to_string()), *again);
                        continue;
                    }
                    let receiver = (Arc::as_ptr(&errand.workspace) as usize, Arc::clone(&errand.attempt.url));
                    if let Some(place) = lines.put(receiver, errand.is_awaited, errand) {
                        couriers.spawn(carry_all(place, Arc::clone(&post)));
                    }
                }
            }
            // What is done makes room.
            Some(_) = couriers.join_next() => {}
        }
    }
}

/// Carries what waits in one line, for as long as anything does.
async fn carry_all(mut place: Place<Receiver, Errand>, post: Arc<Post>) {
    let mut courier = None;
    while let Some(errand) = place.next() {
        let courier = courier.get_or_insert_with(|| post.dispatch.courier(&errand.attempt.url));
        let epoch = Arc::clone(&errand.epoch);
        let _on_errand = epoch.errand();
        tokio::select! {
            biased;
            // A reset ends it wherever it is.
            () = epoch.ended() => {}
            () = deliver(errand, courier, &post) => {}
        }
    }
}

async fn deliver(errand: Errand, courier: &mut Result<Courier, String>, post: &Arc<Post>) {
    let (headers, answer) = try_to(&errand, courier).await;
    let Errand { workspace, epoch, attempt, .. } = &errand;
    let why = match &answer {
        Answer::Replied(200..=299) => None,
        Answer::Replied(status) => Some(format!("answered {status}")),
        Answer::TimedOut(waited) => {
            workspace.lose_patience(&attempt.url, *waited);
            Some(timed_out(*waited))
        }
        Answer::Refused(why) => {
            workspace.note_refusal(&attempt.url, why);
            Some(why.clone())
        }
        Answer::Failed(why) => Some(why.clone()),
    };
    if matches!(answer, Answer::Replied(_)) {
        workspace.forget_refusals();
    }
    let (workspace, epoch, key) = (Arc::clone(workspace), Arc::clone(epoch), attempt.key);
    let (post, on_errand) = (Arc::clone(post), epoch.errand());
    // Where an advance waits for others, the world is told later; the courier has others to carry meanwhile.
    let note = move |again| {
        post.note(&errand, why, again);
        drop(on_errand);
    };
    // A reset that has come meanwhile makes it nothing to anybody.
    let _ = workspace.deliver(&epoch, key, TryReport { headers, answer: answer.into() }, note);
}

/// Makes a try. Gives the headers that it was sent with, none where it never left, and what came of it.
async fn try_to(errand: &Errand, courier: &mut Result<Courier, String>) -> (Headers, Answer) {
    let Errand { workspace, attempt, .. } = errand;
    let courier = match courier {
        Ok(courier) => courier,
        Err(why) => return (Headers::new(), Answer::Failed(why.clone())),
    };
    let Some(within) = workspace.patience(&attempt.url, ANSWER_WITHIN) else {
        return (Headers::new(), Answer::Failed(OUT_OF_TIME.to_owned()));
    };
    // Made only now: a signature may hold the time, and must not grow old in line.
    let signed = attempt.headers(workspace.clock().now());
    let answer = courier.carry(&signed, attempt.body.clone(), within).await;
    // What nobody took never left.
    let headers = if matches!(answer, Answer::Refused(_)) { Headers::new() } else { all_headers(signed) };
    (headers, answer)
}

impl Post {
    /// Counts a try of which the world has been told, and writes down why it failed.
    fn note(&self, errand: &Errand, why: Option<String>, again: Option<Timestamp>) {
        let Errand { workspace, attempt, .. } = errand;
        self.metrics.delivery(match (&why, again) {
            (None, _) => Delivery::Received,
            (Some(_), Some(_)) => Delivery::Failed,
            (Some(_), None) => Delivery::GivenUp,
        });
        // Where steps of calls are logged, the world tells of each try.
        if let Some(why) = why.filter(|_| !self.log.has_calls()) {
            self.log.delivery(&Undelivered {
                time: workspace.clock().now(),
                real_time: wall_clock(),
                workspace: workspace.name(),
                event: attempt.event.as_str(),
                call_id: &attempt.call.to_string(),
                url: &without_query(&attempt.url),
                attempt: attempt.number,
                error: &why,
                next_attempt: again,
            });
        }
    }
}

impl From<Answer> for TryAnswer {
    fn from(answer: Answer) -> TryAnswer {
        match answer {
            Answer::Replied(status) => TryAnswer::Answered(status),
            Answer::TimedOut(waited) => TryAnswer::Failed(timed_out(waited).into()),
            Answer::Refused(why) | Answer::Failed(why) => TryAnswer::Failed(why.into()),
        }
    }
}

/// That there was no answer within that time, in words.
fn timed_out(waited: Duration) -> String {
    match waited.subsec_millis() {
        0 => format!("no answer within {} s", waited.as_secs()),
        _ => {
            format!("no answer within {} ms, after it had let another of the same advance time out", waited.as_millis())
        }
    }
}
