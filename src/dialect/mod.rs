//! Akol's way of putting things: envelopes, refusals, fields, the shape of a call. What `api` and `control` share.

pub mod call_view;
pub mod envelope;
pub mod fields;
pub mod parameters;
pub mod refusal;
