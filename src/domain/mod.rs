//! The field: what calls are and how they go, without any I/O.

pub mod recording;
