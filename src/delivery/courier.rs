//! Carries one event to one receiver, once.

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use super::connector::Connector;
use super::failure::explain;
use super::lines::Lines;
use crate::config::Profile;
use crate::webhook_url;

/// How long a receiver has, in real time, from the start of connecting to the end of its answer's head: what the API
/// promises. The emulator's clock has no say here, as a receiver takes its time whatever that clock shows.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How many bytes of an answer's body are read, to nobody's use but that of the connection, which can then carry the
/// next event. Past this a new connection is cheaper.
const BODY_AT_MOST: usize = 64 * 1024;

/// How long an answer's body is read, in real time. It mostly comes with the head.
const BODY_WITHIN: Duration = Duration::from_secs(1);

/// How long a connection is kept for the next event, in real time. Common servers close after five seconds of silence,
/// and an event sent just then would be lost, so this is less.
const IDLE_AT_MOST: Duration = Duration::from_secs(4);

/// Why something is not sent to a receiver that has used up the time which an advance has for it.
const OUT_OF_TIME: &str =
    "not sent: the receiver has let others of the same advance time out, and has no time left in it";

const AGENT: &str = concat!("akol-mock/", env!("CARGO_PKG_VERSION"));

/// The headers that every try has.
const ALWAYS: [(&str, &str); 2] = [("content-type", "application/json"), ("user-agent", AGENT)];

/// The headers that a try is sent with, beside those that every try has.
pub type Headers = Vec<(&'static str, String)>;

/// Every header that a try is sent with, but for those that HTTP itself needs.
pub fn all_headers(signed: Headers) -> Vec<(String, String)> {
    let always = ALWAYS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    always.chain(signed.into_iter().map(|(name, value)| (name.to_owned(), value))).collect()
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver's HTTP status, whichever it was.
    Replied(u16),
    /// There was no answer within that time.
    TimedOut(Duration),
    /// Why there was no answer, for people to read.
    Failed(String),
}

/// What is carried, and to whom.
pub struct Parcel<'a, H, P> {
    /// Whose it is: senders do not wait for each other.
    pub sender: &'a str,
    /// Where it goes.
    pub url: &'a Uri,
    /// What it is sent with, made when it leaves.
    pub headers: H,
    /// JSON.
    pub body: Bytes,
    /// How long the receiver has for it, in real time, given how long it usually has; `None` is no time at all.
    pub patience: P,
}

/// Carries events to receivers. Cheap to clone; clones share connections and lines.
///
/// A receiver that is slow, down or answers nonsense harms only its own deliveries: each has a line of its own for each sender, of
/// which 64 at once are served.
#[derive(Clone)]
pub struct Courier {
    profile: Profile,
    client: Client<Connector, Full<Bytes>>,
    lines: Lines,
}

impl Courier {
    /// A courier that goes where `profile` lets it. Costs microseconds.
    pub fn new(profile: Profile) -> Courier {
        Courier::trusting(profile, Vec::new())
    }

    /// A courier that also trusts receivers that `extra_roots` vouch for.
    fn trusting(profile: Profile, extra_roots: Vec<CertificateDer<'static>>) -> Courier {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_AT_MOST)
            .build(Connector::new(profile, extra_roots));
        Courier { profile, client, lines: Lines::default() }
    }

    /// POSTs a parcel, after those of the same sender that wait for the same receiver already.
    ///
    /// A redirect is an answer like any other, and is not followed. Dropping the future ends the try.
    pub async fn carry<H, P>(&self, parcel: Parcel<'_, H, P>) -> Answer
    where
        H: FnOnce() -> Headers,
        P: FnOnce(Duration) -> Option<Duration>,
    {
        // The resolver judges names, and the client connects to a literal address without asking it.
        match webhook_url::check(parcel.url, self.profile) {
            Ok(()) => self.post(parcel).await,
            Err(refusal) => Answer::Failed(refusal.to_string()),
        }
    }

    async fn post<H, P>(&self, parcel: Parcel<'_, H, P>) -> Answer
    where
        H: FnOnce() -> Headers,
        P: FnOnce(Duration) -> Option<Duration>,
    {
        let Parcel { sender, url, headers, body, patience } = parcel;
        let _place = self.lines.join(format!("{sender} {url}")).await;
        let Some(within) = patience(ANSWER_WITHIN) else {
            return Answer::Failed(OUT_OF_TIME.to_owned());
        };
        // Made only now: a signature may hold the time, and must not grow old in line.
        let request = match request(url, headers(), body) {
            Ok(request) => request,
            Err(error) => return Answer::Failed(format!("the request cannot be sent: {error}")),
        };
        match timeout(within, self.client.request(request)).await {
            Ok(Ok(response)) => {
                let status = response.status().as_u16();
                use_up(response.into_body()).await;
                Answer::Replied(status)
            }
            Ok(Err(error)) => Answer::Failed(explain(&error)),
            Err(_) => Answer::TimedOut(within),
        }
    }
}

fn request(url: &Uri, headers: Headers, body: Bytes) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let always = ALWAYS.iter().fold(Request::post(url.clone()), |request, (name, value)| request.header(*name, *value));
    let request = headers.into_iter().fold(always, |request, (name, value)| request.header(name, value));
    request.body(Full::new(body))
}

/// Reads `body` to its end if that is near, so that the connection can be used again.
async fn use_up(mut body: Incoming) {
    let read = async {
        let mut room = BODY_AT_MOST;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = room.checked_sub(length) else { return };
            room = rest;
        }
    };
    // Out of time or not: the answer stands, and a body that is dropped early just closes its connection.
    let _ = timeout(BODY_WITHIN, read).await;
}
