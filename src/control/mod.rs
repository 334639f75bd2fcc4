//! The control API: what a test does to the emulator. One file a noun.

pub mod calls;
pub mod campaigns;
pub mod deliveries;
pub mod directory;
pub mod health;
pub mod mischief;
pub mod webhooks;
