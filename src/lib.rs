//! An in-memory double of Akol's Calls API.

#[doc(hidden)]
pub mod cli;
mod config;
mod rng;
mod time;

pub use config::Settings;
pub use time::{Clock, Timestamp};
