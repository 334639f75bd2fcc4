//! The engine: worlds behind their locks, each brought up to date whenever somebody looks at it, and what is known of what happened
//! in them.

mod budget;
mod call_log;
mod catch_up;
pub mod date;
mod epoch;
mod exchange;
mod headers;
mod journal;
mod places;
mod refusals;
mod state;
mod timeout_budget;
mod waiters;
mod workspace;
mod workspaces;
mod world_template;

pub use catch_up::CatchUp;
pub use epoch::Epoch;
pub use exchange::{Arrival, Exchange, KEPT_BODY, Meddling};
pub use headers::Headers;
pub use journal::{Happening, Watch, WatchEnd};
pub use places::Place;
pub use refusals::Reason;
pub use state::{NotAState, State};
pub use waiters::{Awaited, Found, Waiting};
pub use workspace::{AdvanceUnderWay, Entry, NotedDelivery, NotedView, OutgoingAttempt, Progress, Void, Workspace};
pub use workspaces::{BadName, Dropped, Workspaces};
pub use world_template::WorldTemplate;
