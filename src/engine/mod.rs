//! The engine: worlds behind their locks, each brought up to date whenever somebody looks at it, and what is known of what happened
//! in them.

mod changes;
pub mod date;
mod epoch;
mod exchange;
mod genesis;
mod headers;
mod journal;
mod lateness;
mod patience;
mod state;
mod workspace;
mod workspaces;

pub use epoch::Epoch;
pub use exchange::{Arrival, Exchange, KEPT_BODY, Meddling};
pub use genesis::Genesis;
pub use headers::Headers;
pub use journal::{Happening, Watch, WatchEnd};
pub use lateness::Lateness;
pub use state::{NotAState, State};
pub use workspace::{AdvanceUnderWay, Entry, Errand, Progress, Void, Workspace};
pub use workspaces::{BadName, Dropped, Workspaces};
