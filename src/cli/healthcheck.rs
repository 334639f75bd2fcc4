//! `healthcheck`: asks a server whether it is healthy, for container images that have no other HTTP client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use clap::ArgMatches;
use http_body_util::Empty;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::layers::{Layer, Origin, gather};
use super::options;
use super::refusal::{Refusal, Wrong};
use super::surroundings::Surroundings;
use super::values;
use crate::config::Settings;

/// Where the control API tells of the server's health.
const PATH: &str = "/__admin/health";

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// How long one of several tries may take: a server that is starting may accept a connection and never answer it.
const ONE_TRY: Duration = Duration::from_secs(5);

/// A question to a server: is it healthy?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Healthcheck {
    /// What is asked.
    url: Uri,
    /// Whether it is asked again until it is healthy.
    wait: bool,
    /// How long to wait for a good answer.
    timeout: Duration,
}

impl Healthcheck {
    /// Asks, with a runtime of its own.
    ///
    /// # Errors
    ///
    /// Why the server is not healthy, in one line.
    pub fn run(&self) -> Result<(), String> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start a runtime: {error}"))?
            .block_on(self.answer())
            .map_err(|why| format!("{} is not healthy: {why}", self.url))
    }

    async fn answer(&self) -> Result<(), String> {
        if !self.wait {
            return within(self.timeout, ask(&self.url)).await;
        }
        let mut last = None;
        let in_time = tokio::time::timeout(self.timeout, self.ask_until_healthy(&mut last)).await;
        in_time.map_err(|_| {
            let last = last.unwrap_or_else(|| "no answer".to_owned());
            format!("{last} (gave up after {:?})", self.timeout)
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the server is another process: only time brings it up")]
    async fn ask_until_healthy(&self, last: &mut Option<String>) {
        while let Err(why) = within(ONE_TRY, ask(&self.url)).await {
            *last = Some(why);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn within(limit: Duration, asking: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let in_time = tokio::time::timeout(limit, asking).await;
    in_time.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
}

async fn ask(url: &Uri) -> Result<(), String> {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, url.port_u16().unwrap_or(80))).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // The connection moves the bytes; it ends by itself when the sender is gone.
    tokio::spawn(connection);
    let request = Request::get(url.path())
        .header(HOST, url.authority().map_or("", |authority| authority.as_str()))
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    match response.status() {
        StatusCode::OK => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}

/// Reads what was asked on the command line.
pub(super) fn read(asked: &ArgMatches, around: &Surroundings<'_>) -> Result<Healthcheck, Refusal> {
    let text = |name| asked.get_one::<String>(name);
    let url = match text("url") {
        Some(url) => health_of(url).map_err(|wrong| refuse("url", URL_ACCEPTS, &wrong))?,
        None => default_url(around)?,
    };
    let timeout = text("timeout").map_or(Ok(DEFAULT_TIMEOUT), |text| {
        values::wait(text).map_err(|wrong| refuse("timeout", "a duration such as 500ms, 30s or 2m, up to 24h", &wrong))
    })?;
    let wait = asked.get_flag("wait");
    Ok(Healthcheck { url, wait, timeout })
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const URL_ACCEPTS: &str = "the http URL of a server, such as http://127.0.0.1:2565";

fn refuse(name: &str, accepts: &str, wrong: &Wrong) -> Refusal {
    Refusal::of_value(name, accepts, &Origin::CommandLine, wrong)
}

/// The URL of the health of the server at `base`.
fn health_of(base: &str) -> Result<Uri, Wrong> {
    let url: Uri = base.parse().map_err(|_| Wrong::text(base))?;
    let server = url.host().is_some_and(|host| !host.is_empty()) && url.query().is_none();
    if url.scheme_str() != Some("http") || !server {
        return Err(Wrong::text(base));
    }
    format!("{}{PATH}", base.trim_end_matches('/')).parse().map_err(|_| Wrong::text(base))
}

/// The URL of the server that the same environment would start: so the check needs no options in the server's own
/// container.
fn default_url(around: &Surroundings<'_>) -> Result<Uri, Refusal> {
    let mut settings = Settings::default();
    if let Some(given) = gather(Layer::new(), around)?.get("listen") {
        given.read(options::named("listen"), &mut settings)?;
        if settings.listen.port() == 0 {
            return Err(Refusal::new(format!(
                "--listen, given {}, takes a free port, which cannot be known here; give --url",
                given.origin
            )));
        }
    }
    let server = reachable(settings.listen);
    health_of(&format!("http://{server}")).map_err(|wrong| refuse("url", URL_ACCEPTS, &wrong))
}

/// The address to call for a server that listens there: one that listens on all addresses listens on the machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
