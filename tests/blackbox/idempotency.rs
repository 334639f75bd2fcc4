//! `Idempotency-Key`.

use std::sync::Arc;

use crate::support::{Server, placement, settings};
use akol_mock::{Auth, Settings};
use hyper::{Method, StatusCode};
use serde_json::json;

const KEY: &str = "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11";

#[tokio::test]
async fn the_same_request_gets_the_first_answer_to_the_byte() {
    let server = Server::start().await;
    let body = placement("+15005550100").to_string();
    let first = server.place_with_key(KEY, body.as_str()).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    // The call goes on meanwhile; the answer stays.
    for _ in 0..3 {
        server.advance_secs(100).await;
        let again = server.place_with_key(KEY, body.as_str()).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
    assert_eq!(server.all_calls().await.len(), 202);
}

#[tokio::test]
async fn spacing_and_the_order_of_fields_make_no_other_request() {
    let server = Server::start().await;
    let first = server.place_with_key(KEY, placement("+15557770010").to_string()).await;
    for same in [
        "{\n\t\"toNumber\" : \"+15557770010\",\r\n \"fromPhoneNumberId\":\"pn_xxx\", \"campaignId\":\"cmp_xxx\" }  ",
        r#"{"campaign\u0049d":"\u0063mp_xxx","toNumber":"+15557770010","fromPhoneNumberId":"pn_xxx"}"#,
    ] {
        assert_eq!(server.place_with_key(KEY, same).await.body, first.body, "{same}");
    }
    let upper = server.place_with_key(&KEY.to_uppercase(), placement("+15557770010").to_string()).await;
    assert_eq!(upper.body, first.body, "a UUID is the same in either case");
}

#[tokio::test]
async fn another_body_is_refused_and_the_first_answer_kept() {
    let server = Server::start().await;
    let first = server.place_with_key(KEY, placement("+15557770011").to_string()).await;
    let mut with_more = placement("+15557770011");
    with_more["note"] = json!("one more");
    for other in [placement("+15557770012"), with_more, json!({}), placement("nonsense")] {
        let answer = server.place_with_key(KEY, other.to_string()).await;
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
        assert!(answer.error().contains("another body"), "{}", answer.error());
    }
    assert_eq!(server.place_with_key(KEY, placement("+15557770011").to_string()).await.body, first.body);
}

#[tokio::test]
async fn numbers_are_the_same_however_they_are_written_and_differ_in_their_last_digit() {
    let server = Server::start().await;
    let with_order =
        |order: &str| placement("+15557770014").to_string().replacen('{', &format!("{{\"order\": {order},"), 1);
    let first = server.place_with_key(KEY, with_order("18446744073709551616")).await;
    assert_eq!(first.status, StatusCode::CREATED);
    for same in ["18446744073709551616.0", "1844674407370955161.6e1"] {
        assert_eq!(server.place_with_key(KEY, with_order(same)).await.body, first.body, "{same}");
    }
    for other in ["18446744073709551617", "18446744073709551615", "1.8446744073709552e19"] {
        assert_eq!(server.place_with_key(KEY, with_order(other)).await.fields(), ["Idempotency-Key"], "{other}");
    }
}

#[tokio::test]
async fn another_key_or_none_makes_another_call() {
    let server = Server::start().await;
    let body = placement("+15557770013").to_string();
    let first = server.place_with_key(KEY, body.as_str()).await;
    let other = server.place_with_key("7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c12", body.as_str()).await;
    assert_ne!(first.data()["id"], other.data()["id"]);
    let (one, two) = (server.place("+15557770013").await, server.place("+15557770013").await);
    assert_ne!(one, two);
    assert_eq!(server.all_calls().await.len(), 205);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_is_refused() {
    let server = Server::start().await;
    for key in [
        "",
        "order-17",
        "7f2c1f8e3b0a4a539d0c5f1f6f1f3c11",
        "{7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11}",
        "urn:uuid:7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11",
        "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c1g",
        "7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11, 7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c12",
    ] {
        let answer = server.place_with_key(key, placement("+15557770014").to_string()).await;
        assert_eq!(answer.fields(), ["Idempotency-Key"], "{key:?}");
        assert!(answer.error().contains("must be a UUID"), "{}", answer.error());
    }
    let request = server.request(Method::POST, "/api/v1/calls").header("content-type", "application/json");
    let request = request.header("idempotency-key", KEY).header("idempotency-key", KEY);
    let twice = server.send(request.body(placement("+15557770014").to_string().into()).unwrap()).await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    assert!(twice.error().contains("The header Idempotency-Key is given 2 times"), "{}", twice.error());
    assert_eq!(server.all_calls().await.len(), 201);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let server = Server::start().await;
    let body = placement("+15005550104").to_string();
    let first = server.place_with_key(KEY, body.as_str()).await;
    server.advance_secs(24 * 60 * 60 - 1).await;
    assert_eq!(server.place_with_key(KEY, body.as_str()).await.body, first.body);
    server.advance_secs(1).await;
    let second = server.place_with_key(KEY, body.as_str()).await;
    assert_eq!(second.status, StatusCode::CREATED);
    assert_ne!(second.data()["id"], first.data()["id"]);
    assert!(!second.headers.contains_key("idempotent-replayed"));
    // From here on another day counts.
    server.advance_secs(24 * 60 * 60 - 1).await;
    assert_eq!(server.place_with_key(KEY, body.as_str()).await.body, second.body);
}

#[tokio::test]
async fn refusals_are_not_remembered() {
    let server = Server::start().await;
    let campaign = "/__admin/campaigns/cmp_xxx";
    let body = placement("+15557770015").to_string();
    server.send_json(Method::PATCH, campaign, json!({"status": "PAUSED"})).await;
    assert_eq!(server.place_with_key(KEY, body.as_str()).await.status, StatusCode::TOO_MANY_REQUESTS);
    let refused = [("{", 400), ("[]", 422), (r#"{"campaignId":"cmp_xxx"}"#, 422)];
    for (refused, status) in refused {
        assert_eq!(server.place_with_key(KEY, refused).await.status.as_u16(), status);
    }
    for to in ["+15005550150", "+15005550153", "+15005550129"] {
        server.place_with_key(KEY, placement(to).to_string()).await.error();
    }
    server.send_json(Method::PATCH, campaign, json!({"status": "RUNNING"})).await;
    let answer = server.place_with_key(KEY, body.as_str()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(!answer.headers.contains_key("idempotent-replayed"));
}

#[tokio::test]
async fn the_first_answer_comes_even_when_the_call_could_not_be_placed_any_more() {
    let server = Server::start().await;
    let body = placement("+15557770016").to_string();
    let first = server.place_with_key(KEY, body.as_str()).await;
    server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", json!({"status": "PAUSED"})).await;
    assert_eq!(server.place_with_key(KEY, body.as_str()).await.body, first.body);
}

#[tokio::test]
async fn who_may_not_enter_gets_no_replay() {
    let server = Server::with(Settings { auth: Auth::Strict(vec!["test".into()]), ..settings() }).await;
    let body = placement("+15557770017").to_string();
    assert_eq!(server.place_with_key(KEY, body.as_str()).await.status, StatusCode::CREATED);
    let request = hyper::Request::builder().method(Method::POST).uri(format!("{}/api/v1/calls", server.base));
    let request = request.header("content-type", "application/json").header("idempotency-key", KEY);
    let stranger = server.send(request.header("authorization", "Bearer other").body(body.into()).unwrap()).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_identical_requests_at_once_make_one_call() {
    let server = Arc::new(Server::start().await);
    let body = placement("+15557770018").to_string();
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let (server, body) = (Arc::clone(&server), body.clone());
            tokio::spawn(async move { server.place_with_key(KEY, body).await })
        })
        .collect();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    let carried_out = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED && !answer.headers.contains_key("idempotent-replayed"));
    let carried_out: Vec<_> = carried_out.collect();
    assert_eq!(carried_out.len(), 1);
    for answer in &answers {
        if answer.status != StatusCode::CONFLICT {
            assert_eq!((answer.status, &answer.body), (StatusCode::CREATED, &carried_out[0].body));
        }
    }
    assert_eq!(server.all_calls().await.len(), 202);
}

#[tokio::test]
async fn an_answer_that_was_held_back_comes_again_once_it_has_been_given() {
    let server = Server::start().await;
    let space = server.as_workspace("a");
    space.fault(json!({"match": {"method": "POST"}, "times": 1, "effect": {"latency": "1ms"}})).await;
    let first = space.place_with_key(KEY, "+15551234567").await;
    let again = space.place_with_key(KEY, "+15551234567").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (StatusCode::CREATED, "true"));
    assert_eq!(first.body, again.body);
}
