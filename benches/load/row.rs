//! A row of the table: what work, what is to be reached, how it is measured, and whether it was reached.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde_json::{Value, json};

use crate::ground::Ground;
use crate::race::{Race, Round};

/// See the module.
pub struct Row {
    /// A short name, to find it by.
    pub name: &'static str,
    /// The work, in words.
    pub work: &'static str,
    /// What is to be reached.
    pub goal: Goal,
    /// What the numbers count.
    pub unit: &'static str,
    /// Measures it.
    pub measure: fn(&Ground) -> Measured,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// That much of what the yardstick does, in work done or in processor time; and in the other not less than 10 % below it.
    Share(f64),
    /// At most that many times what the yardstick takes.
    Times(f64),
    /// At most that.
    AtMost(f64),
    /// Nothing: it is only shown.
    Shown,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// The product's number.
    pub value: f64,
    /// The yardstick's, where there is one.
    pub yardstick: Option<f64>,
    /// The product's for each one of the yardstick's.
    pub ratio: Option<f64>,
    /// The smallest and the largest ratio of a round.
    pub spread: Option<(f64, f64)>,
    /// The yardstick's processor time for each one of the product's.
    pub cpu_ratio: Option<f64>,
    /// Processor time for a request in microseconds, the product's and the yardstick's.
    pub cpu: Option<(f64, f64)>,
    /// What else there is to say.
    pub note: String,
}

/// A row with what came of it: what was measured, or why nothing was.
pub struct Result {
    /// The row.
    pub row: Row,
    /// What came of it.
    pub outcome: std::result::Result<Measured, String>,
}

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it was to be.
    Reached,
    /// Not so.
    Missed,
    /// There was no goal.
    Shown,
    /// It could not be measured.
    Broken,
}

impl From<Race> for Measured {
    fn from(race: Race) -> Measured {
        let cpu = |round: Round| round.cpu;
        Measured {
            value: race.product.value,
            yardstick: Some(race.yardstick.value),
            ratio: Some(race.ratio),
            spread: Some(race.spread),
            cpu_ratio: race.cpu_ratio,
            cpu: race.cpu_ratio.map(|_| (cpu(race.product), cpu(race.yardstick))),
            note: String::new(),
        }
    }
}

impl Measured {
    /// A number without a yardstick.
    pub fn alone(value: f64) -> Measured {
        Measured { value, ..Measured::default() }
    }

    /// The same with something said of it.
    pub fn noting(self, note: impl Into<String>) -> Measured {
        Measured { note: note.into(), ..self }
    }
}

impl Goal {
    /// Whether that reaches it. How close the other ratio has to be allows for the noise of two measurements of one thing.
    fn judge(self, measured: &Measured) -> Verdict {
        const NOISE: f64 = 0.10;
        let is_reached = match self {
            Goal::Shown => return Verdict::Shown,
            Goal::AtMost(most) => measured.value <= most,
            Goal::Times(most) => measured.ratio.is_some_and(|ratio| ratio <= most),
            Goal::Share(wanted) => {
                let ratio = measured.ratio.unwrap_or(0.0);
                let cpu_ratio = measured.cpu_ratio.unwrap_or(ratio);
                ratio.max(cpu_ratio) >= wanted && ratio.min(cpu_ratio) >= wanted * (1.0 - NOISE)
            }
        };
        if is_reached { Verdict::Reached } else { Verdict::Missed }
    }
}

impl Result {
    /// How it ended.
    pub fn verdict(&self) -> Verdict {
        self.outcome.as_ref().map_or(Verdict::Broken, |measured| self.row.goal.judge(measured))
    }

    /// Whether it could not be measured.
    pub fn is_broken(&self) -> bool {
        self.verdict() == Verdict::Broken
    }

    /// All of it, for programs.
    pub fn to_json(&self) -> Value {
        let Row { name, work, goal, unit, .. } = &self.row;
        let mut shown = json!({
            "name": name, "work": work, "goal": format!("{goal:?}"), "unit": unit, "verdict": format!("{:?}", self.verdict()),
        });
        match &self.outcome {
            Err(why) => shown["error"] = json!(why),
            Ok(measured) => {
                shown["value"] = json!(measured.value);
                shown["yardstick"] = json!(measured.yardstick);
                shown["ratio"] = json!(measured.ratio);
                shown["spread"] = json!(measured.spread);
                shown["cpuRatio"] = json!(measured.cpu_ratio);
                shown["cpuMicroseconds"] = json!(measured.cpu);
                shown["note"] = json!(measured.note);
            }
        }
        shown
    }
}

/// Measures row after row. One that fails does not keep the others from being measured.
pub fn measure(ground: &Ground, rows: Vec<Row>) -> Vec<Result> {
    let only = ground.options.only.as_deref().unwrap_or_default();
    let wanted = rows.into_iter().filter(|row| row.name.contains(only));
    let measure = |row: Row| {
        let start = Instant::now();
        eprint!("{:<24} ", row.name);
        let outcome = catch_unwind(AssertUnwindSafe(|| (row.measure)(ground))).map_err(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            text.unwrap_or("it failed").to_owned()
        });
        let result = Result { row, outcome };
        let took = start.elapsed().as_secs_f64();
        match &result.outcome {
            Ok(Measured { value, ratio, cpu_ratio, note, .. }) => {
                let (unit, verdict) = (result.row.unit, result.verdict());
                let ratios = [("ratio", ratio), ("cpu", cpu_ratio)].map(|(of, ratio)| match ratio {
                    Some(ratio) => format!(", {of} {ratio:.3}"),
                    None => String::new(),
                });
                eprintln!("{value:.3} {unit}{}: {verdict:?} ({took:.0} s) {note}", ratios.concat());
            }
            Err(why) => eprintln!("broken ({took:.0} s): {why}"),
        }
        result
    };
    wanted.map(measure).collect()
}
