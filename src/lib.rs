//! An in-memory double of Akol's Calls API.

mod config;
mod domain;
mod rng;
mod time;

pub use config::Settings;
pub use time::{Clock, Timestamp};
