//! From the start of a process to its first answer.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::ground::Ground;
use crate::http::Connection;
use crate::process::{Process, free_port, product};
use crate::race::median;
use crate::request::Request;
use crate::row::Measured;

/// How often it is asked whether it answers.
const GLANCE: Duration = Duration::from_micros(200);
const AT_MOST: Duration = Duration::from_secs(60);

/// With the default world.
pub fn default_world(ground: &Ground) -> Measured {
    start(ground.scaled(21, 3), "200")
}

/// With a million calls.
pub fn million_calls(ground: &Ground) -> Measured {
    start(ground.scaled(5, 1), &ground.million().to_string())
}

/// The median of that many starts, on all cores.
fn start(times: u64, calls: &str) -> Measured {
    let once = || {
        let address = free_port();
        let mut command = Command::new(product());
        command.args(["--listen", &address.to_string(), "--log-format", "off", "--calls", calls]);
        let start = Instant::now();
        let _server = Process::start_at(command, address);
        wait_for(address);
        start.elapsed().as_secs_f64() * 1_000.0
    };
    let took: Vec<f64> = (0..times).map(|_| once()).collect();
    let (least, most) = took.iter().fold((f64::MAX, 0.0_f64), |(least, most), ms| (least.min(*ms), most.max(*ms)));
    Measured::alone(median(took.iter().copied())).noting(format!("{least:.1} to {most:.1} in {times} starts"))
}

/// Waits until what is to listen there answers.
pub fn wait_for(address: SocketAddr) {
    let (question, start) = (Request::get("/calls/call_xxx"), Instant::now());
    loop {
        let answer = Connection::to(address).and_then(|mut connection| connection.ask(&question));
        if answer.is_ok_and(|answer| answer.is_success()) {
            return;
        }
        assert!(start.elapsed() < AT_MOST, "nothing answers at {address}");
        std::thread::sleep(GLANCE);
    }
}
