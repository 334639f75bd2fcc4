//! Whether the options agree with each other, once each has been read by itself.

use std::path::PathBuf;

use akol_mock_world::account::settings::Profile;
use akol_mock_world::base::speed::Speed;
use akol_mock_world::webhooks::signature::Signature;
use akol_mock_world::webhooks::signature::why_not_standard;
use akol_mock_world::webhooks::url::WebhookUrl;

use super::layers::{Given, Layer, Origin, refuse};
use super::options;
use super::refusal::{Refusal, Wrong};
use super::surroundings::Surroundings;
use crate::config::check::REFUSED_TOKENS;
use crate::config::{Auth, ClockMode, Settings};

/// Refuses what contradicts itself, and fills in what one option means for another.
pub(super) fn settle(settings: &mut Settings, given: &Layer, around: &Surroundings<'_>) -> Result<(), Refusal> {
    tokens(settings, given)?;
    clock(settings, given)?;
    fixtures(settings.fixtures.as_ref(), given, around)?;
    webhook_secret(settings, given)?;
    if settings.profile == Profile::Production {
        public_urls(settings, given)?;
        if !given.contains_key("rate-limit") {
            settings.rate_limit = Some(Settings::AKOL_RATE_LIMIT);
        }
    }
    Ok(())
}

/// `strict` needs tokens, and tokens need `strict`.
fn tokens(settings: &Settings, given: &Layer) -> Result<(), Refusal> {
    match (&settings.auth, given.get("token")) {
        (Auth::Strict(tokens), _) if tokens.is_empty() => Err(Refusal::new(format!(
            "--auth strict, {}, has no token to accept; give one with --token, or take --auth any",
            origin(given, "auth")
        ))),
        (Auth::Any | Auth::Off, Some(token)) => Err(Refusal::new(format!(
            "--token, given {}, has no effect with --auth {}, {}; take --auth strict, or leave the tokens out",
            token.origin,
            if settings.auth == Auth::Off { "off" } else { "any" },
            origin(given, "auth")
        ))),
        (Auth::Strict(tokens), _) => match tokens.iter().find(|token| REFUSED_TOKENS.contains(&token.as_str())) {
            Some(token) => Err(Refusal::new(format!(
                "--token {token} can never be accepted: that token is always refused, so that clients can be tested with it; \
                 take another"
            ))),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A clock that stands still has no speed.
fn clock(settings: &Settings, given: &Layer) -> Result<(), Refusal> {
    if settings.clock == ClockMode::Real || settings.speed == Speed::REAL {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "--speed {}, {}, has no effect with --clock manual, {}; take --clock real, or leave the speed out",
        settings.speed,
        origin(given, "speed"),
        origin(given, "clock")
    )))
}

/// Standard Webhooks needs a secret that it can decode.
fn webhook_secret(settings: &Settings, given: &Layer) -> Result<(), Refusal> {
    let secret = settings.webhooks.secret.as_deref().filter(|_| settings.webhooks.signature == Signature::Standard);
    match secret.and_then(why_not_standard) {
        Some(why) => Err(Refusal::new(format!(
            "--webhook-secret (not shown, it is a secret), {}, does not go with --webhook-signature standard, {}: {why}; \
             give whsec_ and the base64 of 24 to 64 bytes, or take --webhook-signature akol",
            origin(given, "webhook-secret"),
            origin(given, "webhook-signature")
        ))),
        None => Ok(()),
    }
}

/// A folder of fixtures must be there.
fn fixtures(folder: Option<&PathBuf>, given: &Layer, around: &Surroundings<'_>) -> Result<(), Refusal> {
    match (folder, given.get("fixtures")) {
        (Some(folder), Some(given)) if !(around.is_folder)(folder) => {
            let why = match (around.is_file)(folder) {
                true => "that is a file; name the folder that it is in",
                false => "there is no such folder",
            };
            let wrong = Wrong::text(&folder.to_string_lossy()).because(why);
            Err(refuse(options::named("fixtures"), &given.origin, wrong))
        }
        _ => Ok(()),
    }
}

/// Under `production`, webhooks go where Akol would send them.
fn public_urls(settings: &Settings, given: &Layer) -> Result<(), Refusal> {
    for url in &settings.webhooks.urls {
        if let Err(refused) = WebhookUrl::parse(url, Profile::Production) {
            return Err(Refusal::new(format!(
                "--webhook-url {url:?}, {}, does not go with --profile production, {}: {}; give an https \
                 URL of a public host, or take --profile lenient",
                origin(given, "webhook-url"),
                origin(given, "profile"),
                refused.why()
            )));
        }
    }
    Ok(())
}

/// What is right in form, but may be an oversight.
pub(super) fn oversights(settings: &Settings, given: &Layer) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["token", "webhook-url"] {
        found.extend(given.get(name).and_then(|given| of_commas(name, given)));
    }
    let urls = &settings.webhooks.urls;
    let again = urls.iter().enumerate().find(|(position, url)| urls[..*position].contains(url));
    if let Some((_, url)) = again {
        found.push(format!("--webhook-url {url} is given more than once, so each event goes there as often"));
    }
    if settings.overage && settings.minute_limit.is_none() {
        found.push(format!("--overage on, {}, has no effect without --minute-limit", origin(given, "overage")));
    }
    found
}

/// That a text is one, though it looks like several with commas between them. In the environment it is several.
fn of_commas(name: &str, given: &Given) -> Option<String> {
    let is_list = |text: &String| match name {
        // A URL may have commas in it.
        "webhook-url" => {
            [",http://", ",https://"].iter().any(|next| text.to_lowercase().replace(' ', "").contains(next))
        }
        _ => text.contains(','),
    };
    let shown = options::named(name).value;
    let each = match &given.origin {
        Origin::CommandLine => format!("give several as --{name} {shown} --{name} {shown}"),
        Origin::File { .. } => format!("give several as an array: {name} = [\"{shown}\", \"{shown}\"]"),
        Origin::Environment { .. } => return None,
    };
    let has_list = given.texts.iter().any(is_list);
    has_list
        .then(|| format!("--{name}, given {}, has a comma in it, which is part of the {shown}; {each}", given.origin))
}

/// Where the option was given, in words.
fn origin(given: &Layer, name: &str) -> String {
    given.get(name).map_or_else(|| "the default".to_owned(), |given| format!("given {}", given.origin))
}
