//! The table of options: for each its name, what it means, what it accepts and how its text is read.

use std::path::PathBuf;

use clap::ValueHint;

pub(super) use super::option::{Opt, PREFIX, Read};
use super::refusal::Wrong;
use super::values;
use crate::config::{Auth, Settings};

/// The option that names the file. It is read before all others, so it cannot stand in the file itself.
pub(super) const CONFIG: Opt = Opt {
    name: "config",
    value: "FILE",
    meaning: "Reads options from a TOML file",
    details: "Its keys are the names of the options, such as rate-limit = 100. The command line and the environment \
              beat it.",
    accepts: "the path of a TOML file",
    hint: ValueHint::FilePath,
    ..PLAIN
};

/// The option of that name.
pub(super) fn named(name: &str) -> &'static Opt {
    TABLE.iter().find(|option| option.name == name).unwrap_or(&CONFIG)
}

/// Every option, in the order of the help.
pub(super) fn all() -> impl Iterator<Item = &'static Opt> {
    std::iter::once(&CONFIG).chain(TABLE)
}

/// What most options have in common.
const PLAIN: Opt = Opt {
    name: "",
    heading: SERVER,
    value: "",
    meaning: "",
    details: "",
    default: "none",
    accepts: "",
    names: &[],
    hint: ValueHint::Other,
    secret: false,
    read: Read::One(|_, _| Ok(())),
};

/// The same of those that let pages in.
const PAGES: Opt = Opt {
    value: "ORIGIN",
    accepts: "http:// or https://, a host, and a port unless it is the scheme's own, such as http://localhost:3000; or *",
    hint: ValueHint::Url,
    ..PLAIN
};

const SERVER: &str = "Server";
const WORLD: &str = "World";
const ACCESS: &str = "Access";
const QUOTAS: &str = "Quotas";
const WEBHOOKS: &str = "Webhooks";

/// Every option that a file may hold. `auth` stands before `token`, which adds to it.
pub(super) const TABLE: &[Opt] = &[
    Opt {
        name: "listen",
        value: "ADDR:PORT",
        meaning: "Where to listen",
        details: "Port 0 takes a free one. The address in use is the first line on stdout. A port alone, 3000 or :3000, is one of \
                  127.0.0.1, as is localhost:3000. In a container, listen on 0.0.0.0.",
        default: "127.0.0.1:2565",
        accepts: "an IP address and a port, such as 127.0.0.1:2565, 0.0.0.0:2565 or [::1]:2565, or a port alone",
        read: Read::One(|to, text| set(&mut to.listen, values::address(text))),
        ..PLAIN
    },
    Opt {
        name: "profile",
        value: "PROFILE",
        meaning: "How strict to be: lenient or production",
        details: "production turns on what Akol enforces: 100 requests a minute unless --rate-limit says otherwise, \
                  and webhooks only to https URLs of public hosts.",
        default: "lenient",
        accepts: "lenient or production",
        names: &["lenient", "production"],
        read: Read::One(|to, text| set(&mut to.profile, values::choice(text, &values::PROFILES))),
        ..PLAIN
    },
    Opt {
        name: "admin-token",
        value: "TOKEN",
        meaning: "The bearer token that the control API under /__admin wants",
        accepts: "visible ASCII characters without spaces, at least one",
        secret: true,
        read: Read::One(|to, text| set(&mut to.admin_token, values::token(text).map(Some))),
        ..PLAIN
    },
    Opt {
        name: "admin-origin",
        meaning: "An origin whose web pages may use the control API, or * for all; may be given several times",
        details: "Pages of other sites are refused, as is a request whose Host header is a public name, unless it is the host \
                  of one of these. In the environment, separate several with commas or spaces; in the file, give an array.",
        read: Read::Many(|to, texts| {
            set(&mut to.admin_origins, texts.iter().map(|text| values::origin(text)).collect())
        }),
        ..PAGES
    },
    Opt {
        name: "journal-size",
        value: "N",
        meaning: "How many API requests, and how many finished deliveries, are kept for reading",
        details: "When there are more, the oldest are forgotten. Each workspace keeps so many of its own.",
        default: "1000",
        accepts: "a whole number from 0 to 1,000,000",
        read: Read::One(|to, text| set(&mut to.journal_size, values::number(text, 0..=Settings::MAX_JOURNAL))),
        ..PLAIN
    },
    Opt {
        name: "journal-bytes",
        value: "SIZE",
        meaning: "How much all journals and finished deliveries of the server may take, such as 64MiB",
        details: "The oldest bodies make room, of whichever workspace; when there are none, the oldest entries do.",
        default: "256MiB",
        accepts: "a size from 64KiB to 1TiB: a number of bytes, or one of KiB, MiB, GiB or TiB, such as 512KiB or 1GiB",
        read: Read::One(|to, text| set(&mut to.journal_bytes, values::size(text, values::JOURNAL_BYTES))),
        ..PLAIN
    },
    Opt {
        name: "max-workspaces",
        value: "N|off",
        meaning: "How many workspaces there may be at once, default among them",
        details: "For one more, the least recently used is dropped; default stays.",
        default: "10000",
        accepts: "a whole number from 2 to 1,000,000, or off",
        names: &["off"],
        read: Read::One(|to, text| set(&mut to.max_workspaces, values::limit(text, 2..=Settings::MAX_WORKSPACES))),
        ..PLAIN
    },
    Opt {
        name: "workspace-ids",
        value: "distinct|shared",
        meaning: "Whether workspaces have ids of their own",
        details: "With distinct, ids and secrets differ, but for those of past calls and of default; calls go the same way in each.",
        default: "distinct",
        accepts: "distinct or shared",
        names: &["distinct", "shared"],
        read: Read::One(|to, text| set(&mut to.workspace_ids, values::choice(text, &values::WORKSPACE_IDS))),
        ..PLAIN
    },
    Opt {
        name: "log-format",
        value: "FORMAT",
        meaning: "The form of the log on stderr: pretty, json or off",
        default: "pretty",
        accepts: "pretty, json or off",
        names: &["pretty", "json", "off"],
        read: Read::One(|to, text| set(&mut to.log_format, values::choice(text, &values::LOG_FORMATS))),
        ..PLAIN
    },
    Opt {
        name: "log-level",
        value: "LEVEL",
        meaning: "What the log says: requests, calls or quiet",
        details: "requests has a line for each request, and for each try of a webhook that failed; calls adds one for each step of a \
                  call, and for what came of each try of a webhook; quiet has warnings and failed tries alone.",
        default: "requests",
        accepts: "requests, calls or quiet",
        names: &["requests", "calls", "quiet"],
        read: Read::One(|to, text| set(&mut to.log_level, values::choice(text, &values::LOG_LEVELS))),
        ..PLAIN
    },
    Opt {
        name: "seed",
        heading: WORLD,
        value: "N",
        meaning: "What everything random grows from",
        details: "The same seed, start time and requests give the same answers, byte for byte.",
        default: "42",
        accepts: "a whole number from 0 to 18,446,744,073,709,551,615",
        read: Read::One(|to, text| set(&mut to.seed, values::number(text, 0..=u64::MAX))),
        ..PLAIN
    },
    Opt {
        name: "calls",
        heading: WORLD,
        value: "N",
        meaning: "How many past calls the world starts with",
        details: "They are spread over the 30 days before the start.",
        default: "200",
        accepts: "a whole number from 0 to 10,000,000",
        read: Read::One(|to, text| set(&mut to.calls, values::number(text, 0..=Settings::MAX_CALLS))),
        ..PLAIN
    },
    Opt {
        name: "start-time",
        heading: WORLD,
        value: "TIME",
        meaning: "The instant that the emulator's clock starts from",
        default: "now",
        accepts: "an ISO-8601 instant with Z or an offset, or a date, of the years 2000 to 2100, such as 2026-04-18T14:21:42Z, or 2026-04-18 for its \
                  midnight, UTC",
        read: Read::One(|to, text| set(&mut to.start_time, values::start(text).map(Some))),
        ..PLAIN
    },
    Opt {
        name: "clock",
        heading: WORLD,
        value: "MODE",
        meaning: "Whether time runs: real, or manual to stand still until told to advance",
        details: "A manual clock is moved with POST /__admin/clock/advance.",
        default: "real",
        accepts: "real or manual",
        names: &["real", "manual"],
        read: Read::One(|to, text| set(&mut to.clock, values::choice(text, &values::CLOCKS))),
        ..PLAIN
    },
    Opt {
        name: "speed",
        heading: WORLD,
        value: "X",
        meaning: "How many seconds go by on a real clock in one second",
        default: "1",
        accepts: "a number from 0.001 to 1,000,000 with up to 3 decimals, such as 1, 0.5 or 60",
        read: Read::One(|to, text| set(&mut to.speed, values::speed(text))),
        ..PLAIN
    },
    Opt {
        name: "fixtures",
        heading: WORLD,
        value: "DIR",
        meaning: "A folder of businesses, campaigns, numbers, dialogues and scenarios that replace the built-in ones",
        details: "\"akol-mock fixtures DIR\" writes the built-in ones, to start from.",
        default: "built in",
        accepts: "the path of a folder",
        hint: ValueHint::DirPath,
        read: Read::One(|to, text| set(&mut to.fixtures, Ok(Some(PathBuf::from(text))))),
        ..PLAIN
    },
    Opt {
        name: "auth",
        heading: ACCESS,
        value: "MODE",
        meaning: "Which bearer tokens are accepted: any (that is not empty), off (none needed) or strict (only those \
                  of --token)",
        default: "any",
        accepts: "any, off or strict",
        names: &["any", "off", "strict"],
        read: Read::One(|to, text| set(&mut to.auth, values::choice(text, &values::AUTHS))),
        ..PLAIN
    },
    Opt {
        name: "token",
        heading: ACCESS,
        value: "TOKEN",
        meaning: "A token that --auth strict accepts; may be given several times",
        details: "In the environment, separate several with commas or spaces; in the file, give an array.",
        accepts: "visible ASCII characters without spaces, at least one",
        secret: true,
        read: Read::Many(|to, texts| {
            let tokens = texts.iter().map(|text| values::token(text)).collect::<Result<_, _>>()?;
            if let Auth::Strict(accepted) = &mut to.auth {
                *accepted = tokens;
            }
            Ok(())
        }),
        ..PLAIN
    },
    Opt {
        name: "cors-origin",
        heading: ACCESS,
        meaning: "An origin whose web pages may use Akol's API, or * for all; may be given several times",
        details: "Without it there is no CORS. Several are given as with --admin-origin.",
        read: Read::Many(|to, texts| {
            set(&mut to.cors_origins, texts.iter().map(|text| values::origin(text)).collect())
        }),
        ..PAGES
    },
    Opt {
        name: "rate-limit",
        heading: QUOTAS,
        value: "N|off",
        meaning: "Requests a minute for each token",
        default: "off; 100 with --profile production",
        accepts: "a whole number of requests a minute from 1 to 1,000,000,000, or off",
        names: &["off"],
        read: Read::One(|to, text| set(&mut to.rate_limit, values::limit(text, 1..=Settings::MAX_RATE_LIMIT))),
        ..PLAIN
    },
    Opt {
        name: "minute-limit",
        heading: QUOTAS,
        value: "N|off",
        meaning: "Call minutes a calendar month for the account; 0 leaves none from the start",
        default: "off",
        accepts: "a whole number of minutes a month from 0, or off",
        names: &["off"],
        read: Read::One(|to, text| set(&mut to.minute_limit, values::limit(text, 0..=u64::MAX))),
        ..PLAIN
    },
    Opt {
        name: "overage",
        heading: QUOTAS,
        value: "on|off",
        meaning: "Whether calls go on past --minute-limit",
        default: "off",
        accepts: "on or off (or true or false)",
        names: &["on", "off"],
        read: Read::One(|to, text| set(&mut to.overage, values::switch(text))),
        ..PLAIN
    },
    Opt {
        name: "webhook-url",
        heading: WEBHOOKS,
        value: "URL",
        meaning: "Where events are sent; may be given several times",
        details: "In the environment, separate several with commas or spaces (write a comma in a URL as %2C); in the \
                  file, give an array.",
        accepts: "an http or https URL with a host, such as http://127.0.0.1:8080/hooks",
        hint: ValueHint::Url,
        read: Read::Many(|to, texts| set(&mut to.webhooks.urls, texts.iter().map(|text| values::url(text)).collect())),
        ..PLAIN
    },
    Opt {
        name: "webhook-secret",
        heading: WEBHOOKS,
        value: "SECRET",
        meaning: "What webhooks are signed with",
        default: "made from the seed, printed at the start",
        details: "A webhook that is made at run time has a secret of its own. Akol's look like whsec_ and 32 letters or \
                  digits. With --webhook-signature standard it has to be whsec_ and the base64 of 24 to 64 bytes.",
        accepts: "visible ASCII characters without spaces, at least one",
        secret: true,
        read: Read::One(|to, text| set(&mut to.webhooks.secret, values::token(text).map(Some))),
        ..PLAIN
    },
    Opt {
        name: "webhook-events",
        heading: WEBHOOKS,
        value: "A,B|*",
        meaning: "Which events are sent, with commas between them; * for all",
        default: "call.started,call.ended,call.transferred,call.voicemail",
        accepts: "* or any of call.started, call.ended, call.transferred, call.voicemail, call.completed, call.missed, \
                  call.failed, transcript.ready and summary.ready, with commas between them",
        read: Read::Commas(|to, texts| set(&mut to.webhooks.events, values::events(texts))),
        ..PLAIN
    },
    Opt {
        name: "webhook-retries",
        heading: WEBHOOKS,
        value: "WAIT,WAIT,...",
        meaning: "The waits before each further try, on the emulator's clock; off for no further try",
        default: "1s,5s,30s,2m,10m",
        accepts: "up to 20 durations of 1ms to 24h, such as 500ms, 1s, 2m, 1h or PT2M, with commas between them; off, or \
                  \"\" on the command line and in the file, for no further try",
        names: &["off"],
        read: Read::Commas(|to, texts| set(&mut to.webhooks.retries, values::waits(texts))),
        ..PLAIN
    },
    Opt {
        name: "webhook-signature",
        heading: WEBHOOKS,
        value: "KIND",
        meaning: "Which signature headers are sent: akol, or standard for those of Standard Webhooks as well",
        details: "Akol's own header is always sent: both is another word for standard.",
        default: "akol",
        accepts: "akol, standard or both",
        names: &["akol", "standard", "both"],
        read: Read::One(|to, text| set(&mut to.webhooks.signature, values::choice(text, &values::SIGNATURES))),
        ..PLAIN
    },
];

/// Puts a value that was read where it belongs.
fn set<T>(field: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *field = value?;
    Ok(())
}
