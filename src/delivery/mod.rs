//! Carries events to their receivers.

mod connector;
mod courier;
mod failure;
mod lines;
mod resolver;

pub use courier::{Answer, Courier};

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::webhook::Attempt;
use crate::engine::Workspace;
use crate::wire::log::Log;

/// Sends what the workspace wants sent, each delivery on its own, and tells it how that went.
pub async fn run(workspace: Arc<Workspace>, mut to_send: mpsc::UnboundedReceiver<Attempt>, courier: Courier, log: Log) {
    while let Some(attempt) = to_send.recv().await {
        let (workspace, courier, log) = (Arc::clone(&workspace), courier.clone(), log.clone());
        tokio::spawn(async move {
            let answer = send(&attempt, &courier).await;
            let received = matches!(answer, Answer::Replied(200..=299));
            if !received {
                let why = match answer {
                    Answer::Replied(status) => format!("answered {status}"),
                    Answer::Failed(why) => why,
                };
                log.note(workspace.clock().now(), &format!("webhook to {} was not received: {why}", attempt.url));
            }
            workspace.deliver(attempt.lane, received);
        });
    }
}

async fn send(attempt: &Attempt, courier: &Courier) -> Answer {
    match attempt.url.parse() {
        Ok(url) => courier.carry(&url, attempt.headers(), attempt.body.clone()).await,
        Err(error) => Answer::Failed(format!("{} is no URL: {error}", attempt.url)),
    }
}
