//! The stream of events: what happens, as it happens, and again from where somebody left off.

use crate::support::events::Event;
use crate::support::receiver::{Reaction, Receiver};
use crate::support::space::{Space, line};
use crate::support::{Server, in_time, settings};
use akol_mock::Settings;
use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

async fn space() -> (Server, Space) {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    (server, space)
}

/// What events tell, without the instants.
fn plot(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| line(&event.data).split_once(' ').unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn steps_requests_and_deliveries_come_in_the_order_in_which_they_happen() {
    let receiver = Receiver::scripted([Reaction::Status(500)]).await;
    let (_server, space) = space().await;
    space.subscribe(&receiver.url, &["call.ended"]).await;
    let mut stream = space.events(None).await;
    let id = space.place("+15005550105").await;
    space.advance("2m").await;
    space.call(&id).await;
    let events = stream.take(7).await;
    let told = plot(&events);
    assert_eq!(told[..4], ["queued", "POST 201", "ringing", "ended"]);
    assert!(told[4].starts_with("call.ended 500 next 12:00:"), "{told:?}");
    assert_eq!(told[5..], ["call.ended 200", "GET 200"]);
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    let expected = ["transition", "request", "transition", "transition", "delivery", "delivery", "request"];
    assert_eq!(names, expected);
    assert!(events.is_sorted_by(|one, next| one.id < next.id), "{events:?}");
    let placed = &events[1].data;
    assert_eq!((&placed["path"], &placed["status"]), (&json!("/api/v1/calls"), &json!(201)));
    assert_eq!((&events[4].data["callId"], &events[4].data["url"]), (&json!(id), &json!(receiver.url)));
}

#[tokio::test]
async fn who_comes_back_with_the_last_id_misses_nothing_and_hears_nothing_twice() {
    let (_server, space) = space().await;
    let mut stream = space.events(Some("0")).await;
    for _ in 0..5 {
        space.place("+15005550105").await;
    }
    space.advance("1m").await;
    let all = stream.take(5 * 5).await;
    for (position, event) in all.iter().enumerate() {
        let mut again = space.events(Some(&event.id.unwrap().to_string())).await;
        space.get("/api/v1/calls").await.data();
        let rest = again.take(all.len() - position - 1 + 1).await;
        let ids: Vec<_> = rest[..all.len() - position - 1].iter().map(|event| event.id).collect();
        let expected: Vec<_> = all[position + 1..].iter().map(|event| event.id).collect();
        // Those of the requests that this test makes come after.
        assert_eq!(ids, expected, "after {event:?}");
        assert_eq!(rest.last().unwrap().name, "request");
    }
}

#[tokio::test]
async fn who_has_seen_no_event_hears_only_what_comes() {
    let (_server, space) = space().await;
    space.place("+15005550105").await;
    for last in [None, Some("")] {
        let mut stream = space.events(last).await;
        space.delete("/api/v1/calls").await;
        assert_eq!(plot(&stream.take(1).await), ["DELETE 405"]);
    }
    for wrong in ["-1", "1.5", "last", "+1", "99999999999999999999"] {
        let request = space.request(Method::GET, "/__admin/events").header("last-event-id", wrong);
        let answer = space.send(request.body(Default::default()).unwrap()).await;
        assert_eq!(answer.fields(), ["Last-Event-ID"], "{wrong}");
    }
}

#[tokio::test]
async fn a_workspace_tells_nothing_of_another() {
    let (server, space) = space().await;
    let mut stream = space.events(None).await;
    let other = server.as_workspace("b");
    other.place("+15005550105").await;
    other.advance("1m").await;
    space.get("/api/v1/calls").await.data();
    assert_eq!(plot(&stream.take(1).await), ["GET 200"]);
}

#[tokio::test]
async fn what_has_been_forgotten_is_owned_up_to() {
    let server = Server::with(Settings { journal_size: 2, ..settings() }).await;
    let space = server.as_workspace("a");
    for _ in 0..4 {
        space.get("/api/v1/calls").await.data();
    }
    let mut stream = space.events(Some("0")).await;
    let events = stream.take(3).await;
    assert_eq!(events[0].name, "notice");
    assert!(events[0].data["notice"].as_str().unwrap().contains("forgotten"), "{events:?}");
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), [None, Some(6), Some(8)]);
    // Nor is it passed over in silence where no request is kept at all.
    let server = Server::with(Settings { journal_size: 0, ..settings() }).await;
    let space = server.as_workspace("a");
    space.get("/api/v1/calls").await.data();
    assert_eq!(space.events(Some("0")).await.take(1).await[0].name, "notice");
}

#[tokio::test]
async fn a_reset_ends_the_stream_and_who_comes_back_misses_nothing_after_it() {
    let (_server, space) = space().await;
    let mut stream = space.events(None).await;
    for _ in 0..3 {
        space.get("/api/v1/calls").await.data();
    }
    let last = stream.take(3).await.pop().unwrap().id.unwrap();
    space.reset().await;
    let notice = stream.next().await.unwrap();
    assert!(notice.data["notice"].as_str().unwrap().contains("reset"), "{notice:?}");
    assert!(stream.next().await.is_none());
    space.delete("/api/v1/calls").await;
    // A browser remembers the id of the notice.
    let mut again = space.events(Some(&notice.id.unwrap().to_string())).await;
    assert_eq!(plot(&again.take(1).await), ["DELETE 405"]);
    // Who never saw it has an id that is none any more.
    let mut lost = space.events(Some(&last.to_string())).await;
    let heard = lost.take(2).await;
    assert_eq!(heard[0].name, "notice");
    assert_eq!(plot(&heard[1..]), ["DELETE 405"]);
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_dropped_with_a_notice_and_slows_nobody() {
    let (server, space) = space().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let address = server.base.trim_start_matches("http://").parse().unwrap();
    let mut reader = socket.connect(address).await.unwrap();
    let head = format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", space.uri("/__admin/events").replace(&server.base, ""));
    reader.write_all(head.as_bytes()).await.unwrap();
    let mut heard = vec![0; 1];
    // From its first byte on the stream stands.
    reader.read_exact(&mut heard).await.unwrap();
    let mut attentive = space.events(None).await;
    // More than all buffers on the way and the backlog can hold.
    let path = format!("/api/v1/nothing?{}", "x".repeat(7_000));
    for _ in 0..2_500 {
        assert_eq!(space.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(attentive.take(1).await[0].name, "request");
    }
    let text = in_time(async {
        while !heard.ends_with(b"\r\n0\r\n\r\n") {
            assert!(reader.read_buf(&mut heard).await.unwrap() > 0, "it ends as chunks do");
        }
        String::from_utf8(heard).unwrap()
    })
    .await;
    let notice = text.split("event: ").last().unwrap();
    assert!(notice.starts_with("notice") && notice.contains("too slow"), "{notice}");
    assert!(text.matches("event: request").count() < 2_500);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let (server, space) = space().await;
    let mut stream = space.events(None).await;
    let stopping = tokio::spawn(server.server.stop());
    let notice = stream.next().await.unwrap();
    assert!(notice.data["notice"].as_str().unwrap().contains("stops"), "{notice:?}");
    assert!(stream.next().await.is_none());
    in_time(stopping).await.unwrap();
}

#[tokio::test]
async fn readers_who_have_gone_leave_nothing_behind() {
    let (_server, space) = space().await;
    for _ in 0..200 {
        // More than may watch at once: those before have to be gone.
        drop(space.events_in_time().await);
    }
    let mut stream = space.events_in_time().await;
    space.get("/api/v1/calls").await.data();
    assert_eq!(plot(&stream.take(1).await), ["GET 200"]);
}
