//! An in-memory double of Akol's Calls API.

mod config;
mod delivery;
mod rng;
mod time;
mod webhook_url;

pub use config::Settings;
pub use time::{Clock, Timestamp};
