//! A client that keeps a constant rate, whatever the server does: for latencies under a load that somebody else decides on.
//!
//! A latency is counted from when its request was to be sent. So a server that stands still for a while is charged for all
//! that would have been asked in the meantime, and not for the one request that waited for it.
//!
//! It never sleeps, as timers are too coarse for what is measured here; it has a core to itself.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::process::{Process, itself, pinned};
use crate::request::Request;

/// Latencies, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Latencies {
    /// The median.
    pub p50: f64,
    /// Of a hundred, the slowest but one.
    pub p99: f64,
    /// How many requests were answered.
    pub requests: u64,
}

/// What is between two requests in the file of requests.
const BETWEEN: &str = "\0";

/// Lets a client with a core of its own ask that many times a second.
pub fn ask(
    server: &Process,
    core: usize,
    file: &Path,
    requests: &[Request],
    rate: f64,
    lasting: Duration,
) -> Latencies {
    let texts: Vec<&str> = requests.iter().map(|request| request.0.as_str()).collect();
    std::fs::write(file, texts.join(BETWEEN)).expect("requests can be written");
    let mut client = pinned(core, itself());
    client.arg("paced").arg(server.address.to_string()).arg(file);
    let output = client.arg(format!("{rate:.0}")).arg(lasting.as_millis().to_string()).output().expect("a client");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [p50, p99, requests] = numbers[..] else {
        panic!("the client says {text}{}", String::from_utf8_lossy(&output.stderr))
    };
    Latencies { p50, p99, requests: requests as u64 }
}

const CONNECTIONS: usize = 32;

/// One connection, and what it is busy with.
struct Line {
    stream: TcpStream,
    /// When the request that is under way was to be sent.
    due: Option<Instant>,
    read: Vec<u8>,
}

/// Asks: address, file of requests, requests a second, milliseconds.
pub fn run(parameters: &[&str]) {
    let [address, file, rate, millis] = parameters else { panic!("paced ADDRESS FILE RATE MILLIS") };
    let address: SocketAddr = address.parse().expect("an address");
    let requests = std::fs::read_to_string(file).expect("requests");
    let mut requests = requests.split(BETWEEN).cycle();
    let pause = Duration::from_secs_f64(1.0 / rate.parse::<f64>().expect("a rate"));
    let lasting = Duration::from_millis(millis.parse().expect("a time"));

    let mut free: Vec<Line> = (0..CONNECTIONS).map(|_| Line::to(address)).collect();
    let mut busy: Vec<Line> = Vec::new();
    let mut waiting: VecDeque<Instant> = VecDeque::new();
    let mut latencies: Vec<u32> = Vec::new();
    let start = Instant::now();
    let mut next = start;
    loop {
        let now = Instant::now();
        let is_over = now.duration_since(start) >= lasting;
        while !is_over && next <= now {
            waiting.push_back(next);
            next += pause;
        }
        if is_over && busy.is_empty() && waiting.is_empty() {
            break;
        }
        assert!(
            now.duration_since(start) < lasting * 3 + Duration::from_secs(10),
            "the server does not keep up at all"
        );
        while let (Some(due), true) = (waiting.front().copied(), !free.is_empty()) {
            waiting.pop_front();
            let mut line = free.pop().expect("there is one");
            line.send(requests.next().expect("they never end"), due);
            busy.push(line);
        }
        let mut position = 0;
        while position < busy.len() {
            match busy[position].answered() {
                Some(latency) => {
                    latencies.push(u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX));
                    free.push(busy.swap_remove(position));
                }
                None => position += 1,
            }
        }
    }
    latencies.sort_unstable();
    let at = |part: f64| f64::from(latencies[((latencies.len() - 1) as f64 * part) as usize]) / 1_000.0;
    println!("{} {} {}", at(0.5), at(0.99), latencies.len());
}

impl Line {
    fn to(address: SocketAddr) -> Line {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true)).expect("its options");
        Line { stream, due: None, read: Vec::new() }
    }

    fn send(&mut self, request: &str, due: Instant) {
        // A request is far smaller than what a socket takes at once.
        self.stream.write_all(request.as_bytes()).expect("a request is sent");
        self.due = Some(due);
        self.read.clear();
    }

    /// How long the answer has taken, if it is all there.
    fn answered(&mut self) -> Option<Duration> {
        let mut part = [0; 1 << 16];
        match self.stream.read(&mut part) {
            Ok(0) => panic!("the server has closed a connection"),
            Ok(length) => self.read.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("{error}"),
        }
        let end = self.read.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&self.read[..end]).expect("a head is text");
        assert!(head.starts_with("HTTP/1.1 2"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).expect("a length");
        (self.read.len() >= end + length).then(|| self.due.take().expect("it is busy").elapsed())
    }
}
