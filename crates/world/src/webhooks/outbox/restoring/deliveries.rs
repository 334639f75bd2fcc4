//! Deliveries, out into a document and in from one.

use std::collections::{BTreeMap, HashSet};

use super::at;
use crate::base::quoted::Quoted;
use crate::calls::call::CallId;
use crate::snapshot::{
    Checked, ContentRecord, Count, DeliveryRecord, Octets, ResultRecord, Status, Tally, TryAnswerRecord, TryRecord,
    wrong,
};
use crate::webhooks::delivery::{
    Addressee, Content, Delivery, DeliveryNumber, DeliveryState, MessageId, Try, TryAnswer,
};

impl Delivery {
    pub(super) fn record(&self, number: DeliveryNumber) -> DeliveryRecord {
        DeliveryRecord {
            number: Count::of(number.0),
            id: self.id.to_string(),
            event: self.event,
            call_id: self.call,
            subscription: self.to.as_ref().map(|to| Tally::of(to.number)),
            created_at: self.created_at,
            content: match &self.content {
                Content::Body(body) => ContentRecord::Body(Octets(body.clone())),
                Content::Known(known) => ContentRecord::Known((*known).into()),
                Content::Dropped => ContentRecord::Dropped,
            },
            state: self.state,
            next_attempt_at: self.next_attempt_at,
            attempts: self.tries.iter().map(Try::record).collect(),
            is_held: self.is_held,
            mischief: self.tricks.clone(),
        }
    }

    fn restore(record: DeliveryRecord, origin: CallId, to: Option<Addressee>) -> Checked<Delivery> {
        let DeliveryRecord { id, state, attempts, .. } = record;
        let id: MessageId = id
            .parse()
            .map_err(|_| wrong("id", format!("is {}, must be msg_ and 16 hexadecimal digits", Quoted(&id))))?;
        let content = match record.content {
            ContentRecord::Body(Octets(body)) => Content::Body(body),
            ContentRecord::Known(known) => Content::Known(known.into()),
            ContentRecord::Dropped if !state.is_final() => {
                return Err(wrong("content", format!("is dropped, must be there of one that is {state}")));
            }
            ContentRecord::Dropped => Content::Dropped,
        };
        let is_kept = state == DeliveryState::Kept;
        if is_kept != to.is_none() || is_kept != matches!(content, Content::Known(_)) {
            return Err(wrong(
                "state",
                format!("is {state}; that of one without a subscription is kept, and its content known"),
            ));
        }
        let open = attempts.iter().filter(|one| one.answer.is_none()).count();
        let is_last_open = attempts.last().is_some_and(|one| one.answer.is_none());
        let fits = match state {
            DeliveryState::UnderWay => open == 1 && is_last_open && record.next_attempt_at.is_none(),
            DeliveryState::Retrying => open == 0 && !attempts.is_empty() && record.next_attempt_at.is_some(),
            _ => open == 0,
        };
        if !fits {
            let message = format!(
                "is {state}; of one that is under way the last attempt has no answer, of any other all have one, and one that is \
                 retrying has a nextAttemptAt"
            );
            return Err(wrong("state", message));
        }
        if record.is_held && state != DeliveryState::Waiting {
            return Err(wrong("isHeld", format!("is true, must be false for one that is {state}")));
        }
        Ok(Delivery {
            id,
            event: record.event,
            call: record.call_id,
            origin,
            to,
            created_at: record.created_at,
            content,
            state,
            next_attempt_at: record.next_attempt_at,
            tries: attempts.into_iter().map(Try::from).collect(),
            is_held: record.is_held,
            tricks: record.mischief,
        })
    }
}

/// The deliveries of a document, of which `made` were ever made.
pub(super) fn restore(
    records: Vec<DeliveryRecord>,
    made: u64,
    addressees: &BTreeMap<u32, Addressee>,
    origin_of: &dyn Fn(CallId) -> Option<CallId>,
) -> Checked<BTreeMap<DeliveryNumber, Delivery>> {
    let mut deliveries: BTreeMap<DeliveryNumber, Delivery> = BTreeMap::new();
    let mut ids: HashSet<MessageId> = HashSet::new();
    for (position, record) in records.into_iter().enumerate() {
        let refuse = |field, message| Err(at("deliveries", position, wrong(field, message)));
        let number = DeliveryNumber(record.number.get());
        if number.0 >= made || deliveries.last_key_value().is_some_and(|(last, _)| number <= *last) {
            return refuse("number", format!("is {}, must be above the one before, and below {made}", number.0));
        }
        let Some(origin) = origin_of(record.call_id) else {
            return refuse("callId", format!("is {}, which is none of calls", record.call_id));
        };
        let to = match record.subscription.map(Tally::narrow) {
            None => None,
            Some(number) => match addressees.get(&number) {
                Some(to) => Some(to.clone()),
                None => return refuse("subscription", format!("is {number}, which is the number of none")),
            },
        };
        let delivery = Delivery::restore(record, origin, to).map_err(|fault| at("deliveries", position, fault))?;
        if !ids.insert(delivery.id) {
            return refuse("id", format!("is {}, which is there twice", delivery.id));
        }
        deliveries.insert(number, delivery);
    }
    Ok(deliveries)
}

impl Try {
    fn record(&self) -> TryRecord {
        let answer = |(answer, at): &(TryAnswer, _)| TryAnswerRecord {
            at: *at,
            result: match answer {
                TryAnswer::Answered(status) => ResultRecord::Answered(Status::of(*status)),
                TryAnswer::Failed(why) => ResultRecord::Failed(why.to_string()),
            },
        };
        TryRecord {
            at: self.at,
            headers: self.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            answer: self.answer.as_ref().map(answer),
            hint: self.hint.as_deref().map(ToOwned::to_owned),
            next_attempt_at: self.next_attempt_at,
            mischief: self.mischief.clone(),
        }
    }
}

impl From<TryRecord> for Try {
    fn from(record: TryRecord) -> Try {
        let answer = |TryAnswerRecord { at, result }: TryAnswerRecord| match result {
            ResultRecord::Answered(status) => (TryAnswer::Answered(status.narrow()), at),
            ResultRecord::Failed(why) => (TryAnswer::Failed(why.into()), at),
        };
        Try {
            at: record.at,
            headers: record.headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            answer: record.answer.map(answer),
            hint: record.hint.map(Into::into),
            next_attempt_at: record.next_attempt_at,
            mischief: record.mischief,
        }
    }
}
