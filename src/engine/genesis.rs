//! How a workspace begins: from the server's settings and fixtures, the same each time.

use std::sync::Arc;

use crate::clock::Reading;
use crate::config::Settings;
use crate::domain::fixtures::Fixtures;
use crate::domain::seed;
use crate::domain::signature;
use crate::domain::webhook::{HookSettings, Outbox};
use crate::domain::world::{Quotas, World};
use crate::rng::Seed;
use crate::time::{Timestamp, wall_clock};

/// What all workspaces of a server are made from.
#[derive(Debug)]
pub struct Genesis {
    settings: Settings,
    fixtures: Arc<Fixtures>,
    secret: String,
}

impl Genesis {
    /// Workspaces made of those fixtures, as `settings` say.
    pub fn new(settings: &Settings, fixtures: Fixtures) -> Genesis {
        let made = || signature::secret(Seed::new(settings.seed));
        let secret = settings.webhooks.secret.clone().unwrap_or_else(made);
        Genesis { settings: settings.clone(), fixtures: Arc::new(fixtures), secret }
    }

    /// The server's settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What every world is made of.
    pub fn fixtures(&self) -> &Arc<Fixtures> {
        &self.fixtures
    }

    /// What webhooks are signed with.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// How the clock of a workspace begins that is made now.
    pub fn clock(&self) -> Reading {
        let Settings { clock, speed, start_time, .. } = self.settings;
        Reading { mode: clock, now: start_time.unwrap_or_else(wall_clock), speed }
    }

    /// A world with its seeded past, at `now`.
    pub fn world(&self, now: Timestamp) -> World {
        let settings = &self.settings;
        let seed = Seed::new(settings.seed);
        let quotas = Quotas {
            requests_per_minute: settings.rate_limit,
            minutes_per_month: settings.minute_limit,
            overage: settings.overage,
        };
        let outbox = Outbox::new(self.hooks(), seed);
        let mut world = World::empty(Arc::clone(&self.fixtures), seed, now, quotas, outbox);
        seed::fill(&mut world, settings.calls, seed);
        world
    }

    /// How webhooks are set for a world.
    pub(super) fn hooks(&self) -> HookSettings {
        let webhooks = &self.settings.webhooks;
        HookSettings {
            urls: webhooks.urls.iter().map(|url| url.as_str().into()).collect(),
            events: webhooks.events.iter().filter_map(|name| name.parse().ok()).collect(),
            secret: self.secret.as_str().into(),
            retries: webhooks.retries.clone(),
            signature: webhooks.signature,
            profile: self.settings.profile,
            remembered: self.settings.journal_size as usize,
        }
    }
}
