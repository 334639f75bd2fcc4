//! Recordings.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::ground::{Ground, ids};
use crate::http::Answer;
use crate::process::Process;
use crate::race::against_bare;
use crate::request::Request;
use crate::row::Measured;

/// How much is asked for at once.
const RANGE: usize = 64 << 10;

/// A recording of usual length, over and over.
pub fn whole(ground: &Ground) -> Measured {
    let world = ground.world(1_000);
    let (target, answer) = recording(&world);
    let race = against_bare(ground, &world, &ground.script("audio", &[Request::get(&target)]));
    Measured::from(race).noting(format!("{} KiB each", answer.body.len() >> 10))
}

/// The same, a part at a time.
pub fn ranges(ground: &Ground) -> Measured {
    let world = ground.world(1_000);
    let (target, answer) = recording(&world);
    let starts = (0..answer.body.len() - RANGE).step_by(RANGE);
    let part = |start| Request::get(&target).with("Range", &format!("bytes={start}-{}", start + RANGE - 1));
    let requests: Vec<Request> = starts.map(part).collect();
    assert_eq!(world.get(&requests[0]).status, 206);
    against_bare(ground, &world, &ground.script("audio-ranges", &requests)).into()
}

/// What each further listener takes, who has begun to listen and reads no further.
pub fn listeners(ground: &Ground) -> Measured {
    let server = ground.product(&["--calls", "1000"]);
    let (target, answer) = recording(&server);
    let mut listening = Vec::new();
    let mut resident = |count: usize| {
        while listening.len() < count {
            listening.push(listen(&server, &Request::get(&target)));
        }
        // What sockets take is not the server's; what it makes for them is made by now.
        std::thread::sleep(std::time::Duration::from_millis(300));
        server.resident() as f64 / 1024.0
    };
    let (one, ten, hundred) = (resident(1), resident(10), resident(100));
    let note = format!(
        "{:.1}, {:.1}, {:.1} MiB with 1, 10, 100; the recording has {} KiB",
        one / 1024.0,
        ten / 1024.0,
        hundred / 1024.0,
        answer.body.len() >> 10
    );
    Measured::alone(((hundred - one) / 99.0).max(0.0)).noting(note)
}

fn listen(server: &Process, request: &Request) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.write_all(request.0.as_bytes()).expect("a request is sent");
    stream.read_exact(&mut [0; 1024]).expect("the answer begins");
    stream
}

/// A recording of usual length, where it is, and its answer.
fn recording(server: &Process) -> (String, Answer) {
    let mut connection = server.connect();
    let targets = ids(server).into_iter().map(|id| format!("/calls/{id}/audio"));
    let answers = targets.filter_map(|target| {
        let answer = connection.ask(&Request::get(&target)).expect("an answer");
        (answer.status == 200 && answer.header("content-type") == "audio/wav").then_some((target, answer))
    });
    let mut found: Vec<(String, Answer)> = answers.take(25).collect();
    found.sort_by_key(|(_, answer)| answer.body.len());
    found.swap_remove(found.len() / 2)
}
