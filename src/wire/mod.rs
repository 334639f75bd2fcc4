//! HTTP that knows no calls: reading requests, writing replies, byte ranges, the accept loop, broken connections, the request log.

pub mod accept;
pub mod body;
pub mod breakage;
pub mod conditional;
pub mod log;
pub mod query;
pub mod range;
pub mod reply;
pub mod request;
pub mod unparsed;
