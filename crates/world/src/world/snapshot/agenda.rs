//! The agenda, out into a document and in from one: every live call has its next step in it.

use super::super::{Due, World, rank};
use super::differ;
use crate::base::time::Timestamp;
use crate::calls::call::{Call, CallId, Outcome, Status};
use crate::calls::lifecycle::Step;
use crate::calls::next_steps::NextSteps;
use crate::calls::scenario::{Answer, Spread};
use crate::calls::store::{CallStore, Slot};
use crate::schedule::Schedule;
use crate::snapshot::{AgendaRecord, Checked, Count, DueRecord, EntryRecord, StepRecord, within, wrong};
use crate::webhooks::{DeliveryNumber, Outbox};

/// An agenda, and what else is known from it.
pub(super) struct Restored {
    pub agenda: Schedule<Due>,
    /// The entry of each live call.
    pub live: NextSteps,
}

impl World {
    pub(super) fn agenda_record(&self) -> AgendaRecord {
        let entry = |(at, number, due): (Timestamp, u64, &Due)| EntryRecord {
            at,
            number: Count::of(number),
            due: match due {
                Due::Call(slot, step) => DueRecord::Call(StepRecord { id: self.call_store.get(*slot).id, step: *step }),
                Due::Delivery(delivery) => DueRecord::Delivery(Count::of(delivery.0)),
            },
        };
        let next_number = Count::of(self.agenda.next_number());
        AgendaRecord { next_number, entries: self.agenda.iter().map(entry).collect() }
    }
}

/// The agenda of a document of the instant `now`, for these calls, each of which has an origin, and these deliveries.
pub(super) fn restore(
    record: AgendaRecord,
    (call_store, origin_of): (&CallStore, &dyn Fn(&Call) -> CallId),
    outbox: &Outbox,
    now: Timestamp,
) -> Checked<Restored> {
    let AgendaRecord { next_number, entries } = record;
    let agenda = Schedule::counting_from(next_number.get());
    let mut restored = Restored { agenda, live: NextSteps::default() };
    if let Err(position) = differ(entries.iter().map(|entry| entry.number)) {
        return Err(wrong(format!("entries[{position}].number"), "is that of another entry too"));
    }
    for (position, entry) in entries.into_iter().enumerate() {
        let place = || format!("entries[{position}]");
        if entry.number >= next_number {
            let message = format!("is {}, must be below nextNumber, {}", entry.number.get(), next_number.get());
            return Err(wrong(format!("{}.number", place()), message));
        }
        match entry.due {
            DueRecord::Call(step) => {
                let slot = slot_of(step, entry.at, call_store, now).map_err(|fault| within(place(), fault))?;
                let (due, rank) = (Due::Call(slot, step.step), rank::of_step(origin_of(call_store.get(slot))));
                let ticket = restored.agenda.re_enter(entry.at, rank, entry.number.get(), due);
                if restored.live.insert(slot, ticket).is_some() {
                    return Err(wrong(
                        format!("{}.due.call.id", place()),
                        format!("is {}, which has an entry already", step.id),
                    ));
                }
            }
            DueRecord::Delivery(number) => {
                let delivery = DeliveryNumber(number.get());
                let rank = rank::of_delivery(delivery, outbox);
                restored.agenda.re_enter(entry.at, rank, entry.number.get(), Due::Delivery(delivery));
            }
        }
    }
    let is_stuck = |call: &&Call| {
        !call.status.is_final() && call_store.find(call.id).is_none_or(|slot| restored.live.get(slot).is_none())
    };
    match call_store.iter().find(is_stuck) {
        Some(call) => {
            Err(wrong("entries", format!("must have the next step of {}, which is {}", call.id, call.status)))
        }
        None => Ok(restored),
    }
}

/// The call that is to take a step at `at`, if it is one that it can take then.
fn slot_of(step: StepRecord, at: Timestamp, call_store: &CallStore, now: Timestamp) -> Checked<Slot> {
    let StepRecord { id, step } = step;
    let slot = call_store.find(id).ok_or_else(|| wrong("due.call.id", format!("is {id}, which is none of calls")))?;
    let call = call_store.get(slot);
    let tells = call.plan.answer == Answer::Machine || call.plan.ends == Outcome::Transferred;
    let fits = match (call.status, step) {
        (Status::Ringing, Step::Ring) => !call.has_rung,
        (Status::Ringing, Step::Answer) => call.has_rung && call.plan.answer != Answer::Nobody,
        (Status::Ringing, Step::Finish) => call.has_rung && call.plan.answer == Answer::Nobody,
        (Status::InProgress, Step::Tell) => tells,
        (Status::InProgress, Step::Finish) => true,
        _ => false,
    };
    if !fits {
        return Err(wrong(
            "due.call.step",
            format!("is {step}, which {id} cannot take: it is {} and planned otherwise", call.status),
        ));
    }
    let latest = call.answered_at.map_or(now + Spread::LIMIT, |answered| answered + call.plan.talk);
    if at > latest {
        return Err(wrong("at", format!("is {at}, must be by {latest} for {id}, which is {}", call.status)));
    }
    Ok(slot)
}
