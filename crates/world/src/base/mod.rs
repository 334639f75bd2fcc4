//! What the parts of the world stand on: values that know nothing of calls.

pub mod http_url;
pub mod id_key;
pub mod json;
pub mod phone_number;
pub mod probability;
pub mod quoted;
pub mod rng;
pub mod span;
pub mod speed;
pub mod time;
pub mod vocabulary;
