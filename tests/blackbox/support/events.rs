//! A reader of server-sent events.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::Value;

use super::contract::{self, Asked};
use super::in_time;
use super::space::Space;

/// A stream of events, as it comes.
pub struct EventStream {
    body: Incoming,
    heard: String,
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: Option<u64>,
    pub name: String,
    pub data: Value,
}

impl Space {
    /// Follows what happens, from after the event with that id where one is given.
    pub async fn events(&self, last: Option<&str>) -> EventStream {
        // Where the stream made the workspace, it would begin with saying so.
        self.get("/__admin/clock").await;
        self.try_events(last).await.expect("a place among those who watch")
    }

    /// The same, as soon as there is a place among those who watch.
    pub async fn events_in_time(&self) -> EventStream {
        in_time(async {
            loop {
                if let Some(stream) = self.try_events(None).await {
                    return stream;
                }
            }
        })
        .await
    }

    /// The same; `None` where too many watch.
    pub async fn try_events(&self, last: Option<&str>) -> Option<EventStream> {
        let mut request = self.request(Method::GET, "/__admin/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let (head, body) = request.body(Full::default()).unwrap().into_parts();
        let asked = Asked::new(&head, Bytes::new());
        let answer = in_time(self.client().request(Request::from_parts(head, body))).await.unwrap();
        contract::check_head(&asked, answer.status(), answer.headers());
        if answer.status() == StatusCode::UNPROCESSABLE_ENTITY {
            return None;
        }
        assert_eq!(answer.status(), StatusCode::OK);
        Some(EventStream { body: answer.into_body(), heard: String::new() })
    }
}

impl EventStream {
    /// The next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((event, rest)) = self.heard.split_once("\n\n") {
                let event = read(event);
                self.heard = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            match in_time(self.body.frame()).await {
                Some(Ok(frame)) => self.heard.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap()),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next events, that many.
    pub async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }
}

/// One event, which has to be as the document describes it; `None` for a comment.
fn read(text: &str) -> Option<Event> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let (name, data) = (field("event")?.to_owned(), serde_json::from_str(field("data")?).unwrap());
    contract::happening(&name, &data);
    Some(Event { name, id: field("id").map(|id| id.parse().unwrap()), data })
}
