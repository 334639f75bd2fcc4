//! What the product says of itself, at `/__admin/metrics`.

use crate::process::Process;
use crate::request::Request;

/// One reading.
pub struct Metrics(String);

impl Metrics {
    /// Reads them.
    pub fn of(server: &Process) -> Metrics {
        Metrics(server.get(&Request::look("/metrics")).text())
    }

    /// How many calls go on.
    pub fn live_calls(&self) -> u64 {
        ["RINGING", "IN_PROGRESS"]
            .iter()
            .map(|status| self.value(&format!("akol_mock_calls{{status=\"{status}\"}}")) as u64)
            .sum()
    }

    fn value(&self, series: &str) -> f64 {
        let found = self.0.lines().find_map(|line| line.strip_prefix(series));
        found.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
    }

    /// How late things happened, up to bounds in seconds: how many by each.
    fn lags(&self) -> Vec<(f64, f64)> {
        let buckets = self.0.lines().filter_map(|line| line.strip_prefix("akol_mock_clock_lag_seconds_bucket{le=\""));
        let read = |bucket: &str| {
            let (bound, count) = bucket.split_once("\"} ").expect("a bucket has a bound and a count");
            (bound.parse().unwrap_or(f64::INFINITY), count.trim().parse().expect("a count"))
        };
        buckets.map(read).collect()
    }

    /// How many of 100 things that happened since `before` were later than this, in seconds: the 99th percentile, between the
    /// bounds of its bucket as Prometheus would put it.
    pub fn late(&self, before: &Metrics) -> f64 {
        let (now, before) = (self.lags(), before.lags());
        let counts: Vec<(f64, f64)> = now
            .iter()
            .enumerate()
            .map(|(n, (bound, count))| (*bound, count - before.get(n).map_or(0.0, |b| b.1)))
            .collect();
        let wanted = counts.last().map_or(0.0, |(_, all)| all * 0.99);
        let (mut lower, mut below) = (0.0, 0.0);
        for (bound, count) in counts {
            if count >= wanted {
                let share = if count > below { (wanted - below) / (count - below) } else { 0.0 };
                return if bound.is_finite() { lower + (bound - lower) * share } else { lower };
            }
            (lower, below) = (bound, count);
        }
        0.0
    }
}
