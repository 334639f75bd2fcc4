//! The world without a runtime, a socket or a machine's clock.

mod campaigns;
mod events;
mod hooks;
mod lifecycle;
mod model;
mod quotas;
mod scenarios;
mod settings;
mod state;
