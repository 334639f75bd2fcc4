//! Two sides under the same load, in turn, so that the machine's moods befall both alike.

use crate::ground::Ground;
use crate::load::Script;
use crate::process::Process;

/// What one side did in one round.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// What is compared: mostly requests in a second.
    pub value: f64,
    /// Processor time for a request, in microseconds; 0 where it was not measured.
    pub cpu: f64,
}

/// How two sides compare.
#[derive(Clone, Debug)]
pub struct Race {
    /// What the product did, as a median.
    pub product: Round,
    /// What it was held against did.
    pub yardstick: Round,
    /// The product's value for each one of the yardstick's: the median of all rounds, each held against its neighbours.
    pub ratio: f64,
    /// The smallest and the largest of these.
    pub spread: (f64, f64),
    /// The yardstick's processor time for each one of the product's, likewise.
    pub cpu_ratio: Option<f64>,
}

/// A server and what is asked of it.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The server.
    pub server: &'a Process,
    /// What is asked.
    pub script: &'a Script,
}

impl Side<'_> {
    /// One round.
    pub fn round(&self, ground: &Ground) -> Round {
        let before = self.server.cpu();
        let load = ground.load(self.server, self.script);
        let cpu = self.server.cpu().saturating_sub(before).as_secs_f64() * 1e6 / load.requests as f64;
        Round { value: load.rate(), cpu }
    }
}

/// Lets two servers race, after a warm-up.
pub fn race(ground: &Ground, yardstick: Side<'_>, product: Side<'_>) -> Race {
    for side in [yardstick, product] {
        ground.warm_up(side.server, side.script);
    }
    in_turn(ground.options.rounds, || yardstick.round(ground), || product.round(ground))
}

/// Lets the product race bare hyper, which gives the answers that the product gives to the script's requests. So both have as much to fetch from memory.
pub fn against_bare(ground: &Ground, server: &Process, script: &Script) -> Race {
    let bare = ground.bare(server, &script.sample);
    race(ground, Side { server: &bare, script }, Side { server, script })
}

/// Rounds in turn. The yardstick has the first and the last, so that each round of the product's has one before and one after it.
pub fn in_turn(rounds: usize, mut yardstick: impl FnMut() -> Round, mut product: impl FnMut() -> Round) -> Race {
    let mut held = vec![yardstick()];
    let mut done = Vec::new();
    for _ in 0..rounds {
        done.push(product());
        held.push(yardstick());
    }
    let beside = |n: usize, of: fn(&Round) -> f64| (of(&held[n]) + of(&held[n + 1])) / 2.0;
    let ratios: Vec<f64> = done.iter().enumerate().map(|(n, round)| round.value / beside(n, |r| r.value)).collect();
    let is_cpu_known = held.iter().chain(&done).all(|round| round.cpu > 0.0);
    let cpu_ratios = done.iter().enumerate().map(|(n, round)| beside(n, |r| r.cpu) / round.cpu);
    Race {
        product: Round { value: median(done.iter().map(|r| r.value)), cpu: median(done.iter().map(|r| r.cpu)) },
        yardstick: Round { value: median(held.iter().map(|r| r.value)), cpu: median(held.iter().map(|r| r.cpu)) },
        ratio: median(ratios.iter().copied()),
        spread: ratios.iter().fold((f64::MAX, f64::MIN), |(low, high), ratio| (low.min(*ratio), high.max(*ratio))),
        cpu_ratio: is_cpu_known.then(|| median(cpu_ratios)),
    }
}

/// The one in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values[values.len() / 2];
    if values.len() % 2 == 1 { upper } else { (values[values.len() / 2 - 1] + upper) / 2.0 }
}
