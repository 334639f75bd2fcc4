//! The account: its quotas, its idempotency keys, and what can be set.

pub mod idempotency;
pub mod quota;
pub mod settings;
