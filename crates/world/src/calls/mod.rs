//! Calls: what they are, how they go on, and where they are kept.

pub mod call;
pub mod facet;
pub mod index;
pub mod lifecycle;
pub mod magic_number;
pub mod next_steps;
pub mod plan;
pub mod scenario;
pub mod store;
