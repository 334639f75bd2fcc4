//! Refusals: where errors become statuses.

use std::time::Duration;

use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::calls::magic_number::Fault;
use akol_mock_world::error::{Error, FieldError};
use hyper::StatusCode;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CONTENT_RANGE, RETRY_AFTER, WWW_AUTHENTICATE};

use super::envelope::{self, Field};
use crate::blocking_pool::Stopped;
use crate::http::conditional::Unmet;
use crate::http::request::{MAX_HEADERS, MAX_TARGET, MOST_HEADERS, Unreadable};
use crate::http::response::Reply;
use crate::http::upload::{LARGE, PROGRESS_WITHIN, ROOM};

/// An answer that says no.
#[derive(Debug)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What was wrong, and what would be right.
    pub message: String,
    fields: Vec<FieldError>,
    advice: Advice,
}

/// What a header says beside the message.
#[derive(Debug)]
enum Advice {
    None,
    /// Come with a bearer token.
    Authenticate,
    /// Take one of these methods.
    Allow(String),
    /// Come again after that many seconds.
    RetryAfter(u64),
    /// Stay within that many bytes.
    Length(u64),
    /// Send the body as it is.
    NoCoding,
}

impl Refusal {
    /// A refusal without further headers.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), fields: Vec::new(), advice: Advice::None }
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401, with the challenge that RFC 9110 asks for.
    pub fn unauthorized(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, message).with(Advice::Authenticate)
    }

    /// 405, with the methods that would do, and the path that takes this one and may have been meant.
    pub fn method_not_allowed(method: &str, path: &str, allowed: String, near: Option<&str>) -> Refusal {
        let meant = near.map_or_else(String::new, |near| format!("; did you mean {}?", Quoted(near)));
        let message = format!("{method} is not possible on {path}; it takes {allowed}{meant}");
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).with(Advice::Allow(allowed))
    }

    /// 429 for the rate limit, in the documentation's words.
    pub fn too_many_requests(retry_after: Duration) -> Refusal {
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Please try again later.")
            .with(Advice::RetryAfter(whole_seconds(retry_after)))
    }

    /// 503 for a request that a reset, or another state, has overtaken.
    pub fn void() -> Refusal {
        let message = "The workspace was reset, or given another state, while this request was under way, so it has no effect; send it again";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// 503 for a request that the server's end has overtaken.
    pub fn stopping() -> Refusal {
        let message = "The server is stopping and has given this request up; what it had done by then stands";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// The error that a fault rule asks for. `status` is that of an error; where it is none, 500 stands for it.
    pub fn by_rule(rule: &str, status: u16, retry_after: Option<u32>) -> Refusal {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let name = status.canonical_reason().unwrap_or("Error");
        let asks = format!("fault rule {rule} asks for it");
        let mut refusal = Refusal::new(status, format!("{name} ({asks})"));
        if status == StatusCode::UNPROCESSABLE_ENTITY {
            // A 422 always says which field; here it is none of the client's.
            refusal.fields.push(FieldError { field: "body".into(), message: format!("is refused: {asks}") });
        }
        match (retry_after, status) {
            (Some(seconds), _) => refusal.with(Advice::RetryAfter(seconds.into())),
            (None, StatusCode::UNAUTHORIZED) => refusal.with(Advice::Authenticate),
            (None, _) => refusal,
        }
    }

    fn with(self, advice: Advice) -> Refusal {
        Refusal { advice, ..self }
    }

    /// The reply, in the error envelope.
    pub fn reply(&self) -> Reply {
        let fields: Vec<Field<'_>> =
            self.fields.iter().map(|error| Field { field: &error.field, message: &error.message }).collect();
        let reply = envelope::failure(self.status, &self.message, &fields);
        match &self.advice {
            Advice::None => reply,
            Advice::Authenticate => reply.with(WWW_AUTHENTICATE, "Bearer"),
            Advice::Allow(methods) => reply.with(ALLOW, methods.as_str()),
            Advice::RetryAfter(seconds) => reply.with(RETRY_AFTER, *seconds),
            Advice::Length(length) => reply.with(CONTENT_RANGE, format!("bytes */{length}")),
            Advice::NoCoding => reply.with(ACCEPT_ENCODING, "identity"),
        }
    }
}

/// Rounded up: whoever waits that long is served.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1) as u64
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let status = match &error {
            Error::NotFound { .. } | Error::NoRecording { .. } => StatusCode::NOT_FOUND,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::CampaignPaused { .. } | Error::MinutesUsedUp { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::CampaignNotRunning { .. }
            | Error::CampaignTransition { .. }
            | Error::AlreadyEnded { .. }
            | Error::CallTransition { .. }
            | Error::StillAnswering
            | Error::NotRedeliverable { .. }
            | Error::NobodyWants { .. }
            | Error::NothingToTell { .. } => StatusCode::CONFLICT,
            Error::Injected(Fault::MinutesUsedUp) => StatusCode::TOO_MANY_REQUESTS,
            Error::Injected(Fault::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
            Error::Injected(Fault::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let refusal = Refusal::new(status, error.to_string());
        match error {
            Error::Invalid(fields) => Refusal { fields, ..refusal },
            Error::MinutesUsedUp { at, renewed_at, .. } => {
                refusal.with(Advice::RetryAfter(whole_seconds(renewed_at.since(at))))
            }
            _ => refusal,
        }
    }
}

impl From<Stopped> for Refusal {
    fn from(Stopped: Stopped) -> Refusal {
        Refusal::stopping()
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Refusal {
        let (status, message) = match unreadable {
            Unreadable::BodyTooLong { limit } => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("The request body is longer than {limit} bytes"))
            }
            Unreadable::HeadersTooLong => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                format!("The request headers are longer than {MAX_HEADERS} bytes in all"),
            ),
            Unreadable::TooManyHeaders => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                format!("The request has more than {MOST_HEADERS} headers"),
            ),
            Unreadable::TargetTooLong => {
                (StatusCode::URI_TOO_LONG, format!("Path and query are longer than {MAX_TARGET} bytes"))
            }
            Unreadable::BodyBroken => {
                (StatusCode::BAD_REQUEST, "The request body broke off, or its chunked encoding is wrong".to_owned())
            }
            Unreadable::Malformed(malformed) => (malformed.status, malformed.message.into_owned()),
            Unreadable::ContentCoding(coding) => {
                let message =
                    format!("Content-Encoding is {coding}, must be identity or left out: send the body as it is");
                return Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).with(Advice::NoCoding);
            }
            Unreadable::Stopping => return Refusal::stopping(),
            Unreadable::BodyTooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                format!("No more of the request body came for {} s", PROGRESS_WITHIN.as_secs()),
            ),
            Unreadable::NoRoomForBody => {
                let (room, mebibytes) = (ROOM >> 20, LARGE >> 20);
                let message = format!(
                    "There is no room for the request body beside others that are not answered yet: they may have {room} MiB together, and \
                     of those longer than {mebibytes} MiB the server takes one at a time; send it again later"
                );
                return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message).with(Advice::RetryAfter(1));
            }
        };
        Refusal::new(status, message)
    }
}

impl From<Unmet> for Refusal {
    fn from(unmet: Unmet) -> Refusal {
        match unmet {
            Unmet::Range { length } => {
                let message =
                    format!("The range lies past the end: there are {length} bytes, the first of which is number 0");
                Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, message).with(Advice::Length(length))
            }
            Unmet::Match => {
                let message = "If-Match names another ETag than the one it has now";
                Refusal::new(StatusCode::PRECONDITION_FAILED, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::Body;

    fn by_rule(status: u16, retry_after: Option<u32>) -> (Reply, String) {
        let reply = Refusal::by_rule("flt_7", status, retry_after).reply();
        let Body::Full(body) = &reply.body else { panic!("a refusal is at hand") };
        let text = String::from_utf8(body.to_vec()).unwrap();
        (reply, text)
    }

    #[test]
    fn an_error_that_a_rule_asks_for_says_so_in_the_envelope() {
        let (reply, text) = by_rule(503, Some(7));
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers[RETRY_AFTER], "7");
        assert_eq!(text, r#"{"success":false,"error":"Service Unavailable (fault rule flt_7 asks for it)"}"#);
        let (reply, text) = by_rule(599, None);
        assert_eq!((reply.status.as_u16(), reply.headers.contains_key(RETRY_AFTER)), (599, false));
        assert!(text.contains("Error (fault rule flt_7 asks for it)"), "{text}");
    }

    #[test]
    fn a_body_that_is_too_slow_is_a_408() {
        let refusal = Refusal::from(Unreadable::BodyTooSlow);
        assert_eq!(refusal.status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(refusal.message, "No more of the request body came for 30 s");
    }

    #[test]
    fn such_an_error_has_what_belongs_to_its_status() {
        assert!(by_rule(422, None).1.contains(r#""errors":[{"field":"body""#));
        assert_eq!(by_rule(401, None).0.headers[WWW_AUTHENTICATE], "Bearer");
    }
}
