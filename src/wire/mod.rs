//! HTTP that knows no calls: reading requests, writing replies, byte ranges, CORS, the accept loop, connections whole and broken, the request log.

pub mod accept;
pub mod activity;
pub mod answering;
pub mod backlog;
pub mod body;
pub mod breakage;
pub mod chunk;
pub mod client;
pub mod conditional;
pub mod connection;
pub mod cors;
pub mod idle_timeout;
pub mod linger;
pub mod log;
pub mod preface;
pub mod query;
pub mod range;
pub mod reply;
pub mod request;
pub mod request_body;
pub mod request_id;
pub mod shutdown;
pub mod socket;
pub mod unparsed;
