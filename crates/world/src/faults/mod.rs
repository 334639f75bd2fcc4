//! What goes wrong with requests because a test asks for it.

pub mod latency;
pub mod matching;
pub mod rules;
