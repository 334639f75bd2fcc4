//! The log: one line a request, on stderr, written by a thread of its own so that no request waits for a terminal.

use std::borrow::Cow;
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use akol_mock_world::base::time::Timestamp;
use hyper::Method;
use serde::Serialize;

use crate::config::{LogFormat, LogLevel};
use crate::escape::{escaped, escaped_json};
use crate::real_time::wall_clock;

/// How many lines may wait to be written. A reader that is slower loses lines rather than slow the server down.
const BACKLOG: usize = 8_192;
/// How much of a request's target is shown, in characters.
const TARGET_SHOWN: usize = 1_000;
/// How long a reader that does not read can keep the program from ending.
const LAST_LINES_WITHIN: Duration = Duration::from_millis(500);

/// Where lines are sent.
#[derive(Clone, Debug)]
pub struct Log(Option<Writer>);

#[derive(Clone, Debug)]
struct Writer {
    format: LogFormat,
    level: LogLevel,
    sender: SyncSender<Message>,
}

/// What the thread that writes is told.
enum Message {
    /// Write this, which ends without an end of line.
    Line(LogFormat, String),
    /// Make a line in that format, and write it.
    Made(LogFormat, Box<dyn FnOnce(LogFormat) -> String + Send>),
    /// Drop this when everything before has been written.
    Mark(SyncSender<()>),
}

/// One request and its answer.
#[derive(Debug)]
pub struct Entry<'a> {
    /// When, on the emulator's clock.
    pub time: Timestamp,
    /// The workspace that it was for.
    pub workspace: &'a str,
    /// The method.
    pub method: &'a Method,
    /// Path and query as they came.
    pub target: &'a str,
    /// The status of the answer; none where there was no answer.
    pub status: Option<u16>,
    /// How long it took, in real time.
    pub took: Duration,
    /// The answer's `X-Request-Id`.
    pub request_id: &'a str,
    /// What was wrong, if anything.
    pub error: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    time: Timestamp,
    real_time: Timestamp,
    workspace: &'a str,
    method: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    microseconds: u128,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// A webhook that was not received.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Undelivered<'a> {
    /// When, on the emulator's clock.
    pub time: Timestamp,
    /// When, on the machine's.
    pub real_time: Timestamp,
    /// The workspace that sent it.
    pub workspace: &'a str,
    /// What it tells of.
    pub event: &'a str,
    /// Whose event it is.
    pub call_id: &'a str,
    /// Where it was sent.
    pub url: &'a str,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// That it failed, in the word that tells so where all tries are logged.
    pub result: &'a str,
    /// What went wrong.
    pub error: &'a str,
    /// What may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'a str>,
    /// When it is tried again; `None` where it is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It is good to know.
    Info,
    /// It may be a mistake of the user's.
    Warning,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonNote<'a> {
    time: Timestamp,
    real_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'a str>,
    level: Weight,
    note: &'a str,
}

impl Log {
    /// A log in that format, that says so much.
    pub fn new(format: LogFormat, level: LogLevel) -> Log {
        if format == LogFormat::Off {
            return Log(None);
        }
        let (sender, lines) = sync_channel(BACKLOG);
        // Without its thread nothing is logged; the server is as useful as before.
        let spawned = thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&lines));
        Log(spawned.ok().map(|_| Writer { format, level, sender }))
    }

    /// Whether requests are logged: if not, an entry need not be made.
    pub fn has_requests(&self) -> bool {
        self.0.as_ref().is_some_and(|writer| writer.level != LogLevel::Quiet)
    }

    /// Whether steps of calls, and what came of each try of a webhook, are logged.
    pub fn has_calls(&self) -> bool {
        self.0.as_ref().is_some_and(|writer| writer.level == LogLevel::Calls)
    }

    /// Logs a request.
    pub fn request(&self, entry: &Entry<'_>) {
        let target = match entry.target.char_indices().nth(TARGET_SHOWN) {
            Some((end, _)) => &entry.target[..end],
            None => entry.target,
        };
        self.send(|format| match format {
            LogFormat::Json => json(&Json {
                time: entry.time,
                real_time: wall_clock(),
                workspace: entry.workspace,
                method: entry.method.as_str(),
                target,
                status: entry.status,
                microseconds: entry.took.as_micros(),
                request_id: entry.request_id,
                error: entry.error,
            }),
            LogFormat::Pretty | LogFormat::Off => {
                let Entry { time, workspace, method, status, took, request_id, error, .. } = entry;
                let method = method.as_str();
                let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
                let error = error.map_or_else(String::new, |error| format!("  {error}"));
                format!("{time}  {workspace}  {status:<3}  {method:<5} {target}  {took:.1?}  {request_id}{error}")
            }
        });
    }

    /// Logs a webhook that was not received.
    pub fn delivery(&self, undelivered: &Undelivered<'_>) {
        self.send(|format| match format {
            LogFormat::Json => json(undelivered),
            LogFormat::Pretty | LogFormat::Off => {
                let Undelivered { time, workspace, event, call_id, url, attempt, error, hint, next_attempt, .. } =
                    undelivered;
                let next = next_attempt.map_or_else(|| "given up".to_owned(), |next| format!("next try at {next}"));
                let told = format!("webhook {event} of {call_id} to {url} was not received, try {attempt}");
                let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
                format!("{time}  {workspace}  {told}: {error}{hint}; {next}")
            }
        });
    }

    /// Logs something that is no request; of a workspace, if it is of one.
    pub fn note(&self, time: Timestamp, workspace: Option<&str>, level: Weight, note: &str) {
        if level == Weight::Info && !self.has_requests() {
            return;
        }
        self.send(|format| match format {
            LogFormat::Json => json(&JsonNote { time, real_time: wall_clock(), workspace, level, note }),
            LogFormat::Pretty | LogFormat::Off => {
                let word = if level == Weight::Warning { "warning: " } else { "" };
                format!("{time}  {}  {word}{note}", workspace.unwrap_or("-"))
            }
        });
    }

    /// Logs a line that is made only when it is written, by the thread that does so.
    pub fn later(&self, make: impl FnOnce(LogFormat) -> String + Send + 'static) {
        if let Some(Writer { format, sender, .. }) = &self.0 {
            // A full backlog loses the line, see BACKLOG.
            let _ = sender.try_send(Message::Made(*format, Box::new(make)));
        }
    }

    /// Waits until everything that was logged so far has been written, so that the program's end does not cut it off.
    pub fn flush(&self) {
        if let Some(Writer { sender, .. }) = &self.0 {
            let (mark, passed) = sync_channel(0);
            if sender.try_send(Message::Mark(mark)).is_ok() {
                // Nothing is ever sent: the wait ends when the mark is dropped.
                let _ = passed.recv_timeout(LAST_LINES_WITHIN);
            }
        }
    }

    fn send(&self, line: impl FnOnce(LogFormat) -> String) {
        if let Some(Writer { format, sender, .. }) = &self.0 {
            // A full backlog loses the line, see BACKLOG.
            let _ = sender.try_send(Message::Line(*format, line(*format)));
        }
    }
}

/// A line as JSON.
pub fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// A log line is one line, whatever a client put into it, and nothing in it can steer a terminal.
fn harmless(format: LogFormat, line: &str) -> Cow<'_, str> {
    match format {
        LogFormat::Json => escaped_json(line),
        LogFormat::Pretty | LogFormat::Off => escaped(line),
    }
}

/// Writes what has gathered in one go, until the last sender is gone.
fn write_all(messages: &Receiver<Message>) {
    while let Ok(first) = messages.recv() {
        let (mut text, mut marks) = (String::new(), Vec::new());
        for message in std::iter::once(first).chain(messages.try_iter().take(1_000)) {
            let (format, line) = match message {
                Message::Line(format, line) => (format, line),
                Message::Made(format, make) => (format, make(format)),
                Message::Mark(mark) => {
                    marks.push(mark);
                    continue;
                }
            };
            text.push_str(&harmless(format, &line));
            text.push('\n');
        }
        // Whoever closed stderr does not want it.
        let _ = std::io::stderr().write_all(text.as_bytes());
        drop(marks);
    }
}
