//! `GET /__admin/events`: what happens, as it happens, as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::error::Error;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::CACHE_CONTROL;
use tokio::sync::mpsc;

use super::happening::Shown;
use crate::dialect::refusal::Refusal;
use crate::dialect::server_sent;
use crate::driver;
use crate::engine::{Happening, Watch, WatchEnd, Workspace};
use crate::http::body::Body;
use crate::http::request::Request;
use crate::http::response::Reply;

/// How often a quiet stream gives a sign of life, in real time: shorter than the patience of common proxies.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How many events may be written and not yet sent, beside those that wait in the journal.
const IN_FLIGHT: usize = 16;

/// Streams everything from now on, or from after the event that `Last-Event-ID` names, as far as it is kept.
pub fn stream(workspace: &Arc<Workspace>, request: &Request) -> Result<Reply, Refusal> {
    let since = last_event_id(request)?;
    let streams = workspace.streams();
    let place = streams.take(1).ok_or_else(|| {
        let message = format!("has {} event streams already, which is the most; close one", streams.most());
        Error::invalid("workspace", message)
    })?;
    let watch = workspace.journal().watch(since);
    let (sender, stream) = mpsc::channel(IN_FLIGHT);
    tokio::spawn(async move {
        tell(watch, sender).await;
        // Only now is there nothing more of it in memory.
        drop(place);
    });
    Ok(Reply::new(StatusCode::OK, "text/event-stream", Body::stream(stream)).with(CACHE_CONTROL, "no-store"))
}

fn last_event_id(request: &Request) -> Result<Option<u64>, Error> {
    let Some(given) = request.headers.get("last-event-id") else { return Ok(None) };
    let text = String::from_utf8_lossy(given.as_bytes());
    // A browser that has seen no id yet sends an empty one.
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let message = || format!("is {}, must be the id of an event, a whole number", Quoted(&text));
    number.map(Some).ok_or_else(|| Error::invalid("Last-Event-ID", message()))
}

/// Writes events until the reader goes, or there is no more.
async fn tell(mut watch: Watch, stream: mpsc::Sender<Bytes>) {
    // Headers go out with the first bytes, so that the reader knows at once that it is connected.
    if stream.send(Bytes::from_static(b": connected\n\n")).await.is_err() {
        return;
    }
    if watch.has_gap {
        let notice = "some of the events since Last-Event-ID have been forgotten; the oldest that are kept follow";
        if stream.send(server_sent::notice(None, notice).into()).await.is_err() {
            return;
        }
    }
    for happening in std::mem::take(&mut watch.past) {
        if stream.send(event(&happening)).await.is_err() {
            return;
        }
    }
    loop {
        let bytes = tokio::select! {
            happening = watch.happenings.recv() => match happening {
                Some(happening) => event(&happening),
                None => break,
            },
            () = stream.closed() => return,
            () = driver::pause(SIGN_OF_LIFE) => Bytes::from_static(b": nothing new\n\n"),
        };
        if stream.send(bytes).await.is_err() {
            return;
        }
    }
    let (id, notice) = match watch.end.get() {
        Some(WatchEnd::TooSlow) => {
            (None, "this reader was too slow and is told no more; connect again with Last-Event-ID")
        }
        // With an id, so that a reader who comes back with the last one that it has seen misses nothing of the new count.
        Some(WatchEnd::Reset) => (Some(0), "the workspace was reset, and its events count from 1 again; connect again"),
        Some(WatchEnd::Replaced) => {
            (Some(0), "another state was put into the workspace, and its events go on from there; connect again")
        }
        Some(WatchEnd::Closed) | None => (None, "the workspace is gone, or the server stops"),
    };
    // The reader may have gone, too.
    let _ = stream.send(server_sent::notice(id, notice).into()).await;
}

fn event(happening: &Happening) -> Bytes {
    let shown = Shown::of(happening);
    let name = match shown {
        Shown::Transition { .. } => "transition",
        Shown::Delivery { .. } => "delivery",
        Shown::Request { .. } => "request",
    };
    server_sent::event(Some(happening.number()), name, &shown).into()
}
