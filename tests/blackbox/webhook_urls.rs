//! Where webhooks are sent: the same URL is parsed, encoded and shown alike, wherever it was given.

use std::fs;

use crate::support::program::{Program, akol_mock};
use crate::support::receiver::Receiver;
use crate::support::{Server, settings};
use akol_mock::{MockServer, Settings, Webhooks};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A path and a query that are not ASCII, at that receiver; and how they are written.
fn given_and_written(receiver: &Receiver) -> (String, String) {
    let base = receiver.url.strip_suffix("/hooks").unwrap();
    (format!(" {base}/a/../h\u{f6}rer?n=\u{e9} x\n"), format!("{base}/h%C3%B6rer?n=%C3%A9%20x"))
}

const REQUEST_LINE: &str = "POST /h%C3%B6rer?n=%C3%A9%20x HTTP/1.1";

fn told(urls: &[&str]) -> Settings {
    let urls = urls.iter().map(ToString::to_string).collect();
    Settings { webhooks: Webhooks { urls, ..Webhooks::default() }, ..settings() }
}

/// Has an event sent, and holds that it came to the written URL, and that everything shows that.
async fn is_written(server: &Server, receiver: &Receiver, written: &str) {
    assert_eq!(server.get("/__admin/webhooks").await.data()[0]["url"], written);
    let made = server.post("/__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_xxx"})).await;
    assert_eq!(made.data()[0]["url"], written);
    let sent = &receiver.wait_for(1).await[0];
    assert_eq!(sent.request_line, REQUEST_LINE);
    assert!(written.starts_with(&format!("http://{}/", sent.header("host"))), "{}", sent.header("host"));
    let shown = server.get("/__admin/calls/call_xxx/timeline").await;
    assert!(!shown.body.is_empty() && !String::from_utf8_lossy(&shown.body).contains("rer?n=\u{e9}"), "{shown:?}");
}

#[tokio::test]
async fn a_url_is_encoded_that_is_given_by_the_library_or_at_run_time() {
    let receiver = Receiver::start().await;
    let (given, written) = given_and_written(&receiver);
    let server = Server::with(told(&[&given])).await;
    is_written(&server, &receiver, &written).await;

    let receiver = Receiver::start().await;
    let (given, written) = given_and_written(&receiver);
    let server = Server::with(settings()).await;
    let made = server.post("/__admin/webhooks", json!({"url": given})).await;
    assert_eq!((made.status, &made.data()["url"]), (StatusCode::CREATED, &json!(written)));
    is_written(&server, &receiver, &written).await;

    let server = MockServer::builder().start().await.unwrap();
    assert_eq!(server.subscribe(given).unwrap().url, written);
}

#[tokio::test]
async fn a_url_of_a_state_is_encoded() {
    let receiver = Receiver::start().await;
    let (given, written) = given_and_written(&receiver);
    let server = Server::with(told(&[&receiver.url])).await;
    let mut state: Value = server.get("/__admin/state").await.data();
    let subscription = state.pointer_mut("/world/webhooks/subscriptions/0/url");
    *subscription.unwrap_or_else(|| panic!("no subscription in the state")) = json!(given);
    server.send_json(Method::PUT, "/__admin/state", state).await.data();
    is_written(&server, &receiver, &written).await;
    let state = server.get("/__admin/state").await;
    assert!(String::from_utf8_lossy(&state.body).contains(&written), "the state shows it as it is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_encoded_that_the_program_is_given() {
    let receiver = Receiver::start().await;
    let (given, written) = given_and_written(&receiver);
    let given = given.trim().replace(' ', "%20");
    let folder = std::env::temp_dir().join(format!("akol-mock-urls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("options.toml");
    fs::write(&file, format!("webhook-url = [{given:?}]\n")).unwrap();

    let listen = ["--listen", "127.0.0.1:0"];
    let by_word = akol_mock(&[&listen[..], &["--webhook-url", &given]].concat());
    let mut by_environment = akol_mock(&listen);
    by_environment.env("AKOL_MOCK_WEBHOOK_URL", &given);
    let by_file = akol_mock(&[&listen[..], &["--config", file.to_str().unwrap()]].concat());
    for command in [by_word, by_environment, by_file] {
        let program = Program::run(command);
        let webhooks: Value = serde_json::from_str(&program.get("/__admin/webhooks")).unwrap();
        assert_eq!(webhooks["data"][0]["url"], written);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn an_address_of_ipv6_is_called_by_it() {
    // A machine without IPv6 has nothing to test.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let receiver = Receiver::on(listener, [], crate::support::receiver::Reaction::Status(200));
    let server = Server::with(told(&[&receiver.url.replace("[::1]", "[0:0:0:0:0:0:0:1]")])).await;
    assert_eq!(server.get("/__admin/webhooks").await.data()[0]["url"], receiver.url);
    server.post("/__admin/webhooks/trigger", json!({"event": "call.ended", "callId": "call_xxx"})).await.data();
    let sent = &receiver.wait_for(1).await[0];
    assert_eq!(format!("http://{}/hooks", sent.header("host")), receiver.url);
}

#[tokio::test]
async fn what_cannot_be_sent_to_is_refused_with_the_reason() {
    let server = Server::with(settings()).await;
    for (url, why) in [
        ("http:/a/", "must start with http:// or https://"),
        ("http:///hooks", "it has no host"),
        ("http://[fe80::1%25eth0]/", "without a zone"),
        ("http://me:hush@a/", "a user name or password"),
        ("http://a/#b", "a fragment"),
        ("http://a:0/", "its port must be"),
        ("http://a b/", "its host must be"),
    ] {
        let refused = server.post("/__admin/webhooks", json!({"url": url})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let told = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(told.contains(why) && !told.contains("hush"), "{told}");
        let builder = MockServer::builder().webhook_url(url);
        let refused = builder.start().await.map(drop).unwrap_err().to_string();
        assert!(refused.contains(why) && !refused.contains("hush"), "{refused}");
    }
}
