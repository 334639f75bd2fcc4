//! Refusals: where errors become statuses.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

use super::envelope::{self, Field};
use crate::domain::error::{Error, FieldError};
use crate::domain::fault::Fault;
use crate::wire::reply::Reply;
use crate::wire::request::{MAX_BODY, MAX_HEADERS, MAX_TARGET, Unreadable};

/// An answer that says no.
#[derive(Debug)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What was wrong, and what would be right.
    pub message: String,
    fields: Vec<FieldError>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal without further headers.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
            fields: Vec::new(),
            header: None,
        }
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401, with the challenge that RFC 9110 asks for.
    pub fn unauthorized(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, message).with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 405, with the methods that would do.
    pub fn method_not_allowed(method: &str, path: &str, allowed: &str) -> Refusal {
        let refusal = Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not possible on {path}; it takes {allowed}"),
        );
        match HeaderValue::from_str(allowed) {
            Ok(value) => refusal.with(ALLOW, value),
            Err(_) => refusal,
        }
    }

    /// 429 for the rate limit, in the documentation's words.
    pub fn too_many_requests(retry_after: Duration) -> Refusal {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests. Please try again later.",
        )
        .with(RETRY_AFTER, whole_seconds(retry_after))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Refusal {
        self.header = Some((name, value));
        self
    }

    /// The reply, in the error envelope.
    pub fn reply(&self) -> Reply {
        let fields: Vec<Field<'_>> = self
            .fields
            .iter()
            .map(|error| Field {
                field: error.field,
                message: &error.message,
            })
            .collect();
        let reply = envelope::failure(self.status, &self.message, &fields);
        match &self.header {
            Some((name, value)) => reply.with(name.clone(), value),
            None => reply,
        }
    }
}

/// Rounded up: whoever waits that long is served.
fn whole_seconds(wait: Duration) -> HeaderValue {
    HeaderValue::from(wait.as_millis().div_ceil(1_000).max(1) as u64)
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let status = match &error {
            Error::NotFound { .. } | Error::NoRecording { .. } => StatusCode::NOT_FOUND,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::CampaignPaused { .. } | Error::MinutesUsedUp { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::CampaignNotRunning { .. } | Error::CampaignTransition { .. } | Error::AlreadyEnded { .. } => {
                StatusCode::CONFLICT
            }
            Error::Injected(Fault::MinutesUsedUp) => StatusCode::TOO_MANY_REQUESTS,
            Error::Injected(Fault::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
            Error::Injected(Fault::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let refusal = Refusal::new(status, error.to_string());
        match error {
            Error::Invalid(fields) => Refusal { fields, ..refusal },
            Error::MinutesUsedUp { at, renewed_at, .. } => {
                refusal.with(RETRY_AFTER, whole_seconds(renewed_at.since(at)))
            }
            _ => refusal,
        }
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Refusal {
        let (status, message) = match unreadable {
            Unreadable::BodyTooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The request body is longer than {MAX_BODY} bytes"),
            ),
            Unreadable::HeadersTooLong => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                format!("The request headers are longer than {MAX_HEADERS} bytes in all"),
            ),
            Unreadable::TargetTooLong => (
                StatusCode::URI_TOO_LONG,
                format!("Path and query are longer than {MAX_TARGET} bytes"),
            ),
            Unreadable::BodyBroken => (
                StatusCode::BAD_REQUEST,
                "The request body broke off, or its chunked encoding is wrong".to_owned(),
            ),
        };
        Refusal::new(status, message)
    }
}
