//! Carries events to their receivers.

mod connector;
mod courier;
mod failure;
mod lines;
mod resolver;

pub use courier::{Answer, Courier, Parcel};

use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::webhook::{TryAnswer, TryReport};
use crate::engine::Errand;
use crate::metrics::{Delivery, Metrics};
use crate::wire::log::{Log, Undelivered};

/// Sends what workspaces want sent, each delivery on its own, and tells them how that went. Dropping the future ends them all.
pub async fn run(mut to_send: mpsc::UnboundedReceiver<Errand>, courier: Courier, metrics: Arc<Metrics>, log: Log) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            errand = to_send.recv() => match errand {
                Some(errand) => {
                    let (courier, metrics, log) = (courier.clone(), Arc::clone(&metrics), log.clone());
                    under_way.spawn(async move {
                        let _on_errand = errand.epoch.errand();
                        tokio::select! {
                            biased;
                            // A reset ends it wherever it is.
                            () = errand.epoch.ended() => {}
                            () = deliver(&errand, &courier, &metrics, &log) => {}
                        }
                    });
                }
                None => return,
            },
            // What is done makes room.
            Some(_) = under_way.join_next() => {}
        }
    }
}

async fn deliver(errand: &Errand, courier: &Courier, metrics: &Metrics, log: &Log) {
    let Errand { workspace, epoch, attempt } = errand;
    let mut signed = None;
    let headers = || signed.insert(attempt.headers(workspace.clock().now())).clone();
    let (url, answer) = match attempt.url.parse::<Uri>() {
        Ok(url) => {
            let patience = |usual| workspace.patience(&attempt.url, usual);
            let body = attempt.body.clone();
            let parcel = Parcel { sender: workspace.name(), url: &url, headers, body, patience };
            let answer = courier.carry(parcel).await;
            (without_query(&url), answer)
        }
        Err(error) => (String::new(), Answer::Failed(format!("its URL is none: {error}"))),
    };
    let why = match &answer {
        Answer::Replied(200..=299) => None,
        Answer::Replied(status) => Some(format!("answered {status}")),
        Answer::TimedOut(waited) => {
            workspace.lose_patience(&attempt.url, *waited);
            Some(timed_out(*waited))
        }
        Answer::Failed(why) => Some(why.clone()),
    };
    // What never left its line had no headers.
    let headers = signed.map_or_else(Vec::new, courier::all_headers);
    let report = TryReport { headers, answer: answer.into() };
    let Ok(again) = workspace.deliver(epoch, attempt.key, report).await else { return };
    metrics.delivery(match (&why, again) {
        (None, _) => Delivery::Received,
        (Some(_), Some(_)) => Delivery::Failed,
        (Some(_), None) => Delivery::GivenUp,
    });
    if let Some(why) = why {
        log.delivery(&Undelivered {
            time: workspace.clock().now(),
            event: attempt.event.as_str(),
            call_id: &attempt.call.to_string(),
            url: &url,
            attempt: attempt.number,
            error: &why,
            next_attempt: again,
        });
    }
}

impl From<Answer> for TryAnswer {
    fn from(answer: Answer) -> TryAnswer {
        match answer {
            Answer::Replied(status) => TryAnswer::Answered(status),
            Answer::TimedOut(waited) => TryAnswer::Failed(timed_out(waited).into()),
            Answer::Failed(why) => TryAnswer::Failed(why.into()),
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

/// A query may hold a secret of the receiver's, which does not belong in a log.
fn without_query(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or_default();
    let host = url.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{host}{}", url.path())
}
