//! What a run is to do.

use std::time::Duration;

/// See the module.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many rounds a race has.
    pub rounds: usize,
    /// How long a round lasts.
    pub round: Duration,
    /// Only shows that every row works: small worlds, short rounds, and nothing is written into the documentation.
    pub quick: bool,
    /// Draw the plots of growth, and do nothing else.
    pub growth: bool,
    /// Measure the peers, and nothing else.
    pub peers: bool,
    /// Only rows whose names contain this.
    pub only: Option<String>,
    /// Cores for the server and for the client.
    pub cores: (usize, usize),
}

impl Options {
    /// Reads the words of a command line, as `benches/run` explains them; ends the program where they mean nothing.
    pub fn read(words: &[&str]) -> Options {
        let mut options = Options {
            rounds: 8,
            round: Duration::from_secs(2),
            quick: false,
            growth: false,
            peers: false,
            only: None,
            cores: (0, 1),
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| refuse(&format!("{word} needs a value")));
            match word {
                "--quick" => {
                    options.quick = true;
                    (options.rounds, options.round) = (1, Duration::from_secs(1));
                }
                "--growth" => options.growth = true,
                "--peers" => options.peers = true,
                "--only" => options.only = Some(value().to_owned()),
                "--rounds" => options.rounds = number(value()),
                "--seconds" => options.round = Duration::from_secs(number(value()) as u64),
                "--cores" => {
                    let (server, client) = value().split_once(',').unwrap_or_else(|| refuse("--cores takes A,B"));
                    options.cores = (number(server), number(client));
                }
                _ => refuse(&format!("{word} is no option")),
            }
        }
        options
    }

    /// Whether what comes of it may stand in the documentation.
    pub fn is_whole(&self) -> bool {
        !self.quick && self.only.is_none()
    }
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| refuse(&format!("{text} is no number")))
}

fn refuse(why: &str) -> ! {
    eprintln!("error: {why}; benches/run --help names what it takes");
    std::process::exit(2)
}
