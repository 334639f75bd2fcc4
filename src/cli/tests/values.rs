//! What each kind of value accepts, at its edges.

use std::time::Duration;

use akol_mock_world::webhooks::signature::Signature;

use super::Scene;
use crate::config::{ClockMode, Webhooks};

/// Asserts which values of an option are accepted and which are refused.
fn assert_edges(option: &str, accepted: &[&str], refused: &[&str]) {
    let scene = |value: &str| Scene::default().and_arg(&format!("--{option}={value}"));
    for value in accepted {
        scene(value).settings();
    }
    for value in refused {
        let refusal = scene(value).refusal();
        assert!(refusal.starts_with(&format!("error: --{option} does not take ")), "{refusal}");
    }
}

#[test]
fn numbers_end_where_their_range_ends() {
    let max = u64::MAX.to_string();
    assert_edges("seed", &["0", &max], &["", "-1", "1.5", "18446744073709551616", " 1"]);
    assert_edges("calls", &["0", "10000000"], &["10000001", "-1", "1e3"]);
    assert_edges("rate-limit", &["1", "1000000000", "off"], &["0", "1000000001", "on", "false"]);
    assert_edges("journal-size", &["0", "1000000"], &["1000001", "-1", "off"]);
    assert_edges(
        "journal-bytes",
        &["65536", "64KiB", "1TiB", "1024GiB", "1099511627776", "512KiB", "1000000"],
        &[
            "65535",
            "63KiB",
            "1025GiB",
            "1099511627777",
            "18446744073709551615TiB",
            "256",
            "256MB",
            "256mib",
            "+1GiB",
            "1.5GiB",
            "off",
        ],
    );
    assert_edges("max-workspaces", &["2", "1000000", "off"], &["1", "1000001", "none"]);
    assert_edges("workspace-ids", &["distinct", "shared"], &["", "on", "Shared"]);
    assert_edges("minute-limit", &["0", &max, "off"], &["-1", "18446744073709551616", "never"]);
}

#[test]
fn a_clock_starts_in_the_years_2000_to_2100() {
    assert_edges(
        "start-time",
        &["2000-01-01T00:00:00Z", "2100-12-31T23:59:59.999Z", "2026-04-18T16:21:42+02:00", "2026-04-18"],
        &["1999-12-31T23:59:59.999Z", "2101-01-01T00:00:00Z", "1999-12-31", "2026-02-30", "2026-04-18T14:21:42", "now"],
    );
    for scene in [Scene::args("--start-time 2026-05-04"), Scene::file("start-time = 2026-05-04")] {
        assert_eq!(scene.settings().start_time.unwrap().to_string(), "2026-05-04T00:00:00.000Z");
    }
}

#[test]
fn a_clock_runs_at_a_thousandth_to_a_millionfold() {
    assert_edges("clock", &["real", "manual"], &["", "off", "Manual"]);
    assert_edges("speed", &["0.001", "1", "1000000", "2.50"], &["", "0", "-1", "1.2345", "1000000.001", "1e3", "fast"]);
    let speed = |scene: Scene| scene.settings().speed.to_string();
    assert_eq!(speed(Scene::file("speed = 0.5")), "0.5");
    assert_eq!(speed(Scene::file("speed = 60")), "60");
    let still = Scene::args("--clock manual --speed 1").settings();
    assert_eq!((still.clock, still.speed), (ClockMode::Manual, akol_mock_world::base::speed::Speed::REAL));
}

#[test]
fn origins_are_kept_as_browsers_write_them() {
    let origins = |scene: Scene| scene.settings().admin_origins;
    let wanted = ["http://localhost:3000", "https://app.example.com"];
    assert_eq!(
        origins(Scene::args("--admin-origin HTTP://localhost:3000 --admin-origin https://App.example.com:443")),
        wanted
    );
    assert_eq!(origins(Scene::env("AKOL_MOCK_ADMIN_ORIGIN", "http://localhost:3000, https://app.example.com")), wanted);
    assert_eq!(origins(Scene::file("admin-origin = ['http://localhost:3000', 'https://app.example.com']")), wanted);
    for option in ["admin-origin", "cors-origin"] {
        assert_edges(option, &["*", "http://[::1]:1"], &["", "null", "localhost", "http://a/", "http://u@a", "ws://a"]);
    }
}

#[test]
fn an_address_is_numbers_and_a_port() {
    assert_edges(
        "listen",
        &["127.0.0.1:0", "[::]:2565", "2565", ":2565", "localhost:2565"],
        &[
            "",
            ":",
            "localhost",
            "localhost:",
            "65536",
            "+80",
            ":-1",
            "127.0.0.1",
            "127.0.0.1:65536",
            "::1:2565",
            "a:80",
        ],
    );
    for text in ["3000", ":3000", "localhost:3000"] {
        assert_eq!(Scene::args(&format!("--listen {text}")).settings().listen.to_string(), "127.0.0.1:3000");
    }
    assert_eq!(Scene::file("listen = 3000").settings().listen.to_string(), "127.0.0.1:3000");
    for (given, meant) in [
        ("localhost", "127.0.0.1:2565"),
        ("0.0.0.0", "0.0.0.0:2565"),
        ("::1", "[::1]:2565"),
        ("*:80", "0.0.0.0:80"),
        ("http://localhost:80/", "127.0.0.1:80"),
        ("http://10.0.0.1:80", "10.0.0.1:80"),
    ] {
        let refusal = Scene::args(&format!("--listen {given}")).refusal();
        assert!(refusal.ends_with(&format!("; did you mean \"{meant}\"?")), "{refusal}");
    }
}

#[test]
fn waits_last_a_millisecond_to_a_day() {
    assert_edges(
        "webhook-retries",
        &["1ms,24h", "", "1h 30m", "PT2M"],
        &["0s", "24h 1ms", "1", "1s,,2s", "-1s", "1s 5s"],
    );
    let many = |count: usize| Scene::default().and_arg("--webhook-retries").and_arg(&vec!["1s"; count].join(","));
    assert_eq!(many(20).settings().webhooks.retries.len(), 20);
    assert!(many(21).refusal().starts_with("error: --webhook-retries does not take 21 waits, "));
}

#[test]
fn waits_are_read_in_every_notation() {
    let retries = |scene: Scene| scene.settings().webhooks.retries;
    let wanted = vec![Duration::from_millis(500), Duration::from_secs(120), Duration::from_secs(120)];
    assert_eq!(retries(Scene::args("--webhook-retries 500ms,2m,PT2M")), wanted);
    assert_eq!(retries(Scene::file("webhook-retries = ['500ms', '2m', 'PT2M']")), wanted);
    assert_eq!(retries(Scene::env("AKOL_MOCK_WEBHOOK_RETRIES", "500ms, 2m, PT2M")), wanted);
    assert!(retries(Scene::env("AKOL_MOCK_WEBHOOK_RETRIES", "off")).is_empty());
    assert!(retries(Scene::args("--webhook-retries off")).is_empty());
    assert!(retries(Scene::file("webhook-retries = []")).is_empty());
}

#[test]
fn events_are_named_or_all() {
    let events = |text: &str| Scene::args(&format!("--webhook-events {text}")).settings().webhooks.events;
    assert_eq!(events("*"), Webhooks::EVENTS);
    assert_eq!(events("summary.ready,call.ended,call.ended"), ["call.ended", "summary.ready"]);
    assert_edges("webhook-events", &[], &["", "call.end", "call.ended,", "ended"]);
}

#[test]
fn urls_have_a_scheme_and_a_host() {
    assert_edges(
        "webhook-url",
        &["http://localhost", "https://example.com:8443/a?b=c,d"],
        &["", "example.com", "/hooks", "ftp://example.com", "http://"],
    );
}

#[test]
fn production_sends_webhooks_to_public_hosts_only() {
    let scene = |url: &str| Scene::args(&format!("--profile production --webhook-url {url}"));
    scene("https://example.com/hooks").settings();
    scene("https://93.184.215.14").settings();
    for url in [
        "http://example.com",
        "https://localhost",
        "https://hooks.localhost:1",
        "https://printer.local",
        "https://LOCALHOST./",
        "https://127.0.0.1",
        "https://10.1.2.3",
        "https://192.168.0.1",
        "https://169.254.169.254",
        "https://0.0.0.0",
        "https://[::1]",
        "https://[fd00::1]",
        "https://[fe80::1]",
        "https://[::ffff:10.1.2.3]",
    ] {
        let refusal = scene(url).refusal();
        assert!(refusal.contains("does not go with --profile production"), "{refusal}");
    }
}

#[test]
fn tokens_fit_into_a_header() {
    assert_edges("admin-token", &["a", "-a", "a,b"], &["", "a b", "é", "a\n"]);
}

#[test]
fn a_secret_may_begin_with_a_dash() {
    let settings = Scene::args("--admin-token -abc").settings();
    assert_eq!(settings.admin_token.as_deref(), Some("-abc"));
}

#[test]
fn both_is_another_word_for_standard() {
    let signature = |name: &str| Scene::args(&format!("--webhook-signature {name}")).settings().webhooks.signature;
    assert_eq!(signature("both"), Signature::Standard);
    assert_eq!(signature("standard"), Signature::Standard);
}

#[test]
fn a_file_may_say_numbers_booleans_and_instants_as_toml_does() {
    let settings = Scene::file(
        "calls = 1_000\nseed = 0x2a\noverage = true\nrate-limit = 100\nminute-limit = 'off'\n\
         start-time = 2026-04-18T14:21:42Z\nauth = 'strict'\ntoken = [12345]",
    )
    .settings();
    assert_eq!((settings.calls, settings.seed), (1000, 42));
    assert!(settings.overage);
    assert_eq!((settings.rate_limit, settings.minute_limit), (Some(100), None));
    assert_eq!(settings.start_time.unwrap().to_string(), "2026-04-18T14:21:42.000Z");
    assert_eq!(settings.auth, crate::config::Auth::Strict(vec!["12345".to_owned()]));
}

#[test]
fn a_list_with_commas_where_the_option_is_repeated_is_told() {
    let urls = "http://a.example/x,http://b.example/y";
    let scene = Scene::args(&format!("--webhook-url {urls}"));
    let warning = "--webhook-url, given on the command line, has a comma in it, which is part of the URL; give several as --webhook-url URL --webhook-url URL";
    assert_eq!((scene.settings().webhooks.urls.len(), scene.warnings()), (1, vec![warning.to_owned()]));
    let file = Scene::file(&format!("webhook-url = '{urls}'")).warnings();
    assert!(file[0].ends_with("; give several as an array: webhook-url = [\"URL\", \"URL\"]"), "{file:?}");
    let tokens = Scene::args("--auth strict --token alice,bob").warnings();
    assert!(tokens[0].starts_with("--token, given on the command line, has a comma in it"), "{tokens:?}");
    assert!(!tokens[0].contains("alice"), "a secret is not shown: {tokens:?}");
    for fine in [
        Scene::args("--webhook-url http://a.example/x,y?next=http://b"),
        Scene::env("AKOL_MOCK_WEBHOOK_URL", urls),
        Scene::args("--auth strict --token alice --token bob"),
    ] {
        assert!(fine.warnings().is_empty(), "{:?}", fine.warnings());
    }
}

#[test]
fn what_is_given_twice_or_has_no_effect_is_told() {
    let twice = Scene::args(
        "--webhook-url http://a.example/x --webhook-url http://b.example/ --webhook-url http://a.example/x",
    )
    .warnings();
    assert_eq!(twice, ["--webhook-url http://a.example/x is given more than once, so each event goes there as often"]);
    let overage = Scene::args("--overage on").warnings();
    assert_eq!(overage, ["--overage on, given on the command line, has no effect without --minute-limit"]);
    assert!(Scene::args("--overage on --minute-limit 5").warnings().is_empty());
    assert!(Scene::args("--overage off").warnings().is_empty());
}
