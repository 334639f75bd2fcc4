//! All workspaces of a server: made on first use, found by name, the least recently used dropped where there are too many.

mod by_use;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use self::by_use::ByUse;
use super::catch_up::CatchUp;
use super::workspace::{OutgoingAttempt, Workspace};
use super::world_template::{DEFAULT, WorldTemplate};
use crate::http::access_log::Log;

/// What begins to look after a workspace that has been made: it runs for as long as the workspace's epochs do.
type Start = Box<dyn Fn(Arc<Workspace>) -> tokio::task::AbortHandle + Send + Sync>;

/// See the module. Looking one up takes no lock, so that nobody waits for somebody else's world.
pub struct Workspaces {
    world_template: Arc<WorldTemplate>,
    default: Arc<Workspace>,
    default_driver: tokio::task::AbortHandle,
    named: papaya::HashMap<String, Kept>,
    /// Held while one is made, so that each is made once. It may take seconds.
    making: Mutex<()>,
    /// Held while one is entered or dropped.
    changing: Mutex<ByUse>,
    outgoing: mpsc::UnboundedSender<OutgoingAttempt>,
    /// Is told how late things happen.
    late: CatchUp,
    log: Log,
    start: Start,
    /// How many there are beside `default`; read on every request to that one.
    others: AtomicUsize,
    /// How often any workspace was looked up.
    uses: AtomicU64,
    /// The most at once, `default` among them.
    limit: usize,
    /// Is told of each that is dropped for want of room.
    dropped: Box<dyn Fn(&Dropped<'_>) + Send + Sync>,
}

struct Kept {
    workspace: Arc<Workspace>,
    driver: tokio::task::AbortHandle,
}

impl Kept {
    /// Whether a request, a delivery or an advance of it is under way.
    fn is_in_use(&self) -> bool {
        /// The registry itself, and the driver.
        const ALWAYS: usize = 2;
        Arc::strong_count(&self.workspace) > ALWAYS
    }
}

/// A workspace that was dropped because there were too many.
#[derive(Debug)]
pub struct Dropped<'a> {
    /// Which.
    pub workspace: &'a Workspace,
    /// How many there may be.
    pub limit: usize,
}

/// The text is no name of a workspace.
///
/// ```
/// let server = akol_mock::MockServer::builder().start_blocking()?;
/// let refused = server.workspace("two words").unwrap_err();
/// assert_eq!(refused.to_string(), "1 to 64 letters, digits, _ or -");
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadName;

impl std::fmt::Display for BadName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("1 to 64 letters, digits, _ or -")
    }
}

impl std::error::Error for BadName {}

impl std::fmt::Debug for Workspaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspaces").field("named", &self.named.len()).finish_non_exhaustive()
    }
}

impl Workspaces {
    /// The name of the workspace that all tokens without one of their own belong to.
    pub const DEFAULT: &'static str = DEFAULT;
    /// What the token of a workspace begins with.
    pub const TOKEN_PREFIX: &'static str = "ws_";
    const LONGEST_NAME: usize = 64;

    /// `default`, and no other yet. `start` is called for each that is made, `dropped` for each that goes for want of room.
    pub fn new(
        world_template: Arc<WorldTemplate>,
        outgoing: mpsc::UnboundedSender<OutgoingAttempt>,
        late: CatchUp,
        log: Log,
        start: impl Fn(Arc<Workspace>) -> tokio::task::AbortHandle + Send + Sync + 'static,
        dropped: impl Fn(&Dropped<'_>) + Send + Sync + 'static,
    ) -> Workspaces {
        let default = Workspace::new(Workspaces::DEFAULT, &world_template, outgoing.clone(), late.clone(), log.clone());
        let default_driver = start(Arc::clone(&default));
        Workspaces {
            limit: world_template.settings().max_workspaces.map_or(usize::MAX, |limit| limit as usize),
            world_template,
            default,
            default_driver,
            named: papaya::HashMap::new(),
            making: Mutex::default(),
            changing: Mutex::default(),
            outgoing,
            late,
            log,
            start: Box::new(start),
            others: AtomicUsize::new(0),
            uses: AtomicU64::new(0),
            dropped: Box::new(dropped),
        }
    }

    /// Does what the map of them does once in a process: it has the kernel order the memory accesses of all threads on demand. Asked
    /// while there is one thread, the kernel has nothing to wait for; asked later, it takes some 15 ms.
    pub fn prepare_process() {
        drop(papaya::HashMap::<(), ()>::new());
    }

    /// What they are made from.
    pub fn world_template(&self) -> &Arc<WorldTemplate> {
        &self.world_template
    }

    /// The one that all tokens without one of their own belong to.
    pub fn default(&self) -> &Arc<Workspace> {
        &self.default
    }

    /// Whether a bearer token looks like one of a workspace, and is none: then it belongs to `default`, as any other.
    pub fn is_misnamed(token: &str) -> bool {
        token.strip_prefix(Workspaces::TOKEN_PREFIX).is_some_and(|name| !is_name(name))
    }

    /// Whether there is any beside `default`.
    pub fn has_others(&self) -> bool {
        self.others.load(Ordering::Relaxed) > 0
    }

    /// The name of the workspace that a bearer token is one of; `None` where it belongs to `default` as any other does.
    pub fn name_of_token(token: &str) -> Option<&str> {
        token.strip_prefix(Workspaces::TOKEN_PREFIX).filter(|name| is_name(name))
    }

    /// The one that a bearer token belongs to.
    pub fn of_token(&self, token: Option<&str>) -> Cow<'_, Arc<Workspace>> {
        let name = token.and_then(|token| token.strip_prefix(Workspaces::TOKEN_PREFIX));
        name.and_then(|name| self.named(name).ok()).map_or(Cow::Borrowed(&self.default), Cow::Owned)
    }

    /// The one of that name, made if there is none.
    pub fn named(&self, name: &str) -> Result<Arc<Workspace>, BadName> {
        match self.existing(name)? {
            Some(workspace) => Ok(workspace),
            None => Ok(off_the_runtime(self.world_template.is_large(), || self.make(name))),
        }
    }

    /// The one of that name, if there is one.
    pub fn existing(&self, name: &str) -> Result<Option<Arc<Workspace>>, BadName> {
        if name == Workspaces::DEFAULT {
            return Ok(Some(Arc::clone(&self.default)));
        }
        match self.find(name) {
            None if !is_name(name) => Err(BadName),
            found => Ok(found),
        }
    }

    /// The names of all, sorted, `default` first.
    pub fn all(&self) -> Vec<Arc<Workspace>> {
        let mut named: Vec<Arc<Workspace>> =
            self.named.pin().values().map(|kept| Arc::clone(&kept.workspace)).collect();
        named.sort_by(|one, other| one.name().cmp(other.name()));
        std::iter::once(Arc::clone(&self.default)).chain(named).collect()
    }

    /// Drops the one of that name; says whether there was one. `default` cannot be dropped.
    pub fn drop_named(&self, name: &str) -> bool {
        self.remove(name, &mut self.changing.lock()).is_some()
    }

    fn find(&self, name: &str) -> Option<Arc<Workspace>> {
        let named = self.named.pin();
        let workspace = &named.get(name)?.workspace;
        self.use_now(workspace);
        Some(Arc::clone(workspace))
    }

    /// Notes that a workspace is used, and gives the number of that use.
    fn use_now(&self, workspace: &Workspace) -> u64 {
        let number = self.uses.fetch_add(1, Ordering::Relaxed);
        workspace.last_use.store(number, Ordering::Relaxed);
        number
    }

    fn make(&self, name: &str) -> Arc<Workspace> {
        let _one_at_a_time = self.making.lock();
        // Somebody else may have made it in the meantime.
        if let Some(workspace) = self.find(name) {
            return workspace;
        }
        let workspace =
            Workspace::new(name, &self.world_template, self.outgoing.clone(), self.late.clone(), self.log.clone());
        let mut by_use = self.changing.lock();
        // With `default` and this one there are two more than have names now.
        while self.named.len() + 2 > self.limit
            && let Some(idle) = self.least_recently_used(&mut by_use)
        {
            if let Some(workspace) = self.remove(&idle, &mut by_use) {
                (self.dropped)(&Dropped { workspace: &workspace, limit: self.limit });
            }
        }
        by_use.add(name, self.use_now(&workspace));
        let driver = (self.start)(Arc::clone(&workspace));
        self.named.pin().insert(name.to_owned(), Kept { workspace: Arc::clone(&workspace), driver });
        self.others.fetch_add(1, Ordering::Relaxed);
        workspace
    }

    /// The one whose last use lies furthest back. What is being used is used now: it is the one only where all are.
    fn least_recently_used(&self, by_use: &mut ByUse) -> Option<Arc<str>> {
        let named = self.named.pin();
        by_use.least_recent(|name| match named.get(name) {
            Some(kept) if kept.is_in_use() => self.use_now(&kept.workspace),
            Some(kept) => kept.workspace.last_use.load(Ordering::Relaxed),
            // Not reached: each that has gone has been forgotten.
            None => self.uses.fetch_add(1, Ordering::Relaxed),
        })
    }

    fn remove(&self, name: &str, by_use: &mut ByUse) -> Option<Arc<Workspace>> {
        by_use.remove(name);
        let named = self.named.pin();
        let kept = named.remove(name)?;
        self.others.fetch_sub(1, Ordering::Relaxed);
        kept.driver.abort();
        kept.workspace.close();
        Some(Arc::clone(&kept.workspace))
    }

    /// Ends everything: clocks, and what is under way.
    pub fn stop(&self) {
        self.default_driver.abort();
        self.default.close();
        let mut by_use = self.changing.lock();
        self.all().iter().skip(1).for_each(|workspace| {
            self.remove(workspace.name(), &mut by_use);
        });
    }

    /// Tells whoever watches a workspace that there is no more.
    pub fn close(&self) {
        self.all().iter().for_each(|workspace| workspace.journal().end_watches(super::WatchEnd::Closed));
    }
}

/// Does something. Where it `is_long`, the other tasks of this thread of the runtime go on elsewhere meanwhile, if there is anywhere else.
fn off_the_runtime<T>(is_long: bool, act: impl FnOnce() -> T) -> T {
    let has_threads =
        || Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_long && has_threads() { block_in_place(act) } else { act() }
}

fn is_name(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=Workspaces::LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_only_begins_like_one_of_a_workspace_is_noticed() {
        for token in ["ws_", "ws_a.b", "ws_test[1]", "ws_ä", &format!("ws_{}", "a".repeat(65))] {
            assert!(Workspaces::is_misnamed(token), "{token}");
        }
        for token in ["ws_a", "ws_A-9_z", &format!("ws_{}", "a".repeat(64)), "any", "WS_a.b", "ws"] {
            assert!(!Workspaces::is_misnamed(token), "{token}");
        }
    }
}
