//! What would keep others waiting runs in the pool.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use crate::mock_server::{Fault, MockServer, RequestPattern};

/// The answer to a request.
fn send(server: SocketAddr, line: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    let head = "Host: akol\r\nAuthorization: Bearer test\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{line} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asserts that a request is answered with that status, and only once there is room in the pool; and that others need none.
fn assert_runs_in_pool(server: &MockServer, line: &str, body: &str, status: &str) {
    let address = server.address();
    let busy = server.all_of_pool().fill_up();
    thread::scope(|scope| {
        let answer = scope.spawn(|| send(address, line, body));
        for _ in 0..100 {
            let other = send(address, "GET /api/v1/calls/call_xxx", "");
            assert!(other.starts_with("HTTP/1.1 200"), "{other}");
        }
        assert!(!answer.is_finished(), "{line} {} bytes", body.len());
        drop(busy);
        let answer = answer.join().unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
    });
}

#[test]
fn long_bodies_are_read_in_the_pool() {
    let server = MockServer::builder().start_blocking().unwrap();
    let call = r#"{"campaignId": "cmp_xxx", "toNumber": "+15551234567", "fromPhoneNumberId": "pn_xxx""#;
    let long = " ".repeat(17 << 10);
    assert_runs_in_pool(&server, "POST /api/v1/calls", &format!("{call}{long}}}"), "201");
    assert_runs_in_pool(&server, "POST /api/v1/calls", &format!("[{long}]"), "422");
    assert_runs_in_pool(&server, "POST /api/v1/calls", &format!("{call}{long}"), "400");
    assert_runs_in_pool(&server, "POST /__admin/faults", &format!("{{\"effect\": {{\"status\": 503}}{long}}}"), "201");
}

#[test]
fn a_request_is_held_against_many_rules_in_the_pool() {
    let server = MockServer::builder().start_blocking().unwrap();
    for _ in 0..999 {
        let pattern = RequestPattern::of("GET", "**a*a*b*N").unwrap();
        server.add_fault(Fault::status(503).on(pattern)).unwrap();
    }
    let hard = format!("GET /api/v1/calls/{}", "a".repeat(7_900));
    assert_runs_in_pool(&server, &hard, "", "404");
    server.add_fault(Fault::status(418).on(RequestPattern::of("GET", "**aaaaaaaa*").unwrap()).times(1)).unwrap();
    assert_runs_in_pool(&server, &hard, "", "418");
    assert_runs_in_pool(&server, &hard, "", "404");
}
