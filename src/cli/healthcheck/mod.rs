//! `healthcheck`: asks a server whether it is healthy, for container images that have no other HTTP client.

mod running;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use akol_mock_world::base::http_url;
use akol_mock_world::base::http_url::{NotAnHttpUrl, without_user_info};
use bytes::Bytes;
use clap::ArgMatches;
use http_body_util::Empty;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use self::running::Running;
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
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// Who is asked.
    target: Target,
    /// Whether it is asked again until it is healthy.
    wait: bool,
    /// How long to wait for a good answer.
    timeout: Duration,
}

/// The server that is asked.
#[derive(Clone, Debug)]
enum Target {
    /// The one whose health is told at this URL.
    Url(Uri),
    /// The one that runs beside the check, or else the one at this address.
    Beside(Expected),
}

/// Where a server listens that is started without options on its command line.
#[derive(Clone, Debug)]
struct Expected {
    address: SocketAddr,
    /// Where that was given; by default where `None`.
    origin: Option<Origin>,
}

impl Healthcheck {
    /// Asks, with a runtime of its own; says who is healthy, as the server that was found may be another one than was meant.
    ///
    /// # Errors
    ///
    /// Why the server is not healthy, in one line.
    pub fn run(&self) -> Result<String, String> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start a runtime: {error}"))?
            .block_on(self.answer())
    }

    async fn answer(&self) -> Result<String, String> {
        let url = if self.wait { self.wait_for_answer().await? } else { self.target.ask_within(self.timeout).await? };
        Ok(format!("{url} is healthy"))
    }

    async fn wait_for_answer(&self) -> Result<Uri, String> {
        let mut last = None;
        let in_time = tokio::time::timeout(self.timeout, self.ask_until_healthy(&mut last)).await;
        in_time.map_err(|_| {
            let last = last.unwrap_or_else(|| "no answer".to_owned());
            format!("{last} (gave up after {:?})", self.timeout)
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the server is another process: only time brings it up")]
    async fn ask_until_healthy(&self, last: &mut Option<String>) -> Uri {
        loop {
            match self.target.ask_within(ONE_TRY).await {
                Ok(url) => return url,
                Err(why) => *last = Some(why),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Target {
    /// Looks for the server, and asks it. Gives the URL that it was asked at.
    async fn ask_within(&self, limit: Duration) -> Result<Uri, String> {
        let url = match self {
            Target::Url(url) => url.clone(),
            Target::Beside(expected) => health_at(expected.choose(&running::servers())?)?,
        };
        let in_time = tokio::time::timeout(limit, ask(&url)).await;
        let answer = in_time.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")));
        match answer {
            Ok(()) => Ok(url),
            Err(why) => Err(format!("{url} is not healthy: {why}{}", hint_of_path(&url))),
        }
    }
}

/// That the URL may have too long a path, where it has more of it than a server alone.
fn hint_of_path(url: &Uri) -> String {
    let server = url.authority().filter(|_| url.path() != PATH);
    server.map_or_else(String::new, |server| {
        format!("; --url takes the URL of the server, here probably http://{server}")
    })
}

impl Expected {
    /// The address of the server that is meant: the only one that runs; of several, the one at the expected address. Where none runs, or
    /// none can be seen, the expected address.
    fn choose(&self, running: &[Running]) -> Result<SocketAddr, String> {
        match running {
            [only] => Ok(only.address),
            [] => match &self.origin {
                Some(origin) if self.address.port() == 0 => Err(format!(
                    "no server runs here, and --listen, given {origin}, takes a free port, which cannot be known before; start a \
                     server, or give --url"
                )),
                _ => Ok(self.address),
            },
            several if several.iter().any(|server| server.address == self.address) => Ok(self.address),
            several => {
                let all: Vec<String> = several.iter().map(Running::to_string).collect();
                Err(format!("{} servers run here: {}; give --url to say which is meant", all.len(), all.join(", ")))
            }
        }
    }
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
    let target = match text("url") {
        Some(url) => Target::Url(health_of(url).map_err(|wrong| refuse("url", URL_ACCEPTS, &wrong))?),
        None => Target::Beside(expected(around)?),
    };
    let timeout = text("timeout").map_or(Ok(DEFAULT_TIMEOUT), |text| {
        values::wait(text).map_err(|wrong| refuse("timeout", "a duration such as 500ms, 30s or 2m, up to 24h", &wrong))
    })?;
    let wait = asked.get_flag("wait");
    Ok(Healthcheck { target, wait, timeout })
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const URL_ACCEPTS: &str = "the http URL of a server, such as http://127.0.0.1:2565";

fn refuse(name: &str, accepts: &str, wrong: &Wrong) -> Refusal {
    Refusal::of_value(name, accepts, &Origin::CommandLine, wrong)
}

/// The URL of the health of the server at `base`.
fn health_of(base: &str) -> Result<Uri, Wrong> {
    // A password is not repeated.
    let wrong = || Wrong::text(&without_user_info(base));
    let url = http_url::parse(base).map_err(|NotAnHttpUrl(why)| wrong().because(why))?;
    if url.scheme() != "http" || url.query().is_some() {
        return Err(wrong());
    }
    format!("{}{PATH}", url.as_str().trim_end_matches('/')).parse().map_err(|_| wrong())
}

/// The URL of the health of the server that listens there.
fn health_at(listen: SocketAddr) -> Result<Uri, String> {
    format!("http://{}{PATH}", reachable(listen)).parse().map_err(|error| format!("{listen} makes no URL: {error}"))
}

/// Where the same environment would start a server.
fn expected(around: &Surroundings<'_>) -> Result<Expected, Refusal> {
    let mut settings = Settings::default();
    let given = gather(Layer::new(), around)?.remove("listen");
    if let Some(given) = &given {
        given.read(options::named("listen"), &mut settings)?;
    }
    Ok(Expected { address: settings.listen, origin: given.map(|given| given.origin) })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    fn choose(expected: &str, running: &[&str]) -> Result<SocketAddr, String> {
        let origin = Some(Origin::Environment { variable: "AKOL_MOCK_LISTEN".to_owned() });
        let running: Vec<Running> =
            (1..).zip(running).map(|(process, address)| Running { process, address: at(address) }).collect();
        Expected { address: at(expected), origin }.choose(&running)
    }

    #[test]
    fn the_only_server_is_meant_wherever_it_was_expected() {
        assert_eq!(choose("0.0.0.0:2565", &["0.0.0.0:9000"]), Ok(at("0.0.0.0:9000")));
        assert_eq!(choose("127.0.0.1:0", &["127.0.0.1:1234"]), Ok(at("127.0.0.1:1234")));
    }

    #[test]
    fn of_several_the_expected_one_is_meant_and_else_the_user_has_to_say() {
        assert_eq!(choose("0.0.0.0:2565", &["0.0.0.0:2565", "0.0.0.0:9000"]), Ok(at("0.0.0.0:2565")));
        assert_eq!(
            choose("127.0.0.1:2565", &["[::]:9000", "127.0.0.1:9001"]).unwrap_err(),
            "2 servers run here: http://[::1]:9000 (process 1), http://127.0.0.1:9001 (process 2); give --url to say which is meant"
        );
    }

    #[test]
    fn where_none_is_seen_the_expected_one_is_asked() {
        assert_eq!(choose("0.0.0.0:2565", &[]), Ok(at("0.0.0.0:2565")));
        let unknown = choose("127.0.0.1:0", &[]).unwrap_err();
        assert!(unknown.contains("no server runs here") && unknown.contains("AKOL_MOCK_LISTEN"), "{unknown}");
    }

    #[test]
    fn a_url_with_too_long_a_path_is_told() {
        let hint = |base: &str| hint_of_path(&health_of(base).unwrap());
        assert_eq!(hint("http://127.0.0.1:2565/"), "");
        assert!(hint("http://127.0.0.1:2565/api/v1").ends_with(", here probably http://127.0.0.1:2565"));
    }

    #[test]
    fn a_server_on_all_addresses_is_asked_on_the_machines_own() {
        assert_eq!(health_at(at("0.0.0.0:9000")).unwrap(), "http://127.0.0.1:9000/__admin/health");
        assert_eq!(health_at(at("[::]:9000")).unwrap(), "http://[::1]:9000/__admin/health");
    }
}
