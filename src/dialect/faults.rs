//! Fault rules in JSON: `{"match"?, "times"?, "probability"?, "effect"}`; and what they come to on the wire.

use akol_mock_world::NotOneOf;
use akol_mock_world::base::probability::Probability;
use akol_mock_world::faults::rules::{ConnectionFault, Effect, Terms, Trouble};

use super::fields::Fields;
use super::refusal::Refusal;
use super::{latency, pattern};
use crate::http::fault_socket::Breakage;

/// What an effect does; it does exactly one of these.
const DEEDS: [&str; 3] = ["status", "latency", "fault"];

/// What became of an answer, for the log: that a rule asked for it, or what came in its place. `None` where rules left it as it was.
pub fn said(trouble: &Trouble) -> Option<String> {
    let rule = trouble.rules.last()?;
    match (trouble.breakage, trouble.status) {
        (Some(fault), _) if trouble.execute => {
            Some(format!("This was not sent, but {fault} in its place (fault rule {rule} asks for it)"))
        }
        (Some(fault), _) => Some(format!("The request was not carried out; {fault} (fault rule {rule} asks for it)")),
        (None, Some((status, retry_after))) => Some(Refusal::by_rule(rule, status, retry_after).message),
        (None, None) => None,
    }
}

/// What a rule says. `None` where something is wrong, which is then noted.
pub fn read(fields: &mut Fields) -> Option<Terms> {
    fields.only(&["match", "times", "probability", "effect"]);
    let pattern = fields.object("match", |fields| {
        // No status: whether a request is struck is settled before it is answered.
        fields.only(&["method", "path", "body"]);
        pattern::read(fields)
    });
    let times = fields.number("times", 1..=u64::from(u32::MAX)).and_then(|times| times.try_into().ok());
    let probability = fields.decimal("probability", Probability::DECIMALS, Probability::MOST);
    let effect = match fields.object("effect", |fields| (deeds(fields), effect(fields))) {
        Some((deeds, effect)) if deeds.len() == 1 => effect,
        Some((deeds, _)) => {
            let given = if deeds.is_empty() { "none".to_owned() } else { deeds.join(" and ") };
            fields.note("effect", format!("has {given}, must have exactly one of {}", DEEDS.join(", ")))
        }
        // An effect that is no object has been noted already.
        None if fields.value("effect").is_some() => None,
        None => fields.refuse("effect", "an object such as {\"status\": 503}"),
    };
    Some(Terms {
        pattern: pattern.unwrap_or_default().into(),
        times,
        probability: probability.map_or(Probability::ALWAYS, Probability::from_millionths),
        effect: effect?,
    })
}

/// Which of the [`DEEDS`] are given.
fn deeds(fields: &Fields) -> Vec<&'static str> {
    DEEDS.into_iter().filter(|deed| fields.value(deed).is_some()).collect()
}

/// The effect; where several deeds are given, one of them.
fn effect(fields: &mut Fields) -> Option<Effect> {
    fields.only(&["status", "retryAfter", "latency", "fault", "execute"]);
    let has = |fields: &Fields, field| fields.value(field).is_some();
    if has(fields, "retryAfter") && !has(fields, "status") {
        fields.note::<()>("retryAfter", "goes only with status".to_owned());
    }
    if has(fields, "execute") && !has(fields, "status") && !has(fields, "fault") {
        let message = "goes only with status or fault; a request whose answer is held back is always carried out";
        fields.note::<()>("execute", message.to_owned());
    }
    let status = fields.number("status", 400..=599).and_then(|status| status.try_into().ok());
    let retry_after = fields.number("retryAfter", 0..=u64::from(u32::MAX)).and_then(|seconds| seconds.try_into().ok());
    let latency = latency::read(fields, "latency");
    let fault = fields.optional("fault", NotOneOf::of(ConnectionFault::ALL.iter().map(|fault| fault.as_str())));
    let execute = fields.boolean("execute");
    // A status stands in for the request, so it is not carried out; a connection breaks after it.
    let status = status.map(|status| Effect::Status { status, retry_after, execute: execute.unwrap_or(false) });
    let latency = latency.map(|latency| Effect::Latency { latency });
    let fault = fault.map(|fault| Effect::Connection { fault, execute: execute.unwrap_or(true) });
    status.or(latency).or(fault)
}

/// What a connection fault is on the wire.
pub fn breakage(fault: ConnectionFault) -> Breakage {
    match fault {
        ConnectionFault::EmptyResponse => Breakage::EmptyResponse,
        ConnectionFault::MalformedResponseChunk => Breakage::MalformedResponseChunk,
        ConnectionFault::RandomDataThenClose => Breakage::RandomDataThenClose,
        ConnectionFault::ConnectionResetByPeer => Breakage::ConnectionResetByPeer,
    }
}
