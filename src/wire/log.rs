//! The request log: one line a request, on stderr, written by a thread of its own so that no request waits for a terminal.

use std::borrow::Cow;
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use hyper::Method;
use serde::Serialize;

use crate::config::LogFormat;
use crate::escape::{escaped, escaped_json};
use crate::time::Timestamp;

/// How many lines may wait to be written. A reader that is slower loses lines rather than slow the server down.
const BACKLOG: usize = 8_192;
/// How much of a request's target is shown, in characters.
const TARGET_SHOWN: usize = 1_000;
/// How long a reader that does not read can keep the program from ending.
const LAST_LINES_WITHIN: Duration = Duration::from_secs(1);

/// Where lines are sent.
#[derive(Clone, Debug)]
pub struct Log(Option<(LogFormat, SyncSender<Message>)>);

/// What the thread that writes is told.
enum Message {
    /// Write this, which ends without an end of line.
    Line(LogFormat, String),
    /// Drop this when everything before has been written.
    Mark(SyncSender<()>),
}

/// One request and its answer.
#[derive(Debug)]
pub struct Entry<'a> {
    /// When, on the emulator's clock.
    pub time: Timestamp,
    /// The method.
    pub method: &'a Method,
    /// Path and query as they came.
    pub target: &'a str,
    /// The status of the answer.
    pub status: u16,
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
    method: &'a str,
    target: &'a str,
    status: u16,
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
    /// What it tells of.
    pub event: &'a str,
    /// Whose event it is.
    pub call_id: &'a str,
    /// Where it was sent.
    pub url: &'a str,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// What went wrong.
    pub error: &'a str,
    /// When it is tried again; `None` where it is given up.
    pub next_attempt: Option<Timestamp>,
}

#[derive(Serialize)]
struct JsonNote<'a> {
    time: Timestamp,
    note: &'a str,
}

impl Log {
    /// A log in that format.
    pub fn new(format: LogFormat) -> Log {
        if format == LogFormat::Off {
            return Log(None);
        }
        let (sender, lines) = sync_channel(BACKLOG);
        // Without its thread nothing is logged; the server is as useful as before.
        let spawned = thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&lines));
        Log(spawned.ok().map(|_| (format, sender)))
    }

    /// Whether anything is logged: if not, an entry need not be made.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
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
                method: entry.method.as_str(),
                target,
                status: entry.status,
                microseconds: entry.took.as_micros(),
                request_id: entry.request_id,
                error: entry.error,
            }),
            LogFormat::Pretty | LogFormat::Off => {
                let Entry { time, method, status, took, request_id, error, .. } = entry;
                let method = method.as_str();
                let error = error.map_or_else(String::new, |error| format!("  {error}"));
                format!("{time}  {status}  {method:<5} {target}  {took:.1?}  {request_id}{error}")
            }
        });
    }

    /// Logs a webhook that was not received.
    pub fn delivery(&self, undelivered: &Undelivered<'_>) {
        self.send(|format| match format {
            LogFormat::Json => json(undelivered),
            LogFormat::Pretty | LogFormat::Off => {
                let Undelivered { time, event, call_id, url, attempt, error, next_attempt } = undelivered;
                let next = next_attempt.map_or_else(|| "given up".to_owned(), |next| format!("next try at {next}"));
                format!(
                    "{time}  webhook {event} of {call_id} to {url} was not received, try {attempt}: {error}; {next}"
                )
            }
        });
    }

    /// Logs something that is no request.
    pub fn note(&self, time: Timestamp, note: &str) {
        self.send(|format| match format {
            LogFormat::Json => json(&JsonNote { time, note }),
            LogFormat::Pretty | LogFormat::Off => format!("{time}  {note}"),
        });
    }

    /// Waits until everything that was logged so far has been written, so that the program's end does not cut it off.
    pub fn flush(&self) {
        if let Some((_, sender)) = &self.0 {
            let (mark, passed) = sync_channel(0);
            if sender.try_send(Message::Mark(mark)).is_ok() {
                // Nothing is ever sent: the wait ends when the mark is dropped.
                let _ = passed.recv_timeout(LAST_LINES_WITHIN);
            }
        }
    }

    fn send(&self, line: impl FnOnce(LogFormat) -> String) {
        if let Some((format, sender)) = &self.0 {
            // A full backlog loses the line, see BACKLOG.
            let _ = sender.try_send(Message::Line(*format, line(*format)));
        }
    }
}

fn json(line: &impl Serialize) -> String {
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
            match message {
                Message::Line(format, line) => {
                    text.push_str(&harmless(format, &line));
                    text.push('\n');
                }
                Message::Mark(mark) => marks.push(mark),
            }
        }
        // Whoever closed stderr does not want it.
        let _ = std::io::stderr().write_all(text.as_bytes());
        drop(marks);
    }
}
