//! How many instructions the hot paths take, by callgrind: figures that do not depend on the machine's mood.
//!
//! Each function asks a server ten times what its name says, over a socket, with everything on one thread: client, server,
//! runtime. So a figure holds all of the way but the kernel's part, and a client's that is always the same; `bare` is that of hyper alone.
//! `benches/instructions/run` runs this, and holds the figures against those that are recorded.

#[path = "../load/prebuilt.rs"]
mod prebuilt;

use std::net::SocketAddr;

use akol_mock::server::Server;
use akol_mock::{ClockMode, LogFormat, Settings, Webhooks};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use self::prebuilt::Prebuilt;

/// How often each thing is asked.
const TIMES: usize = 10;

/// A server on a runtime of one thread, a connection to it, and what is to be asked.
struct Stage {
    runtime: Runtime,
    client: TcpStream,
    requests: Vec<String>,
    /// A receiver of webhooks, where there is one.
    receiver: Option<TcpListener>,
    /// The server stops when this is dropped.
    _stop: watch::Sender<bool>,
}

impl Stage {
    /// A server with that many calls, that has been asked already what it will be asked: what is made at first use is made.
    fn new(calls: u32, request: impl Fn(usize) -> String) -> Stage {
        let mut stage = Stage::cold(calls, false, request);
        // The second half is what is measured.
        let rest = stage.requests.split_off(TIMES);
        ask(&mut stage);
        Stage { requests: rest, ..stage }
    }

    /// A server with a thousand calls, one of which is asked for: one whose words are drawn, not the documentation's.
    fn drawn() -> Stage {
        let mut stage = Stage::cold(1_000, false, |_| String::new());
        stage.requests = vec![get("?status=COMPLETED&limit=1", "")];
        let listed = String::from_utf8(ask(&mut stage)).unwrap();
        let id = listed.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a call has an id");
        stage.requests = vec![get(&format!("/{id}"), ""); TIMES];
        ask(&mut stage);
        stage
    }

    /// Bare hyper that gives the answer to such a request: what a path takes over this is the product's own.
    fn bare(request: impl Fn(usize) -> String) -> Stage {
        let mut stage = Stage::new(1_000, request);
        let prebuilt = Prebuilt::read(&ask(&mut stage));
        stage.client = stage.runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(prebuilt.serve(listener));
            TcpStream::connect(address).await.unwrap()
        });
        stage.client.set_nodelay(true).unwrap();
        ask(&mut stage);
        stage
    }

    /// A server that has been asked nothing.
    fn cold(calls: u32, is_received: bool, request: impl Fn(usize) -> String) -> Stage {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let receiver = is_received.then(|| runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap());
        let urls = receiver.iter().map(|receiver| format!("http://{}/hooks", receiver.local_addr().unwrap()));
        let settings = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            calls,
            start_time: Some("2026-04-20T15:00:00Z".parse().unwrap()),
            clock: ClockMode::Manual,
            log_format: LogFormat::Off,
            webhooks: Webhooks { urls: urls.collect(), ..Webhooks::default() },
            ..Settings::default()
        };
        let (stop, stopped) = watch::channel(false);
        let client = runtime.block_on(async {
            let server = Server::bind(&settings).await.unwrap();
            let address = server.address();
            tokio::spawn(server.run(stopped, ""));
            TcpStream::connect(address).await.unwrap()
        });
        client.set_nodelay(true).unwrap();
        let requests = (0..2 * TIMES).map(request).collect();
        Stage { runtime, client, requests, receiver, _stop: stop }
    }

    /// A server with a thousand placed calls, whose clock is to be advanced until they are over.
    fn placed() -> Stage {
        let mut stage = Stage::cold(0, false, |_| String::new());
        stage.requests = (0..1_000).map(place).collect();
        ask(&mut stage);
        stage.requests = vec![control("/clock/advance", r#"{"by":"1h"}"#)];
        stage
    }

    /// A server with a receiver that is to be told of ten events.
    fn told() -> Stage {
        let trigger = |_| control("/webhooks/trigger", r#"{"event":"call.ended","callId":"call_xxx"}"#);
        let mut stage = Stage::cold(200, true, trigger);
        let receiver = stage.receiver.take().unwrap();
        stage.runtime.spawn(receive(receiver));
        stage.requests.truncate(TIMES);
        // An advance waits until all that is under way has been received.
        stage.requests.push(control("/clock/advance", r#"{"by":"1ms"}"#));
        ask(&mut stage);
        stage
    }
}

/// Takes every delivery that comes, on as many connections as come.
async fn receive(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut read = Vec::new();
            while let Some(length) = length_of_message(&mut stream, &mut read).await {
                read.drain(..length);
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        });
    }
}

/// Asks everything, takes the answers, and gives the last.
fn ask(stage: &mut Stage) -> Vec<u8> {
    let Stage { runtime, client, requests, .. } = stage;
    runtime.block_on(async {
        // Room for every answer: whether one that grows is moved depends on what lies behind it, and would be counted.
        let mut read = Vec::with_capacity(4 << 20);
        for request in requests {
            read.clear();
            client.write_all(request.as_bytes()).await.unwrap();
            length_of_message(client, &mut read).await.expect("an answer");
            assert!(read.starts_with(b"HTTP/1.1 2"), "{request}\n{}", String::from_utf8_lossy(&read));
        }
        read
    })
}

/// Reads until a whole message is there, and says how long it is; `None` where there will be none.
async fn length_of_message(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = std::str::from_utf8(&read[..end]).unwrap();
            if head.contains("transfer-encoding: chunked") {
                // All of it: how much is written before its reader leaves hangs on whose turn it is.
                while !read.ends_with(b"\r\n0\r\n\r\n") {
                    stream.read_buf(read).await.unwrap();
                }
                return Some(read.len());
            }
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap());
            while read.len() < length {
                stream.read_buf(read).await.unwrap();
            }
            return Some(length);
        }
        if stream.read_buf(read).await.unwrap() == 0 {
            return None;
        }
    }
}

fn get(path: &str, header: &str) -> String {
    format!("GET /api/v1/calls{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer any\r\n{header}\r\n")
}

fn control(path: &str, json: &str) -> String {
    let length = json.len();
    format!(
        "POST /__admin{path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    )
}

fn place(number: usize) -> String {
    let body = format!(r#"{{"campaignId":"cmp_xxx","toNumber":"+1212{number:07}","fromPhoneNumberId":"pn_xxx"}}"#);
    let key = format!("Idempotency-Key: 7f2c1f8e-3b0a-4a53-9d0c-{number:012x}");
    let (head, length) = ("POST /api/v1/calls HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer any", body.len());
    format!("{head}\r\n{key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

mod paths {
    use gungraun::{library_benchmark, library_benchmark_group};

    use super::{Stage, ask, get as request, place as placing};

    fn one_call() -> Stage {
        Stage::new(1_000, |_| request("/call_xxx", ""))
    }

    fn bare_call() -> Stage {
        Stage::bare(|_| request("/call_xxx", ""))
    }

    fn a_page(calls: u32) -> Stage {
        Stage::new(calls, |_| request("?status=COMPLETED&limit=20", ""))
    }

    /// Each page is asked for once.
    fn unread_pages() -> Stage {
        Stage::new(1_000, |page| request(&format!("?limit=20&page={}", page + 1), ""))
    }

    fn new_calls() -> Stage {
        Stage::new(1_000, placing)
    }

    fn a_range() -> Stage {
        Stage::new(1_000, |_| request("/call_xxx/audio", "Range: bytes=100000-116383\r\n"))
    }

    #[library_benchmark]
    #[bench::given_word_for_word(args = (), setup = one_call)]
    #[bench::drawn(args = (), setup = Stage::drawn)]
    fn get(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    #[library_benchmark]
    #[bench::hyper(args = (), setup = bare_call)]
    fn bare(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    #[library_benchmark]
    #[bench::of_1000_calls(args = (1_000), setup = a_page)]
    #[bench::of_100000_calls(args = (100_000), setup = a_page)]
    #[bench::of_calls_not_written_yet(args = (), setup = unread_pages)]
    fn list(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    #[library_benchmark]
    #[bench::with_key(args = (), setup = new_calls)]
    fn place(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    #[library_benchmark]
    #[bench::range_of_16_kib(args = (), setup = a_range)]
    fn audio(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    #[library_benchmark]
    #[bench::of_1000_calls(args = (), setup = Stage::placed)]
    fn advance(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    #[library_benchmark]
    #[bench::of_10_events(args = (), setup = Stage::told)]
    fn deliver(mut stage: Stage) -> Stage {
        ask(&mut stage);
        stage
    }

    library_benchmark_group!(name = hot; benchmarks = bare, get, list, place, audio, advance, deliver);
    gungraun::main!(library_benchmark_groups = hot);

    pub fn run() {
        main();
    }
}

fn main() {
    // Where Cargo runs tests, `cargo test --all-targets`, there is nothing to do, and nothing that could do it.
    if std::env::args().any(|argument| argument == "--bench" || argument == "--gungraun-run") {
        paths::run();
    }
}
