//! Ids: each workspace has its own, and tells the same story under them.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::space::Space;
use crate::support::{Server, settings};
use akol_mock::{Settings, Webhooks, WorkspaceIds};
use hyper::Method;
use serde_json::{Value, json};

const NAMES: [&str; 3] = ["default", "alice", "bob"];

/// What a workspace has given out, by kind, and all that it has told, with names in the place of ids.
#[derive(Debug, Default)]
struct Heard {
    ids: BTreeMap<&'static str, BTreeSet<String>>,
    story: Vec<String>,
    /// The ids of calls that were there before.
    past: BTreeSet<String>,
    names: Vec<(String, String)>,
}

impl Heard {
    /// A new id of that kind, which is called so from here on.
    fn meet(&mut self, kind: &'static str, id: &Value, name: String) {
        let id = id.as_str().unwrap().to_owned();
        assert!(self.ids.entry(kind).or_default().insert(id.clone()), "{id} is there twice");
        self.names.push((id, name));
    }

    fn tell(&mut self, what: &str, told: &Value) {
        let told = self.names.iter().fold(told.to_string(), |told, (id, name)| told.replace(id, name));
        self.story.push(format!("{what}: {told}"));
    }
}

fn ids(calls: &[Value]) -> BTreeSet<String> {
    calls.iter().map(|call| call["id"].as_str().unwrap().to_owned()).collect()
}

/// Calls that are placed and come in, misbehaving deliveries to two receivers that are not there, and what is told again.
async fn session(space: &Space) -> Heard {
    let mut heard = Heard::default();
    let first = space.get("/api/v1/calls?limit=100").await;
    heard.past = ids(first.data().as_array().unwrap());
    space.post("/__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_xxx"})).await.data();
    for number in 0..2 {
        let url = format!("http://127.0.0.1:1/{number}");
        let made = space.post("/__admin/webhooks", json!({"url": url, "events": "*"})).await.data();
        heard.meet("webhook", &made["id"], format!("webhook {number}"));
        heard.meet("secret", &made["secret"], format!("secret {number}"));
    }
    let mischief = json!({"duplicate": 0.5, "drop": 0.3, "reorder": 0.5, "badSignature": 0.5});
    space.send_json(Method::PUT, "/__admin/webhooks/mischief", mischief).await.data();
    let mut placed = Vec::new();
    for (number, person) in [1, 2, 3, 1, 1, 4, 5, 6].into_iter().enumerate() {
        let answer = space.post("/api/v1/calls", crate::support::placement(&format!("+1212555000{person}"))).await;
        heard.meet("request", &answer.header("x-request-id").into(), format!("request {number}"));
        heard.meet("call", &answer.data()["id"], format!("call {number}"));
        placed.push(answer.data()["id"].as_str().unwrap().to_owned());
    }
    for (number, scenario) in (placed.len()..).zip(["completed", "hung_up", "endless"]) {
        let made = space.post("/__admin/calls", json!({"direction": "inbound", "scenario": scenario})).await.data();
        heard.meet("call", &made["id"], format!("call {number}"));
        placed.push(made["id"].as_str().unwrap().to_owned());
    }
    let forced = space.post("/api/v1/calls", crate::support::placement("+15005550104")).await.data();
    heard.meet("call", &forced["id"], "forced call".to_owned());
    placed.push(forced["id"].as_str().unwrap().to_owned());
    let path = format!("/__admin/calls/{}/transition", placed[placed.len() - 1]);
    space.post(&path, json!({"status": "IN_PROGRESS"})).await.data();
    let advanced = space.advance("2h").await;
    space.post("/__admin/webhooks/trigger", json!({"event": "call.started", "callId": placed[0]})).await.data();
    space.post("/__admin/webhooks/trigger", json!({"event": "call.started", "callId": placed[0]})).await.data();
    space.advance("1h").await;
    let deliveries = space.list("/__admin/webhooks/deliveries?limit=1000").await;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for delivery in &deliveries {
        let what = format!("{} {} {}", delivery["event"], delivery["callId"], delivery["webhookId"]);
        let what = heard.names.iter().fold(what, |what, (id, name)| what.replace(id, name));
        let count = told.entry(what.clone()).and_modify(|count| *count += 1).or_insert(1);
        let name = format!("delivery {count} of {what}");
        heard.meet("delivery", &delivery["id"], name);
    }
    heard.tell("advance", &advanced);
    for mut delivery in deliveries {
        // Signatures are those of other bodies, with other secrets.
        for attempt in delivery["attempts"].as_array_mut().unwrap() {
            attempt["headers"] = Value::Null;
        }
        heard.tell("delivery", &delivery);
    }
    for id in &placed {
        heard.tell("call", &space.call(id).await);
        heard.tell("transcript", &space.get(&format!("/api/v1/calls/{id}/transcript")).await.data());
        let audio = space.get(&format!("/api/v1/calls/{id}/audio")).await;
        heard.tell("audio", &json!([audio.status.as_u16(), audio.body.len(), audio.header("etag")]));
        let mut timeline = space.get(&format!("/__admin/calls/{id}/timeline")).await.data();
        for entry in timeline.as_array_mut().into_iter().flatten() {
            entry.as_object_mut().unwrap().remove("request");
        }
        heard.story.push(format!("{} things befell it", timeline.as_array().map_or(0, Vec::len)));
    }
    let workspaces = space.list("/__admin/workspaces").await;
    let own = workspaces.iter().find(|one| one["name"] == *space.name).unwrap();
    heard.meet("secret", &own["webhookSecret"], "own secret".to_owned());
    heard
}

#[tokio::test]
async fn workspaces_have_ids_and_secrets_of_their_own_and_tell_the_same_story() {
    let server = Server::start().await;
    let mut all = Vec::new();
    for name in NAMES {
        all.push(session(&server.as_workspace(name)).await);
    }
    let kinds: Vec<_> = all[0].ids.iter().map(|(kind, ids)| (*kind, ids.len())).collect();
    let deliveries = all[0].ids["delivery"].len();
    assert!(deliveries > 40, "{deliveries}");
    assert_eq!(kinds, [("call", 12), ("delivery", deliveries), ("request", 8), ("secret", 3), ("webhook", 2)]);
    for (position, one) in all.iter().enumerate() {
        assert_eq!(one.past, all[0].past, "ids of past calls are the same everywhere");
        for other in &all[position + 1..] {
            for (kind, ids) in &one.ids {
                assert!(ids.is_disjoint(&other.ids[kind]), "{kind}: {ids:?} {:?}", other.ids[kind]);
            }
        }
        for (line, expected) in one.story.iter().zip(&all[0].story) {
            assert_eq!(line, expected, "{}", NAMES[position]);
        }
        assert_eq!(one.story.len(), all[0].story.len());
    }
}

#[tokio::test]
async fn a_name_has_the_same_ids_on_every_server_of_that_seed() {
    let mut placed = Vec::new();
    for seed in [42, 42, 43] {
        let server = Server::with(Settings { seed, ..settings() }).await;
        placed.push(server.as_workspace("alice").place("+12125550001").await);
    }
    assert_eq!(placed[0], placed[1]);
    assert_ne!(placed[0], placed[2]);
}

#[tokio::test]
async fn the_ids_of_default_are_those_that_they_have_always_been() {
    for workspace_ids in [WorkspaceIds::Distinct, WorkspaceIds::Shared] {
        let server = Server::with(Settings { workspace_ids, ..settings() }).await;
        assert_eq!(server.secret, "whsec_D89fkFVr6eCqXXMe3J8KcMhnAecBKg9T");
        let space = server.as_workspace("default");
        let made = space.post("/__admin/webhooks", json!({"url": "http://127.0.0.1:1/"})).await.data();
        let placed = space.post("/api/v1/calls", crate::support::placement("+12125550001")).await;
        let seen = [&made["id"], &placed.data()["id"], &placed.header("x-request-id").into()].map(Value::to_string);
        assert_eq!(seen, PINNED.map(|id| format!("{id:?}")));
    }
}

/// Written down once, from before workspaces had ids of their own.
const PINNED: [&str; 3] = ["whk_c34661ef916ea", "call_3ms84o9xgre81", "req_24b1383fd391cbdd"];

#[tokio::test]
async fn where_ids_are_shared_the_same_requests_get_the_same_bytes_in_each() {
    let server = Server::with(Settings { workspace_ids: WorkspaceIds::Shared, ..settings() }).await;
    let mut shown = Vec::new();
    for name in ["a", "b", "default"] {
        let space = server.as_workspace(name);
        let first = space.get("/api/v1/calls").await;
        let id = space.place("+15551234567").await;
        space.advance("5m").await;
        let last = space.get(&format!("/api/v1/calls/{id}")).await;
        let log = space.get("/__admin/webhooks/deliveries").await;
        let ids = [&first, &last].map(|answer| answer.header("x-request-id").to_owned());
        shown.push((first.body, last.body, log.body, ids));
    }
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], shown[2], "default is a workspace like any other");
}

#[tokio::test]
async fn a_secret_that_is_given_is_that_of_all_workspaces() {
    let webhooks = Webhooks { secret: Some("hush".to_owned()), ..Webhooks::default() };
    let server = Server::with(Settings { webhooks, ..settings() }).await;
    server.as_workspace("alice").get("/api/v1/calls").await.data();
    let all = server.as_workspace("default").list("/__admin/workspaces").await;
    assert_eq!(all.iter().map(|one| &one["webhookSecret"]).collect::<Vec<_>>(), ["hush", "hush"]);
}

#[tokio::test]
async fn a_state_keeps_its_ids_and_goes_on_with_them_in_another_workspace() {
    let server = Server::start().await;
    let alice = server.as_workspace("alice");
    let first = alice.place("+12125550001").await;
    let document = alice.get("/__admin/state").await;
    let data = document.data();
    assert_eq!(data["version"], 1);
    assert!(data["idKey"].is_string());
    let elsewhere = Server::with(Settings { seed: 7, workspace_ids: WorkspaceIds::Shared, ..settings() }).await;
    let copies = [server.as_workspace("bob"), server.as_workspace("default"), elsewhere.as_workspace("alice")];
    for copy in &copies {
        copy.send_json(Method::PUT, "/__admin/state", data.clone()).await.data();
        assert_eq!(copy.get("/__admin/state").await.body, document.body);
    }
    let mut shown = Vec::new();
    for space in std::iter::once(&alice).chain(&copies) {
        let second = space.place("+12125550001").await;
        let advanced = space.advance("2h").await;
        let mut seen = vec![second.clone(), advanced.to_string()];
        for id in [&first, &second] {
            seen.push(space.call(id).await.to_string());
            seen.push(space.get(&format!("/api/v1/calls/{id}/audio")).await.header("etag").to_owned());
        }
        seen.push(space.get("/__admin/webhooks/deliveries").await.data().to_string());
        shown.push(seen);
    }
    for copy in &shown[1..] {
        assert_eq!(*copy, shown[0]);
    }
    copies[0].post("/__admin/reset", json!({})).await.data();
    assert!(!shown[0].contains(&copies[0].place("+12125550001").await), "a reset is back to the ids of its own");
    let default = server.as_workspace("carol");
    default.get("/api/v1/calls").await.data();
    let mut broken = data.clone();
    broken["world"]["calls"][200]["isKeyed"] = json!(true);
    let refused = default.send_json(Method::PUT, "/__admin/state", broken).await;
    assert_eq!(refused.fields(), ["world.calls[200].isKeyed"]);
    let mut broken = data;
    broken["idKey"] = json!("-1");
    assert_eq!(default.send_json(Method::PUT, "/__admin/state", broken).await.fields(), ["idKey"]);
}
