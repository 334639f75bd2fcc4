//! What is said in calls, by whom, and how it sounds.

pub mod cache;
pub mod dialogue;
pub mod person;
pub mod recording;
pub mod template;
pub mod words;
