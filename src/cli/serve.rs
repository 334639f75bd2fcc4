//! `serve`: runs the server until it is told to stop.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::watch;

use super::{Refusal, complain, escaped};
use crate::config::{Auth, LogFormat, Settings};
use crate::engine::Workspaces;
use crate::fixture_files;
use crate::server::{Server, StartError, certificate_warnings};

/// Serves until a signal (Ctrl-C, SIGTERM, SIGHUP) comes, finishes what is under way, and says how that went. A second one ends the program at
/// once.
///
/// `warnings` come first: in the log where that is JSON, so that every line on stderr is, else as plain lines. Where the server does not start
/// there is no log.
pub fn serve(settings: &Settings, warnings: &[String]) -> ExitCode {
    Workspaces::prepare_process();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        let server = match Server::bind(settings).await {
            Ok(server) => server,
            Err(error) => {
                warnings.iter().for_each(|warning| complain(&format!("warning: {warning}")));
                complain(&format!("error: {error}"));
                return match error {
                    StartError::Settings(_) | StartError::Fixtures(_) => ExitCode::from(Refusal::EXIT_CODE),
                    StartError::Listen(..) | StartError::Runtime(_) => ExitCode::FAILURE,
                };
            }
        };
        for warning in warnings {
            match settings.log_format {
                LogFormat::Json => server.warn(warning),
                LogFormat::Pretty | LogFormat::Off => complain(&format!("warning: {warning}")),
            }
        }
        if settings.log_format == LogFormat::Off {
            // Without a log, the server itself has nowhere to say so.
            tokio::task::spawn_blocking(|| {
                certificate_warnings().for_each(|warning| complain(&format!("warning: {warning}")));
            });
        }
        let (stop, stopped) = watch::channel(false);
        // Before the banner: whoever has read it may send a signal.
        let mut signals = Signals::listen(server.stop_is_due());
        greet(&server, settings);
        tokio::spawn(async move {
            signals.next().await;
            // The server may have stopped by itself; then nobody listens.
            let _ = stop.send(true);
            let again = signals.next().await;
            // Whether somebody reads it or not.
            let _ = writeln!(std::io::stderr(), "stopped at once by a second signal; what was under way is lost");
            std::process::exit(again);
        });
        server.run(stopped, "; a second signal ends it at once").await;
        ExitCode::SUCCESS
    });
    // Whatever a thread still does, such as making a world of millions of calls, is not waited for.
    runtime.shutdown_background();
    code
}

/// Says where the server is, and what to try. That nobody reads it is no failure.
fn greet(server: &Server, settings: &Settings) {
    let (secret, past) = server.workspaces().default().peek(|world| {
        let past = world.call_store().len().saturating_sub(world.fixtures().calls.len());
        (world.outbox().secret().to_owned(), past)
    });
    let banner = banner(&format!("http://{}", server.address()), &secret, past, settings);
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(banner.as_bytes()).and_then(|()| stdout.flush());
}

/// Commands that work with these settings, and find something: fixtures of the user's own need not have the documentation's example, nor past
/// calls. `past` is how many were drawn.
fn banner(url: &str, secret: &str, past: usize, settings: &Settings) -> String {
    let token = match &settings.auth {
        Auth::Strict(_) => "$TOKEN",
        Auth::Any | Auth::Off => "any",
    };
    let curl = format!("curl -H \"Authorization: Bearer {token}\"");
    let admin = if settings.admin_token.is_some() { "curl -H \"Authorization: Bearer $ADMIN_TOKEN\"" } else { "curl" };
    let list = format!("{curl} '{url}/api/v1/calls?status=COMPLETED&limit=3'");
    let mut commands = match settings.fixtures {
        Some(_) => vec![
            list.clone(),
            format!("{admin} {url}/__admin/campaigns"),
            format!("{admin} {url}/__admin/phone-numbers"),
        ],
        None => vec![
            format!("{curl} {url}/api/v1/calls/call_xxx"),
            list.clone(),
            format!(
                "{curl} -H 'Content-Type: application/json' {url}/api/v1/calls \\\n    -d '{{\"campaignId\": \"cmp_xxx\", \
                 \"toNumber\": \"+15005550101\", \"fromPhoneNumberId\": \"pn_xxx\"}}'"
            ),
        ],
    };
    // There may be calls of `calls.toml`, but they need not be over.
    commands.retain(|command| past > 0 || *command != list);
    let seed = settings.seed;
    let fixtures = settings.fixtures.as_deref().map(fixture_files::origins);
    let fixtures = fixtures.map_or_else(String::new, |line| format!("{}\n", escaped(&line)));
    let asked = settings.calls;
    let missing = match past {
        past if past as u64 >= u64::from(asked) => String::new(),
        _ => format!(
            "past calls: {past} of --calls {asked}; none are drawn for a business or campaign whose share is 0\n"
        ),
    };
    format!(
        "akol-mock listening on {url}\nseed {seed}, webhook secret {secret}\nreference at {url}/docs\n{fixtures}{missing}\nTry:\n  {}\n\n",
        commands.join("\n  ")
    )
}

/// The signals that stop the server, listened for from the moment it is made: Ctrl-C, SIGTERM, and SIGHUP unless whoever started the
/// program has it ignore that, as `nohup` does. Each with the exit code that a shell gives for it.
#[cfg(unix)]
struct Signals(Vec<(tokio::signal::unix::Signal, i32)>);

#[cfg(unix)]
impl Signals {
    /// Each sets `came` at once, before anything else of the program goes on.
    fn listen(came: &Arc<AtomicBool>) -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = SignalKind::hangup();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), hangup];
        let heard = kinds.into_iter().filter(|kind| *kind != hangup || !is_ignored(*kind));
        // A shell's exit code for a program that a signal has ended.
        let code = |kind: SignalKind| 128 + kind.as_raw_value();
        let listened = |kind: SignalKind| {
            let heard = signal(kind).ok()?;
            let _ = signal_hook::flag::register(kind.as_raw_value(), Arc::clone(came));
            Some((heard, code(kind)))
        };
        Signals(heard.filter_map(listened).collect())
    }

    /// Waits for the next one, and gives its exit code.
    async fn next(&mut self) -> i32 {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            let mut came =
                self.0.iter_mut().filter_map(|(signal, code)| signal.poll_recv(context).is_ready().then_some(*code));
            came.next().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Whether this process ignores a signal, where the system says so in `/proc`.
#[cfg(unix)]
fn is_ignored(kind: tokio::signal::unix::SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}

/// The signal that stops the server.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen(_: &Arc<AtomicBool>) -> Signals {
        Signals
    }

    /// Waits for the next one, and gives its exit code.
    async fn next(&mut self) -> i32 {
        // Where it cannot be listened for, the server is stopped by force.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}
