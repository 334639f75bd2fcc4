//! What is counted and measured, as Prometheus reads it.
//!
//! Counting takes no lock: each series is looked up when it is first used, and kept. A series that has never been used is not
//! printed, so a route shows only the statuses that it has answered with.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::time::Duration;

use akol_mock_world::calls::call::Status;
use akol_mock_world::world::World;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// The type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// The upper bounds of the buckets for the duration of requests, in seconds: 10 µs to 10 s.
const DURATIONS: [f64; 19] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
    0.5, 1.0, 2.5, 5.0, 10.0,
];
/// The same for how late things happen: timers are no finer than a millisecond.
const LAGS: [f64; 10] = [0.001, 0.002_5, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 10.0];

/// What stands for route and method of requests that no route answered.
const NO_ROUTE: &str = "none";

/// How many hundreds there are for a status to be in, the first of which is empty.
const CLASSES: usize = 10;
const PER_CLASS: usize = 100;

/// All counters of a server.
///
/// Names, labels and buckets are fixed and fit together, so there always are some.
#[derive(Debug)]
pub struct Metrics(Option<Series>);

/// How a try to deliver an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver took it.
    Received,
    /// It did not, and there will be another try.
    Failed,
    /// It did not, and that was the last try.
    GivenUp,
}

/// What is counted only when somebody asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scraped {
    /// How many workspaces there are.
    pub workspaces: u64,
    /// How many calls there are in each status, in the order of [`Status::ALL`].
    calls: [u64; Status::ALL.len()],
}

impl Scraped {
    /// Counts one more workspace, with its calls. Looks at no call that has begun to ring.
    pub fn add(&mut self, world: &World) {
        self.workspaces += 1;
        for (total, calls) in self.calls.iter_mut().zip(world.call_store().count_by_status()) {
            *total += calls;
        }
    }
}

impl Metrics {
    /// Nothing counted yet, for requests to these routes: each its method and path.
    pub fn new<M: AsRef<str>, P: AsRef<str>>(routes: impl IntoIterator<Item = (M, P)>) -> Metrics {
        Metrics(Series::new(routes).ok())
    }

    /// Counts a request that has been answered with `status` by the route at that position, if by any, within `took` of real time.
    pub fn request(&self, route: Option<usize>, status: u16, took: Duration) {
        let Some(series) = &self.0 else { return };
        let found = route.and_then(|position| series.routes.get(position));
        found.unwrap_or(&series.no_route).count(series, status, took);
    }

    /// Counts a try to deliver an event.
    pub fn delivery(&self, delivery: Delivery) {
        let Some(series) = &self.0 else { return };
        let counter = match delivery {
            Delivery::Received => &series.received,
            Delivery::Failed => &series.failed,
            Delivery::GivenUp => &series.given_up,
        };
        counter.inc();
    }

    /// Notes how late something happened on a clock that runs, in real time.
    pub fn lag(&self, late: Duration) {
        let Some(series) = &self.0 else { return };
        series.lag.observe(late.as_secs_f64());
    }

    /// Everything, in Prometheus' text format.
    pub fn text(&self, scraped: &Scraped) -> String {
        let Some(series) = &self.0 else { return String::new() };
        series.workspaces.set(i64::try_from(scraped.workspaces).unwrap_or(i64::MAX));
        for (status, calls) in Status::ALL.iter().zip(scraped.calls) {
            series.calls.with_label_values(&[status.as_str()]).set(i64::try_from(calls).unwrap_or(i64::MAX));
        }
        // Writing to a string does not fail, and the registry gives only what can be written.
        TextEncoder::new().encode_to_string(&series.registry.gather()).unwrap_or_default()
    }
}

/// The series, and where they are looked up.
#[derive(Debug)]
struct Series {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    /// By the route's position.
    routes: Vec<RouteSeries>,
    no_route: RouteSeries,
    received: IntCounter,
    failed: IntCounter,
    given_up: IntCounter,
    lag: Histogram,
    calls: IntGaugeVec,
    workspaces: IntGauge,
}

impl Series {
    fn new<M: AsRef<str>, P: AsRef<str>>(
        routes: impl IntoIterator<Item = (M, P)>,
    ) -> Result<Series, prometheus::Error> {
        let requests = Opts::new("akol_mock_requests_total", "Requests that have been answered.");
        let durations = HistogramOpts::new(
            "akol_mock_request_duration_seconds",
            "How long answers took, from a request's head to the reply, in real time.",
        );
        let deliveries = Opts::new(
            "akol_mock_deliveries_total",
            "Tries to deliver an event: received; failed, to be tried again; or given up.",
        );
        let lag = HistogramOpts::new(
            "akol_mock_clock_lag_seconds",
            "How late things happened on clocks that run, in real time.",
        );
        let calls = Opts::new("akol_mock_calls", "Calls in all workspaces.");
        let workspaces = Opts::new("akol_mock_workspaces", "Workspaces.");
        let build = Opts::new("akol_mock_build_info", "Always 1, for the version that is running.");

        let deliveries = IntCounterVec::new(deliveries, &["result"])?;
        let build = IntGaugeVec::new(build, &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let series = Series {
            registry: Registry::new(),
            requests: IntCounterVec::new(requests, &["route", "method", "status"])?,
            durations: HistogramVec::new(durations.buckets(DURATIONS.to_vec()), &["route", "method"])?,
            routes: routes.into_iter().map(|(method, path)| RouteSeries::new(method.as_ref(), path.as_ref())).collect(),
            no_route: RouteSeries::new(NO_ROUTE, NO_ROUTE),
            received: deliveries.with_label_values(&["received"]),
            failed: deliveries.with_label_values(&["failed"]),
            given_up: deliveries.with_label_values(&["given_up"]),
            lag: Histogram::with_opts(lag.buckets(LAGS.to_vec()))?,
            calls: IntGaugeVec::new(calls, &["status"])?,
            workspaces: IntGauge::with_opts(workspaces)?,
        };
        series.registry.register(Box::new(series.requests.clone()))?;
        series.registry.register(Box::new(series.durations.clone()))?;
        series.registry.register(Box::new(deliveries))?;
        series.registry.register(Box::new(series.lag.clone()))?;
        series.registry.register(Box::new(series.calls.clone()))?;
        series.registry.register(Box::new(series.workspaces.clone()))?;
        series.registry.register(Box::new(build))?;
        Ok(series)
    }
}

/// The series of one route, each from its first use on.
#[derive(Debug)]
struct RouteSeries {
    method: String,
    path: String,
    duration: OnceLock<Histogram>,
    /// By the status's hundreds, then by the rest: few hundreds are ever used.
    statuses: [OnceLock<Box<Class>>; CLASSES],
}

type Class = [OnceLock<IntCounter>; PER_CLASS];

impl RouteSeries {
    fn new(method: &str, path: &str) -> RouteSeries {
        RouteSeries {
            method: method.to_owned(),
            path: path.to_owned(),
            duration: OnceLock::new(),
            statuses: [const { OnceLock::new() }; CLASSES],
        }
    }

    fn count(&self, series: &Series, status: u16, took: Duration) {
        let (path, method) = (self.path.as_str(), self.method.as_str());
        let find_duration = || series.durations.with_label_values(&[path, method]);
        self.duration.get_or_init(find_duration).observe(took.as_secs_f64());

        let place = usize::from(status).min(CLASSES * PER_CLASS - 1);
        let find_counter = || series.requests.with_label_values(&[path, method, status.to_string().as_str()]);
        let class = self.statuses[place / PER_CLASS].get_or_init(|| Box::new([const { OnceLock::new() }; PER_CLASS]));
        class[place % PER_CLASS].get_or_init(find_counter).inc();
    }
}
