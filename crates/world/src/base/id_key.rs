//! What sets the ids of one workspace apart from those of another.

use crate::base::rng::Seed;

/// The key of a workspace: the ids and secrets that grow from the seed are moved by it. So one application with one database can be used by
/// tests in several workspaces. What an id was before it was moved can be told from the id, so that a call's story does not depend on the
/// workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdKey(u64);

impl IdKey {
    /// The key that moves nothing: that of `default`, and of all workspaces where they share ids.
    pub const NONE: IdKey = IdKey(0);

    /// The key of the workspace of that name, on a server of that seed.
    pub fn of(seed: Seed, name: &str) -> IdKey {
        IdKey(seed.child("workspace").child(name).number())
    }

    /// The key that has that [`number`](IdKey::number).
    pub const fn at(number: u64) -> IdKey {
        IdKey(number)
    }

    /// The key as a number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Whether it moves nothing.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// `number` moved, as all but the ids of calls are. Moved twice, it is itself again.
    pub const fn moved(self, number: u64) -> u64 {
        number ^ self.0
    }

    /// What something random grows from in this workspace alone, where `seed` is that in `default`.
    pub const fn seed(self, seed: Seed) -> Seed {
        Seed::at(self.moved(seed.number()))
    }
}
