//! Who is told, out into a document and in from one.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::super::Outbox;
use super::at;
use crate::account::settings::Profile;
use crate::error::Error;
use crate::snapshot::{Checked, SubscriptionRecord, Tally, wrong};
use crate::webhooks::delivery::Addressee;
use crate::webhooks::signature::LONGEST_SECRET;
use crate::webhooks::signature::Signature;
use crate::webhooks::subscription::{NewSubscription, Subscription};

impl Outbox {
    /// All subscriptions, and those that have been deleted as far as deliveries name them, by number.
    pub(super) fn subscription_records(&self) -> Vec<SubscriptionRecord> {
        let named = self.log.iter().filter_map(|(_, delivery)| delivery.to.as_ref());
        let mut records: BTreeMap<u32, SubscriptionRecord> =
            named.map(|to| (to.number, record(to.number, &to.id, &to.url, &to.secret))).collect();
        for one in self.subscriptions.values() {
            let events = Some(one.events.to_vec());
            let record = SubscriptionRecord { events, ..record(one.number, &one.id, &one.url, &one.secret) };
            records.insert(one.number, record);
        }
        records.into_values().collect()
    }
}

fn record(number: u32, id: &str, url: &str, secret: &str) -> SubscriptionRecord {
    SubscriptionRecord {
        number: Tally::of(number),
        id: id.to_owned(),
        url: url.to_owned(),
        secret: secret.to_owned(),
        events: None,
    }
}

/// Who is told, and whom deliveries can name, by number.
pub(super) fn restore(
    records: Vec<SubscriptionRecord>,
    subscribed: Tally,
    profile: Profile,
) -> Checked<(BTreeMap<u32, Subscription>, BTreeMap<u32, Addressee>)> {
    let (mut subscriptions, mut addressees) = (BTreeMap::new(), BTreeMap::new());
    let mut ids = HashSet::new();
    for (position, record) in records.into_iter().enumerate() {
        let SubscriptionRecord { number, id, url, secret, events } = record;
        let refuse = |field, message| Err(at("subscriptions", position, wrong(field, message)));
        if number >= subscribed {
            return refuse("number", format!("is {}, must be below subscribed, {}", number.get(), subscribed.get()));
        }
        // Which secrets there may be is asked when one is given; what signs can sign with any.
        let new = NewSubscription { url: url.clone(), ..NewSubscription::default() };
        if let Err(Error::Invalid(faults)) = new.check(profile, Signature::Akol) {
            return refuse("url", faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; "));
        }
        if secret.len() > LONGEST_SECRET {
            return refuse("secret", format!("has {} characters, must have at most {LONGEST_SECRET}", secret.len()));
        }
        let (number, id): (u32, Arc<str>) = (number.narrow(), id.into());
        // It has just been checked.
        let url = new.written_url(profile).unwrap_or_else(|_| url.into());
        let secret: Arc<str> = secret.into();
        if addressees.contains_key(&number) || !ids.insert(Arc::clone(&id)) {
            return refuse("number", format!("is {number}, and the id {id}; one of the two is another's"));
        }
        if let Some(events) = events {
            let (id, url, secret) = (Arc::clone(&id), Arc::clone(&url), Arc::clone(&secret));
            subscriptions.insert(number, Subscription { number, id, url, secret, events: events.into() });
        }
        addressees.insert(number, Addressee { number, id, url, secret });
    }
    let most = Outbox::MOST_SUBSCRIPTIONS;
    if subscriptions.len() > most {
        return Err(wrong("subscriptions", format!("are {}, must be at most {most}", subscriptions.len())));
    }
    Ok((subscriptions, addressees))
}
