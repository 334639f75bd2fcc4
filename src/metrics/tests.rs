//! The text that Prometheus reads.

use akol_mock_world::world::testing::seconds;

use super::*;

fn metrics() -> Metrics {
    Metrics::new([("GET", "/api/v1/calls"), ("POST", "/api/v1/calls"), ("GET", "/__admin/health")])
}

/// The lines of the text that begin so, without comments.
fn lines(metrics: &Metrics, beginning: &str) -> Vec<String> {
    let text = metrics.text(&Scraped::default());
    text.lines().filter(|line| line.starts_with(beginning)).map(str::to_owned).collect()
}

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let metrics = metrics();
    assert!(lines(&metrics, "akol_mock_request").is_empty(), "what has not been seen is not printed");
    for status in [200, 200, 401] {
        metrics.request(Some(0), status, Duration::from_micros(30));
    }
    metrics.request(Some(1), 201, Duration::from_millis(3));
    metrics.request(None, 404, Duration::ZERO);
    metrics.request(Some(99), 404, Duration::ZERO);
    metrics.request(Some(2), 999, seconds(11));
    assert_eq!(
        lines(&metrics, "akol_mock_requests_total"),
        [
            r#"akol_mock_requests_total{method="GET",route="/__admin/health",status="999"} 1"#,
            r#"akol_mock_requests_total{method="GET",route="/api/v1/calls",status="200"} 2"#,
            r#"akol_mock_requests_total{method="GET",route="/api/v1/calls",status="401"} 1"#,
            r#"akol_mock_requests_total{method="POST",route="/api/v1/calls",status="201"} 1"#,
            r#"akol_mock_requests_total{method="none",route="none",status="404"} 2"#,
        ]
    );
}

#[test]
fn durations_are_gathered_in_buckets_from_ten_microseconds_to_ten_seconds() {
    let metrics = metrics();
    for took in [Duration::ZERO, Duration::from_micros(10), Duration::from_micros(11), seconds(10), seconds(11)] {
        metrics.request(Some(0), 200, took);
    }
    let of_route = r#"akol_mock_request_duration_seconds_bucket{method="GET",route="/api/v1/calls",le="#;
    let buckets = lines(&metrics, of_route);
    let last_words: Vec<_> = buckets.iter().map(|line| line[of_route.len()..].to_owned()).collect();
    assert_eq!(last_words.len(), DURATIONS.len() + 1);
    assert_eq!(last_words[..2], [r#""0.00001"} 2"#, r#""0.000025"} 3"#]);
    assert_eq!(last_words[DURATIONS.len() - 1..], [r#""10"} 4"#, r#""+Inf"} 5"#]);
    assert_eq!(lines(&metrics, "akol_mock_request_duration_seconds_count").len(), 1);
}

#[test]
fn deliveries_are_counted_by_how_they_went() {
    let metrics = metrics();
    metrics.delivery(Delivery::Failed);
    metrics.delivery(Delivery::Failed);
    metrics.delivery(Delivery::GivenUp);
    assert_eq!(
        lines(&metrics, "akol_mock_deliveries_total"),
        [
            r#"akol_mock_deliveries_total{result="failed"} 2"#,
            r#"akol_mock_deliveries_total{result="given_up"} 1"#,
            r#"akol_mock_deliveries_total{result="received"} 0"#,
        ]
    );
}

#[test]
fn calls_and_workspaces_are_counted_when_somebody_asks() {
    let mut world = World::for_tests(1).with_past(50);
    let past = world.call_store().len() as u64;
    for _ in 0..3 {
        world.call_somebody("completed");
    }
    world.somebody_calls("completed");
    let mut scraped = Scraped::default();
    scraped.add(&world);
    scraped.add(&World::for_tests(2));
    let text = metrics().text(&scraped);
    assert!(text.contains("\nakol_mock_workspaces 2\n"), "{text}");
    let calls = |status: &str| -> u64 {
        let beginning = format!("akol_mock_calls{{status=\"{status}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&beginning)).unwrap().parse().unwrap()
    };
    assert_eq!((calls("RINGING"), calls("IN_PROGRESS")), (3, 1));
    assert_eq!(calls("COMPLETED") + calls("FAILED") + calls("VOICEMAIL"), past);
}

#[test]
fn the_lag_of_clocks_and_the_version_are_told() {
    let metrics = metrics();
    metrics.lag(Duration::from_micros(1_500));
    metrics.lag(seconds(20));
    let lag = lines(&metrics, "akol_mock_clock_lag_seconds");
    assert!(lag.contains(&r#"akol_mock_clock_lag_seconds_bucket{le="0.0025"} 1"#.to_owned()), "{lag:?}");
    assert!(lag.contains(&"akol_mock_clock_lag_seconds_count 2".to_owned()), "{lag:?}");
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("akol_mock_build_info{{version=\"{version}\"}} 1");
    assert_eq!(lines(&metrics, "akol_mock_build_info"), [build]);
}

#[test]
fn every_family_is_explained_and_typed() {
    let metrics = metrics();
    metrics.request(None, 404, Duration::ZERO);
    let text = metrics.text(&Scraped::default());
    for (name, kind) in [
        ("akol_mock_build_info", "gauge"),
        ("akol_mock_calls", "gauge"),
        ("akol_mock_clock_lag_seconds", "histogram"),
        ("akol_mock_deliveries_total", "counter"),
        ("akol_mock_request_duration_seconds", "histogram"),
        ("akol_mock_requests_total", "counter"),
        ("akol_mock_workspaces", "gauge"),
    ] {
        assert!(text.contains(&format!("# HELP {name} ")), "{text}");
        assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{text}");
    }
    assert!(text.ends_with('\n'));
}

#[test]
fn many_threads_lose_no_count() {
    let metrics = metrics();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| metrics.request(Some(0), 200, Duration::ZERO)));
        }
    });
    let counted = r#"akol_mock_requests_total{method="GET",route="/api/v1/calls",status="200"} 2000"#;
    assert_eq!(lines(&metrics, "akol_mock_requests_total"), [counted]);
}
