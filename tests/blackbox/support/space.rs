//! One workspace of a server, as a test sees it that has its own token.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::{Answer, Server, exchange, in_time, placement};

/// See the module. Requests to Akol's API carry the workspace's token, those to the control API name the workspace.
#[derive(Clone)]
pub struct Space {
    pub name: String,
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Server {
    /// The workspace of that name.
    pub fn as_workspace(&self, name: &str) -> Space {
        Space { name: name.to_owned(), base: self.base.clone(), client: self.client.clone() }
    }
}

impl Space {
    /// The address of a path, with the workspace's name where it is the control API's.
    pub fn uri(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        match path.starts_with("/__admin") {
            true => format!("{}{path}{separator}workspace={}", self.base, self.name),
            false => format!("{}{path}", self.base),
        }
    }

    /// A request, to be completed.
    pub fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        Request::builder().method(method).uri(self.uri(path)).header(AUTHORIZATION, format!("Bearer ws_{}", self.name))
    }

    /// What sends its requests.
    pub(super) fn client(&self) -> &Client<HttpConnector, Full<Bytes>> {
        &self.client
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        in_time(exchange(&self.client, request)).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Full::default()).unwrap()).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).body(Full::default()).unwrap()).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::POST, path, body).await
    }

    /// JSON by another method.
    pub async fn send_json(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(Full::from(body.to_string())).unwrap()).await
    }

    /// Places a call in the documentation's campaign, and gives its id.
    pub async fn place(&self, to: &str) -> String {
        let answer = self.post("/api/v1/calls", placement(to)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.data()["id"].as_str().unwrap().to_owned()
    }

    /// `POST /calls` with an `Idempotency-Key`.
    pub async fn place_with_key(&self, key: &str, to: &str) -> Answer {
        let request = self.request(Method::POST, "/api/v1/calls").header(CONTENT_TYPE, "application/json");
        let request = request.header("idempotency-key", key);
        self.send(request.body(Full::from(placement(to).to_string())).unwrap()).await
    }

    /// Lets a call come in that is answered at once, and gives its id.
    pub async fn receive(&self) -> String {
        let body = json!({"direction": "inbound", "scenario": "endless"});
        self.post("/__admin/calls", body).await.data()["id"].as_str().unwrap().to_owned()
    }

    /// Ends a call.
    pub async fn end(&self, id: &str) {
        self.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.data();
    }

    /// A call as it is now.
    pub async fn call(&self, id: &str) -> Value {
        let answer = self.get(&format!("/api/v1/calls/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.data()
    }

    /// How many calls there are.
    pub async fn calls(&self) -> u64 {
        self.get("/api/v1/calls?limit=1").await.json()["pagination"]["total"].as_u64().unwrap()
    }

    /// What the control API lists at a path.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await.data().as_array().unwrap().clone()
    }

    /// Advances the clock, and gives all of the answer.
    pub async fn advance(&self, by: &str) -> Value {
        let answer = self.post("/__admin/clock/advance", json!({"by": by})).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.data()
    }

    /// What the clock shows.
    pub async fn now(&self) -> String {
        self.get("/__admin/clock").await.data()["now"].as_str().unwrap().to_owned()
    }

    /// Subscribes a receiver to some events.
    pub async fn subscribe(&self, url: &str, events: &[&str]) -> Value {
        let answer = self.post("/__admin/webhooks", json!({"url": url, "events": events})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.data()
    }

    /// Makes a fault rule.
    pub async fn fault(&self, rule: Value) {
        let answer = self.post("/__admin/faults", rule).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }

    /// Back to the start.
    pub async fn reset(&self) {
        let answer = self.post("/__admin/reset", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// Waits until a request like that has arrived.
    pub async fn wait_for_request(&self, pattern: Value) -> Vec<Value> {
        let answer = self.post("/__admin/requests/wait", with_patience(pattern)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.data().as_array().unwrap().clone()
    }

    /// Waits until there is a delivery like that.
    pub async fn wait_for_delivery(&self, wanted: Value) -> Vec<Value> {
        let answer = self.post("/__admin/webhooks/deliveries/wait", with_patience(wanted)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.data().as_array().unwrap().clone()
    }
}

/// With more time than it can ever take.
fn with_patience(mut wanted: Value) -> Value {
    wanted["timeout"] = json!("30s");
    wanted
}

/// What happened during an advance, each in a line: `12:00:01.234 ringing`, `12:00:08.000 call.started 200`.
pub fn story(advance: &Value) -> Vec<String> {
    advance["events"].as_array().unwrap().iter().map(line).collect()
}

/// The same without the instants.
pub fn plot(advance: &Value) -> Vec<String> {
    story(advance).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

/// One thing that happened, as [`story`] tells it.
pub fn line(event: &Value) -> String {
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let at = text("at")[11..23].to_owned();
    match text("type").as_str() {
        "transition" => format!("{at} {}", text("step")),
        "request" => format!("{at} {} {}", text("method"), event["status"]),
        "delivery" => {
            let result = event["status"].as_u64().map_or_else(|| text("result"), |status| status.to_string());
            let next = event["nextAttemptAt"].as_str().map_or_else(String::new, |at| format!(" next {}", &at[11..23]));
            format!("{at} {} {result}{next}", text("event"))
        }
        other => panic!("{other:?} in {event}"),
    }
}
