//! Kept connections that the receiver closes, announced or not: RFC 9112, section 9.5.

use std::fmt::Debug;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::*;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a receiver may close a connection with on which no request comes.
const TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: keep-alive, Close\r\ncontent-length: 0\r\n\r\n";

/// What a receiver does with one request of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    /// Reads it, and answers.
    Reply(&'static [u8]),
    /// Reads it, answers, and closes.
    ReplyAndClose(&'static [u8]),
    /// Answers without having read more than its first byte, and closes: a reset for whoever still sends.
    ReplyUnread(&'static [u8]),
    /// Says that without having heard anything, and closes.
    Unasked(&'static [u8]),
    /// Reads it, and closes.
    Close,
    /// Reads it, and closes without the notice that TLS has for that.
    Cut,
    /// Closes as soon as it begins to come, without reading it, which resets the connection.
    Reset,
    /// Closes when the test says so, which is told that the request has come.
    CloseWhenTold,
    /// Reads it, and says nothing.
    Hang,
}
use Does::*;

/// What a receiver has read, with the number of the connection.
type Seen = Vec<(usize, Vec<u8>)>;

/// A receiver that does with each request of each connection what its script says.
struct Scripted {
    url: String,
    seen: Arc<Mutex<Seen>>,
    connections: Arc<AtomicUsize>,
    /// How many requests hang or wait to be closed.
    held: watch::Receiver<usize>,
    close: Arc<tokio::sync::Notify>,
}

impl Scripted {
    async fn http(script: &'static [&'static [Does]]) -> Scripted {
        Scripted::start("http", script, |stream| async { stream }).await
    }

    async fn https(authority: &Authority, script: &'static [&'static [Does]]) -> Scripted {
        let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost")));
        let accept = move |stream| {
            let acceptor = acceptor.clone();
            async move { acceptor.accept(stream).await.unwrap() }
        };
        let receiver = Scripted::start("https", script, accept).await;
        Scripted { url: receiver.url.replace("127.0.0.1", "localhost"), ..receiver }
    }

    async fn start<F, S>(
        scheme: &str,
        script: &'static [&'static [Does]],
        wrap: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Scripted
    where
        F: Future<Output = S> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (listener, url) = bind(scheme).await;
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let connections = Arc::new(AtomicUsize::new(0));
        let (holding, held) = watch::channel(0);
        let close: Arc<tokio::sync::Notify> = Arc::default();
        let (noted, counted, told) = (Arc::clone(&seen), Arc::clone(&connections), Arc::clone(&close));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let does = script.get(number).unwrap_or_else(|| panic!("connection {number} is one too many"));
                let (stream, noted, told, holding) =
                    (wrap(stream), Arc::clone(&noted), Arc::clone(&told), holding.clone());
                tokio::spawn(async move {
                    let mut stream = stream.await;
                    for one in *does {
                        let note = |request| noted.lock().push((number, request));
                        if !meet(&mut stream, *one, note, &told, &holding).await {
                            return;
                        }
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Scripted { url, seen, connections, held, close }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn seen(&self) -> Seen {
        self.seen.lock().clone()
    }
}

/// Whether the connection goes on, or is closed in good order.
async fn meet<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    does: Does,
    note: impl FnOnce(Vec<u8>),
    told: &tokio::sync::Notify,
    holding: &watch::Sender<usize>,
) -> bool {
    if let Unasked(bytes) = does {
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        return false;
    }
    let unread = matches!(does, Reset | ReplyUnread(_));
    let request = if unread { stream.read_u8().await.ok().map(|_| Vec::new()) } else { read(stream).await };
    let Some(request) = request else { return false };
    note(request);
    match does {
        Reply(bytes) => stream.write_all(bytes).await.unwrap(),
        ReplyAndClose(bytes) | ReplyUnread(bytes) => {
            stream.write_all(bytes).await.unwrap();
            let _ = stream.shutdown().await;
            return false;
        }
        Close => {
            let _ = stream.shutdown().await;
            return false;
        }
        Cut | Reset | Unasked(_) => return false,
        CloseWhenTold => {
            holding.send_modify(|held| *held += 1);
            told.notified().await;
            return false;
        }
        Hang => {
            holding.send_modify(|held| *held += 1);
            std::future::pending::<()>().await;
        }
    }
    true
}

/// A whole request.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(request.clone()).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    request.extend(body);
    Some(request)
}

fn headers(number: usize) -> Headers {
    vec![("x-number".into(), number.to_string().into())]
}

/// Sends that many events by one client, or each by one of its own.
async fn send(dispatch: &Dispatch, url: &str, count: usize, one_client: bool) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut client = dispatch.client(url).unwrap();
    for number in 0..count {
        if !one_client {
            client = dispatch.client(url).unwrap();
        }
        answers.push(client.carry(&headers(number), Bytes::from_static(b"{}"), ANSWER_WITHIN).await.answer);
    }
    answers
}

/// Holds that what was sent twice was the same, but for how the connection is to be treated, and that nothing was sent three times.
#[track_caller]
fn each_was_sent_as_one(seen: &[(usize, Vec<u8>)], about: impl Debug) {
    let lines = |request: &Vec<u8>| -> Vec<String> {
        let lines = String::from_utf8_lossy(request).into_owned();
        let is_said = |line: &&str| !line.starts_with("POST") && !line.starts_with("connection:");
        lines.lines().filter(is_said).map(ToOwned::to_owned).collect()
    };
    let whole: Vec<_> = seen.iter().map(|(_, request)| lines(request)).filter(|lines| !lines.is_empty()).collect();
    for number in 0..2 {
        let number = format!("x-number: {number}");
        let same: Vec<_> = whole.iter().filter(|lines| lines.contains(&number)).collect();
        assert!(same.len() <= 2 && same.iter().all(|one| one == &same[0]), "{about:?}: {same:?}");
    }
}

const KEPT_THEN_CLOSED: &[&[&[Does]]] = &[
    // While it is idle.
    &[&[ReplyAndClose(OK)], &[Reply(OK)]],
    // Just when the next request comes.
    &[&[Reply(OK), Close], &[Reply(OK)]],
    &[&[Reply(OK), Cut], &[Reply(OK)]],
    &[&[Reply(OK), Reset], &[Reply(OK)]],
    // An answer without a body, with chunks, with a promise to keep the connection, and of HTTP/1.0 with such a promise.
    &[&[Reply(b"HTTP/1.1 204 No Content\r\n\r\n"), Close], &[Reply(OK)]],
    &[&[Reply(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), Reset], &[Reply(OK)]],
    &[&[Reply(b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=1\r\ncontent-length: 0\r\n\r\n"), Close], &[Reply(OK)]],
    &[&[Reply(b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n"), Close], &[Reply(OK)]],
    // Not kept: it is announced, or HTTP/1.0, where the end of the connection is the end of the answer.
    &[&[ReplyAndClose(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")], &[Reply(OK)]],
    &[&[ReplyAndClose(b"HTTP/1.0 200 OK\r\n\r\nthanks")], &[Reply(OK)]],
    &[&[ReplyAndClose(b"HTTP/1.0 204 No Content\r\n\r\n")], &[Reply(OK)]],
    // With a 408, while it is idle or just when the next request comes.
    &[&[Reply(OK), Unasked(TIMEOUT)], &[Reply(OK)]],
    &[&[Reply(OK), ReplyAndClose(TIMEOUT)], &[Reply(OK)]],
    &[
        &[ReplyAndClose(
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 408 Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        )],
        &[Reply(OK)],
    ],
    // Answered before it had been read.
    &[&[ReplyUnread(OK)], &[Reply(OK)]],
    &[&[Reply(OK), ReplyUnread(OK)]],
];

#[tokio::test]
async fn an_event_that_meets_the_end_of_a_kept_connection_is_sent_over_a_new_one_as_the_same_try() {
    for script in KEPT_THEN_CLOSED {
        for one_client in [true, false] {
            let receiver = Scripted::http(script).await;
            let answers = send(&lenient(), &receiver.url, 2, one_client).await;
            assert!(
                answers.iter().all(|answer| matches!(answer, Answer::Replied(200 | 204))),
                "{script:?}: {answers:?}"
            );
            each_was_sent_as_one(&receiver.seen(), script);
        }
    }
}

#[tokio::test]
async fn over_https_too() {
    let authority = Authority::new();
    for script in KEPT_THEN_CLOSED {
        for one_client in [true, false] {
            let receiver = Scripted::https(&authority, script).await;
            let dispatch = Dispatch::trusting(Profile::Lenient, vec![authority.root()]);
            let answers = send(&dispatch, &receiver.url, 2, one_client).await;
            assert!(
                answers.iter().all(|answer| matches!(answer, Answer::Replied(200 | 204))),
                "{script:?}: {answers:?}"
            );
            each_was_sent_as_one(&receiver.seen(), script);
        }
    }
}

#[tokio::test]
async fn a_connection_that_has_carried_many_gives_one_more_chance_and_no_second() {
    const WELL: &[Does] = &[Reply(OK), Reply(OK), Reply(OK), Close];
    for (script, expected) in [
        (&[WELL, WELL, WELL] as &[&[Does]], vec![true; 9]),
        // A new connection that ends so is a failure.
        (&[WELL, &[Close], &[Reply(OK)]], vec![true, true, true, false, true]),
        (&[WELL, &[Reset], &[Reply(OK)]], vec![true, true, true, false, true]),
        (&[&[Close], &[Cut], &[Reset]], vec![false; 3]),
    ] {
        let script: &'static [&'static [Does]] = script;
        let receiver = Scripted::http(script).await;
        let answers = send(&lenient(), &receiver.url, expected.len(), true).await;
        let closed = failed("closed the connection without an answer");
        let expected: Vec<Answer> =
            expected.into_iter().map(|is_well| if is_well { Answer::Replied(200) } else { closed.clone() }).collect();
        assert_eq!(answers, expected, "{script:?}");
        assert_eq!(receiver.connections(), script.len(), "{script:?}");
    }
}

#[tokio::test]
async fn a_byte_of_an_answer_makes_it_a_failure() {
    let part: &[u8] = b"H";
    for second in [ReplyAndClose(part), ReplyAndClose(b"HTTP/1.1 100 Continue\r\n\r\n"), ReplyUnread(part)] {
        let script: &'static [&'static [Does]] =
            Box::leak(Box::new([Box::leak(Box::new([Reply(OK), second])) as &[_]]));
        let receiver = Scripted::http(script).await;
        let answers = send(&lenient(), &receiver.url, 2, true).await;
        assert_eq!(answers, [Answer::Replied(200), failed("closed the connection without an answer")], "{second:?}");
        assert_eq!(receiver.connections(), 1);
    }
}

#[tokio::test]
async fn a_408_counts_on_a_new_connection_and_where_the_connection_goes_on() {
    let scripts: [(&'static [&'static [Does]], _); 3] = [
        (&[&[ReplyAndClose(TIMEOUT)], &[Reply(OK)]], [408, 200]),
        (&[&[Reply(OK), Reply(b"HTTP/1.1 408 Timeout\r\ncontent-length: 0\r\n\r\n")]], [200, 408]),
        (&[&[Reply(OK), ReplyAndClose(TIMEOUT)], &[ReplyAndClose(TIMEOUT)]], [200, 408]),
    ];
    for (script, expected) in scripts {
        let receiver = Scripted::http(script).await;
        let answers = send(&lenient(), &receiver.url, 2, true).await;
        assert_eq!(answers, expected.map(Answer::Replied), "{script:?}");
        assert_eq!(receiver.connections(), script.len(), "{script:?}");
    }
}

/// The kernel has heard it, and the runtime has not.
#[tokio::test]
async fn what_is_said_on_an_idle_connection_is_no_answer_to_what_is_sent_next() {
    let (listener, url) = bind("http").await;
    let listener = listener.into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    let (said, hears) = std::sync::mpsc::channel();
    let (idle, is_idle) = std::sync::mpsc::channel();
    let receiver = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for number in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
            stream.write_all(OK).unwrap();
            if number == 0 {
                is_idle.recv().unwrap();
                stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n").unwrap();
                said.send(stream).unwrap();
            }
        }
    });
    let dispatch = lenient();
    let mut client = dispatch.client(&url).unwrap();
    let empty = Headers::new();
    assert_eq!(client.carry(&empty, Bytes::new(), ANSWER_WITHIN).await.answer, Answer::Replied(200));
    idle.send(()).unwrap();
    // The runtime does nothing meanwhile.
    let _open = hears.recv().unwrap();
    assert_eq!(client.carry(&empty, Bytes::new(), ANSWER_WITHIN).await.answer, Answer::Replied(200));
    receiver.join().unwrap();
}

#[tokio::test]
async fn both_ways_together_have_30_seconds() {
    let mut receiver = Scripted::http(&[&[Reply(OK), CloseWhenTold], &[Hang]]).await;
    let (url, dispatch) = (receiver.url.clone(), lenient());
    let mut sending = tokio::spawn(async move { send(&dispatch, &url, 2, true).await });
    receiver.held.wait_for(|held| *held == 1).await.unwrap();

    time::pause();
    // In steps, as one of 20 s would count as a process that was stopped.
    for _ in 0..4 {
        time::advance(Duration::from_millis(5_002)).await;
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
    time::resume();
    receiver.close.notify_one();
    receiver.held.wait_for(|held| *held == 2).await.unwrap();

    time::pause();
    assert!(timeout(Duration::from_secs(9), &mut sending).await.is_err());
    let answers = timeout(Duration::from_secs(2), &mut sending).await.unwrap().unwrap();
    assert_eq!(answers, [Answer::Replied(200), Answer::TimedOut(ANSWER_WITHIN)]);
}

#[tokio::test]
async fn a_connection_is_too_old_after_four_seconds_even_if_no_timer_has_come() {
    let receiver = Receiver::start(replying(200)).await;
    let dispatch = lenient();
    let origin = dispatch.client(&receiver.url()).unwrap().to.origin.clone();
    assert_eq!(carry(&dispatch, &receiver.url()).await, Answer::Replied(200));
    let now = crate::real_time::timer_now();
    let young = dispatch.pool.take_at(&origin, now + Duration::from_secs(3)).unwrap();
    dispatch.pool.keep(origin.clone(), young);
    assert!(dispatch.pool.take_at(&origin, now + Duration::from_secs(5)).is_none());
}
