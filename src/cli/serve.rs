//! `serve`: runs the server until it is told to stop.

use std::io::Write;
use std::process::ExitCode;

use tokio::sync::watch;

use super::Refusal;
use crate::config::Settings;
use crate::server::{MockServer, StartError};

/// Serves until Ctrl-C or SIGTERM, finishes what is under way, and says how that went.
pub fn serve(settings: &Settings) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let server = match MockServer::start(settings).await {
            Ok(server) => server,
            Err(error) => {
                eprintln!("error: {error}");
                return match error {
                    StartError::Fixtures(_) => ExitCode::from(Refusal::EXIT_CODE),
                    StartError::Listen(..) => ExitCode::FAILURE,
                };
            }
        };
        let (stop, stopped) = watch::channel(false);
        // Before the banner: whoever has read it may send a signal.
        let signals = Signals::listen();
        greet(&server, settings);
        tokio::spawn(async move {
            signals.wait().await;
            // The server may have stopped by itself; then nobody listens.
            let _ = stop.send(true);
        });
        server.run(stopped).await;
        ExitCode::SUCCESS
    })
}

/// Says where the server is, and what to try. That nobody reads it is no failure.
fn greet(server: &MockServer, settings: &Settings) {
    let url = format!("http://{}", server.address());
    let secret = server.webhook_secret();
    let seed = settings.seed;
    let number = "+15005550101";
    let banner = format!(
        "akol-mock listening on {url}\n\
         seed {seed}, webhook secret {secret}\n\
         \n\
         Try:\n\
         \x20 curl -H 'Authorization: Bearer any' {url}/api/v1/calls/call_xxx\n\
         \x20 curl -H 'Authorization: Bearer any' '{url}/api/v1/calls?status=COMPLETED&limit=3'\n\
         \x20 curl -H 'Authorization: Bearer any' -H 'Content-Type: application/json' {url}/api/v1/calls \\\n\
         \x20   -d '{{\"campaignId\": \"cmp_xxx\", \"toNumber\": \"{number}\", \"fromPhoneNumberId\": \"pn_xxx\"}}'\n\n"
    );
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(banner.as_bytes()).and_then(|()| stdout.flush());
}

/// The signals that stop the server, listened for from the moment it is made.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn listen() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        Signals(
            [SignalKind::interrupt(), SignalKind::terminate()]
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        )
    }

    async fn wait(mut self) {
        std::future::poll_fn(|context| {
            let any = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// The signal that stops the server.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Signals {
        Signals
    }

    async fn wait(self) {
        // Where it cannot be listened for, the server is stopped by force.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
