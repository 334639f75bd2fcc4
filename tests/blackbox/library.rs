//! The server inside a test: from every kind of test, apart from its like, in agreement with what a client sees, and telling when
//! an assertion fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use akol_mock::ClockMode::{Manual, Real};
use akol_mock::{
    CallStep, Direction, Incoming, MockServer, Moment, NotAdvanced, Outcome, Place, RequestPattern, Speed, StartError,
    Status, Workspace,
};
use hyper::Method;
use serde_json::{Value, json};

use crate::support::program::{PROMPTLY, exchange, request};
use crate::support::receiver::{Reaction, Receiver, events};
use crate::support::{START, Server, placement};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn server() -> MockServer {
    MockServer::builder().seed(7).start_time(START.parse().unwrap()).start_blocking().unwrap()
}

/// Sends a request without a runtime, and gives the body of the answer.
fn send(server: &MockServer, method: &str, path: &str, body: &str) -> Value {
    exchange(server.address(), &request(method, path, body)).json()
}

/// What an assertion says that fails.
fn complaint(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion must fail");
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn a_test_without_a_runtime_has_it_all() {
    let server = MockServer::builder().seed(7).clock(Manual).start_blocking().unwrap();
    let placed = send(&server, "POST", "/api/v1/calls", &placement("+15005550101").to_string());
    let id = placed["data"]["id"].as_str().unwrap();
    let advance = server.advance_blocking(seconds(600)).unwrap();
    let steps: Vec<CallStep> = advance.events.iter().filter_map(Moment::step).collect();
    assert_eq!(steps, [CallStep::Ringing, CallStep::Answered, CallStep::Transferred, CallStep::Ended]);
    server.assert_call_outcome(id, Outcome::Transferred);
    server.assert_requested("POST", "/api/calls", 1);
    server.reset_blocking();
    assert!(server.call(id).is_none() && server.requests().is_empty());
    server.stop_blocking();
}

async fn use_all(server: MockServer) {
    let receiver = Receiver::start().await;
    let hooked = MockServer::builder().webhook_url(&receiver.url).start().await.unwrap();
    hooked.place(Place::to("+15005550100")).unwrap();
    let (one, other) = tokio::join!(server.advance(seconds(60)), hooked.advance(seconds(600)));
    assert_eq!(one.unwrap().to, server.now());
    assert_eq!(other.unwrap().from + seconds(600), hooked.now());
    assert_eq!(
        events(&receiver.deliveries()),
        ["call.started", "call.ended"],
        "each had been answered when time went on"
    );
    hooked.stop().await;
    server.reset().await;
    server.stop().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_test_on_one_thread_can_receive_what_it_waits_for() {
    use_all(MockServer::builder().start().await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_on_many_threads_can_as_well() {
    use_all(MockServer::builder().start().await.unwrap()).await;
}

#[tokio::test]
async fn a_server_may_be_started_dropped_and_blocked_on_within_a_runtime() {
    let server = MockServer::builder().start_blocking().unwrap();
    server.advance_blocking(seconds(1)).unwrap();
    drop(server);
}

#[test]
fn two_servers_share_nothing() {
    let start = START.parse().unwrap();
    let of_seed = |seed| MockServer::builder().seed(seed).start_time(start).start_blocking().unwrap();
    let (one, same, other) = (of_seed(7), of_seed(7), of_seed(8));
    assert_eq!(one.calls(), same.calls());
    assert_ne!(one.calls(), other.calls());
    assert_ne!(one.webhook_secret(), other.webhook_secret());
    let call = one.place(Place::to("+15005550107").campaign("cmp_xxx")).unwrap();
    one.advance_blocking(seconds(60)).unwrap();
    one.pause("cmp_xxx").unwrap();
    send(&one, "GET", "/api/v1/calls", "");
    assert_eq!((same.now(), same.call(&call.id), same.requests().len()), (start, None, 0));
    let again = same.place(Place::to("+15005550107").campaign("cmp_xxx")).unwrap();
    assert_eq!(again, call, "the same seed, start and requests make the same call");
}

#[test]
fn workspaces_of_one_server_share_nothing_but_the_server() {
    let server = server();
    let (mine, yours) = (server.workspace("mine").unwrap(), server.workspace("yours").unwrap());
    let call = mine.place(Place::to("+15005550107")).unwrap();
    mine.advance_blocking(seconds(60)).unwrap();
    assert_eq!((yours.call(&call.id), server.call(&call.id)), (None, None));
    assert_eq!(yours.now(), server.now());
    assert_eq!(server.workspace("mine").unwrap().call(&call.id).unwrap().status, Status::InProgress);
    assert_eq!(server.workspace("default").unwrap().token(), server.token());
    assert!(server.workspace("").is_err() && server.workspace("a::b").is_err());
}

#[test]
fn dropping_it_frees_the_port() {
    let server = server();
    let address = server.address();
    let _open = TcpStream::connect(address).unwrap();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(TcpListener::bind(address).is_ok());
}

#[tokio::test]
async fn an_advance_that_outlives_its_server_ends() {
    let receiver = Receiver::always(Reaction::Hang).await;
    let server = MockServer::builder().webhook_url(&receiver.url).start().await.unwrap();
    server.place(Place::to("+15005550107")).unwrap();
    let handle = server.handle();
    let advancing = tokio::spawn(async move { handle.advance(seconds(60)).await });
    receiver.wait_for(1).await;
    assert_eq!(server.advance(seconds(1)).await, Err(NotAdvanced::UnderWay));
    assert_eq!(server.run_clock(Speed::REAL), Err(NotAdvanced::UnderWay));
    assert_eq!(server.stop_clock(), Err(NotAdvanced::UnderWay));
    drop(server);
    assert_eq!(advancing.await.unwrap(), Err(NotAdvanced::Stopped));
}

#[test]
fn what_can_be_sent_to_other_threads_is_sent() {
    fn is_shareable<T: Send + Sync + 'static>() {}
    is_shareable::<MockServer>();
    is_shareable::<Workspace>();
    is_shareable::<StartError>();
    fn is_sendable(_: impl Send) {}
    let server = server();
    is_sendable(server.advance(seconds(1)));
    is_sendable(server.reset());
    is_sendable(server.wait_for_requests(&RequestPattern::any(), 1, Duration::ZERO));
    is_sendable(MockServer::builder().start());
}

#[tokio::test]
async fn what_a_test_sees_is_what_a_client_sees() {
    let server = Server::start().await;
    let live = server.server.place(Place::to("+15005550107")).unwrap();
    server.server.receive(Incoming::new().scenario("completed")).unwrap();
    server.advance_secs(30).await;
    for id in ["call_xxx", &live.id] {
        let seen = serde_json::to_string(&server.server.call(id).unwrap()).unwrap();
        let got = server.get(&format!("/api/v1/calls/{id}")).await;
        assert!(std::str::from_utf8(&got.body).unwrap().contains(&seen), "byte for byte: {seen}");
    }
    assert_eq!(serde_json::to_value(server.server.calls()).unwrap(), Value::from(server.all_calls().await));
}

#[tokio::test]
async fn what_a_test_does_is_what_a_client_can_do() {
    let (by_hand, by_http) = (Server::start().await, Server::start().await);
    let test = &by_hand.server;
    let placed = test.place(Place::to("+15557770001").campaign("cmp_xxx").from_number("pn_xxx")).unwrap();
    let got = by_http.post("/api/v1/calls", placement("+15557770001")).await;
    assert_eq!(serde_json::to_value(&placed).unwrap(), got.data());
    let received = test.receive(Incoming::new().from("+15557770002").campaign("cmp_xxx")).unwrap();
    let incoming = json!({"direction": "inbound", "fromNumber": "+15557770002", "campaignId": "cmp_xxx"});
    assert_eq!(serde_json::to_value(&received).unwrap(), by_http.post("/__admin/calls", incoming).await.data());
    let forced = test.force(&placed.id, Status::Failed, Outcome::Busy).unwrap();
    let transition = json!({"status": "FAILED", "outcome": "busy"});
    let got = by_http.post(&format!("/__admin/calls/{}/transition", placed.id), transition).await;
    assert_eq!(serde_json::to_value(&forced).unwrap(), got.data());
    test.set_scenario("cmp_xxx", "busy").unwrap();
    by_http.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"scenario": "busy"})).await.data();
    by_hand.advance_secs(600).await;
    by_http.advance_secs(600).await;
    assert_eq!(by_hand.all_calls().await, by_http.all_calls().await);
}

#[tokio::test]
async fn refusals_are_those_of_the_api() {
    let server = Server::start().await;
    let test = &server.server;
    for (call, body) in [
        (Place::to("5551234"), json!({"toNumber": "5551234"})),
        (Place::to("+15005550129"), json!({"toNumber": "+15005550129"})),
        (Place::to("+15005550150"), json!({"toNumber": "+15005550150"})),
        (Place::to("+15557770001").campaign("cmp_nobody"), json!({"campaignId": "cmp_nobody"})),
        (Place::to("+15557770001").from_number("pn_nobody"), json!({"fromPhoneNumberId": "pn_nobody"})),
        (Place::to("+15557770001").campaign("cmp_fernwood_spring"), json!({"campaignId": "cmp_fernwood_spring"})),
    ] {
        let (campaign, number) = (call.clone().campaign("cmp_xxx"), "pn_xxx");
        let call = if body.get("campaignId").is_none() { campaign } else { call };
        let call = if body.get("fromPhoneNumberId").is_none() { call.from_number(number) } else { call };
        let mut whole = placement("+15557770001");
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let answer = server.post("/api/v1/calls", whole).await;
        let refused = test.place(call).unwrap_err();
        assert_eq!((refused.status, refused.message), (answer.status.as_u16(), answer.error()), "{body}");
    }
    assert_eq!(test.end("call_xxx").unwrap_err().status, 409);
    assert_eq!(test.end("call_nobody").unwrap_err().status, 404);
    assert_eq!(test.pause("cmp_fernwood_spring").unwrap_err().status, 409);
    assert_eq!(test.set_scenario("cmp_xxx", "lucky").unwrap_err().status, 422);
}

#[test]
fn with_no_campaign_the_first_that_runs_places_the_call() {
    let server = server();
    let first = server.place(Place::to("+15557770001")).unwrap();
    assert_eq!(first.direction, Direction::Outbound);
    server.pause(&first.campaign_id).unwrap();
    let second = server.place(Place::to("+15557770001")).unwrap();
    assert_ne!(second.campaign_id, first.campaign_id);
}

#[test]
fn an_assertion_that_fails_shows_what_came_and_the_seed() {
    let server = server();
    send(&server, "GET", "/api/v1/calls?status=FAILED", "");
    send(&server, "POST", "/api/v1/calls", r#"{"toNumber": "+15005550100"}"#);
    let said = complaint(|| server.assert_requested("POST", "/api/v1/calls/*/end", 1..));
    assert_eq!(
        said,
        "expected POST /api/v1/calls/*/end at least once, but it was requested never\n\
         nearest: 2026-11-22T12:00:00.000Z POST /api/v1/calls {\"toNumber\": \"+15005550100\"} -> 422\n  \
           path is \"/api/v1/calls\", expected \"/api/v1/calls/*/end\"\n\
         2 in the journal, oldest first:\n  \
           2026-11-22T12:00:00.000Z GET /api/v1/calls?status=FAILED -> 200\n  \
           2026-11-22T12:00:00.000Z POST /api/v1/calls {\"toNumber\": \"+15005550100\"} -> 422\n\
         workspace default, seed 7, at 2026-11-22T12:00:00.000Z\n\
         the same world again: akol-mock --seed 7 --calls 200 --clock manual --start-time 2026-11-22T12:00:00.000Z"
    );
    let said = complaint(|| server.assert_not_requested("GET", "/api/v1/calls"));
    assert!(said.starts_with("expected GET /api/v1/calls never, but it was requested once\n"), "{said}");
    let pattern = RequestPattern::any().body(json!({"toNumber": "+15005550101"})).status(201);
    let said = complaint(|| server.assert_requests(&pattern, 2));
    assert!(said.contains("body.toNumber is \"+15005550100\", expected \"+15005550101\""), "{said}");
    assert!(said.contains("status is 422, expected 201"), "{said}");
    assert!(complaint(|| server.assert_requested("GET", "calls", 1)).contains("\"calls\" is not a path"));
}

#[test]
fn an_assertion_about_a_call_shows_how_it_came_there() {
    let orders = server().workspace("orders").unwrap();
    let call = orders.place(Place::to("+15005550105")).unwrap();
    orders.advance_blocking(seconds(60)).unwrap();
    let said = complaint(|| orders.assert_call_status(&call.id, Status::Completed));
    let expected = format!("expected call {} to be COMPLETED, but it is FAILED, busy\nits steps so far:\n", call.id);
    assert!(said.starts_with(&expected), "{said}");
    for part in ["queued (RINGING)", "ended (FAILED, busy)", "no requests in the journal", "workspace orders, seed 7"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = complaint(|| orders.assert_call_outcome("call_nobody", Outcome::Busy));
    assert!(said.starts_with("expected call call_nobody to end as busy, but there is no such call\n"), "{said}");
}

#[tokio::test]
async fn requests_are_waited_for_in_real_time() {
    let server = Server::start().await;
    let placed = RequestPattern::of("POST", "/api/v1/calls").unwrap().status(201);
    let waiting = server.server.wait_for_requests(&placed, 2, PROMPTLY);
    let placing = async {
        server.place("+15005550100").await;
        server.post("/api/v1/calls", json!({})).await;
        server.place("+15005550101").await;
    };
    let (found, ()) = tokio::join!(waiting, placing);
    let numbers: Vec<Value> =
        found.unwrap().iter().map(|one| one.json::<Value>().unwrap()["toNumber"].clone()).collect();
    assert_eq!(numbers, ["+15005550100", "+15005550101"]);
    let missed = server.server.wait_for_requests(&placed, 3, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!((missed.wanted, missed.found), (3, 2));
    assert!(missed.to_string().contains("status is 422, expected 201"), "{missed}");
}

#[test]
fn settings_that_cannot_be_are_refused_before_anything_starts() {
    let refused = |builder: akol_mock::Builder| match builder.start_blocking() {
        Err(StartError::Settings(why)) => why,
        other => panic!("{other:?}"),
    };
    let builder = MockServer::builder;
    assert!(refused(builder().rate_limit(0)).starts_with("rate_limit is 0, must be from 1"));
    assert!(refused(builder().speed(Speed::times(2))).contains("Manual"));
    assert!(refused(builder().webhook_url("somewhere")).contains("\"somewhere\""));
    assert!(refused(builder().webhook_events(["call.made"])).contains("\"call.made\""));
    assert!(refused(builder().token("")).contains("token"));
    assert!(refused(builder().max_workspaces(1)).contains("max_workspaces is 1, must be from 2"));
    assert!(builder().clock(Real).speed(Speed::times(2)).max_workspaces(None).start_blocking().is_ok());
}
