//! Clients that leave before they have been answered, and clients that only say that they have nothing more to say.

use super::*;

/// Long before anything that is waited for here would end by itself.
const SOON: Duration = Duration::from_secs(5);

/// The client closes its side, and waits for what the server still has to say.
async fn closing(mut client: TcpStream) -> String {
    client.shutdown().await.unwrap();
    timeout(SOON, all_of(client)).await.expect("the server goes on")
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_wait_and_its_stream_of_events_along() {
    let (address, _stop, _end) = running().await;
    let never = r#"{"path": "/never", "timeout": "10m"}"#;
    let wait = having_sent(address, &request("POST /__admin/requests/wait", never)).await;
    let deliveries =
        having_sent(address, &request("POST /__admin/webhooks/deliveries/wait", r#"{"timeout": "10m"}"#)).await;
    let events = having_sent(address, "GET /__admin/events HTTP/1.1\r\nHost: a\r\n\r\n").await;
    tokio::time::pause();
    assert_eq!(closing(wait).await, "");
    assert_eq!(closing(deliveries).await, "");
    let heard = closing(events).await;
    assert!(heard.contains(": connected") && !heard.ends_with("0\r\n\r\n"), "it was cut off: {heard}");
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_advance_along_and_the_next_one_begins() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", receiver.local_addr().unwrap());
    let webhooks = Webhooks { urls: vec![url], ..Webhooks::default() };
    let (address, _stop, _end) =
        running_with(Settings { webhooks, clock: ClockMode::Manual, ..Settings::default() }).await;
    let placement = r#"{"campaignId": "cmp_xxx", "toNumber": "+15005550107", "fromPhoneNumberId": "pn_xxx"}"#;
    drop(having_sent(address, &request("POST /api/v1/calls", placement)).await);
    let advance = having_sent(address, &request("POST /__admin/clock/advance", r#"{"by": "1h"}"#)).await;
    // The receiver never answers.
    let (_delivery, _) = receiver.accept().await.unwrap();
    let past = request("POST /__admin/clock/advance", r#"{"to": "2000-01-01T00:00:00Z"}"#);
    let second = having_sent(address, &past).await;
    let heard = closing(second).await;
    assert!(heard.starts_with("HTTP/1.1 409 "), "{heard}");
    assert_eq!(closing(advance).await, "");
    let heard = closing(having_sent(address, &past).await).await;
    assert!(heard.starts_with("HTTP/1.1 422 "), "{heard}");
}

#[tokio::test]
async fn a_client_that_has_nothing_more_to_say_gets_its_answers_also_late_ones() {
    let (address, _stop, _end) = running().await;
    let get = "GET /api/v1/calls/call_xxx HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer any\r\n\r\n";
    let heard = closing(having_sent(address, &get.repeat(3)).await).await;
    assert_eq!(heard.matches("HTTP/1.1 200 ").count(), 3, "{heard}");
    let rule = request(
        "POST /__admin/faults",
        r#"{"match": {"path": "/api/v1/calls/call_xxx"}, "effect": {"latency": "3s"}}"#,
    );
    drop(having_sent(address, &rule).await);
    tokio::time::pause();
    let mut late = TcpStream::connect(address).await.unwrap();
    late.write_all(get.as_bytes()).await.unwrap();
    let heard = closing(late).await;
    assert!(heard.starts_with("HTTP/1.1 200 "), "{heard}");
    let mut post = TcpStream::connect(address).await.unwrap();
    post.write_all(request("POST /api/v1/calls", "{}").as_bytes()).await.unwrap();
    let heard = closing(post).await;
    assert!(heard.starts_with("HTTP/1.1 422 "), "{heard}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_at_once() {
    let (address, _stop, _end) = running().await;
    let whole = request("POST /api/v1/calls", "{}");
    let half = having_sent(address, &whole[..whole.len() - 1]).await;
    tokio::time::pause();
    let heard = closing(half).await;
    assert!(heard.starts_with("HTTP/1.1 400 "), "{heard}");
}
