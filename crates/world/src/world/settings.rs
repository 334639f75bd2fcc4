//! Settings that change while the world lives.

use super::World;
use crate::account::settings::WorldSettings;

impl World {
    /// The present settings.
    pub fn settings(&self) -> &WorldSettings {
        &self.settings
    }

    /// Puts other settings in their place: they count from the next request and the next call on.
    pub fn change_settings(&mut self, settings: WorldSettings) {
        self.settings = settings;
    }
}
