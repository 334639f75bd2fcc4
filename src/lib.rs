//! An in-memory double of Akol's Calls API.

#[doc(hidden)]
pub mod cli;
mod config;
mod delivery;
mod domain;
mod rng;
mod time;
mod webhook_url;
mod wire;

pub use config::Settings;
pub use time::{Clock, Timestamp};
