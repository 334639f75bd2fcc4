//! What happens in a world, as lines of the log: each step of a call, and what came of each try to deliver an event.

use std::sync::Arc;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::{CallId, Outcome, Status};
use akol_mock_world::event::{CallStep, DeliveryResult, Moment, Transition, What};
use akol_mock_world::webhooks::Event;
use serde::Serialize;

use crate::config::LogFormat;
use crate::http::access_log::{Log, json};
use crate::real_time::wall_clock;

/// Logs what has happened in a workspace, where the log wants it. The lines are made by the thread that writes them.
pub(super) fn write(log: &Log, workspace: &Arc<str>, moments: &[Moment]) {
    if !log.has_calls() {
        return;
    }
    for moment in moments {
        let (workspace, moment, real_time) = (Arc::clone(workspace), moment.clone(), wall_clock());
        log.later(move |format| match format {
            LogFormat::Json => in_json(&workspace, real_time, &moment),
            LogFormat::Pretty | LogFormat::Off => in_words(&workspace, &moment),
        });
    }
}

/// A try to deliver an event, or that none was made.
struct Try<'a> {
    event: Event,
    url: Option<&'a str>,
    attempt: u32,
    result: &'static str,
    /// Why it was not received.
    error: Option<String>,
    /// What may help.
    hint: Option<&'a str>,
    next_attempt: Option<Timestamp>,
}

impl Try<'_> {
    /// That of a moment that is one.
    fn of(what: &What) -> Option<Try<'_>> {
        match what {
            What::Transition(_) => None,
            What::Kept(_, event) => Some(Try {
                event: *event,
                url: None,
                attempt: 0,
                result: "kept",
                error: None,
                hint: None,
                next_attempt: None,
            }),
            What::Delivery(delivery) => {
                let (result, error) = match &delivery.result {
                    DeliveryResult::Answered(200..=299) => ("received", None),
                    DeliveryResult::Answered(status) => ("failed", Some(format!("answered {status}"))),
                    DeliveryResult::Failed(why) => ("failed", Some(why.to_string())),
                    DeliveryResult::Dropped => ("dropped", None),
                    DeliveryResult::Kept => ("kept", None),
                };
                let url = delivery.url.as_deref().map(without_query);
                let (event, attempt, next_attempt) = (delivery.event, delivery.attempt, delivery.next_attempt_at);
                Some(Try { event, url, attempt, result, error, hint: delivery.hint.as_deref(), next_attempt })
            }
        }
    }
}

fn in_words(workspace: &str, moment: &Moment) -> String {
    let Moment { at, call, what } = moment;
    let said = match (what, Try::of(what)) {
        (What::Transition(Transition { step, status, outcome }), _) => {
            let outcome = outcome.map_or_else(String::new, |outcome| format!(", {outcome}"));
            format!("call {call} {step} ({status}{outcome})")
        }
        (_, Some(Try { event, url, attempt, result, error, hint, next_attempt })) => {
            let url = url.map_or_else(String::new, |url| format!(" to {url}"));
            let told = format!("webhook {event} of {call}{url}");
            let next = next_attempt.map_or_else(|| "given up".to_owned(), |next| format!("next try at {next}"));
            match (result, error) {
                ("kept", _) => format!("{told} was kept, as no webhook is subscribed"),
                (_, Some(error)) => {
                    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
                    format!("{told} was not received, try {attempt}: {error}{hint}; {next}")
                }
                (result, None) => format!("{told} was {result}, try {attempt}"),
            }
        }
        (_, None) => String::new(),
    };
    format!("{at}  {workspace}  {said}")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepLine<'a> {
    time: Timestamp,
    real_time: Timestamp,
    workspace: &'a str,
    call_id: CallId,
    step: CallStep,
    call_status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TryLine<'a> {
    time: Timestamp,
    real_time: Timestamp,
    workspace: &'a str,
    event: Event,
    call_id: CallId,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    attempt: u32,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<Timestamp>,
}

fn in_json(workspace: &str, real_time: Timestamp, moment: &Moment) -> String {
    let (time, call_id) = (moment.at, moment.call);
    match (&moment.what, Try::of(&moment.what)) {
        (What::Transition(Transition { step, status, outcome }), _) => {
            let (step, call_status, outcome) = (*step, *status, *outcome);
            json(&StepLine { time, real_time, workspace, call_id, step, call_status, outcome })
        }
        (_, Some(Try { event, url, attempt, result, error, hint, next_attempt })) => json(&TryLine {
            time,
            real_time,
            workspace,
            event,
            call_id,
            url,
            attempt,
            result,
            error,
            hint,
            next_attempt,
        }),
        (_, None) => String::new(),
    }
}

/// A URL without its query, which may hold a secret of the receiver's that does not belong in a log.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
