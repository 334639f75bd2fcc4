//! The control API: what a test does to the emulator. One file a noun.

pub mod calls;
pub mod campaigns;
pub mod clock;
pub mod deliveries;
pub mod directory;
pub mod events;
pub mod faults;
pub mod guard;
pub mod happening;
pub mod health;
pub mod metrics;
pub mod mischief;
mod moments;
pub mod requests;
pub mod reset;
pub mod scene;
pub mod settings;
pub mod state;
pub mod timeline;
pub mod wait;
pub mod webhooks;
pub mod workspaces;
