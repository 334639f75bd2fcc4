//! The same seed, start and requests give the same bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::receiver::{Reaction, Receiver};
use crate::support::{Answer, Server, in_time, placement, settings};
use akol_mock::{Settings, Signature, Webhooks};
use hyper::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// An answer, headers included, as one text.
fn whole(answer: &Answer) -> String {
    let headers: Vec<String> = answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    format!("{}\n{}\n{:?}", answer.status, headers.join("\n"), answer.body)
}

/// A session that uses everything, and all that it was answered.
async fn session(settings: Settings) -> Vec<String> {
    let server = Server::with(settings).await;
    let mut answers = Vec::new();
    for page in 1..=3 {
        answers.push(server.get(&format!("/api/v1/calls?limit=100&page={page}")).await);
    }
    answers.push(server.get("/api/v1/calls?outcome=completed&sentiment=positive").await);
    let mut ids = Vec::new();
    for person in 0..12 {
        let placed = server.post("/api/v1/calls", placement(&format!("+155599900{:02}", person % 8))).await;
        ids.push(placed.data()["id"].as_str().unwrap().to_owned());
        answers.push(placed);
        server.advance_secs(1).await;
    }
    for _ in 0..3 {
        answers.push(server.post("/__admin/calls", json!({"direction": "inbound"})).await);
    }
    answers.push(
        server.place_with_key("7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11", placement("+15559990099").to_string()).await,
    );
    answers.push(
        server.place_with_key("7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11", placement("+15559990099").to_string()).await,
    );
    for _ in 0..40 {
        server.advance_secs(7).await;
        answers.push(server.get("/api/v1/calls").await);
    }
    answers.push(server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"scenario": "endless"})).await);
    for id in &ids {
        answers.push(server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await);
        answers.push(server.get(&format!("/api/v1/calls/{id}/transcript")).await);
        answers.push(server.get(&format!("/api/v1/calls/{id}/audio")).await);
    }
    for path in ["/__admin/health", "/__admin/campaigns", "/__admin/phone-numbers", "/nothing", "/api/v1/calls?limit=0"]
    {
        answers.push(server.get(path).await);
    }
    answers.iter().map(whole).collect()
}

#[tokio::test]
async fn two_servers_answer_the_same_requests_with_the_same_bytes() {
    let (one, other) = tokio::join!(session(settings()), session(settings()));
    for (position, (one, other)) in one.iter().zip(&other).enumerate() {
        assert_eq!(one, other, "answer {position}");
    }
}

#[tokio::test]
async fn another_seed_makes_another_world() {
    let (one, other) = tokio::join!(session(settings()), session(Settings { seed: 43, ..settings() }));
    let same = one.iter().zip(&other).filter(|(one, other)| one == other).count();
    assert_eq!(same, 0, "even a refusal has another request id");
    let mut lists = Vec::new();
    for seed in [42, 43] {
        lists.push(Server::with(Settings { seed, ..settings() }).await.get("/api/v1/calls").await.body);
    }
    assert_ne!(lists[0], lists[1]);
}

#[tokio::test]
async fn another_start_makes_the_past_another_time() {
    let later = Settings { start_time: Some("2027-03-01T09:30:00Z".parse().unwrap()), ..settings() };
    let server = Server::with(later).await;
    let calls = server.all_calls().await;
    let past: Vec<&str> = calls[..200].iter().map(|call| call["startedAt"].as_str().unwrap()).collect();
    assert!(past.iter().all(|start| ("2027-01-30T".."2027-03-01T09:30").contains(start)), "{past:?}");
}

/// The people whom the next two tests call.
fn people() -> Vec<String> {
    (0..50).map(|person| format!("+1555888{person:04}")).collect()
}

/// Each person's calls, from the list, in order.
async fn calls_with(server: &Server, people: &[String]) -> BTreeMap<String, Vec<Value>> {
    let calls = server.all_calls().await;
    let with = |person: &String| calls.iter().filter(|call| call["toNumber"] == *person).cloned().collect();
    people.iter().map(|person| (person.clone(), with(person))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_placed_side_by_side_are_those_placed_one_after_the_other() {
    let (in_turn, at_once) = (Server::start().await, Arc::new(Server::start().await));
    for person in people() {
        in_turn.place(&person).await;
    }
    let tasks: Vec<_> = people()
        .into_iter()
        .rev()
        .map(|person| {
            let server = Arc::clone(&at_once);
            tokio::spawn(async move { server.place(&person).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for seconds in [0, 2, 5, 20, 60, 3_600] {
        in_turn.advance_secs(seconds).await;
        at_once.advance_secs(seconds).await;
        let (expected, found) = (calls_with(&in_turn, &people()).await, calls_with(&at_once, &people()).await);
        assert!(expected.values().all(|calls| calls.len() == 1));
        assert_eq!(found, expected, "after {seconds} seconds more");
    }
    // The list has them in the same order, too.
    assert_eq!(in_turn.all_calls().await, at_once.all_calls().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_calls_with_one_person_side_by_side_are_the_first_and_the_second() {
    let (in_turn, at_once) = (Server::start().await, Arc::new(Server::start().await));
    for person in people().iter().chain(&people()) {
        in_turn.place(person).await;
    }
    let twice = people().into_iter().chain(people().into_iter().rev());
    let tasks: Vec<_> = twice
        .map(|person| {
            let server = Arc::clone(&at_once);
            tokio::spawn(async move { server.place(&person).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    in_turn.advance_secs(7_200).await;
    at_once.advance_secs(7_200).await;
    let expected = calls_with(&in_turn, &people()).await;
    assert!(expected.values().all(|calls| calls.len() == 2));
    assert_eq!(calls_with(&at_once, &people()).await, expected);
}

/// Calls that come in at one instant, and are answered in it; the first comes first.
fn callers() -> Vec<Value> {
    let call = |number| {
        let from = format!("+1555777{number:04}");
        json!({"direction": "inbound", "scenario": "endless", "campaignId": "cmp_xxx", "fromNumber": from})
    };
    (0..25).map(call).collect()
}

/// A server that tells everything to a receiver that is well, and to one that never is.
async fn telling(well: &Receiver, sick: &Receiver) -> Arc<Server> {
    let urls = [well, sick].map(|receiver| receiver.url.clone()).to_vec();
    let retries = [1, 1].map(Duration::from_secs).to_vec();
    let events = Webhooks::EVENTS.map(ToOwned::to_owned).to_vec();
    let webhooks = Webhooks { urls, retries, events, signature: Signature::Standard, ..Webhooks::default() };
    Arc::new(Server::with(Settings { webhooks, ..settings() }).await)
}

/// What can be heard of all these calls from the instant on at which they came, and until they have ended.
async fn heard_of_all(server: &Server, receivers: [&Receiver; 2]) -> Vec<String> {
    let space = server.as_workspace("default");
    // The first try of each has failed or been received.
    for (state, count) in [("retrying", callers().len()), ("received", callers().len())] {
        let wanted = json!({"event": "call.started", "state": state, "count": count});
        space.post("/__admin/webhooks/deliveries/wait", wanted).await.data();
    }
    let mut heard = Vec::new();
    // It is read all the while, as a queue that is full is closed.
    let (mut stream, (event, mut events)) = (space.events(None).await, mpsc::unbounded_channel());
    tokio::spawn(async move {
        while let Some(one) = stream.next().await {
            let _ = event.send(one);
        }
    });
    heard.push(space.get("/__admin/webhooks/deliveries?limit=1000").await.data().to_string());
    heard.push(json!(server.all_calls().await).to_string());
    let mut happened = 0;
    for by in ["1s", "1s", "1m", "3h"] {
        let advanced = space.advance(by).await;
        happened += advanced["events"].as_array().unwrap().len();
        heard.push(advanced.to_string());
    }
    heard.push(space.get("/__admin/webhooks/deliveries?limit=1000").await.data().to_string());
    heard.push(json!(server.all_calls().await).to_string());
    for _ in 0..happened {
        let event = in_time(events.recv()).await.unwrap();
        heard.push(format!("{:?} {} {}", event.id, event.name, event.data));
    }
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, receiver) in receivers.iter().enumerate() {
        for delivery in receiver.deliveries() {
            let call = format!("{number} {}", delivery.json()["data"]["callId"]);
            let line = format!("{} {}", delivery.header("webhook-signature"), delivery.text());
            told.entry(call).or_default().push(line);
        }
    }
    heard.push(format!("{told:?}"));
    let addresses = receivers.map(|receiver| receiver.url.clone());
    let nameless =
        |text: String| addresses.iter().fold(text, |text, address| text.replace(address.as_str(), "receiver"));
    heard.into_iter().map(nameless).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_threads_at_one_instant_cause_what_one_causes_to_the_byte() {
    let mut heard = Vec::new();
    for are_at_once in [false, true] {
        let (well, sick) = (Receiver::start().await, Receiver::always(Reaction::Status(500)).await);
        let server = telling(&well, &sick).await;
        let mut requests: Vec<(&str, Value)> = callers().into_iter().map(|call| ("/__admin/calls", call)).collect();
        requests.extend(people().iter().take(25).map(|person| ("/api/v1/calls", placement(person))));
        if are_at_once {
            let send = |(path, body)| {
                let server = Arc::clone(&server);
                tokio::spawn(async move { server.post(path, body).await.data() })
            };
            for task in requests.into_iter().rev().map(send).collect::<Vec<_>>() {
                task.await.unwrap();
            }
        } else {
            for (path, body) in requests {
                server.post(path, body).await.data();
            }
        }
        heard.push(heard_of_all(&server, [&well, &sick]).await);
    }
    assert!(heard[0].len() > 500, "{}", heard[0].len());
    for (position, (one, other)) in heard[0].iter().zip(&heard[1]).enumerate() {
        assert_eq!(one, other, "{position}");
    }
    assert_eq!(heard[0].len(), heard[1].len());
}
