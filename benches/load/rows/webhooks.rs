//! Deliveries of webhooks.

use std::process::Command;
use std::time::Duration;

use crate::ground::Ground;
use crate::process::Process;
use crate::race::{Round, in_turn};
use crate::receiver::Received;
use crate::request::Request;
use crate::row::Measured;

/// All events of many calls, due at once, against a bare client that sends as many bytes to the same kind of receiver.
pub fn deliveries(ground: &Ground) -> Measured {
    let calls = ground.scaled(20_000, 1_000);
    let (sample, _) = product(ground, calls);
    let bytes = sample.bytes / sample.count;
    let race =
        in_turn(ground.options.rounds, || bare(ground, sample.count, bytes), || round_of(product(ground, calls)));
    Measured::from(race).noting(format!("{} deliveries of {bytes} bytes", sample.count))
}

fn round_of((received, cpu): (Received, Duration)) -> Round {
    Round {
        value: received.count as f64 / received.took.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / received.count as f64,
    }
}

/// Lets everything happen at once that becomes of that many calls, and waits until all has been received.
fn product(ground: &Ground, calls: u64) -> (Received, Duration) {
    let receiver = receiver(ground);
    let hook = format!("http://{}/hooks", receiver.address);
    let server = ground.product(&["--clock", "manual", "--calls", "0", "--webhook-url", &hook]);
    let mut connection = server.connect();
    for number in 0..calls {
        connection.get(&Request::place(number));
    }
    let before = server.cpu();
    // Three minutes pass in a fifth of a millisecond. An advance would wait for the answers at each step.
    connection.get(&Request::control("PUT", "/clock", r#"{"mode":"real","speed":1000000}"#));
    let received = Received::settled(&receiver);
    (received, server.cpu().saturating_sub(before))
}

fn bare(ground: &Ground, count: u64, bytes: u64) -> Round {
    let receiver = receiver(ground);
    let parameters = [receiver.address.to_string(), count.to_string(), bytes.to_string()];
    let parameters = parameters.each_ref().map(String::as_str);
    let sender = Process::start(ground.own("sender", ground.options.cores.0, &parameters));
    round_of((Received::by(&receiver), sender.cpu()))
}

fn receiver(ground: &Ground) -> Process {
    let command: Command = ground.own("receiver", ground.options.cores.1, &[]);
    Process::start(command)
}
