//! Whether the checks find what they are there to find, and name it.

use bytes::Bytes;
use hyper::http::request::Builder;
use hyper::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};

use super::{Asked, Seen, check, deliveries, objections, text};
use crate::support::{Answer, placement};

const TRANSCRIPT: &str = "/api/v1/calls/call_xxx/transcript";
const CALLS: &str = "/api/v1/calls";

fn asked(request: Builder, body: &Value) -> Asked {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Asked::new(&request.body(()).unwrap().into_parts().0, body)
}

fn get(target: &str) -> Asked {
    asked(Request::get(target), &Value::Null)
}

fn place(body: &Value) -> Asked {
    asked(Request::post(CALLS).header("content-type", "application/json"), body)
}

/// An answer in JSON with all that each needs.
fn answer(status: u16, body: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-request-id", "req_3f9c0a51e7d2b846"),
        ("date", "Sun, 22 Nov 2026 12:00:00 GMT"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_string().into() }
}

fn transcript() -> Answer {
    answer(200, &json!({"success": true, "data": [{"speaker": "agent", "text": "Hello", "timestamp": 0}]}))
}

fn refusal(status: u16, message: &str) -> Answer {
    answer(status, &json!({"success": false, "error": message}))
}

fn invalid(message: &str) -> Answer {
    let errors = json!([{"field": "body", "message": message}]);
    answer(422, &json!({"success": false, "error": message, "errors": errors}))
}

/// What is found, one thing a line.
fn found(asked: &Asked, answer: &Answer) -> String {
    let seen = Seen { status: answer.status, headers: &answer.headers, body: Some(&answer.body) };
    objections(Some(asked), seen).join("\n")
}

fn assert_found(asked: &Asked, answer: &Answer, parts: &[&str]) {
    let found = found(asked, answer);
    assert!(parts.iter().all(|part| found.contains(part)), "{parts:?} in {found:?}");
}

#[test]
fn an_answer_as_it_is_documented_is_right() {
    assert_eq!(found(&get(TRANSCRIPT), &transcript()), "");
    assert_eq!(found(&get("/api/calls/call_xxx/transcript"), &transcript()), "");
    assert_eq!(found(&get(TRANSCRIPT), &refusal(404, "No call")), "");
    let head = Answer { body: Bytes::new(), ..transcript() };
    assert_eq!(found(&asked(Request::head(TRANSCRIPT), &Value::Null), &head), "");
    assert_eq!(found(&place(&json!({})), &invalid("campaignId is missing")), "");
}

#[test]
fn a_status_that_is_not_documented_is_found_unless_a_rule_asks_for_it() {
    let place = "getTranscript (GET /calls/{callId}/transcript) 418: this status is not documented";
    assert_found(&get(TRANSCRIPT), &refusal(418, "I'm a teapot"), &[place]);
    let asked_for = refusal(418, "I'm a teapot (fault rule flt_1 asks for it)");
    assert_eq!(found(&get(TRANSCRIPT), &asked_for), "");
    let mut bare = asked_for;
    bare.headers.remove("x-request-id");
    assert_found(&get(TRANSCRIPT), &bare, &["getTranscript", "418", "the header X-Request-Id"]);
}

#[test]
fn headers_that_are_missing_wrong_or_not_documented_are_found() {
    let mut answer = transcript();
    answer.headers.remove("date");
    answer.headers.insert("x-request-id", "req_1".parse().unwrap());
    answer.headers.insert("etag", "\"1\"".parse().unwrap());
    let parts = ["getTranscript", " 200: ", "Date is missing", "X-Request-Id at", "the header etag is not documented"];
    assert_found(&get(TRANSCRIPT), &answer, &parts);
    let unauthorized = refusal(401, "No bearer token provided");
    assert_found(&get(TRANSCRIPT), &unauthorized, &["401", "WWW-Authenticate is missing"]);
    let mut later = refusal(429, "Too many");
    later.headers.insert("retry-after", "60".parse().unwrap());
    assert_eq!(found(&get(TRANSCRIPT), &later), "");
    later.headers.insert("retry-after", "soon".parse().unwrap());
    assert_found(&get(TRANSCRIPT), &later, &["429", "Retry-After", "soon"]);
}

#[test]
fn bodies_with_other_fields_words_and_types_are_found_with_their_place() {
    let of = |line: Value| answer(200, &json!({"success": true, "data": [line]}));
    let extra = of(json!({"speaker": "agent", "text": "Hello", "timestamp": 0, "mood": "good"}));
    assert_found(&get(TRANSCRIPT), &extra, &["getTranscript", "200", "\"/data/0\"", "mood"]);
    let other_word = of(json!({"speaker": "robot", "text": "Hello", "timestamp": 0}));
    assert_found(&get(TRANSCRIPT), &other_word, &["getTranscript", "200", "\"/data/0/speaker\"", "robot"]);
    let other_type = of(json!({"speaker": "agent", "text": "Hello", "timestamp": "0"}));
    assert_found(&get(TRANSCRIPT), &other_type, &["\"/data/0/timestamp\"", "integer"]);
    let missing = of(json!({"speaker": "agent", "timestamp": 0}));
    assert_found(&get(TRANSCRIPT), &missing, &["\"/data/0\"", "text"]);
    let mut call: Value = super::document::CALLS.root()["components"]["examples"]["completedCall"]["value"].clone();
    assert_eq!(found(&get("/api/v1/calls/call_xxx"), &answer(200, &call)), "");
    call["data"]["startedAt"] = "2026-02-30T14:21:42.000Z".into();
    assert_found(&get("/api/v1/calls/call_xxx"), &answer(200, &call), &["getCall", "200", "/data/startedAt"]);
}

#[test]
fn another_content_type_is_found() {
    let mut answer = transcript();
    answer.headers.insert("content-type", "text/html".parse().unwrap());
    assert_found(&get(TRANSCRIPT), &answer, &["getTranscript", "200", "text/html", "application/json"]);
    let broken = Answer { body: "{".into(), ..transcript() };
    assert_found(&get(TRANSCRIPT), &broken, &["getTranscript", "200", "no JSON"]);
}

#[test]
fn bodies_where_there_is_none_are_found() {
    assert_found(&asked(Request::head(TRANSCRIPT), &Value::Null), &transcript(), &["200", "HEAD has a body"]);
    let mut unchanged = transcript();
    unchanged.status = StatusCode::NOT_MODIFIED;
    let parts = ["getRecording", "304", "the body is not documented", "ETag is missing"];
    assert_found(&get("/api/v1/calls/call_xxx/audio"), &unchanged, &parts);
}

#[test]
fn what_is_no_operation_is_refused_in_the_envelope() {
    assert_eq!(found(&get("/nowhere"), &refusal(404, "There is nothing")), "");
    assert_found(&get("/nowhere"), &transcript(), &["no operation, 200", "this status is no error"]);
    assert_found(&asked(Request::delete(CALLS), &Value::Null), &refusal(405, "No"), &["405", "Allow"]);
    assert_found(&get("/nowhere"), &invalid(""), &["422", "/error"]);
    let fields_missing = refusal(422, "No");
    assert_found(&get("/nowhere"), &fields_missing, &["422", "errors"]);
}

#[test]
fn a_request_that_is_accepted_against_the_document_is_found() {
    let parts = ["getTranscript", "200", "accepted", "callId in the path", "\"nobody\""];
    assert_found(&get("/api/v1/calls/nobody/transcript"), &transcript(), &parts);
    let page = super::document::CALLS.root()["components"]["examples"]["nothingFound"]["value"].clone();
    for (query, place) in [
        ("limit=101", "limit in the query"),
        ("page=0", "page in the query"),
        ("page=1.5", "page in the query"),
        ("status=ringing", "status in the query"),
        ("status=RINGING&status=FAILED", "status is given twice"),
        ("campaignId=", "campaignId in the query"),
        ("startDate=yesterday", "startDate in the query"),
        ("note=%zz", "percent-encoding"),
    ] {
        let asked = get(&format!("{CALLS}?{query}"));
        assert_found(&asked, &answer(200, &page), &["listCalls", "200", "accepted", place]);
    }
    assert_eq!(found(&get(&format!("{CALLS}?note=1&limit=5&startDate=2026-04-18")), &answer(200, &page)), "");
    let call = super::document::CALLS.root()["components"]["examples"]["queuedCall"]["value"].clone();
    let created = answer(201, &call);
    assert_eq!(found(&place(&placement("+15551234567")), &created), "");
    assert_found(&place(&placement("5551234567")), &created, &["placeCall", "201", "accepted", "/toNumber"]);
    assert_found(&place(&Value::Null), &created, &["placeCall", "201", "accepted", "JSON"]);
    let other_type = asked(Request::post(CALLS).header("content-type", "text/plain"), &placement("+15551234567"));
    assert_found(&other_type, &created, &["placeCall", "201", "accepted", "text/plain"]);
}

#[test]
fn a_request_that_is_refused_though_it_is_documented_is_found() {
    let parts = ["placeCall", "422", "refused", "toNumber is not nice"];
    assert_found(&place(&placement("+15551234567")), &invalid("toNumber is not nice"), &parts);
    let excused = invalid("fromPhoneNumberId belongs to another campaign");
    assert_eq!(found(&place(&placement("+15551234567")), &excused), "");
    assert_found(&get(CALLS), &refusal(400, "Not today"), &["listCalls", "400", "refused", "Not today"]);
    assert_eq!(found(&get(CALLS), &refusal(400, "Bad Request (fault rule flt_1 asks for it)")), "");
}

#[test]
fn the_control_api_knows_all_that_it_takes() {
    let health = super::document::CONTROL.root()["components"]["examples"]["healthy"]["value"].clone();
    let mut healthy = answer(200, &health);
    assert_found(&get("/__admin/health"), &healthy, &["getHealth", "200", "the header Cache-Control is missing"]);
    healthy.headers.insert("cache-control", "no-store".parse().unwrap());
    assert_eq!(found(&get("/__admin/health?workspace=a"), &healthy), "");
    let parts = ["getHealth", "200", "accepted", "no query parameter note"];
    assert_found(&get("/__admin/health?note=1"), &healthy, &parts);
}

#[test]
#[should_panic(expected = "the answer to GET /nowhere is not what OpenAPI says")]
fn a_test_that_receives_such_an_answer_fails() {
    check(Some(&get("/nowhere")), &transcript());
}

#[test]
fn requests_are_read_from_bytes_one_after_the_other() {
    let sent = b"POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}\
        POST http://akol/c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n\
        GET /d HTTP/1.0\r\n\r\nno HTTP";
    let asked = text::asked(sent);
    let read: Vec<_> = asked.iter().flatten().map(|one| (&*one.target, one.body.as_ref())).collect();
    assert_eq!(read, [("/a?b=1", b"{}".as_slice()), ("/c", b"[]"), ("/d", b"")]);
    assert!(asked.len() == 4 && asked[3].is_none());
}

#[test]
fn deliveries_are_held_to_their_event() {
    let body = &super::document::CALLS.root()["components"]["examples"]["callStarted"]["value"];
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("x-webhook-signature", "0".repeat(64).parse().unwrap());
    let found = |headers: &HeaderMap, body: &Value| {
        deliveries::delivery("POST", headers, body.to_string().as_bytes()).join("\n")
    };
    assert_eq!(found(&headers, body), "");
    let mut other = body.clone();
    other["data"]["transcript"] = json!([]);
    assert!(found(&headers, &other).contains("call.started: at \"/data\""), "{}", found(&headers, &other));
    other["event"] = "call.made".into();
    assert!(found(&headers, &other).contains("\"call.made\" is not documented"));
    headers.insert("x-webhook-signature", "sha256=0".parse().unwrap());
    assert!(found(&headers, body).contains("x-webhook-signature"));
}
