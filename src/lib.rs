//! An in-memory double of Akol's Calls API: seeded calls that ring, talk and end, signed webhooks, quotas, recordings.
//!
//! The program `akol-mock` serves it; [`MockServer`] does so from within a program of yours.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

mod api;
#[doc(hidden)]
pub mod cli;
mod clock;
mod config;
mod control;
mod delivery;
mod dialect;
mod domain;
mod driver;
mod engine;
mod fixture_files;
mod metrics;
mod mock_server;
mod origin;
mod rng;
mod routes;
mod server;
mod service;
mod speed;
mod time;
mod webhook_url;
mod wire;

pub use config::{Auth, ClockMode, LogFormat, Profile, Settings, Signature, Webhooks};
pub use fixture_files::BUILT_IN as BUILT_IN_FIXTURES;
pub use mock_server::{Builder, Handle, MockServer};
pub use server::StartError;
pub use speed::{NotASpeed, Speed};
pub use time::Timestamp;
