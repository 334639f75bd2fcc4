//! Carries events to their receivers.

mod connector;
mod courier;
mod failure;
mod lines;
mod resolver;

pub use courier::{Answer, Courier};
