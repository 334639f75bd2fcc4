//! The emulated world: plain values, told what time it is, that do nothing to the outside.

pub mod call;
pub mod campaigns;
pub mod dialogue;
pub mod directory;
pub mod error;
pub mod facet;
pub mod fault;
pub mod faults;
pub mod fixtures;
pub mod idempotency;
mod index;
pub mod latency;
pub mod ledger;
pub mod lifecycle;
pub mod matching;
pub mod moment;
pub mod person;
pub mod phone_number;
pub mod plan;
pub mod probability;
pub mod quota;
pub mod quoted;
pub mod recording;
pub mod scenario;
pub mod schedule;
pub mod seed;
pub mod settings;
pub mod signature;
pub mod span;
pub mod state;
pub mod story;
mod vocabulary;
pub mod webhook;
pub mod world;

pub use vocabulary::NotOneOf;
