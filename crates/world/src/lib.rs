//! The emulated world behind akol-mock, as a plain value: calls that ring, talk and end, the businesses that they are with, what is said in them,
//! and the webhooks that tell of them.
//!
//! It does no I/O and never asks what time it is: [`World`](world::World) is told. What should happen outside waits in it until it is taken.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

pub mod account;
pub mod base;
pub mod calls;
pub mod content;
pub mod directory;
pub mod error;
pub mod event;
pub mod faults;
pub mod fixtures;
pub mod schedule;
pub mod seeding;
pub mod snapshot;
pub mod webhooks;
pub mod world;

pub use base::vocabulary::NotOneOf;
