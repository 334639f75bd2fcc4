//! What a test that has failed is told: what was wrong, the requests that came, and how to see it again.

use std::fmt::Write;

use akol_mock_world::event::{DeliveryResult, Moment, Transition, What};
use akol_mock_world::faults::matching::Difference;

use super::deliveries::Delivery;
use super::patterns::RequestPattern;
use super::requests::RecordedRequest;
use super::workspace::Workspace;
use crate::config::{ClockMode, Settings};
use crate::dialect::oversight;
use crate::escape::escaped_lines;

/// How much of a body is shown, in characters.
const BODY_SHOWN: usize = 120;

/// A look at a workspace, to be told of.
pub(super) struct Report<'a> {
    workspace: &'a Workspace,
    requests: Vec<RecordedRequest>,
}

impl Report<'_> {
    /// A look at it as it is now.
    pub(super) fn of(workspace: &Workspace) -> Report<'_> {
        Report { workspace, requests: workspace.requests() }
    }

    /// How many requests are like that.
    pub(super) fn count(&self, pattern: &RequestPattern) -> usize {
        self.requests.iter().filter(|request| pattern.0.matches(&request.exchange.sketch())).count()
    }

    /// The problem, the request that came nearest to what was looked for, and all else.
    pub(super) fn of_requests(&self, problem: &str, pattern: &RequestPattern) -> String {
        let oversights: String =
            oversight::of_pattern(&pattern.0).iter().map(|warning| format!("warning: {warning}\n")).collect();
        self.text(problem, &(oversights + &self.nearest(pattern).unwrap_or_default()))
    }

    /// The problem, the deliveries, and all else.
    pub(super) fn of_deliveries(&self, problem: &str) -> String {
        let deliveries = self.workspace.deliveries();
        let lines: String = deliveries.iter().map(|one| format!("  {}\n", delivery_line(one))).collect();
        let deliveries = match deliveries.len() {
            0 => "no deliveries\n".to_owned(),
            count => format!("deliveries, {count} in all, oldest first:\n{lines}"),
        };
        self.text(problem, &deliveries)
    }

    /// The problem, what is known of the call's steps, and all else.
    pub(super) fn of_call(&self, problem: &str, id: &str) -> String {
        let moments = self.workspace.inner.journal().moments();
        let steps: String = moments.iter().filter_map(|(_, moment)| step(moment, id)).collect();
        self.text(problem, &if steps.is_empty() { steps } else { format!("its steps so far:\n{steps}") })
    }

    fn text(&self, problem: &str, details: &str) -> String {
        let requests = match self.requests.len() {
            0 => "no requests in the journal\n".to_owned(),
            count => {
                let lines: String = self.requests.iter().map(|request| format!("  {}\n", line(request))).collect();
                format!("{count} in the journal, oldest first:\n{lines}")
            }
        };
        // Most of it was written by clients and receivers, and it goes to a terminal.
        escaped_lines(&format!("{problem}\n{details}{requests}{}", self.replay())).into_owned()
    }

    /// The request with the fewest differences, the newest of equals, and what they are.
    fn nearest(&self, pattern: &RequestPattern) -> Option<String> {
        let differences = |request: &RecordedRequest| pattern.0.differences(&request.exchange.sketch());
        let misses = self.requests.iter().rev().map(|request| (request, differences(request)));
        let misses = misses.filter(|(_, differences)| !differences.is_empty());
        let (request, differences) = misses.min_by_key(|(_, differences)| differences.len())?;
        let differences: String = differences.iter().map(|difference| format!("  {}\n", told(difference))).collect();
        Some(format!("nearest: {}\n{differences}", line(request)))
    }

    /// Where it happened, and the program that does the same.
    fn replay(&self) -> String {
        let name = self.workspace.name();
        let Settings { seed, calls, start_time, clock, fixtures, .. } =
            self.workspace.inner.world_template().settings();
        let mut command = format!("akol-mock --seed {seed} --calls {calls} --clock {}", clock.as_str());
        // Writing to a string never fails.
        if let Some(start) = start_time {
            let _ = write!(command, " --start-time {start}");
        }
        if let Some(folder) = fixtures {
            let _ = write!(command, " --fixtures {}", folder.display());
        }
        let runs = if *clock == ClockMode::Real { ", as far as a clock that runs allows it" } else { "" };
        let now = self.workspace.now();
        format!("workspace {name}, seed {seed}, at {now}\nthe same world again{runs}: {command}")
    }
}

/// A request in a line.
fn line(request: &RecordedRequest) -> String {
    let mut line = format!("{} {} {}", request.at(), request.method(), request.path());
    if !request.query().is_empty() {
        line += "?";
        line += request.query();
    }
    if !request.body().is_empty() {
        let body = String::from_utf8_lossy(request.body());
        let cut = body.char_indices().nth(BODY_SHOWN).map_or(body.len(), |(end, _)| end);
        line += " ";
        line.extend(body[..cut].chars().map(|letter| if letter.is_control() { ' ' } else { letter }));
        line += if cut < body.len() { "…" } else { "" };
    }
    if request.is_body_dropped() {
        line += " (its body was dropped)";
    }
    line + &request.status().map_or_else(|| " -> no answer yet".to_owned(), |status| format!(" -> {status}"))
}

/// A delivery in a line.
fn delivery_line(delivery: &Delivery) -> String {
    let Delivery { created_at, event, call_id, url, state, attempts, .. } = delivery;
    let url = url.as_ref().map_or_else(String::new, |url| format!(" to {url}"));
    let answer = match attempts.last().and_then(|attempt| attempt.answer.as_ref()) {
        Some(DeliveryResult::Answered(status)) => format!(", answered {status}"),
        Some(DeliveryResult::Failed(why)) => format!(", {why}"),
        Some(DeliveryResult::Dropped | DeliveryResult::Kept) | None => String::new(),
    };
    let hint = attempts.last().and_then(|attempt| attempt.hint.as_ref());
    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("{created_at} {event} of {call_id}{url} -> {state}{answer}{hint}")
}

fn told(difference: &Difference) -> String {
    let Difference { field, expected, found } = difference;
    let found = found.as_ref().map_or_else(|| "missing".to_owned(), ToString::to_string);
    format!("{field} is {found}, expected {expected}")
}

/// A step of the call with that id, in a line.
fn step(moment: &Moment, id: &str) -> Option<String> {
    match &moment.what {
        What::Transition(Transition { step, status, outcome }) if moment.call.to_string() == id => {
            let outcome = outcome.map_or_else(String::new, |outcome| format!(", {outcome}"));
            Some(format!("  {} {step} ({status}{outcome})\n", moment.at))
        }
        _ => None,
    }
}
