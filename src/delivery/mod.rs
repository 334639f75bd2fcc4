//! Carries events to their receivers.

mod client;
mod connection;
mod connector;
mod destination;
mod failure;
mod hint;
mod lines;
mod pool;
mod resolver;
mod shortage;
mod transport;
mod trust;

pub use client::Dispatch;
pub use trust::{certificate_problems, names_certificates};

use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::webhooks::{Headers, TryAnswer, TryReport};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::client::{ANSWER_WITHIN, Answer, Client, Outcome, all_headers};
use self::destination::without_query;
use self::lines::{Lines, Place};
use self::shortage::{Shortage, Wait};
use crate::engine::{OutgoingAttempt, Reason};
use crate::http::access_log::{Log, Undelivered, Weight};
use crate::metrics::{Delivery, Metrics};
use crate::real_time::wall_clock;

/// Why something is not sent to a receiver that has used up the time which an advance has for it.
const OUT_OF_TIME: &str =
    "not sent: the receiver has let others of the same advance time out, and has no time left in it";

/// Whose timeout an advance shortens that has waited for what this machine lacks: not for a receiver, whose name is a URL.
const THIS_MACHINE: &str = "this machine";

/// How many attempts are taken in at a time.
const AT_A_TIME: usize = 64;

/// A receiver as one workspace sees it: the workspace's place in memory, and the URL. Senders do not wait for each other.
type Receiver = (usize, Arc<str>);

/// What all clients have in common.
struct Post {
    dispatch: Dispatch,
    metrics: Arc<Metrics>,
    log: Log,
}

/// Sends what workspaces want sent, and tells them how that went. Dropping the future ends all that is under way.
///
/// A receiver that is slow, down or answers nonsense harms only its own deliveries: each has a line of its own for each workspace, whose
/// clients begin when there is something to carry, and leave when there is nothing more.
pub async fn run(
    mut to_send: mpsc::UnboundedReceiver<OutgoingAttempt>,
    dispatch: Dispatch,
    metrics: Arc<Metrics>,
    log: Log,
) {
    let post = Arc::new(Post { dispatch, metrics, log });
    let lines = Lines::default();
    let mut clients = JoinSet::new();
    let mut taken = Vec::with_capacity(AT_A_TIME);
    loop {
        tokio::select! {
            count = to_send.recv_many(&mut taken, AT_A_TIME) => {
                if count == 0 {
                    return;
                }
                for outgoing in taken.drain(..) {
                    if let Some((why, again)) = &outgoing.refused {
                        post.note(&outgoing, Some(why), *again);
                        continue;
                    }
                    let receiver = (Arc::as_ptr(&outgoing.workspace) as usize, Arc::clone(&outgoing.attempt.url));
                    if let Some(place) = lines.put(receiver, outgoing.is_awaited, outgoing) {
                        clients.spawn(carry_all(place, Arc::clone(&post)));
                    }
                }
            }
            // What is done makes room.
            Some(_) = clients.join_next() => {}
        }
    }
}

/// Carries what waits in one line, for as long as anything does.
async fn carry_all(mut place: Place<Receiver, OutgoingAttempt>, post: Arc<Post>) {
    let mut client = None;
    while let Some(outgoing) = place.next() {
        let client = client.get_or_insert_with(|| post.dispatch.client(&outgoing.attempt.url));
        let epoch = Arc::clone(&outgoing.epoch);
        let _on_outgoing = epoch.outgoing();
        tokio::select! {
            biased;
            // A reset ends it wherever it is.
            () = epoch.ended() => {}
            () = deliver(outgoing, client, &post) => {}
        }
    }
}

async fn deliver(outgoing: OutgoingAttempt, client: &mut Result<Client, String>, post: &Arc<Post>) {
    let (headers, Outcome { answer, hint }) = try_to(&outgoing, client, post).await;
    let OutgoingAttempt { workspace, epoch, attempt, .. } = &outgoing;
    let hint = match answer {
        Answer::Replied(401 | 403) => Some(hint::of_distrust(workspace.name())),
        _ => hint,
    };
    let hint: Option<Arc<str>> = hint.map(Arc::from);
    let failed = |why: String| Reason { why: why.into(), hint: hint.clone() };
    if matches!(answer, Answer::Replied(_)) {
        workspace.forget_refusals();
    }
    let (answer, failure) = match answer {
        Answer::Replied(status @ 200..=299) => (TryAnswer::Answered(status), None),
        Answer::Replied(status) => (TryAnswer::Answered(status), Some(failed(format!("answered {status}")))),
        Answer::TimedOut(waited) => {
            workspace.spend_timeout(&attempt.url, waited);
            no_answer(failed(timed_out(waited)))
        }
        Answer::Refused(why) => {
            let reason = failed(why);
            workspace.note_refusal(&attempt.url, reason.clone());
            no_answer(reason)
        }
        Answer::Failed(why) => no_answer(failed(why)),
        Answer::NotMade(shortage) => no_answer(failed(shortage.to_string())),
    };
    let (workspace, epoch, key) = (Arc::clone(workspace), Arc::clone(epoch), attempt.key);
    let (post, on_outgoing) = (Arc::clone(post), epoch.outgoing());
    // Where an advance waits for others, the world is told later; the client has others to carry meanwhile.
    let note = move |again| {
        post.note(&outgoing, failure.as_ref(), again);
        drop(on_outgoing);
    };
    // A reset that has come meanwhile makes it nothing to anybody.
    let _ = workspace.deliver(&epoch, key, TryReport { headers, answer, hint }, note);
}

fn no_answer(reason: Reason) -> (TryAnswer, Option<Reason>) {
    (TryAnswer::Failed(Arc::clone(&reason.why)), Some(reason))
}

/// Makes a try, as soon as this machine can. Gives the headers that it was sent with, none where it never left, and what came of it.
async fn try_to(outgoing: &OutgoingAttempt, client: &mut Result<Client, String>, post: &Post) -> (Headers, Outcome) {
    let OutgoingAttempt { workspace, attempt, .. } = outgoing;
    let client = match client {
        Ok(client) => client,
        Err(why) => return never_left(why.clone()),
    };
    let mut wait = None;
    loop {
        let Some(within) = workspace.timeout_of(&attempt.url, ANSWER_WITHIN) else {
            return never_left(OUT_OF_TIME.to_owned());
        };
        // Made only now: a signature may hold the time, and must not grow old in line.
        let signed = attempt.headers(workspace.clock().now());
        let outcome = client.carry(&signed, attempt.body.clone(), within).await;
        let shortage = match outcome.answer {
            Answer::NotMade(shortage) => shortage,
            // What nobody took never left.
            Answer::Refused(_) => return (Headers::new(), outcome),
            _ => return (all_headers(signed), outcome),
        };
        let wait = wait.get_or_insert_with(|| post.begin_to_wait(outgoing, shortage));
        if !wait.pause().await {
            workspace.spend_timeout(THIS_MACHINE, wait.waited());
            return never_left(shortage.of_no_end(wait.waited()));
        }
    }
}

fn never_left(why: String) -> (Headers, Outcome) {
    (Headers::new(), Outcome { answer: Answer::Failed(why), hint: None })
}

impl Post {
    /// Says that a delivery waits for what this machine lacks, and frees what can be freed.
    fn begin_to_wait(&self, outgoing: &OutgoingAttempt, shortage: Shortage) -> Wait {
        let OutgoingAttempt { workspace, attempt, .. } = outgoing;
        self.dispatch.close_idle();
        let (event, call, url) = (attempt.event.as_str(), attempt.call, without_query(&attempt.url));
        let note = format!("webhook {event} of {call} to {url} waits, and has not been tried: {shortage}");
        self.log.note(workspace.clock().now(), Some(workspace.name()), Weight::Warning, &note);
        Wait::new(workspace.timeout_of(THIS_MACHINE, ANSWER_WITHIN).unwrap_or_default())
    }

    /// Counts a try of which the world has been told, and writes down why it failed.
    fn note(&self, outgoing: &OutgoingAttempt, failure: Option<&Reason>, again: Option<Timestamp>) {
        let OutgoingAttempt { workspace, attempt, .. } = outgoing;
        self.metrics.delivery(match (failure, again) {
            (None, _) => Delivery::Received,
            (Some(_), Some(_)) => Delivery::Failed,
            (Some(_), None) => Delivery::GivenUp,
        });
        // Where steps of calls are logged, the world tells of each try.
        if let Some(Reason { why, hint }) = failure.filter(|_| !self.log.has_calls()) {
            self.log.delivery(&Undelivered {
                time: workspace.clock().now(),
                real_time: wall_clock(),
                workspace: workspace.name(),
                event: attempt.event.as_str(),
                call_id: &attempt.call.to_string(),
                url: &without_query(&attempt.url),
                attempt: attempt.number,
                result: "failed",
                error: why,
                hint: hint.as_deref(),
                next_attempt: again,
            });
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
