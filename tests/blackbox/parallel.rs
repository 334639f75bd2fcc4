//! Two hundred suites at once against one server, each in its own workspace: none sees another, and each gets to the byte what it gets
//! alone.

use crate::support::receiver::{Delivery, Reaction, Receiver};
use crate::support::space::Space;
use crate::support::{Answer, Server, in_time, placement, settings};
use akol_mock::{Settings, Signature, Webhooks};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// How many suites there are.
const SUITES: usize = 200;
/// What each sees at first: the seeded calls, and that of the documentation.
const SEEDED: u64 = 21;

/// Settings with little of a past, so that every suite is a short one.
fn little() -> Settings {
    let webhooks = Webhooks { signature: Signature::Standard, ..Webhooks::default() };
    Settings { calls: 20, webhooks, ..settings() }
}

/// One suite: a client, its own receiver if it has one, and everything that it was told.
struct Suite {
    number: usize,
    space: Space,
    receiver: Option<Receiver>,
    /// The server's address, which is another for each server.
    host: String,
    /// Answers and deliveries, without what must differ: addresses.
    heard: Vec<String>,
    /// How many requests it has made of Akol's API.
    requests: u64,
}

impl Suite {
    async fn new(number: usize, server: &Server) -> Suite {
        // The others read their events from the inbox: all of them together would need more sockets than some machines give a process.
        let receiver = match number % 4 {
            0 => Some(Receiver::scripted([Reaction::Status(500), Reaction::Status(503)]).await),
            _ => None,
        };
        let space = server.as_workspace(&format!("suite_{number}"));
        let host = server.base.trim_start_matches("http://").to_owned();
        Suite { number, space, receiver, host, heard: Vec::new(), requests: 0 }
    }

    /// A number that only this suite calls.
    fn phone(&self, line: usize) -> String {
        format!("+1415555{:04}", self.number * 10 + line)
    }

    fn without_addresses(&self, text: &str) -> String {
        let text = text.replace(&self.host, "server");
        self.receiver.as_ref().map_or(text.clone(), |receiver| text.replace(&receiver.url, "receiver"))
    }

    fn note(&mut self, what: &str, answer: Answer) -> Answer {
        let mut lines = vec![format!("{what}: {}", answer.status)];
        let is_api = what.contains(" /api");
        self.requests += u64::from(is_api);
        for name in ["x-request-id", "date", "retry-after", "idempotent-replayed", "content-type"] {
            // The control API's own ids count through the whole server.
            if answer.headers.contains_key(name) && (is_api || name != "x-request-id") {
                lines.push(format!("{name}: {}", answer.header(name)));
            }
        }
        lines.push(self.without_addresses(std::str::from_utf8(&answer.body).unwrap()));
        self.heard.push(lines.join("\n"));
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        let answer = self.space.get(path).await;
        self.note(&format!("GET {path}"), answer)
    }

    async fn send(&mut self, method: Method, path: &str, body: Value) -> Answer {
        let answer = self.space.send_json(method.clone(), path, body).await;
        self.note(&format!("{method} {path}"), answer)
    }

    async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    async fn place(&mut self, to: &str) -> String {
        self.post("/api/v1/calls", placement(to)).await.data()["id"].as_str().unwrap().to_owned()
    }

    async fn advance(&mut self, by: &str) -> Value {
        self.post("/__admin/clock/advance", json!({"by": by})).await.data()
    }

    async fn total(&mut self) -> u64 {
        self.get("/api/v1/calls?limit=1").await.json()["pagination"]["total"].as_u64().unwrap()
    }

    /// Plays the whole suite, and gives what it heard.
    async fn play(mut self) -> Vec<String> {
        assert_eq!(self.total().await, SEEDED);
        if let Some(receiver) = &self.receiver {
            let body = json!({"url": receiver.url, "events": ["call.started", "call.ended"]});
            self.post("/__admin/webhooks", body).await.data();
        }
        let mine = self.calls().await;
        self.webhooks(&mine).await;
        self.faults(&mine[0]).await;
        self.quotas().await;
        self.journal().await;
        self.heard
    }

    /// Three calls: by a random scenario, handed over, and coming in.
    async fn calls(&mut self) -> Vec<String> {
        let key = format!("7f2c1f8e-3b0a-4a53-9d0c-{:012x}", self.number);
        for replayed in ["", "true"] {
            let answer = self.space.place_with_key(&key, &self.phone(1)).await;
            assert_eq!(answer.header("idempotent-replayed"), replayed);
            self.note("POST /api/v1/calls", answer);
        }
        let first = self.get("/api/v1/calls?limit=1").await.data()[0]["id"].as_str().unwrap().to_owned();
        let second = self.place("+15005550101").await;
        let third = self.post("/__admin/calls", json!({"direction": "inbound", "scenario": "endless"})).await.data();
        let third = third["id"].as_str().unwrap().to_owned();
        self.advance("30s").await;
        self.post(&format!("/api/v1/calls/{third}/end"), json!({})).await.data();
        let advance = self.advance("1h").await;
        let mine = vec![first, second, third];
        let strangers = |event: &&Value| !mine.iter().any(|id| event["callId"] == json!(id));
        assert_eq!(advance["events"].as_array().unwrap().iter().find(strangers), None);
        assert_eq!(self.total().await, SEEDED + 3);
        for id in &mine {
            self.get(&format!("/api/v1/calls/{id}")).await.data();
            self.get(&format!("/__admin/calls/{id}/timeline")).await.data();
        }
        mine
    }

    /// Its events are those of its own calls, whoever they were told.
    async fn webhooks(&mut self, mine: &[String]) {
        let log = self.get("/__admin/webhooks/deliveries").await.data();
        let log = log.as_array().unwrap();
        assert!(log.len() >= 5, "{log:?}");
        assert!(log.iter().all(|delivery| mine.iter().any(|id| delivery["callId"] == json!(id))));
        let Some(receiver) = &self.receiver else { return };
        assert!(log.iter().all(|delivery| delivery["state"] == "received"), "{log:?}");
        let come = receiver.deliveries();
        assert_eq!(come.len(), log.len() + 2, "two were sent twice");
        let told = |one: &Delivery| {
            format!("{} {:?} {}", one.header("webhook-id"), one.header("webhook-signature"), one.text())
        };
        let mut told: Vec<String> = come.iter().map(told).collect();
        // Two at the same instant may come in either order over two connections.
        told.sort();
        self.heard.append(&mut told);
    }

    async fn faults(&mut self, id: &str) {
        let rule = json!({"match": {"method": "GET"}, "times": 1, "effect": {"status": 503, "retryAfter": 7}});
        self.post("/__admin/faults", rule).await;
        let path = format!("/api/v1/calls/{id}");
        assert_eq!(self.get(&path).await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(self.get(&path).await.status, StatusCode::OK);
        let rule = json!({"probability": 0.5, "effect": {"status": 500}});
        self.post("/__admin/faults", rule).await;
        for _ in 0..4 {
            self.get("/api/v1/calls?limit=1").await;
        }
        self.send(Method::DELETE, "/__admin/faults", json!({})).await.data();
    }

    async fn quotas(&mut self) {
        let patch = json!({"rateLimit": 2, "minuteLimit": 1});
        self.send(Method::PATCH, "/__admin/settings", patch).await.data();
        let limited = self.post("/api/v1/calls", placement(&self.phone(2))).await;
        assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(limited.error().contains("Monthly"), "{}", limited.error());
        let next_month = json!({"to": "2026-12-01T00:00:00Z"});
        self.post("/__admin/clock/advance", next_month).await.data();
        for expected in [201, 201, 429] {
            let answer = self.post("/api/v1/calls", placement("+15005550105")).await;
            assert_eq!(answer.status.as_u16(), expected);
        }
        self.advance("59999ms").await;
        let newest = "/api/v1/calls?limit=3";
        assert_eq!(self.get(newest).await.header("retry-after"), "1");
        self.advance("1ms").await;
        assert_eq!(self.get(newest).await.status, StatusCode::OK);
    }

    /// All requests of this suite, and no others.
    async fn journal(&mut self) {
        let count = self.post("/__admin/requests/count", json!({})).await.data();
        assert_eq!(count["count"], self.requests);
        let requests = self.get("/__admin/requests").await.data();
        let token = format!("Bearer ws_{}", self.space.name);
        let is_own = |request: &Value| request["headers"]["authorization"] == json!(token);
        assert!(requests.as_array().unwrap().iter().all(is_own));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_suites_at_once_each_get_what_they_get_alone() {
    let shared = Server::with(little()).await;
    let mut playing = Vec::new();
    for number in 0..SUITES {
        let suite = Suite::new(number, &shared).await;
        playing.push(tokio::spawn(suite.play()));
    }
    let mut together = Vec::new();
    for suite in playing {
        together.push(in_time(suite).await.unwrap());
    }
    let all = shared.as_workspace("default").list("/__admin/workspaces").await;
    assert_eq!(all.len(), SUITES + 1);
    assert_eq!((&all[0]["requests"], &all[0]["calls"]), (&json!(0), &json!(SEEDED)));
    drop(shared);
    for numbers in (0..SUITES).collect::<Vec<_>>().chunks(8) {
        let alone = numbers.iter().map(|number| tokio::spawn(alone(*number))).collect::<Vec<_>>();
        for (number, expected) in numbers.iter().zip(alone) {
            let (heard, expected) = (&together[*number], in_time(expected).await.unwrap());
            for (one, other) in heard.iter().zip(&expected) {
                assert_eq!(one, other, "suite {number}");
            }
            assert_eq!(heard.len(), expected.len());
        }
    }
}

/// What a suite hears that has a server to itself.
async fn alone(number: usize) -> Vec<String> {
    let server = Server::with(little()).await;
    Suite::new(number, &server).await.play().await
}
