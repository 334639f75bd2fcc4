//! A delivery that fails says why, and what may help.

use std::io::{BufRead, BufReader};
use std::sync::Arc;

use crate::support::program::{Program, akol_mock};
use crate::support::receiver::{Reaction, Receiver};
use crate::support::{Server, settings};
use akol_mock::{Settings, Webhooks};
use hyper::Method;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const SECRET: &str = "is the receiver's secret that of GET /__admin/webhooks";

fn told_once(receiver: &Receiver) -> Settings {
    let webhooks = Webhooks { urls: vec![receiver.url.clone()], retries: Vec::new(), ..Webhooks::default() };
    Settings { webhooks, ..settings() }
}

#[tokio::test]
async fn what_a_status_most_likely_means_is_said_wherever_the_delivery_is_told_of() {
    for (status, words) in [
        (401, SECRET),
        (403, SECRET),
        (404, "path"),
        (405, "POST"),
        (407, "a proxy in front of the receiver"),
        (410, "gone for good"),
        (413, "limit bodies"),
        (415, "application/json"),
        (422, "found fault"),
        (429, "limits how many requests"),
        (500, "its own log"),
        (502, "a proxy in front of it cannot reach it"),
    ] {
        let receiver = Receiver::always(Reaction::Status(status)).await;
        let server = Server::with(told_once(&receiver)).await;
        let call = server.place("+15005550107").await;
        let advance = server.post("/__admin/clock/advance", json!({"by": "1m"})).await.data();
        let is_told = |event: &&Value| event["type"] == "delivery";
        let told = advance["events"].as_array().unwrap().iter().find(is_told).unwrap().clone();
        let shown = server.get("/__admin/webhooks/deliveries").await.data()[0]["attempts"][0].clone();
        let timeline = server.get(&format!("/__admin/calls/{call}/timeline")).await.data();
        for hint in [&told["hint"], &shown["hint"]] {
            assert!(hint.as_str().is_some_and(|hint| hint.contains(words)), "{status}: {hint}");
        }
        assert!(timeline.to_string().contains(words), "{timeline}");
        assert!(server.server.deliveries()[0].attempts[0].hint.as_ref().is_some_and(|hint| hint.contains(words)));

        // It goes with the state.
        let state = server.get("/__admin/state").await.data();
        server.send_json(Method::PUT, "/__admin/state?workspace=copy", state.clone()).await.data();
        let copy = server.get("/__admin/webhooks/deliveries?workspace=copy").await.data();
        assert_eq!(copy[0]["attempts"][0]["hint"], shown["hint"]);
    }
}

#[tokio::test]
async fn what_was_received_needs_no_hint() {
    let receiver = Receiver::start().await;
    let server = Server::with(told_once(&receiver)).await;
    server.place("+15005550107").await;
    let advance = server.post("/__admin/clock/advance", json!({"by": "1m"})).await.data();
    let deliveries = server.get("/__admin/webhooks/deliveries").await.data();
    assert_eq!(deliveries[0]["attempts"][0]["status"], 200);
    assert!(!advance.to_string().contains("hint") && !deliveries.to_string().contains("hint"), "{deliveries}");
}

/// Has the program send one event, and gives its one attempt and what it wrote on stderr.
fn attempt_of(program: Program) -> (Value, String) {
    program.post("/__admin/webhooks/trigger", r#"{"event": "call.ended", "callId": "call_xxx"}"#);
    program.post("/__admin/clock/advance", r#"{"by": "1s"}"#);
    let deliveries: Value = serde_json::from_str(&program.get("/__admin/webhooks/deliveries")).unwrap();
    let attempt = deliveries["data"][0]["attempts"][0].clone();
    (attempt, program.stop().stderr)
}

fn program_that_tells(url: &str) -> std::process::Command {
    akol_mock(&["--listen", "127.0.0.1:0", "--clock", "manual", "--webhook-retries", "", "--webhook-url", url])
}

#[test]
fn in_a_container_localhost_is_said_to_be_the_container() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = program_that_tells(&format!("http://{closed}/"));
    command.env("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let (attempt, stderr) = attempt_of(Program::run(command));
    assert_eq!(attempt["error"], "connection refused");
    let hint = attempt["hint"].as_str().unwrap();
    assert!(hint.contains("127.0.0.1 is the container itself") && hint.contains("host.docker.internal"), "{hint}");
    assert!(stderr.contains(&format!("connection refused ({hint}); given up")), "{stderr}");
}

/// A receiver of https whose certificate nobody vouches for.
async fn untrusted() -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(acceptor.accept(stream));
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_cannot_be_read_are_named_at_the_start_and_by_each_failure_of_theirs() {
    let url = untrusted().await;
    let run = move |variable: &str, value: &str| {
        let mut command = program_that_tells(&url);
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").env(variable, value);
        let mut program = Program::run(command);
        let mut stderr = BufReader::new(program.child.stderr.take().unwrap());
        let mut first = String::new();
        stderr.read_line(&mut first).unwrap();
        program.child.stderr = Some(stderr.into_inner());
        (first, attempt_of(program).0)
    };
    for (variable, value, why) in [
        (
            "SSL_CERT_FILE",
            "/nowhere/ca.pem",
            "SSL_CERT_FILE is \"/nowhere/ca.pem\", which cannot be read: No such file",
        ),
        ("SSL_CERT_FILE", "/dev/null", "SSL_CERT_FILE is \"/dev/null\", which holds no certificate"),
        ("SSL_CERT_DIR", "/nowhere", "SSL_CERT_DIR is \"/nowhere\", which cannot be read: No such file"),
    ] {
        let run = run.clone();
        let (first, attempt) = tokio::task::spawn_blocking(move || run(variable, value)).await.unwrap();
        assert!(first.contains(&format!("warning: {why}")), "{first}");
        let error = attempt["error"].as_str().unwrap();
        assert!(error.starts_with("certificate not trusted: no known root vouches for it"), "{error}");
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn certificates_that_cannot_be_read_are_named_whoever_the_receivers_are_and_whatever_the_log_is() {
    let http = ["--webhook-url", "http://127.0.0.1:9/"];
    for (url, format) in [(&[][..], "pretty"), (&http, "pretty"), (&http, "json"), (&http, "off"), (&[], "off")] {
        let mut command = akol_mock(&["--listen", "127.0.0.1:0", "--log-format", format]);
        command.args(url).env_remove("SSL_CERT_DIR").env("SSL_CERT_FILE", "/nowhere/ca.pem");
        let mut program = Program::run(command);
        let mut first = String::new();
        BufReader::new(program.child.stderr.take().unwrap()).read_line(&mut first).unwrap();
        let named = first.contains("/nowhere/ca.pem") && first.contains("which cannot be read: No such file");
        assert!(named && first.contains("warning"), "{url:?}, {format}: {first}");
    }
}
