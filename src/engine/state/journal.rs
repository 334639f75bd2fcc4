//! The journal, out into a document and in from one.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::event::Moment;
use akol_mock_world::faults::rules::ConnectionFault;
use akol_mock_world::snapshot::{Checked, Count, MomentRecord, Octets, Status, within, wrong};
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use serde::{Deserialize, Serialize};

use crate::engine::exchange::{Answer, Exchange, KEPT_BODY, KeptReply, KeptRequest, Meddling};
use crate::engine::headers::Headers;
use crate::engine::journal::Kept;
use crate::http::request::{Id, Request};

/// A whole journal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct JournalRecord {
    next_number: Count,
    /// The number of the newest thing that has been forgotten.
    forgotten: Count,
    moments: Vec<NumberedMoment>,
    requests: Vec<ExchangeRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberedMoment {
    number: Count,
    moment: MomentRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExchangeRecord {
    number: Count,
    at: Timestamp,
    /// The `X-Request-Id`.
    id: String,
    method: String,
    path: String,
    /// What the path names.
    named: String,
    query: String,
    headers: Vec<(String, Octets)>,
    body: Octets,
    body_length: Count,
    /// Whether the body has been dropped. Not said of one that has not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_body_dropped: bool,
    answer: Option<AnswerRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnswerRecord {
    number: Count,
    at: Timestamp,
    status: Status,
    headers: Vec<(String, Octets)>,
    body: Octets,
    body_length: Option<Count>,
    /// As of the request's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_body_dropped: bool,
    /// The number of the call that it is about, in a text.
    subject: Option<String>,
    faults: Vec<String>,
    delay_ms: Count,
    broken: Option<ConnectionFault>,
}

impl JournalRecord {
    pub(super) fn restore(self) -> Checked<Kept> {
        let next = self.next_number;
        if self.forgotten >= next {
            return Err(wrong(
                "forgotten",
                format!("is {}, must be below nextNumber, {}", self.forgotten.get(), next.get()),
            ));
        }
        ascending(self.moments.iter().map(|moment| moment.number), next).map_err(|fault| within("moments", fault))?;
        ascending(self.requests.iter().map(|request| request.number), next)
            .map_err(|fault| within("requests", fault))?;
        let exchange = |(position, record): (usize, ExchangeRecord)| {
            record.restore(next).map(Arc::new).map_err(|fault| within(format!("requests[{position}]"), fault))
        };
        Ok(Kept {
            next_number: next.get(),
            forgotten: self.forgotten.get(),
            moments: self.moments.into_iter().map(|moment| (moment.number.get(), moment.moment.into())).collect(),
            exchanges: self.requests.into_iter().enumerate().map(exchange).collect::<Checked<_>>()?,
        })
    }
}

/// Refuses numbers that do not go up, or reach `next`.
fn ascending(numbers: impl Iterator<Item = Count>, next: Count) -> Checked<()> {
    let mut least = 1;
    for (position, number) in numbers.enumerate() {
        if number.get() < least || number >= next {
            let message = format!("is {}, must be from {least} to below nextNumber, {}", number.get(), next.get());
            return Err(wrong(format!("[{position}].number"), message));
        }
        least = number.get() + 1;
    }
    Ok(())
}

impl NumberedMoment {
    pub(super) fn of((number, moment): (u64, Moment)) -> NumberedMoment {
        NumberedMoment { number: Count::of(number), moment: MomentRecord::from(&moment) }
    }
}

impl ExchangeRecord {
    /// An answer from `next` on was given after the journal was looked at.
    pub(super) fn of(exchange: &Exchange, next: u64) -> ExchangeRecord {
        let request = &exchange.request;
        ExchangeRecord {
            number: Count::of(exchange.number),
            at: exchange.at,
            id: exchange.id.to_string(),
            method: request.method.to_string(),
            path: request.path().to_owned(),
            named: request.id().to_owned(),
            query: request.query().to_owned(),
            headers: header_records(request.headers()),
            body: Octets(Bytes::copy_from_slice(request.body())),
            body_length: Count::of(request.body_length),
            is_body_dropped: request.is_body_dropped,
            answer: exchange.answer().filter(|answer| answer.number < next).map(AnswerRecord::of),
        }
    }

    fn restore(self, next: Count) -> Checked<Exchange> {
        let method = Method::from_bytes(self.method.as_bytes());
        let method = method.map_err(|_| wrong("method", format!("is {}, which is none", Quoted(&self.method))))?;
        check_body(&self.body, self.is_body_dropped)?;
        let answer = OnceLock::new();
        if let Some(record) = self.answer {
            if record.number <= self.number || record.number >= next {
                let message = format!("is {}, must be after the request's, and below nextNumber", record.number.get());
                return Err(wrong("answer.number", message));
            }
            // It is empty, so it takes what it is given.
            let _ = answer.set(record.restore().map_err(|fault| within("answer", fault))?);
        }
        let id = self.id.parse();
        let id = id.map_err(|expected| wrong("id", format!("is {}, must be {expected}", Quoted(&self.id))))?;
        let target = if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) };
        let parts = hyper::Request::builder().method(method).uri(target).body(());
        // What is only of use on the way to an answer is not kept.
        let request = parts.map(|parts| Request::new(parts.into_parts().0, IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let request = request.ok().filter(|request| request.path() == self.path && request.query() == self.query);
        let Some(mut request) = request else {
            return Err(wrong("path", format!("is {}, which with that query is none", Quoted(&self.path))));
        };
        request.headers = headers(self.headers)?;
        request.body = self.body.0;
        request.name(Id::Decoded(self.named.into()));
        let body_length = usize::try_from(self.body_length.get()).unwrap_or(usize::MAX);
        let request = KeptRequest::of(&request).cut_from(body_length, self.is_body_dropped);
        Ok(Exchange { number: self.number.get(), at: self.at, id, request, answer })
    }
}

impl AnswerRecord {
    fn of(answer: &Answer) -> AnswerRecord {
        let reply = &answer.reply;
        let Meddling { rules, delay, breakage } = answer.trouble();
        AnswerRecord {
            number: Count::of(answer.number),
            at: answer.at,
            status: Status::of(reply.status),
            headers: header_records(reply.headers()),
            body: Octets(Bytes::from(reply.body().into_owned())),
            body_length: reply.body_length.map(Count::of),
            is_body_dropped: reply.is_body_dropped,
            subject: reply.subject.map(|number| number.to_string()),
            faults: rules.clone(),
            delay_ms: Count::of(delay.as_millis()),
            broken: breakage.and_then(|name| name.parse().ok()),
        }
    }

    fn restore(self) -> Checked<Answer> {
        check_body(&self.body, self.is_body_dropped)?;
        let subject =
            self.subject.map(|text| text.parse().map_err(|_| wrong("subject", "must be a whole number in a text")));
        let trouble = Meddling {
            rules: self.faults,
            delay: Duration::from_millis(self.delay_ms.get()),
            breakage: self.broken.map(ConnectionFault::as_str),
        };
        let (status, length) = (self.status.narrow(), self.body_length.map(Count::get));
        let reply = KeptReply::new(status, &headers(self.headers)?, &self.body.0, length, subject.transpose()?);
        Ok(Answer {
            number: self.number.get(),
            at: self.at,
            reply: if self.is_body_dropped { reply.of_dropped() } else { reply },
            trouble: trouble.is_any().then(|| Box::new(trouble)),
        })
    }
}

fn check_body(body: &Octets, is_dropped: bool) -> Checked<()> {
    if is_dropped && !body.0.is_empty() {
        return Err(wrong("isBodyDropped", "is true, must be false where there is a body"));
    }
    if body.0.len() > KEPT_BODY {
        return Err(wrong("body", format!("has {} bytes, must be cut after {KEPT_BODY}", body.0.len())));
    }
    Ok(())
}

fn header_records(headers: Headers<'_>) -> Vec<(String, Octets)> {
    headers.iter().map(|(name, value)| (name.to_owned(), Octets(Bytes::copy_from_slice(value)))).collect()
}

fn headers(records: Vec<(String, Octets)>) -> Checked<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(records.len().min(128));
    for (position, (name, Octets(value))) in records.into_iter().enumerate() {
        let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(&value).ok());
        let is_added = header.is_some_and(|(name, value)| headers.try_append(name, value).is_ok());
        if !is_added {
            return Err(wrong(
                format!("headers[{position}]"),
                format!("is {}, or its value, which no header is", Quoted(&name)),
            ));
        }
    }
    Ok(headers)
}
