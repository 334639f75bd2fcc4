//! Subscriptions: who is told of what.

use std::sync::Arc;

use super::event::Event;
use crate::account::settings::Profile;
use crate::error::{Error, FieldError};
use crate::webhooks::signature::Signature;
use crate::webhooks::signature::{LONGEST_SECRET, why_not_standard};
use crate::webhooks::url::{NotAWebhookUrl, WebhookUrl};

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// How many were made before it. Stays its own when it is deleted.
    pub number: u32,
    /// `whk_…`
    pub id: Arc<str>,
    /// Where deliveries go.
    pub url: Arc<str>,
    /// What they are signed with.
    pub secret: Arc<str>,
    /// What is told.
    pub events: Arc<[Event]>,
}

impl Subscription {
    /// Whether the receiver is told of `event`.
    pub fn wants(&self, event: Event) -> bool {
        self.events.contains(&event)
    }
}

/// A subscription that is to be made.
#[derive(Clone, Debug, Default)]
pub struct NewSubscription {
    /// Where deliveries are to go.
    pub url: String,
    /// What is to be told; what the settings say where `None`.
    pub events: Option<Vec<Event>>,
    /// What to sign with; made from the seed where `None`.
    pub secret: Option<String>,
}

impl NewSubscription {
    /// Where deliveries are to go, written as it is shown and sent.
    pub fn written_url(&self, profile: Profile) -> Result<Arc<str>, NotAWebhookUrl> {
        WebhookUrl::parse(&self.url, profile).map(|url| url.as_str().into())
    }

    /// Whether it can be made. Names every field that is wrong.
    pub fn check(&self, profile: Profile, signature: Signature) -> Result<(), Error> {
        let mut errors = Vec::new();
        if let Err(refused) = self.written_url(profile) {
            errors.push(FieldError { field: "url".into(), message: refused.to_string() });
        }
        let is_visible = |secret: &str| !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
        // Never shown in a message: it is a secret, and messages get logged.
        let problem = self.secret.as_deref().and_then(|secret| match signature {
            _ if secret.len() > LONGEST_SECRET => {
                Some(format!("has {} characters, must have at most {LONGEST_SECRET}", secret.len()))
            }
            Signature::Akol if is_visible(secret) => None,
            Signature::Akol => Some("must be visible ASCII characters without spaces, at least one".to_owned()),
            Signature::Standard => why_not_standard(secret).map(|why| {
                format!(
                    "does not go with --webhook-signature standard: {why}; give whsec_ and the base64 of 24 to 64 bytes"
                )
            }),
        });
        if let Some(problem) = problem {
            let message = format!("{problem}; leave it out to have one made");
            errors.push(FieldError { field: "secret".into(), message });
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }
}
