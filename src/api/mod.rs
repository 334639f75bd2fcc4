//! Akol's Calls API: one file an endpoint, and what guards them.

pub mod audio;
pub mod end;
pub mod gate;
pub mod get;
pub mod list;
pub mod place;
pub mod transcript;
