//! Everything that is tested from outside: the server over sockets, the program as a process, the source as a text.
//!
//! One binary, as linking the server takes longer than most of the tests. `cargo test --test blackbox calls_list` runs one file of it.

mod advance;
mod architecture;
mod audio;
mod auth;
mod bad_http;
mod bad_input;
mod calls_end;
mod calls_get;
mod calls_life;
mod calls_list;
mod calls_pages;
mod calls_place;
mod cli;
mod clock;
mod control;
mod determinism;
mod dockerfile;
mod events;
mod faults;
mod faults_on_the_wire;
mod guard;
mod hooks_log;
mod hooks_mischief;
mod hooks_subscriptions;
mod idempotency;
mod journal;
mod methods;
mod parallel;
mod program;
mod program_fixtures;
mod quotas;
mod reset;
mod settings;
mod source;
mod stop;
mod support;
mod timeline;
mod transitions;
mod waiting;
mod webhook_retries;
mod webhooks;
mod workspaces;
