//! Carries events to receivers.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use akol_mock_world::account::settings::Profile;
use akol_mock_world::webhooks::Headers;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, http};
use rustls::pki_types::CertificateDer;

use super::connection::{Connection, Outgoing, Unanswered};
use super::connector::{BoxError, Connector};
use super::destination::Destination;
use super::failure::{Failure, explain, is_refused};
use super::hint::{self, Hint};
use super::pool::Pool;
use super::shortage::Shortage;
use crate::awake::timeout;

/// How long a receiver has, in real time, from the start of connecting to the end of its answer's head: what the API
/// promises. The emulator's clock has no say here, as a receiver takes its time whatever that clock shows.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How many bytes of an answer's body are read, to nobody's use but that of the connection, which can then carry the
/// next event. Past this a new connection is cheaper.
const BODY_AT_MOST: usize = 64 * 1024;

/// How long an answer's body is read, in real time. It mostly comes with the head.
const BODY_WITHIN: Duration = Duration::from_secs(1);

const AGENT: &str = concat!("akol-mock/", env!("CARGO_PKG_VERSION"));

/// The headers that every try has.
const ALWAYS: [(HeaderName, &str); 2] = [(CONTENT_TYPE, "application/json"), (USER_AGENT, AGENT)];

/// Every header that a try is sent with, but for those that HTTP itself needs.
pub fn all_headers(signed: Headers) -> Headers {
    let always = [("content-type".into(), "application/json".into()), ("user-agent".into(), AGENT.into())];
    always.into_iter().chain(signed).collect()
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver's HTTP status, whichever it was.
    Replied(u16),
    /// There was no answer within that time.
    TimedOut(Duration),
    /// Nobody listens there: why, for people to read. Nothing was sent.
    Refused(String),
    /// Why there was no answer, for people to read.
    Failed(String),
    /// This machine lacks what a try takes, so none was made.
    NotMade(Shortage),
}

/// What came of one try, and what may help where it was not received.
pub struct Outcome {
    /// What came of it.
    pub answer: Answer,
    /// What may help, for people to read.
    pub hint: Option<Hint>,
}

/// Why a request was not answered.
enum Unsuccessful {
    /// There was no connection to send it over.
    NotConnected(BoxError),
    /// It was sent, or part of it.
    Unanswered(BoxError),
}

/// Sends clients out. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Dispatch {
    profile: Profile,
    connector: Connector,
    pool: Pool,
}

impl Dispatch {
    /// To wherever `profile` lets events go. Costs microseconds.
    pub fn new(profile: Profile) -> Dispatch {
        Dispatch::trusting(profile, Vec::new())
    }

    /// The same, also to receivers that `extra_roots` vouch for.
    fn trusting(profile: Profile, extra_roots: Vec<CertificateDer<'static>>) -> Dispatch {
        Dispatch { profile, connector: Connector::new(profile, extra_roots), pool: Pool::default() }
    }

    /// Closes the connections that nobody uses at the moment, which frees their descriptors.
    pub fn close_idle(&self) {
        self.pool.clear();
    }

    /// A client to the receiver at that URL; else why nothing may be sent there.
    pub fn client(&self, url: &str) -> Result<Client, String> {
        Ok(self.client_to(Destination::parse(url, self.profile)?))
    }

    fn client_to(&self, to: Destination) -> Client {
        Client { connector: self.connector.clone(), pool: self.pool.clone(), to, connection: None }
    }
}

/// Carries one event after the other to one receiver, over a connection that it keeps until it is dropped.
pub struct Client {
    connector: Connector,
    pool: Pool,
    to: Destination,
    /// Not there while it is used: what is dropped then leaves no half an answer behind for the next.
    connection: Option<Connection>,
}

impl Client {
    /// POSTs an event, whose receiver has that long for its answer.
    ///
    /// A redirect is an answer like any other, and is not followed. Dropping the future ends the try.
    pub async fn carry(&mut self, headers: &Headers, body: Bytes, within: Duration) -> Outcome {
        match timeout(within, self.send(headers, body)).await {
            Ok(Ok((mut connection, answer))) => {
                let (head, body) = answer.into_parts();
                if !body.is_end_stream() {
                    connection.drive(use_up(body)).await;
                }
                self.connection = Some(connection);
                let is_received = head.status.is_success();
                let hint = || hint::of_status(head.status.as_u16(), head.headers.get(LOCATION));
                let hint = if is_received { None } else { hint() };
                Outcome { answer: Answer::Replied(head.status.as_u16()), hint }
            }
            Ok(Err(Unsuccessful::NotConnected(error))) => match Shortage::behind(&*error, &self.to.url).await {
                Some(shortage) => Outcome { answer: Answer::NotMade(shortage), hint: None },
                None if is_refused(&*error) => {
                    let Failure { why, hint } = explain(&*error, &self.to.url);
                    Outcome { answer: Answer::Refused(why), hint }
                }
                None => self.failed(&*error),
            },
            Ok(Err(Unsuccessful::Unanswered(error))) => self.failed(&*error),
            Err(_) => Outcome { answer: Answer::TimedOut(within), hint: Some(hint::OF_SILENCE) },
        }
    }

    fn failed(&self, error: &(dyn Error + 'static)) -> Outcome {
        let Failure { why, hint } = explain(error, &self.to.url);
        Outcome { answer: Answer::Failed(why), hint }
    }

    /// Sends a request over the connection that is kept, or one that is idle, or a new one.
    ///
    /// A receiver may close a connection that it has kept at any time, without announcing it. So a request that is not answered with a
    /// single byte there, or with the 408 that RFC 9110 section 15.5.9 lets a receiver close such a connection with, is sent again over a
    /// new connection, once, as the same try. On a new connection the same is a failure.
    async fn send(&mut self, headers: &Headers, body: Bytes) -> Result<(Connection, Response<Incoming>), Unsuccessful> {
        let kept = self.connection.take().and_then(Connection::if_open);
        if let Some(mut kept) = kept.or_else(|| self.pool.take(&self.to.origin)) {
            match kept.send(self.request(headers, body.clone())?).await {
                Ok(answer) if is_close(&answer) => {}
                Ok(answer) => return Ok((kept, answer)),
                Err(Unanswered { is_silent: true, .. }) => {}
                Err(Unanswered { error, .. }) => return Err(Unsuccessful::Unanswered(error.into())),
            }
        }
        let request = self.request(headers, body)?;
        let connecting = Connection::open(self.connector.clone(), self.to.url.clone());
        let mut new = connecting.await.map_err(Unsuccessful::NotConnected)?;
        match new.send(request).await {
            Ok(answer) => Ok((new, answer)),
            Err(Unanswered { error, .. }) => Err(Unsuccessful::Unanswered(error.into())),
        }
    }

    fn request(&self, headers: &Headers, body: Bytes) -> Result<Outgoing, http::Error> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.to.path.clone();
        let all = request.headers_mut();
        all.reserve(ALWAYS.len() + headers.len() + 1);
        for (name, value) in ALWAYS {
            all.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in headers {
            all.append(HeaderName::try_from(&**name)?, HeaderValue::try_from(&**value)?);
        }
        all.insert(HOST, self.to.host.clone());
        Ok(request)
    }
}

/// Whether that says that a connection is closed since no request came in time.
fn is_close(answer: &Response<Incoming>) -> bool {
    let mut options =
        answer.headers().get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
    answer.status() == StatusCode::REQUEST_TIMEOUT
        && options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

impl From<http::Error> for Unsuccessful {
    fn from(error: http::Error) -> Unsuccessful {
        Unsuccessful::Unanswered(error.into())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.keep(self.to.origin.clone(), connection);
        }
    }
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
