//! `GET`, `DELETE /__admin/requests`, `POST /__admin/requests/count`: the journal of requests to Akol's API.

use std::collections::BTreeMap;
use std::sync::Arc;

use akol_mock_world::base::json;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::faults::matching::Pattern;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::dialect::envelope;
use crate::dialect::fields::Fields;
use crate::dialect::oversight;
use crate::dialect::parameters::Parameters;
use crate::dialect::pattern;
use crate::dialect::refusal::Refusal;
use crate::engine::{Exchange, Headers, KEPT_BODY, Workspace};
use crate::http::request::Request;
use crate::http::response::Reply;

/// What a pattern of requests can name.
pub(super) const PATTERN: [&str; 4] = ["method", "path", "status", "body"];

/// A request as the journal shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExchangeView<'a> {
    id: &'a str,
    at: Timestamp,
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: BTreeMap<&'a str, String>,
    #[serde(flatten)]
    body: BodyView,
    answer: Option<AnswerView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerView<'a> {
    at: Timestamp,
    status: u16,
    headers: BTreeMap<&'a str, String>,
    #[serde(flatten)]
    body: BodyView,
    /// The ids of the rules that meddled with it.
    faults: &'a [String],
    /// How long it was held back, in milliseconds of real time.
    delay_ms: u128,
    /// How the connection was broken in its place.
    broken: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BodyView {
    /// The JSON as it came where it is JSON, else the text, or base64 where it is neither; `null` where there is none, or it is made as
    /// it is sent.
    body: Shown,
    /// Which of these it is.
    body_encoding: Option<&'static str>,
    /// In bytes, before it was cut.
    body_length: Option<u64>,
    is_body_cut: bool,
    /// Whether it had to make room for newer ones.
    is_body_dropped: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Nothing,
    Json(Box<RawValue>),
    Text(String),
}

#[derive(Serialize)]
struct Count {
    count: usize,
}

#[derive(Serialize)]
struct Deleted {
    deleted: usize,
}

/// The requests that match, oldest first; the newest `limit` of them.
pub fn list(workspace: &Arc<Workspace>, request: &Request) -> Result<Reply, Refusal> {
    let mut parameters = Parameters::read(request.query())?;
    let pattern = Pattern {
        method: parameters.get("method"),
        path: parameters.get("path"),
        status: parameters.optional_number("status", 100..=599).map(|status| status as u16),
        body: None,
    };
    let since = parameters.since();
    let limit = parameters.limit();
    parameters.finish()?;
    let mut found = matching(workspace, &pattern);
    found.retain(|exchange| since.is_none_or(|since| exchange.at >= since));
    let skipped = found.len().saturating_sub(limit);
    let mut warnings = oversight::of_pattern(&pattern);
    let is_whole = found.len() >= limit || since.is_some_and(|since| workspace.journal().begins_before(since));
    warnings.extend(of_lost(workspace).filter(|_| !is_whole));
    warnings.extend(oversight::of_since(since, workspace.clock().now()));
    Ok(envelope::warned(answer(found.split_off(skipped)), &warnings))
}

/// Forgets all requests.
pub fn clear(workspace: &Arc<Workspace>, _: &Request) -> Result<Reply, Refusal> {
    let deleted = workspace.journal().forget_exchanges();
    Ok(envelope::success(StatusCode::OK, &Deleted { deleted }))
}

/// How many requests match.
pub fn count(workspace: &Arc<Workspace>, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    fields.only(&PATTERN);
    let pattern = pattern::read(&mut fields);
    fields.finish()?;
    let count = envelope::success(StatusCode::OK, &Count { count: matching(workspace, &pattern).len() });
    let mut warnings = oversight::of_pattern(&pattern);
    warnings.extend(of_lost(workspace));
    Ok(envelope::warned(count, &warnings))
}

/// That requests are not looked at any more which have come, if so.
pub(super) fn of_lost(workspace: &Workspace) -> Option<String> {
    let lost = workspace.journal().lost();
    let (which, are) = if lost == 1 {
        ("The oldest request".to_owned(), "is")
    } else {
        (format!("The oldest {lost} requests"), "are")
    };
    let warning =
        || format!("{which} {are} not among these: the journal had no room for more (--journal-size, --journal-bytes)");
    (lost > 0).then(warning)
}

/// The requests of the journal that match, oldest first.
pub(super) fn matching(workspace: &Workspace, pattern: &Pattern) -> Vec<Arc<Exchange>> {
    let mut exchanges = workspace.journal().exchanges();
    exchanges.retain(|exchange| pattern.matches(&exchange.sketch()));
    exchanges
}

/// The answer with those requests. Who reads it slowly keeps what it shows of them until then, as it was when it was asked for.
pub(super) fn answer(exchanges: Vec<Arc<Exchange>>) -> Reply {
    envelope::success_list(StatusCode::OK, exchanges, |exchange, bytes| {
        envelope::write_json(&ExchangeView::of(exchange), bytes);
    })
}

impl ExchangeView<'_> {
    pub(super) fn of(exchange: &Exchange) -> ExchangeView<'_> {
        let request = &exchange.request;
        ExchangeView {
            id: exchange.id.as_str(),
            at: exchange.at,
            method: request.method.as_str(),
            path: request.path(),
            query: request.query(),
            headers: headers(request.headers()),
            body: BodyView::of(request.body(), Some(request.body_length as u64), request.is_body_dropped),
            answer: exchange.answer().map(|answer| AnswerView {
                at: answer.at,
                status: answer.reply.status,
                headers: headers(answer.reply.headers()),
                body: BodyView::of(&answer.reply.body(), answer.reply.body_length, answer.reply.is_body_dropped),
                faults: &answer.trouble().rules,
                delay_ms: answer.trouble().delay.as_millis(),
                broken: answer.trouble().breakage,
            }),
        }
    }
}

/// How many levels of arrays and objects a body may have that is shown as JSON. Some readers take 64 in all, the journal's included.
const LEVELS: usize = 48;

impl Shown {
    /// What is kept of a body, and in which form. It is JSON where the handlers take it for JSON.
    fn of(kept: &[u8], is_cut: bool) -> (Shown, Option<&'static str>) {
        let text = match std::str::from_utf8(kept) {
            Ok("") => return (Shown::Nothing, None),
            Ok(text) => text,
            // A character that was cut in two is none.
            Err(error) if is_cut && error.error_len().is_none() => {
                std::str::from_utf8(&kept[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return (Shown::Text(STANDARD.encode(kept)), Some("base64")),
        };
        let is_json = json::depth(text).is_some_and(|levels| levels <= LEVELS);
        let raw = is_json.then(|| RawValue::from_string(text.to_owned()).ok()).flatten();
        match raw {
            Some(raw) => (Shown::Json(raw), Some("json")),
            None => (Shown::Text(text.to_owned()), Some("text")),
        }
    }
}

impl BodyView {
    fn of(kept: &[u8], body_length: Option<u64>, is_body_dropped: bool) -> BodyView {
        let is_body_cut = kept.len() == KEPT_BODY && body_length > Some(KEPT_BODY as u64);
        let (body, body_encoding) = Shown::of(kept, is_body_cut);
        BodyView { body, body_encoding, body_length, is_body_cut, is_body_dropped }
    }
}

/// Headers by name; what was sent on several lines is one, with commas.
fn headers(sent: Headers<'_>) -> BTreeMap<&str, String> {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in sent.iter() {
        let text = String::from_utf8_lossy(value);
        headers
            .entry(name)
            .and_modify(|whole| {
                whole.push_str(", ");
                whole.push_str(&text);
            })
            .or_insert_with(|| text.to_string());
    }
    headers
}
