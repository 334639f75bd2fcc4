//! How a workspace begins: from the server's settings and fixtures, the same each time.

use std::sync::Arc;

use akol_mock_world::base::id_key::IdKey;
use akol_mock_world::base::rng::Seed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::fixtures::Fixtures;
use akol_mock_world::seeding;
use akol_mock_world::webhooks::signature;
use akol_mock_world::webhooks::{HookSettings, Outbox};
use akol_mock_world::world::{Quotas, World};

use super::budget::Budget;
use crate::blocking_pool::BlockingPool;
use crate::clock::Reading;
use crate::config::{Settings, WorkspaceIds};
use crate::real_time::wall_clock;

/// The name of the workspace that all tokens without one of their own belong to.
pub(super) const DEFAULT: &str = "default";

/// What all workspaces of a server are made from.
#[derive(Debug)]
pub struct WorldTemplate {
    settings: Settings,
    fixtures: Arc<Fixtures>,
    /// What all journals and finished deliveries may take together.
    budget: Arc<Budget>,
    pool: BlockingPool,
}

impl WorldTemplate {
    /// Workspaces made of those fixtures, as `settings` say.
    pub fn new(settings: &Settings, fixtures: Fixtures) -> WorldTemplate {
        let budget = Budget::new(settings.journal_bytes);
        WorldTemplate {
            settings: settings.clone(),
            fixtures: Arc::new(fixtures),
            budget,
            pool: BlockingPool::default(),
        }
    }

    /// What all journals and finished deliveries may take together.
    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Runs what takes longer than a moment.
    pub fn pool(&self) -> &BlockingPool {
        &self.pool
    }

    /// The server's settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What every world is made of.
    pub fn fixtures(&self) -> &Arc<Fixtures> {
        &self.fixtures
    }

    /// What moves the ids of the workspace of that name; nothing moves those of `default`.
    pub fn id_key(&self, name: &str) -> IdKey {
        match self.settings.workspace_ids {
            WorkspaceIds::Distinct if name != DEFAULT => IdKey::of(Seed::new(self.settings.seed), name),
            WorkspaceIds::Distinct | WorkspaceIds::Shared => IdKey::NONE,
        }
    }

    /// What webhooks are signed with in a workspace of that key: what was given, or one made from the seed.
    fn secret(&self, id_key: IdKey) -> String {
        let made = || signature::secret(id_key.seed(Seed::new(self.settings.seed)));
        self.settings.webhooks.secret.clone().unwrap_or_else(made)
    }

    /// How the clock of a workspace begins that is made now.
    pub fn clock(&self) -> Reading {
        let Settings { clock, speed, start_time, .. } = self.settings;
        Reading { mode: clock, now: start_time.unwrap_or_else(wall_clock), speed }
    }

    /// Whether a world takes so long to make that others would notice.
    pub fn is_large(&self) -> bool {
        /// A thousand are made in some milliseconds.
        const MANY: u32 = 1_000;
        self.settings.calls > MANY
    }

    /// The world of the workspace of that name with its seeded past, at `now`.
    pub fn world(&self, name: &str, now: Timestamp) -> World {
        let settings = &self.settings;
        let seed = Seed::new(settings.seed);
        let quotas = Quotas {
            requests_per_minute: settings.rate_limit,
            minutes_per_month: settings.minute_limit,
            overage: settings.overage,
        };
        let id_key = self.id_key(name);
        let outbox = Outbox::new(self.hooks(id_key), seed, id_key);
        let mut world = World::empty(Arc::clone(&self.fixtures), seed, now, quotas, outbox);
        seeding::fill(&mut world, settings.calls, seed);
        world
    }

    /// How webhooks are set for a world of that key.
    pub(super) fn hooks(&self, id_key: IdKey) -> HookSettings {
        let webhooks = &self.settings.webhooks;
        HookSettings {
            urls: webhooks.urls.iter().map(|url| url.as_str().into()).collect(),
            events: webhooks.events.iter().filter_map(|name| name.parse().ok()).collect(),
            secret: self.secret(id_key).into(),
            retries: webhooks.retries.clone(),
            signature: webhooks.signature,
            profile: self.settings.profile,
            remembered: self.settings.journal_size as usize,
        }
    }
}
