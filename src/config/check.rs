//! Whether settings can be: each in its range, and all in agreement. The options of the program are held to the same limits, in words
//! of their own.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::webhooks::signature::Signature;
use akol_mock_world::webhooks::signature::{LONGEST_SECRET, why_not_standard};
use akol_mock_world::webhooks::url::WebhookUrl;

use super::{Auth, ClockMode, Settings, Webhooks};
use crate::origin::Origin;

/// The years in which a clock may start, so that it can look a month back and run for decades.
const START_YEARS: RangeInclusive<i16> = 2000..=2100;

/// The shortest and the longest wait before a further try.
pub(crate) const WAITS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

/// Tokens that are refused in every mode. No secrets, so they may be shown.
pub(crate) const REFUSED_TOKENS: [&str; 3] = ["revoked", "expired", "forbidden"];

/// Whether a clock may start from that instant.
pub(crate) fn is_start(instant: Timestamp) -> bool {
    START_YEARS.contains(&instant.date().year())
}

/// Whether a client can send it as a token: it must fit behind `Bearer ` in a header.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Settings {
    /// Refuses what is out of range or contradicts itself: says which setting it is, what it is set to, and what it takes.
    pub(crate) fn check(&self) -> Result<(), String> {
        within("calls", self.calls, 0..=Settings::MAX_CALLS)?;
        within("journal_size", self.journal_size, 0..=Settings::MAX_JOURNAL)?;
        within("journal_bytes", self.journal_bytes, Settings::MIN_JOURNAL_BYTES..=Settings::MAX_JOURNAL_BYTES)?;
        within_or_none("max_workspaces", self.max_workspaces, 2..=Settings::MAX_WORKSPACES)?;
        within_or_none("rate_limit", self.rate_limit, 1..=Settings::MAX_RATE_LIMIT)?;
        self.check_clock()?;
        self.check_access()?;
        self.webhooks.check(self)
    }

    fn check_clock(&self) -> Result<(), String> {
        if let Some(start) = self.start_time.filter(|start| !is_start(*start)) {
            let (first, last) = (START_YEARS.start(), START_YEARS.end());
            return Err(format!("start_time is {start}, must be an instant of the years {first} to {last}"));
        }
        if self.clock == ClockMode::Manual && self.speed != Speed::REAL {
            let speed = self.speed;
            return Err(format!(
                "speed is {speed}, but has no effect on a clock that is Manual; make it Real, or leave the speed at 1"
            ));
        }
        Ok(())
    }

    fn check_access(&self) -> Result<(), String> {
        // Tokens are secrets, and not shown.
        const TOKEN: &str = "visible ASCII characters without spaces, at least one";
        if let Auth::Strict(tokens) = &self.auth {
            if tokens.is_empty() {
                return Err("auth is Strict, but has no token to accept; give one, or take Any".to_owned());
            }
            if !tokens.iter().all(|token| is_token(token)) {
                return Err(format!("auth has a token that no client can send, must be {TOKEN}"));
            }
            if let Some(token) = tokens.iter().find(|token| REFUSED_TOKENS.contains(&token.as_str())) {
                return Err(format!("auth accepts the token {token:?}, which is always refused; take another"));
            }
        }
        if self.admin_token.as_ref().is_some_and(|token| !is_token(token)) {
            return Err(format!("admin_token is none that a client can send, must be {TOKEN}"));
        }
        check_origins("cors_origins", &self.cors_origins)?;
        check_origins("admin_origins", &self.admin_origins)?;
        Ok(())
    }
}

impl Webhooks {
    fn check(&self, settings: &Settings) -> Result<(), String> {
        for url in &self.urls {
            WebhookUrl::parse(url, settings.profile).map_err(|refused| format!("webhooks.urls: {refused}"))?;
        }
        if let Some(event) = self.events.iter().find(|event| !Webhooks::EVENTS.contains(&event.as_str())) {
            let known = Webhooks::EVENTS.join(", ");
            return Err(format!("webhooks.events has {event:?}, which is no event; the events are {known}"));
        }
        if self.events.is_empty() && !self.urls.is_empty() {
            return Err("webhooks.events is empty, so nothing would be sent to webhooks.urls; name an event".to_owned());
        }
        within("the number of webhooks.urls", self.urls.len(), 0..=Webhooks::MAX_URLS)?;
        within("the number of webhooks.retries", self.retries.len(), 0..=Webhooks::MAX_RETRIES)?;
        if let Some(wait) = self.retries.iter().find(|wait| !WAITS.contains(*wait)) {
            return Err(format!("webhooks.retries has {wait:?}, must be waits of 1 ms to 24 h"));
        }
        let Some(secret) = &self.secret else { return Ok(()) };
        // Nor are these shown.
        if !is_token(secret) {
            return Err("webhooks.secret must be visible ASCII characters without spaces, at least one".to_owned());
        }
        within("the length of webhooks.secret", secret.len(), 1..=LONGEST_SECRET)?;
        match why_not_standard(secret).filter(|_| self.signature == Signature::Standard) {
            Some(why) => Err(format!(
                "webhooks.secret does not go with the Standard signature: {why}; give whsec_ and the base64 of 24 to 64 \
                 bytes, or take the signature Akol"
            )),
            None => Ok(()),
        }
    }
}

fn check_origins(name: &str, origins: &[String]) -> Result<(), String> {
    for origin in origins.iter().filter(|origin| *origin != "*") {
        let refused = |why| {
            format!(
                "{name} has {origin:?}, which is no origin: {why}; give one as browsers write it, such as \
                 http://localhost:3000, or *"
            )
        };
        origin.parse::<Origin>().map_err(refused)?;
    }
    Ok(())
}

fn within<T: PartialOrd + Display>(name: &str, value: T, range: RangeInclusive<T>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("{name} is {value}, must be from {} to {}", range.start(), range.end()))
}

fn within_or_none<T: PartialOrd + Display>(
    name: &str,
    value: Option<T>,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    value.map_or(Ok(()), |value| within(name, value, range)).map_err(|refused| refused + ", or None for no limit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Profile;
    use akol_mock_world::webhooks::Event;

    fn refused(settings: &Settings) -> String {
        settings.check().expect_err("these settings must be refused")
    }

    #[test]
    fn what_settings_are_by_themselves_is_in_order() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert_eq!(
            Settings { clock: ClockMode::Manual, calls: 0, journal_size: 0, ..Settings::default() }.check(),
            Ok(())
        );
    }

    #[test]
    fn what_is_out_of_range_is_named_with_what_would_do() {
        let zero = Settings { rate_limit: Some(0), ..Settings::default() };
        assert_eq!(refused(&zero), "rate_limit is 0, must be from 1 to 1000000000, or None for no limit");
        let many = Settings { calls: 10_000_001, ..Settings::default() };
        assert_eq!(refused(&many), "calls is 10000001, must be from 0 to 10000000");
        let early = Settings { start_time: "1999-12-31T23:59:59Z".parse().ok(), ..Settings::default() };
        assert!(refused(&early).contains("1999-12-31T23:59:59.000Z"), "{}", refused(&early));
    }

    #[test]
    fn a_clock_that_stands_has_no_speed() {
        let contradiction = Settings { clock: ClockMode::Manual, speed: Speed::MAX, ..Settings::default() };
        assert!(refused(&contradiction).contains("speed is 1000000"));
    }

    #[test]
    fn tokens_are_such_that_a_client_can_be_let_in_with_them_and_are_not_shown() {
        for (tokens, named) in
            [(vec![], "no token"), (vec!["two words"], "visible ASCII"), (vec!["a", "revoked"], "revoked")]
        {
            let auth = Auth::Strict(tokens.into_iter().map(str::to_owned).collect());
            let refused = refused(&Settings { auth, ..Settings::default() });
            assert!(refused.contains(named) && !refused.contains("two words"), "{refused}");
        }
        assert!(refused(&Settings { admin_token: Some(String::new()), ..Settings::default() }).contains("admin_token"));
        let admin_origins = vec!["*".to_owned(), "http://a/".to_owned()];
        assert!(refused(&Settings { admin_origins, ..Settings::default() }).contains("\"http://a/\""));
        let cors_origins = vec!["localhost:3000".to_owned()];
        let refused = refused(&Settings { cors_origins, ..Settings::default() });
        assert!(refused.contains("cors_origins has \"localhost:3000\"") && refused.contains("http://localhost:3000"));
    }

    #[test]
    fn webhooks_go_to_urls_with_events_that_there_are() {
        let with = |webhooks| refused(&Settings { webhooks, ..Settings::default() });
        let urls = || vec!["http://127.0.0.1:1/".to_owned()];
        assert!(with(Webhooks { urls: vec!["ftp://a".to_owned()], ..Webhooks::default() }).contains("\"ftp://a\""));
        assert!(with(Webhooks { events: vec!["call.made".to_owned()], ..Webhooks::default() }).contains("call.ended"));
        assert!(with(Webhooks { urls: urls(), events: vec![], ..Webhooks::default() }).contains("events is empty"));
        assert!(with(Webhooks { retries: vec![Duration::ZERO], ..Webhooks::default() }).contains("0ns"));
        assert!(with(Webhooks { retries: vec![Duration::from_secs(1); 21], ..Webhooks::default() }).contains("21"));
        let short =
            Webhooks { secret: Some("short".to_owned()), signature: Signature::Standard, ..Webhooks::default() };
        assert!(with(short.clone()).contains("Standard") && !with(short).contains("short"));
        let local = Webhooks { urls: urls(), ..Webhooks::default() };
        assert!(
            refused(&Settings { webhooks: local, profile: Profile::Production, ..Settings::default() })
                .contains("https")
        );
    }

    #[test]
    fn the_events_that_can_be_asked_for_are_those_that_there_are() {
        let known: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
        assert_eq!(known, Webhooks::EVENTS);
    }
}
