//! Deliveries to real receivers on this machine, over http and https.

mod kept;
mod receiver;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::{Response, Uri};
use receiver::{Authority, Receiver, bind, replying, url};
use tokio::sync::{mpsc, oneshot};
use tokio::time;

use super::*;

/// Carries a parcel by a client of its own.
async fn carry(dispatch: &Dispatch, url: &str) -> Answer {
    carry_with(dispatch, url, Headers::new(), Bytes::from_static(b"{}")).await
}

async fn carry_with(dispatch: &Dispatch, url: &str, headers: Headers, body: Bytes) -> Answer {
    match dispatch.client(url) {
        Ok(mut client) => client.carry(&headers, body, ANSWER_WITHIN).await.answer,
        Err(why) => Answer::Failed(why),
    }
}

fn lenient() -> Dispatch {
    Dispatch::new(Profile::Lenient)
}

fn failed(reason: &str) -> Answer {
    Answer::Failed(reason.to_owned())
}

#[tokio::test]
async fn every_status_is_an_answer_and_redirects_are_not_followed() {
    let elsewhere = Receiver::start(replying(200)).await;
    for status in [200, 204, 302, 307, 404, 500] {
        let target = elsewhere.url();
        let receiver = Receiver::start(move |_| {
            let reply = Response::builder().status(status).header("location", &target).body(Full::default());
            async { reply.unwrap() }
        })
        .await;
        assert_eq!(carry(&lenient(), &receiver.url()).await, Answer::Replied(status));
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn the_receiver_gets_the_body_with_the_headers_as_given() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let receiver = Receiver::start(move |request: Request<Incoming>| {
        let seen = seen.clone();
        async move {
            let (head, body) = request.into_parts();
            seen.send((head, body.collect().await.unwrap().to_bytes())).unwrap();
            Response::default()
        }
    })
    .await;
    let address: Uri = format!("{}hooks/a?team=1", receiver.url()).parse().unwrap();
    let headers = vec![("X-Webhook-Signature".into(), "abc123".into())];
    carry_with(&lenient(), &address.to_string(), headers, Bytes::from_static(b"{\"event\":1}")).await;

    let (head, body) = requests.recv().await.unwrap();
    assert_eq!(head.method, "POST");
    assert_eq!(head.uri, "/hooks/a?team=1");
    assert_eq!(head.headers["content-type"], "application/json");
    assert_eq!(head.headers["user-agent"], AGENT);
    assert_eq!(head.headers["x-webhook-signature"], "abc123");
    assert_eq!(head.headers["host"], address.authority().unwrap().as_str());
    assert_eq!(body, "{\"event\":1}");
}

async fn hint(dispatch: &Dispatch, url: &str) -> String {
    let mut client = dispatch.client(url).unwrap();
    client.carry(&Headers::new(), Bytes::new(), ANSWER_WITHIN).await.hint.unwrap_or_default().into_owned()
}

#[tokio::test]
async fn what_may_help_is_said_beside_the_reason() {
    for (status, words) in [(200, ""), (400, "deliveries"), (404, "path"), (503, "log")] {
        let receiver = Receiver::start(replying(status)).await;
        let hint = hint(&lenient(), &receiver.url()).await;
        assert!(hint.contains(words) && hint.is_empty() == words.is_empty(), "{status}: {hint}");
    }
    let moved: &[u8] = b"HTTP/1.1 308 Moved\r\nlocation: https://a.example/hooks?key=1\r\ncontent-length: 0\r\n\r\n";
    assert!(hint(&lenient(), &receiver::raw(moved).await).await.ends_with(" https://a.example/hooks"));

    let (listener, refusing) = bind("http").await;
    drop(listener);
    assert!(
        hint(&lenient(), &refusing).await.contains("127.0.0.1") || hint(&lenient(), &refusing).await.contains("listen")
    );
    assert!(hint(&lenient(), "http://nobody.invalid/").await.contains("name"));
    assert!(hint(&lenient(), &receiver::raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await).await.contains("https://"));
    assert!(hint(&lenient(), &receiver::raw(b"").await).await.contains("https://"));

    let authority = Authority::new();
    let trusting = Dispatch::trusting(Profile::Lenient, vec![authority.root()]);
    let other = Receiver::start_tls(authority.server("other.example"), replying(200)).await;
    assert!(hint(&trusting, &other.url_at("localhost")).await.contains("name"));
    let expired = Receiver::start_tls(authority.expired_server("localhost"), replying(200)).await;
    assert!(hint(&trusting, &expired.url_at("localhost")).await.contains("this machine"));
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_refused() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.expired_server("localhost"), replying(200)).await;
    let client = Dispatch::trusting(Profile::Lenient, vec![authority.root()]);
    let Answer::Failed(reason) = carry(&client, &receiver.url_at("localhost")).await else { panic!("an answer") };
    assert!(reason.starts_with("certificate not trusted: certificate expired"), "{reason}");
}

#[tokio::test]
async fn a_header_that_http_forbids_is_a_failure() {
    let headers = vec![("x-a".into(), "two\nlines".into())];
    let answer = carry_with(&lenient(), "http://127.0.0.1:9/", headers, Bytes::new()).await;
    assert_eq!(answer, failed("the request cannot be sent: failed to parse header value"));
}

#[tokio::test]
async fn nobody_listening_is_named() {
    let (listener, url) = bind("http").await;
    drop(listener);
    assert_eq!(carry(&lenient(), &url).await, Answer::Refused("connection refused".to_owned()));
}

#[tokio::test]
async fn an_unknown_name_is_named() {
    // RFC 6761 keeps .invalid from ever resolving.
    let Answer::Failed(reason) = carry(&lenient(), "http://nobody.invalid/").await else { panic!("an answer") };
    assert!(reason.starts_with("name does not resolve: nobody.invalid: "), "{reason}");
}

#[tokio::test]
async fn nonsense_is_named() {
    let garbage = receiver::raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    assert_eq!(carry(&lenient(), &garbage).await, failed("answered with something that is not HTTP"));

    let half = receiver::raw(b"HTTP/1.1 200 OK\r\nconte").await;
    assert_eq!(carry(&lenient(), &half).await, failed("closed the connection without an answer"));
}

#[tokio::test]
async fn a_server_that_speaks_first_is_named() {
    let (listener, url) = bind("http").await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        receiver::write_all(&mut stream, b"220 mail.example ESMTP\r\n").await;
        std::future::pending::<()>().await;
    });
    assert_eq!(carry(&lenient(), &url).await, failed("answered with something that is not HTTP"));
}

#[tokio::test]
async fn headers_without_end_are_named() {
    let (listener, url) = bind("http").await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        receiver::read_some(&mut stream).await;
        receiver::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n").await;
        while receiver::write_all(&mut stream, &[b'a'; 4096]).await {}
    });
    assert_eq!(carry(&lenient(), &url).await, failed("answered with headers that are too long"));
}

#[tokio::test]
async fn a_receiver_that_closes_at_once_is_named() {
    let (listener, url) = bind("http").await;
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    assert_eq!(carry(&lenient(), &url).await, failed("closed the connection without an answer"));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_after_30_seconds() {
    let (asked, was_asked) = oneshot::channel();
    let (listener, url) = bind("http").await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        receiver::read_some(&mut stream).await;
        asked.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    let mut carrying = tokio::spawn(async move { carry(&lenient(), &url).await });
    was_asked.await.unwrap();

    // From here on, nothing but a timer can happen: a stopped clock jumps to the next one.
    time::pause();
    assert!(timeout(Duration::from_secs(29), &mut carrying).await.is_err());
    let answer = timeout(Duration::from_secs(2), &mut carrying).await.unwrap().unwrap();
    assert_eq!(answer, Answer::TimedOut(ANSWER_WITHIN));
}

#[tokio::test]
async fn a_long_body_is_not_read_to_its_end() {
    let (written, was_written) = oneshot::channel();
    let (listener, url) = bind("http").await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        receiver::read_some(&mut stream).await;
        receiver::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n").await;
        receiver::write_all(&mut stream, &[b'a'; 2 * BODY_AT_MOST]).await;
        written.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    let mut carrying = tokio::spawn(async move { carry(&lenient(), &url).await });
    was_written.await.unwrap();

    time::pause();
    let answer = timeout(BODY_WITHIN / 2, &mut carrying).await.unwrap().unwrap();
    assert_eq!(answer, Answer::Replied(200));
}

#[tokio::test]
async fn a_body_that_stops_halfway_is_dropped_after_a_second() {
    let (written, was_written) = oneshot::channel();
    let (listener, url) = bind("http").await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        receiver::read_some(&mut stream).await;
        receiver::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
        written.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    let mut carrying = tokio::spawn(async move { carry(&lenient(), &url).await });
    was_written.await.unwrap();

    time::pause();
    let answer = timeout(Duration::from_secs(2), &mut carrying).await.unwrap().unwrap();
    assert_eq!(answer, Answer::Replied(200));
}

#[tokio::test]
async fn a_connection_is_used_again_by_its_courier_and_by_the_next() {
    let receiver = Receiver::start(replying(200)).await;
    let dispatch = lenient();
    let mut client = dispatch.client(&receiver.url()).unwrap();
    for _ in 0..10 {
        assert_eq!(client.carry(&Headers::new(), Bytes::new(), ANSWER_WITHIN).await.answer, Answer::Replied(200));
    }
    drop(client);
    for _ in 0..10 {
        assert_eq!(carry(&dispatch, &receiver.url()).await, Answer::Replied(200));
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_receiver_has_closed_is_not_used_again() {
    let (listener, url) = bind("http").await;
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            receiver::read_some(&mut stream).await;
            // Says that it will be kept, and closes it.
            receiver::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let dispatch = lenient();
    let mut client = dispatch.client(&url).unwrap();
    for _ in 0..5 {
        assert_eq!(client.carry(&Headers::new(), Bytes::new(), ANSWER_WITHIN).await.answer, Answer::Replied(200));
        let _ = timeout(Duration::from_millis(20), std::future::pending::<()>()).await;
    }
    assert_eq!(served.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_connection_is_let_go_when_it_has_been_idle_for_four_seconds() {
    let receiver = Receiver::start(replying(200)).await;
    let dispatch = lenient();
    assert_eq!(carry(&dispatch, &receiver.url()).await, Answer::Replied(200));
    time::pause();
    let _ = timeout(Duration::from_secs(5), std::future::pending::<()>()).await;
    time::resume();
    assert_eq!(carry(&dispatch, &receiver.url()).await, Answer::Replied(200));
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn https_is_spoken_with_a_receiver_whose_ca_is_trusted() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.server("localhost"), replying(200)).await;
    let client = Dispatch::trusting(Profile::Lenient, vec![authority.root()]);
    assert_eq!(carry(&client, &receiver.url_at("localhost")).await, Answer::Replied(200));
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let receiver = Receiver::start_tls(Authority::new().server("localhost"), replying(200)).await;
    let answer = carry(&lenient(), &receiver.url_at("localhost")).await;
    assert_eq!(
        answer,
        failed("certificate not trusted: no known root vouches for it; name its CA in SSL_CERT_FILE, a PEM file")
    );
}

#[tokio::test]
async fn a_ca_certificate_in_place_of_a_servers_is_refused_with_advice() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.server_as_itself(), replying(200)).await;
    let client = Dispatch::trusting(Profile::Lenient, vec![authority.root()]);
    let words = "certificate not trusted: it is a CA's and not a server's; make it anew with basicConstraints=CA:FALSE";
    assert_eq!(carry(&client, &receiver.url_at("localhost")).await, failed(words));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.server("other.example"), replying(200)).await;
    let client = Dispatch::trusting(Profile::Lenient, vec![authority.root()]);
    let Answer::Failed(reason) = carry(&client, &receiver.url_at("localhost")).await else { panic!("an answer") };
    assert!(reason.starts_with("certificate not trusted: certificate not valid for name \"localhost\""), "{reason}");
}

#[tokio::test]
async fn https_to_a_receiver_of_http_is_named_and_the_reverse() {
    let plain = receiver::raw(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.replace("http:", "https:");
    let words = "answered with something that is not TLS; is it http:// rather than https://?";
    assert_eq!(carry(&lenient(), &plain).await, failed(words));

    let secret = Receiver::start_tls(Authority::new().server("localhost"), replying(200)).await;
    let answer = carry(&lenient(), &secret.url_at("localhost").replace("https:", "http:")).await;
    assert_eq!(answer, failed("answered with something that is not HTTP"));
}

#[tokio::test]
async fn production_refuses_at_sending_time_what_may_not_be_called() {
    let client = Dispatch::new(Profile::Production);
    for (url, why) in [
        ("http://example.com/", "https:// only"),
        ("https://127.0.0.1:9/", "public addresses only"),
        ("https://[::ffff:127.0.0.1]:9/", "public addresses only"),
        ("https://localhost:9/", "public hosts only"),
        ("https://2130706433:9/", "public addresses only"),
    ] {
        let Answer::Failed(reason) = carry(&client, url).await else { panic!("an answer from {url}") };
        assert!(reason.contains(url) && reason.contains(why), "{reason}");
    }
}

#[tokio::test]
async fn production_makes_no_connection_to_a_name_that_resolves_to_a_private_address() {
    let (listener, _) = bind("https").await;
    let address = url("https", &format!("localhost:{}", listener.local_addr().unwrap().port()));
    // Past the look at the URL, which knows this name, as a public name would be.
    let destination = Destination::take_apart(address.parse().unwrap()).unwrap();
    let mut client = Dispatch::new(Profile::Production).client_to(destination);
    let answer = client.carry(&Headers::new(), Bytes::new(), ANSWER_WITHIN).await.answer;

    let Answer::Failed(reason) = answer else { panic!("an answer") };
    assert!(reason.starts_with("localhost resolves to "), "{reason}");
    assert!(reason.ends_with(": the production profile sends to public addresses only"), "{reason}");
    assert_eq!(listener.into_std().unwrap().accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}
