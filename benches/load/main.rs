//! The benchmarks: akol-mock and a bare hyper server under the same load, in turn, and how they compare.
//!
//! Run by `benches/run`, which says what is needed. This program measures; called with another word first, it is what is measured
//! against: the bare server (`bare`), a receiver of webhooks (`receiver`), a bare sender of them (`sender`), or the client that
//! keeps a constant rate (`paced`). They are built like the product: the same hyper, tokio, allocator and profile.

#![expect(clippy::disallowed_methods, reason = "what is measured here is real time")]

mod bare;
mod ground;
mod growth;
mod http;
mod load;
mod machine;
mod metrics;
mod options;
mod paced;
mod peers;
mod plot;
mod prebuilt;
mod process;
mod race;
mod receiver;
mod report;
mod request;
mod row;
mod rows;
mod sender;

use options::Options;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["bare", answer] => bare::serve(answer),
        ["receiver"] => receiver::serve(),
        ["sender", parameters @ ..] => sender::send(parameters),
        ["paced", parameters @ ..] => paced::run(parameters),
        options => measure(&Options::read(options)),
    }
}

fn measure(options: &Options) {
    let ground = ground::Ground::new(options);
    if options.growth {
        growth::draw(&ground);
        return;
    }
    let table = if options.peers { peers::rows() } else { rows::all() };
    let results = row::measure(&ground, table);
    report::write(options, &results);
    if results.iter().any(row::Result::is_broken) {
        std::process::exit(1);
    }
}
