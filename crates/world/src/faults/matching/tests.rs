//! Patterns against requests.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const BODY: &str = r#"{"campaignId": "cmp_xxx", "toNumber": "+15551234567", "tags": ["a", {"b": 1, "c": 2}], "n": 2}"#;

fn request(body: &str) -> Sketch<'_> {
    Sketch::new("POST", "/api/v1/calls", "page=1", body.as_bytes()).answered(Some(201))
}

/// The part is given as JSON is written, so that no digit is lost.
fn body_of(part: &str) -> Pattern {
    Pattern { body: Some(Json::read(part).unwrap()), ..Pattern::default() }
}

fn body_like(part: Value) -> Pattern {
    Pattern { body: Some(Json::from(&part)), ..Pattern::default() }
}

/// The differences from a body as JSON.
fn differences(part: Value, body: &str) -> Value {
    json!(body_like(part).differences(&request(body)))
}

#[test]
fn a_pattern_that_says_nothing_matches_everything() {
    assert!(Pattern::default().matches(&request("")));
    assert_eq!(Pattern::default().differences(&request("no JSON")), []);
}

#[test]
fn a_method_is_the_same_in_any_case() {
    let pattern = Pattern { method: Some("post".parse().unwrap()), ..Pattern::default() };
    assert!(pattern.matches(&request("")));
    assert!(!pattern.matches(&Sketch::new("GET", "/api/v1/calls", "", b"")));
    assert_eq!(json!(pattern), json!({"method": "POST"}));
    for wrong in ["", "PO ST", "G\u{e9}T", "POST ", &"A".repeat(33)] {
        assert_eq!(wrong.parse::<MethodName>(), Err(NotAMethod), "{wrong:?}");
    }
}

#[test]
fn a_part_of_a_body_matches_where_all_of_it_is_there() {
    for part in [
        json!({}),
        json!({"toNumber": "+15551234567"}),
        json!({"tags": ["a", {"b": 1}], "n": 2.0}),
        json!({"tags": ["a", {}]}),
    ] {
        assert!(body_like(part.clone()).matches(&request(BODY)), "{part}");
    }
    for part in [
        json!({"toNumber": "+15551234568"}),
        json!({"toNumber": 15551234567_u64}),
        json!({"fromPhoneNumberId": null}),
        json!({"tags": ["a"]}),
        json!({"tags": [{"b": 1}, "a"]}),
        json!({"tags": {}}),
        json!([]),
        json!("cmp_xxx"),
    ] {
        assert!(!body_like(part.clone()).matches(&request(BODY)), "{part}");
    }
}

#[test]
fn a_body_that_is_no_json_matches_nothing() {
    for body in ["", "toNumber=1", "{", "{} {}"] {
        assert!(!body_like(json!({})).matches(&request(body)), "{body:?}");
    }
    assert!(!body_like(json!({})).matches(&Sketch::new("POST", "/", "", b"\xff")));
}

#[test]
fn numbers_are_compared_to_their_last_digit_however_they_are_written() {
    for (part, body, is_same) in [
        ("2", "2.0", true),
        ("2.0", "2", true),
        ("200e-2", "2", true),
        ("-0.0", "0", true),
        ("18446744073709551616", "18446744073709551616", true),
        ("18446744073709551618", "18446744073709551616", false),
        ("9007199254740993", "9007199254740993.0", true),
        ("9007199254740993", "9007199254740992.0", false),
        ("0.1", "0.10000000000000000001", false),
        ("1", "\"1\"", false),
    ] {
        let body = format!("{{\"order\": [{body}]}}");
        let pattern = body_of(&format!("{{\"order\": [{part}]}}"));
        assert_eq!(pattern.matches(&request(&body)), is_same, "{part} {body}");
        assert_eq!(pattern.differences(&request(&body)).is_empty(), is_same, "{part} {body}");
    }
    let missed =
        body_of("{\"order\": 18446744073709551618}").differences(&request("{\"order\": 18446744073709551616}"));
    let shown = serde_json::to_string(&missed).unwrap();
    assert_eq!(shown, r#"[{"field":"body.order","expected":18446744073709551618,"found":18446744073709551616}]"#);
}

#[test]
fn what_the_handlers_call_malformed_matches_nothing() {
    for body in ["{\"x\":1e400}", "{\"x\":\"\\ud83d\"}", &format!("{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200))]
    {
        assert!(!body_of("{}").matches(&request(body)), "{body:?}");
    }
}

#[test]
fn every_difference_is_named_with_what_is_there_instead() {
    let pattern = Pattern {
        method: Some("DELETE".parse().unwrap()),
        path: Some("/api/v1/calls/*?page=2".parse().unwrap()),
        status: Some(503),
        body: Some(Json::from(&json!({"toNumber": "+1", "tags": ["a", {"b": 2}], "n": 2, "x": {"y": 1}}))),
    };
    assert_eq!(
        json!(pattern.differences(&request(BODY))),
        json!([
            {"field": "method", "expected": "DELETE", "found": "POST"},
            {"field": "path", "expected": "/api/v1/calls/*?page=2", "found": "/api/v1/calls?page=1"},
            {"field": "status", "expected": 503, "found": 201},
            {"field": "body.tags[1].b", "expected": 2, "found": 1},
            {"field": "body.toNumber", "expected": "+1", "found": "+15551234567"},
            {"field": "body.x", "expected": {"y": 1}},
        ])
    );
    let unanswered = request("").answered(None);
    assert!(!pattern.matches(&unanswered));
    assert_eq!(json!(pattern.differences(&unanswered)[2]), json!({"field": "status", "expected": 503}));
}

#[test]
fn what_was_found_is_shown_in_short() {
    assert_eq!(differences(json!({"a": 1}), ""), json!([{"field": "body", "expected": {"a": 1}}]));
    assert_eq!(differences(json!([1]), "a=1"), json!([{"field": "body", "expected": [1], "found": "a=1"}]));
    assert_eq!(differences(json!([1]), "[1, 2]"), json!([{"field": "body", "expected": [1], "found": [1, 2]}]));
    let long = json!(["é".repeat(500)]).to_string();
    let found = differences(json!({}), &long)[0]["found"].as_str().unwrap().to_owned();
    assert_eq!(found.chars().count(), 201);
}

#[test]
fn the_first_differences_are_told_and_each_in_short() {
    let long = "k".repeat(30_000);
    let (part, whole) = (json!({ &long: vec![2; 5_000] }), json!({ &long: vec![1; 5_000] }));
    let found = body_like(part).differences(&request(&whole.to_string()));
    assert_eq!(found.len(), 20);
    assert!(json!(found).to_string().len() < 20 * 400);
    let wide = json!({"a": {"b": [1, 2, {"c": "d".repeat(1_000)}]}, "z": 1});
    let found = body_like(wide).differences(&request("{\"a\": 1, \"z\": 2}"));
    assert_eq!(found.iter().map(|one| &*one.field).collect::<Vec<_>>(), ["body.a", "body.z"]);
    assert!(json!(found[0].expected).to_string().len() < 400);
}

#[test]
fn the_digest_tells_requests_apart_and_not_the_versions_spelling() {
    let (path, query, body) = ("/api/v1/calls", "page=1", BODY.as_bytes());
    let one = request(BODY).digest();
    assert_eq!(one, Sketch::new("POST", "/api/calls", query, body).digest());
    for other in [
        Sketch::new("PUT", path, query, body),
        Sketch::new("POST", "/api/v1/call", query, body),
        Sketch::new("POST", "/api/v1/callsp", "age=1", body),
        Sketch::new("POST", path, "", body),
        Sketch::new("POST", path, query, b""),
    ] {
        assert_ne!(one, other.digest(), "{other:?}");
    }
}

/// Small values, so that some match.
fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![Just(json!(null)), Just(json!(1)), Just(json!(1.0)), Just(json!("a")), Just(json!(true))];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_request_matches_where_it_does_not_differ(part in values(), whole in values()) {
        let (pattern, body) = (body_like(part), whole.to_string());
        prop_assert_eq!(pattern.matches(&request(&body)), pattern.differences(&request(&body)).is_empty());
    }

    #[test]
    fn everything_is_a_part_of_itself(whole in values()) {
        prop_assert!(body_like(whole.clone()).matches(&request(&whole.to_string())));
    }
}

#[test]
fn a_body_that_was_dropped_is_like_no_pattern_with_one_and_says_why() {
    let dropped = request("").with_body_dropped(true);
    let pattern = body_like(json!({"a": 1}));
    assert!(!pattern.matches(&dropped) && !body_like(json!("")).matches(&dropped));
    let differences = pattern.differences(&dropped);
    assert_eq!(
        (differences.len(), &*differences[0].field, &differences[0].expected),
        (1, "body", &Json::from(&json!({"a": 1})))
    );
    assert!(differences[0].found.as_ref().unwrap().as_str().unwrap().contains("--journal-bytes"));
    assert!(Pattern::default().matches(&dropped) && Pattern::default().differences(&dropped).is_empty());
}
