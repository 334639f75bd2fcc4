//! Webhooks: which events are sent to whom, in which order, and when again.

mod attempt;
mod body;
mod delivery;
mod event;
mod log;
mod mischief;
mod outbox;
pub mod signature;
mod subscription;
#[cfg(test)]
mod tests;
pub mod url;

pub use attempt::{Attempt, Headers};
pub use body::{Body, Ending, EventData};
pub use delivery::{
    AttemptKey, Content, Delivery, DeliveryNumber, DeliveryState, Known, MessageId, Try, TryAnswer, TryReport,
};
pub use event::Event;
pub use mischief::{Mischief, Trick};
pub use outbox::{HookSettings, Outbox, Surroundings, Telling, Told};
pub use subscription::{NewSubscription, Subscription};
