//! Carries events to their receivers.

mod connector;
mod courier;
mod failure;
mod lines;
mod resolver;

pub use courier::{Answer, Courier};

use std::sync::Arc;

use hyper::Uri;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::webhook::{Attempt, TryAnswer, TryReport};
use crate::engine::Workspace;
use crate::wire::log::{Log, Undelivered};

/// Sends what the workspace wants sent, each delivery on its own, and tells it how that went. Dropping the future ends them all.
pub async fn run(workspace: Arc<Workspace>, mut to_send: mpsc::UnboundedReceiver<Attempt>, courier: Courier, log: Log) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            attempt = to_send.recv() => match attempt {
                Some(attempt) => {
                    let (workspace, courier, log) = (Arc::clone(&workspace), courier.clone(), log.clone());
                    under_way.spawn(async move { deliver(&attempt, &workspace, &courier, &log).await });
                }
                None => return,
            },
            // What is done makes room.
            Some(_) = under_way.join_next() => {}
        }
    }
}

async fn deliver(attempt: &Attempt, workspace: &Workspace, courier: &Courier, log: &Log) {
    let mut signed = None;
    let headers = || signed.insert(attempt.headers(workspace.clock().now())).clone();
    let (url, answer) = match attempt.url.parse::<Uri>() {
        Ok(url) => {
            let answer = courier.carry(&url, headers, attempt.body.clone()).await;
            (without_query(&url), answer)
        }
        Err(error) => (String::new(), Answer::Failed(format!("its URL is none: {error}"))),
    };
    let why = match &answer {
        Answer::Replied(200..=299) => None,
        Answer::Replied(status) => Some(format!("answered {status}")),
        Answer::Failed(why) => Some(why.clone()),
    };
    // What never left its line had no headers.
    let headers = signed.map_or_else(Vec::new, courier::all_headers);
    let again = workspace.deliver(attempt.key, TryReport { headers, answer: answer.into() });
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
            Answer::Failed(why) => TryAnswer::Failed(why.into()),
        }
    }
}

/// A query may hold a secret of the receiver's, which does not belong in a log.
fn without_query(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or_default();
    let host = url.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{host}{}", url.path())
}
