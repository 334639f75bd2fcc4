//! The control API: what a test does to the emulator. One file a noun.

pub mod calls;
pub mod campaigns;
pub mod directory;
pub mod faults;
pub mod health;
