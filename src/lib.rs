//! An in-memory double of Akol's Calls API: seeded calls that ring, talk and end, signed webhooks, quotas, recordings.
//!
//! The program `akol-mock` serves it; [`MockServer`] does so from within a program of yours, most likely a test:
//!
//! ```
//! use akol_mock::{Manual, MockServer, Place, Status};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MockServer::builder().seed(7).clock(Manual).start().await?;
//!
//! // What is under test is given `server.api_url()` and `server.token()`.
//! let call = server.place(Place::to("+15005550102"))?;
//!
//! // Time stands still until it is told to go on.
//! server.assert_call_status(&call.id, Status::Ringing);
//! server.advance(Duration::from_secs(600)).await?;
//! server.assert_call_status(&call.id, Status::Voicemail);
//! server.assert_not_requested("POST", "/api/v1/calls/*/end");
//! # Ok(())
//! # }
//! ```
//!
//! Tests without a runtime take the methods that end in `_blocking`. Each server has its own port, thread and worlds, so tests can
//! run side by side; or they share a server, and each takes a [workspace](MockServer::workspace) of its own.
//!
//! What the emulated API would refuse comes back as an error, and so does what cannot be done. Only assertions panic.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

mod api;
mod awake;
mod blocking_pool;
#[doc(hidden)]
pub mod cli;
mod clock;
mod config;
mod control;
mod delivery;
mod dialect;
mod driver;
mod engine;
mod escape;
mod fixture_files;
mod http;
mod metrics;
mod mock_server;
mod origin;
mod real_time;
mod reference;
mod routes;
// For benchmarks, which run it on a runtime of their own.
#[doc(hidden)]
pub mod server;
mod service;
mod suggest;

pub use akol_mock_world::NotOneOf;
pub use akol_mock_world::account::settings::Profile;
pub use akol_mock_world::base::speed::{NotASpeed, Speed};
pub use akol_mock_world::base::time::{NotATimestamp, Timestamp};
pub use akol_mock_world::calls::call::{Direction, Outcome, Sentiment, Speaker, Status};
pub use akol_mock_world::directory::RecordingSetting as Recording;
pub use akol_mock_world::event::{CallStep, DeliveryResult};
pub use akol_mock_world::faults::rules::ConnectionFault;
pub use akol_mock_world::webhooks::signature::Signature;
pub use akol_mock_world::webhooks::{DeliveryState, Event, Trick};
pub use config::ClockMode::{Manual, Real};
pub use config::{Auth, ClockMode, LogFormat, LogLevel, Settings, Webhooks, WorkspaceIds};
pub use engine::BadName;
pub use fixture_files::BUILT_IN as BUILT_IN_FIXTURES;
pub use mock_server::{
    Advance, Builder, Call, Delivery, DeliveryAttempt, Fault, Incoming, Mischief, MockServer, Moment, NotAPattern,
    NotAdvanced, Place, RecordedRequest, Refused, RequestPattern, Times, TooFew, TranscriptLine, Webhook, Workspace,
};
pub use server::StartError;

/// The README's Rust is an example like any other.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
