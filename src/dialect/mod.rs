//! Akol's way of putting things: envelopes, refusals, fields, the shape of a call and of what tests ask for. What `api` and `control` share.

pub mod call_view;
pub mod envelope;
pub mod faults;
pub mod fields;
pub mod latency;
pub mod oversight;
pub mod parameters;
pub mod pattern;
pub mod refusal;
pub mod server_sent;
mod unknown;
pub mod written;
