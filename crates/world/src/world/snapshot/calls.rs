//! Calls, out into a document and in from one: only such as can have come about.

use std::time::Duration;

use super::differ;
use crate::base::quoted::Quoted;
use crate::base::time::Timestamp;
use crate::calls::call::{Call, Outcome, Status};
use crate::calls::plan::{Plan, Script};
use crate::calls::scenario::{Answer, Spread};
use crate::directory::Directory;
use crate::fixtures::Fixtures;
use crate::snapshot::{CallRecord, Checked, within, wrong};

pub(super) fn record(call: &Call, directory: &Directory) -> CallRecord {
    CallRecord {
        id: call.id,
        is_keyed: call.is_keyed,
        campaign_id: directory.campaign(call.campaign).id.clone(),
        phone_number_id: directory.number(call.number).id.clone(),
        person: call.person,
        direction: call.direction,
        is_returning: call.returning,
        plan: (&call.plan).into(),
        rings_at: call.rings_at,
        has_rung: call.has_rung,
        answered_at: call.answered_at,
        ended_at: call.ended_at,
        status: call.status,
        outcome: call.outcome,
        sentiment: call.sentiment,
    }
}

/// The calls of a document of the instant `now`.
pub(super) fn restore(records: Vec<CallRecord>, now: Timestamp, fixtures: &Fixtures) -> Checked<Vec<Call>> {
    if let Err(position) = differ(records.iter().map(|record| record.id)) {
        return Err(wrong(format!("calls[{position}].id"), "is that of another call too"));
    }
    let restore = |(position, record)| {
        restore_one(record, now, fixtures).map_err(|fault| within(format!("calls[{position}]"), fault))
    };
    records.into_iter().enumerate().map(restore).collect()
}

fn restore_one(record: CallRecord, now: Timestamp, fixtures: &Fixtures) -> Checked<Call> {
    let directory = &fixtures.directory;
    let CallRecord { campaign_id, phone_number_id, .. } = &record;
    let campaign = directory.find_campaign(campaign_id);
    let campaign = campaign
        .ok_or_else(|| wrong("campaignId", format!("is {}, which is no campaign's id", Quoted(campaign_id))))?;
    let number = directory.find_number(phone_number_id);
    let number = number.filter(|number| directory.number(*number).campaign == campaign).ok_or_else(|| {
        let message = format!("is {}, which is not the id of a number of the campaign", Quoted(phone_number_id));
        wrong("phoneNumberId", message)
    })?;
    let call = Call {
        id: record.id,
        is_keyed: record.is_keyed,
        campaign,
        number,
        person: record.person,
        direction: record.direction,
        returning: record.is_returning,
        plan: record.plan.into(),
        rings_at: record.rings_at,
        has_rung: record.has_rung,
        answered_at: record.answered_at,
        ended_at: record.ended_at,
        status: record.status,
        outcome: record.outcome,
        sentiment: record.sentiment,
    };
    if call.is_keyed && !call.id.is_made() {
        return Err(wrong(
            "isKeyed",
            format!("is true, must be false for {}: only ids of 13 digits are moved", call.id),
        ));
    }
    check_plan(&call, fixtures).map_err(|fault| within("plan", fault))?;
    check_status(&call)?;
    check_times(&call, now)?;
    Ok(call)
}

fn check_plan(call: &Call, fixtures: &Fixtures) -> Checked<()> {
    let Plan { answer, talk, ends, script, .. } = call.plan;
    if let Script::Verbatim(position) = script {
        let is_it = fixtures.calls.get(usize::from(position)).is_some_and(|verbatim| {
            let (started, ended) = (verbatim.started_at, verbatim.ended_at);
            verbatim.id == call.id
                && (call.rings_at, call.answered_at, call.ended_at) == (started, Some(started), Some(ended))
                && talk == ended.since(started)
        });
        let message = format!("is {position}, which is not the position of this call, with its times, in the fixtures");
        return if is_it { Ok(()) } else { Err(wrong("script.verbatim", message)) };
    }
    if let Script::Dialogue(position) = script
        && usize::from(position) >= fixtures.dialogues.len()
    {
        let message = format!("is {position}, must be below {}, as many as there are", fixtures.dialogues.len());
        return Err(wrong("script.dialogue", message));
    }
    if talk > Spread::LIMIT {
        let limit = Spread::LIMIT.as_millis();
        return Err(wrong("talkMs", format!("is {}, must be at most {limit}", talk.as_millis())));
    }
    let fits = match answer {
        Answer::Nobody => matches!(ends, Outcome::NoAnswer | Outcome::Busy | Outcome::Failed),
        Answer::Person => {
            matches!(ends, Outcome::Completed | Outcome::Transferred | Outcome::HungUp | Outcome::Failed)
        }
        Answer::Machine => ends == Outcome::VoicemailLeft,
    };
    if fits {
        Ok(())
    } else {
        Err(wrong("ends", format!("is {ends}, which no call does that is answered by {answer}")))
    }
}

/// Whether what is known of a call is what a call of its status has.
fn check_status(call: &Call) -> Checked<()> {
    let is_answered = call.answered_at.is_some();
    let fits = match (call.status, call.outcome) {
        (Status::Ringing, None) => !is_answered,
        (Status::InProgress, None) => is_answered && call.has_rung && call.plan.answer != Answer::Nobody,
        (Status::Completed, Some(Outcome::Completed | Outcome::Transferred | Outcome::HungUp)) => is_answered,
        (Status::Voicemail, Some(Outcome::VoicemailLeft)) => is_answered,
        (Status::Failed, Some(Outcome::NoAnswer | Outcome::Busy | Outcome::Canceled)) => !is_answered,
        (Status::Failed, Some(Outcome::Failed)) => true,
        _ => false,
    };
    if !fits || (is_answered && !call.has_rung) {
        let outcome = call.outcome.map_or("none", Outcome::as_str);
        let answered = if is_answered { "that was answered" } else { "that was never answered" };
        return Err(wrong(
            "status",
            format!("is {}, which does not go with outcome {outcome} of a call {answered}", call.status),
        ));
    }
    if call.ended_at.is_some() != call.status.is_final() {
        return Err(wrong(
            "endedAt",
            format!("must be an instant if and only if the call is over; it is {}", call.status),
        ));
    }
    if call.sentiment.is_some() && !(is_answered && call.status.is_final()) {
        return Err(wrong("sentiment", "must be null until a call that was answered is over"));
    }
    Ok(())
}

/// Whether everything came after what comes before it, and nobody talked for longer than was planned.
fn check_times(call: &Call, now: Timestamp) -> Checked<()> {
    let is_live = !call.status.is_final();
    let begun = call.answered_at.unwrap_or(call.rings_at);
    if call.answered_at.is_some_and(|answered| answered < call.rings_at) {
        return Err(wrong("answeredAt", format!("is before {}, when it rang", call.rings_at)));
    }
    if call.ended_at.is_some_and(|ended| ended < begun) {
        return Err(wrong("endedAt", format!("is before {begun}, when it rang or was answered")));
    }
    if is_live && call.has_rung && begun > now {
        return Err(wrong("ringsAt", format!("must be by {now}, the world's now, as must answeredAt")));
    }
    let connected: Duration = call.connected(now);
    if connected > call.plan.talk {
        let (connected, talk) = (connected.as_millis(), call.plan.talk.as_millis());
        return Err(wrong(
            "answeredAt",
            format!("is {connected} ms before its end or now; it talks for {talk} ms at most"),
        ));
    }
    Ok(())
}
