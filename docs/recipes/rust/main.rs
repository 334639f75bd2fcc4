//! The recipes as one test program: `cargo test --test recipes`.

mod campaign;
mod dropped_connection;
mod month_end;
mod retry;
mod retry_after;
mod webhooks;
mod world;
