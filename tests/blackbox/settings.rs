//! `/__admin/settings`: what can be set while a world lives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use crate::support::{Answer, Server, placement, settings};
use akol_mock::Settings;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/__admin/settings";

async fn show(server: &Server) -> Value {
    server.get(PATH).await.data()
}

async fn patch(server: &Server, change: Value) -> Answer {
    server.send_json(Method::PATCH, PATH, change).await
}

/// Weights that leave one scenario for calls that the agent places.
fn only(before: &Value, scenario: &str) -> Value {
    let weights = before["scenarioWeights"].as_object().unwrap();
    weights.keys().map(|name| (name.clone(), json!({"outbound": u8::from(name == scenario)}))).collect()
}

#[tokio::test]
async fn the_settings_start_as_the_options_say() {
    let server =
        Server::with(Settings { rate_limit: Some(1_000), minute_limit: Some(500_000), overage: true, ..settings() });
    let shown = show(&server.await).await;
    assert_eq!((&shown["rateLimit"], &shown["minuteLimit"]), (&json!(1_000), &json!(500_000)));
    assert_eq!((&shown["overage"], &shown["listTranscripts"]), (&json!(true), &json!(true)));
    let shown = show(&Server::start().await).await;
    assert_eq!((&shown["rateLimit"], &shown["minuteLimit"]), (&json!(null), &json!(null)));
    assert_eq!((&shown["overage"], &shown["listTranscripts"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn every_scenario_is_shown_in_the_order_of_the_fixtures() {
    let server = Server::start().await;
    let body = String::from_utf8(server.get(PATH).await.body.to_vec()).unwrap();
    let names =
        ["completed", "transferred", "voicemail", "hung_up", "no_answer", "busy", "failed", "endless", "ringing"];
    let places = names.map(|name| body.find(&format!("\"{name}\":{{\"outbound\":")).unwrap());
    assert!(places.is_sorted(), "{body}");
    assert_eq!(show(&server).await["scenarioWeights"]["voicemail"]["inbound"], 0);
}

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let server = Server::start().await;
    let mut expected = show(&server).await;
    assert_eq!(patch(&server, json!({})).await.data(), expected);
    for (name, value) in [
        ("rateLimit", json!(1_000_000_000)),
        ("rateLimit", json!(null)),
        ("minuteLimit", json!(0)),
        ("minuteLimit", json!(1)),
        ("minuteLimit", json!(u64::MAX)),
        ("minuteLimit", json!(null)),
        ("overage", json!(true)),
        ("listTranscripts", json!(false)),
    ] {
        expected[name] = value.clone();
        assert_eq!(patch(&server, json!({name: value})).await.data(), expected);
        assert_eq!(show(&server).await, expected);
    }
}

#[tokio::test]
async fn weights_are_set_for_both_directions_or_one_and_given_back() {
    let server = Server::start().await;
    let original = show(&server).await;
    let mut expected = original.clone();
    expected["scenarioWeights"]["busy"] = json!({"outbound": 7, "inbound": 7});
    assert_eq!(patch(&server, json!({"scenarioWeights": {"busy": 7}})).await.data(), expected);
    expected["scenarioWeights"]["busy"]["inbound"] = json!(1_000_000);
    expected["scenarioWeights"]["voicemail"] = json!({"outbound": 9, "inbound": 0});
    let change = json!({"scenarioWeights": {"busy": {"inbound": 1_000_000}, "voicemail": 9}});
    assert_eq!(patch(&server, change).await.data(), expected);
    expected["scenarioWeights"]["busy"] = original["scenarioWeights"]["busy"].clone();
    assert_eq!(patch(&server, json!({"scenarioWeights": {"busy": null}})).await.data(), expected);
    assert_eq!(patch(&server, json!({"scenarioWeights": null})).await.data(), original);
    assert_eq!(patch(&server, original.clone()).await.data(), original, "what is shown can be sent back");
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_decimals() {
    let server = Server::start().await;
    let weights = json!({"busy": 2.0, "failed": {"outbound": 3e0}});
    let shown = patch(&server, json!({"rateLimit": 5.0, "minuteLimit": 7.0, "scenarioWeights": weights})).await.data();
    assert_eq!((&shown["rateLimit"], &shown["minuteLimit"]), (&json!(5), &json!(7)));
    assert_eq!(&shown["scenarioWeights"]["busy"]["inbound"], &json!(2));
    assert_eq!(&shown["scenarioWeights"]["failed"]["outbound"], &json!(3));
    let rule = json!({"effect": {"status": 503.0, "retryAfter": 7.0}, "times": 1.0});
    let rule = server.send_json(Method::POST, "/__admin/faults", rule).await.data();
    let effect = json!({"status": 503, "retryAfter": 7, "execute": false});
    assert_eq!((&rule["effect"], &rule["times"]), (&effect, &json!(1)));
}

#[tokio::test]
async fn calls_follow_the_weights() {
    let server = Server::start().await;
    let weights = only(&show(&server).await, "no_answer");
    patch(&server, json!({"scenarioWeights": weights})).await.data();
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(server.place(&format!("+1555777{number:04}")).await);
    }
    server.advance_secs(120).await;
    for id in ids {
        assert_eq!(server.call(&id).await["outcome"], "no_answer");
    }
}

#[tokio::test]
async fn no_limit_is_null_and_off_as_on_the_command_line() {
    let server = Server::start().await;
    for none in [json!(null), json!("off")] {
        patch(&server, json!({"rateLimit": 5, "minuteLimit": 7})).await.data();
        let limits = patch(&server, json!({"rateLimit": none, "minuteLimit": none})).await.data();
        assert_eq!((&limits["rateLimit"], &limits["minuteLimit"]), (&json!(null), &json!(null)), "{none}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_and_nothing_changes() {
    let server = Server::start().await;
    let before = show(&server).await;
    let nothing_outbound = {
        let mut weights = only(&before, "busy");
        weights["busy"] = json!({"outbound": 0});
        weights
    };
    let nothing: Value =
        before["scenarioWeights"].as_object().unwrap().keys().map(|name| (name.clone(), json!(0))).collect();
    for (change, fields) in [
        (
            json!({"overage": 1, "rateLimit": 0, "minuteLimit": -1, "listTranscripts": "no", "colour": "red"}),
            &["colour", "rateLimit", "minuteLimit", "overage", "listTranscripts"][..],
        ),
        (json!({"rateLimit": 1_000_000_001, "overage": true}), &["rateLimit"]),
        (json!({"rateLimit": 1.5, "overage": true}), &["rateLimit"]),
        (json!({"rateLimit": "none", "overage": true}), &["rateLimit"]),
        (json!({"minuteLimit": -1, "overage": true}), &["minuteLimit"]),
        (json!({"overage": null, "rateLimit": 5}), &["overage"]),
        (json!({"listTranscripts": null, "rateLimit": 5}), &["listTranscripts"]),
        (json!({"scenarioWeights": 5, "rateLimit": 5}), &["scenarioWeights"]),
        (
            json!({"rateLimit": 5, "scenarioWeights": {
                "busy": 1_000_001, "completed": {"outbound": -1, "sideways": 1}, "failed": {"inbound": null},
                "hung_up": 3, "lucky": 1, "voicemail": {"inbound": 1}, "ringing": "often",
            }}),
            &[
                "scenarioWeights.busy",
                "scenarioWeights.completed.outbound",
                "scenarioWeights.completed.sideways",
                "scenarioWeights.failed.inbound",
                "scenarioWeights.lucky",
                "scenarioWeights.ringing",
                "scenarioWeights.voicemail.inbound",
            ],
        ),
        (json!({"rateLimit": 5, "scenarioWeights": nothing_outbound}), &["scenarioWeights"]),
        (json!({"rateLimit": 5, "scenarioWeights": nothing}), &["scenarioWeights", "scenarioWeights"]),
    ] {
        assert_eq!(patch(&server, change.clone()).await.fields(), fields, "{change}");
        assert_eq!(show(&server).await, before, "{change}");
    }
    assert_eq!(patch(&server, json!([])).await.fields(), ["body"]);
    assert_eq!(show(&server).await, before);
}

#[tokio::test]
async fn a_refusal_says_what_was_given_and_what_is_accepted() {
    let server = Server::start().await;
    for (change, message) in [
        (
            json!({"rateLimit": 0}),
            "rateLimit is 0, must be a whole number of requests a minute from 1 to 1,000,000,000",
        ),
        (json!({"overage": "yes"}), "overage is \"yes\", must be true or false"),
        (json!({"scenarioWeights": {"lucky": 1}}), "scenarioWeights.lucky is unknown, must be completed, transferred,"),
        (
            json!({"scenarioWeights": {"busy": {"inbound": 1.5}}}),
            "busy.inbound is 1.5, must be a whole number from 0 to",
        ),
        (json!({"scenarioWeights": {"voicemail": {"inbound": 1}}}), "no inbound call can follow that scenario"),
    ] {
        let error = patch(&server, change.clone()).await.error();
        assert!(error.contains(message), "{change}: {error}");
    }
}

#[tokio::test]
async fn a_rate_limit_counts_from_the_next_request_on() {
    let server = Server::start().await;
    let call = "/api/v1/calls/call_xxx";
    for _ in 0..5 {
        assert_eq!(server.get(call).await.status, StatusCode::OK);
    }
    patch(&server, json!({"rateLimit": 2})).await.data();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(server.get(call).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
    assert_eq!(server.get(PATH).await.status, StatusCode::OK, "the control API is not limited");
    patch(&server, json!({"rateLimit": null})).await.data();
    assert_eq!(server.get(call).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_minute_limit_counts_from_the_next_call_on() {
    let server = Server::start().await;
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::CREATED);
    patch(&server, json!({"minuteLimit": 1})).await.data();
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::TOO_MANY_REQUESTS);
    patch(&server, json!({"overage": true})).await.data();
    assert_eq!(server.post("/api/v1/calls", placement("+15005550100")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_list_can_leave_transcripts_out() {
    let server = Server::start().await;
    let whole = server.get("/api/v1/calls?limit=100").await.data();
    patch(&server, json!({"listTranscripts": false})).await.data();
    let short = server.get("/api/v1/calls?limit=100").await.data();
    let mut expected = whole.clone();
    for call in expected.as_array_mut().unwrap() {
        call["transcript"] = json!([]);
    }
    assert_ne!(whole, short);
    assert_eq!(short, expected, "nothing else is left out");
    let id = whole[0]["id"].as_str().unwrap();
    assert_eq!(server.call(id).await, whole[0], "one call is shown whole");
}
