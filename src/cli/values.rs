//! How texts are read as values. Whoever calls knows the option; here only the text counts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use akol_mock_world::account::settings::Profile;
use akol_mock_world::base::http_url::without_user_info;
use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::{DateBound, Timestamp};
use akol_mock_world::webhooks::signature::Signature;
use akol_mock_world::webhooks::url::WebhookUrl;
use jiff::SignedDuration;

use super::refusal::Wrong;
use crate::config::check::{WAITS, is_start, is_token};
use crate::config::{Auth, ClockMode, LogFormat, LogLevel, Settings, Webhooks, WorkspaceIds};
use crate::origin::Origin;
use crate::suggest::nearest;

/// What an option is when it is off.
const OFF: &str = "off";

/// The two ways to say yes and the two to say no: TOML and YAML users write booleans.
const SWITCH: [(&str, bool); 4] = [("on", true), (OFF, false), ("true", true), ("false", false)];

/// What all journals can be told to take together, in bytes.
pub(super) const JOURNAL_BYTES: RangeInclusive<u64> = Settings::MIN_JOURNAL_BYTES..=Settings::MAX_JOURNAL_BYTES;

/// Names and what they stand for.
pub(super) const PROFILES: [(&str, Profile); 2] = [("lenient", Profile::Lenient), ("production", Profile::Production)];

pub(super) const CLOCKS: [(&str, ClockMode); 2] = [("real", ClockMode::Real), ("manual", ClockMode::Manual)];

pub(super) const WORKSPACE_IDS: [(&str, WorkspaceIds); 2] =
    [("distinct", WorkspaceIds::Distinct), ("shared", WorkspaceIds::Shared)];

pub(super) const LOG_FORMATS: [(&str, LogFormat); 3] =
    [("pretty", LogFormat::Pretty), ("json", LogFormat::Json), ("off", LogFormat::Off)];

pub(super) const LOG_LEVELS: [(&str, LogLevel); 3] =
    [("requests", LogLevel::Requests), ("calls", LogLevel::Calls), ("quiet", LogLevel::Quiet)];

pub(super) const AUTHS: [(&str, Auth); 3] =
    [("any", Auth::Any), ("off", Auth::Off), ("strict", Auth::Strict(Vec::new()))];

pub(super) const SIGNATURES: [(&str, Signature); 3] =
    [("akol", Signature::Akol), ("standard", Signature::Standard), ("both", Signature::Standard)];

/// A number of the range.
pub(super) fn number<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Result<T, Wrong> {
    let number = text.parse().map_err(|_| Wrong::text(text))?;
    range.contains(&number).then_some(number).ok_or_else(|| Wrong::text(text))
}

/// A number of the range, or `off`.
pub(super) fn limit<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Result<Option<T>, Wrong> {
    if text == OFF {
        return Ok(None);
    }
    number(text, range).map(Some)
}

/// A size of the range, in bytes: a whole number, with a unit behind it or not.
pub(super) fn size(text: &str, range: RangeInclusive<u64>) -> Result<u64, Wrong> {
    const UNITS: [(&str, u32); 5] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("", 0)];
    let read = |(unit, shift): &(&str, u32)| Some((text.strip_suffix(unit)?, *shift));
    let (digits, shift) = UNITS.iter().find_map(read).unwrap_or((text, 0));
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    bytes.filter(|bytes| is_plain && range.contains(bytes)).ok_or_else(|| Wrong::text(text))
}

/// `on` or `off`.
pub(super) fn switch(text: &str) -> Result<bool, Wrong> {
    choice(text, &SWITCH)
}

/// What the name stands for.
pub(super) fn choice<T: Clone>(text: &str, choices: &[(&'static str, T)]) -> Result<T, Wrong> {
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone()).ok_or_else(|| {
        let names = || choices.iter().map(|(name, _)| *name);
        let meant = |word: &&str| names().any(|name| name == *word);
        Wrong::text(text).near(nearest(text, names()).or_else(|| elsewhere(text).filter(meant)))
    })
}

/// What a word of many other programs stands for here: a way to let everybody in, or a level of the log.
fn elsewhere(text: &str) -> Option<&'static str> {
    const WORDS: [(&[&str], &str); 4] = [
        (&["none", "no", "disabled", "false", "0"], OFF),
        (&["debug", "trace", "verbose", "all"], "calls"),
        (&["info", "normal", "default"], "requests"),
        (&["warn", "warning", "warnings", "error", "silent", "none", "off"], "quiet"),
    ];
    let text = text.to_lowercase();
    let found = WORDS.iter().find(|(words, _)| words.contains(&text.as_str()));
    found.map(|(_, meant)| *meant)
}

/// An IP address and a port. A port alone is one of this machine's own, which is also what `localhost` stands for. Other names are not
/// looked up: they may stand for several addresses, or none.
pub(super) fn address(text: &str) -> Result<SocketAddr, Wrong> {
    let own = text.strip_prefix("localhost:").or(text.strip_prefix(':')).unwrap_or(text);
    let is_port = !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(port) = own.parse().ok().filter(|_| is_port) {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| Wrong::text(text).near(nearest_address(text)))
}

/// The address that a text stands for, or probably stands for.
pub(super) fn address_meant(text: &str) -> Option<String> {
    address(text).ok().map(|address| address.to_string()).or_else(|| nearest_address(text))
}

/// The address that was probably meant.
fn nearest_address(text: &str) -> Option<String> {
    let bare = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    let with_port = |port: u16| match bare {
        "localhost" => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        _ => bare.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port)),
    };
    let on_all = || bare.strip_prefix("*:").map(|port| format!("0.0.0.0:{port}"));
    let near = bare.replacen("localhost:", "127.0.0.1:", 1).parse::<SocketAddr>().ok();
    near.or_else(|| with_port(Settings::default().listen.port())).map(|near| near.to_string()).or_else(on_all)
}

/// An instant that a clock may start from: that of a date is its midnight, UTC.
pub(super) fn start(text: &str) -> Result<Timestamp, Wrong> {
    let bound: DateBound = text.parse().map_err(|_| Wrong::text(text))?;
    let instant = bound.first();
    is_start(instant).then_some(instant).ok_or_else(|| Wrong::text(text))
}

/// How fast a clock runs.
pub(super) fn speed(text: &str) -> Result<Speed, Wrong> {
    text.parse().map_err(|_| Wrong::text(text))
}

/// The origin of a web page as browsers write it, or `*`.
pub(super) fn origin(text: &str) -> Result<String, Wrong> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let origin: Origin = text.parse().map_err(|why| Wrong::text(text).because(why))?;
    Ok(origin.to_string())
}

/// A wait, such as `500ms`, `2m` or `PT2M`.
pub(super) fn wait(text: &str) -> Result<Duration, Wrong> {
    let signed: SignedDuration = text.parse().map_err(|_| Wrong::text(text))?;
    let wait = Duration::try_from(signed).map_err(|_| Wrong::text(text))?;
    WAITS.contains(&wait).then_some(wait).ok_or_else(|| Wrong::text(text))
}

/// The waits before each further try; none where there is no text, or `off`.
pub(super) fn waits(texts: &[String]) -> Result<Vec<Duration>, Wrong> {
    if texts == [OFF] {
        return Ok(Vec::new());
    }
    if texts.len() > Webhooks::MAX_RETRIES {
        return Err(Wrong::kind(&format!("{} waits", texts.len())));
    }
    texts.iter().map(|text| wait(text)).collect()
}

/// The names of events, in the order in which Akol documents them, whatever order they were given in.
pub(super) fn events(texts: &[String]) -> Result<Vec<String>, Wrong> {
    if texts.is_empty() {
        return Err(Wrong::text(""));
    }
    let known = |text: &str| text == "*" || Webhooks::EVENTS.contains(&text);
    if let Some(stranger) = texts.iter().find(|text| !known(text)) {
        return Err(Wrong::text(stranger).near(nearest(stranger, Webhooks::EVENTS)));
    }
    Ok(Webhooks::EVENTS
        .iter()
        .filter(|event| texts.iter().any(|text| text == "*" || text == *event))
        .map(ToString::to_string)
        .collect())
}

/// A token that a client can send: it must fit behind `Bearer ` in a header.
pub(super) fn token(text: &str) -> Result<String, Wrong> {
    is_token(text).then(|| text.to_owned()).ok_or_else(|| Wrong::text(text))
}

/// A URL that any profile may send webhooks to.
pub(super) fn url(text: &str) -> Result<String, Wrong> {
    // A password is not repeated.
    let wrong = || Wrong::text(&without_user_info(text));
    WebhookUrl::parse(text, Profile::Lenient).map_err(|refused| wrong().because(refused.why()))?;
    Ok(text.to_owned())
}
