//! The shelf: what has been written of calls that are over, so that it is written once. Such a call never changes again.
//!
//! All worlds of the process have their places on one shelf, so that there is one bound to what it holds, however many worlds there are.
//! What has not been asked for lately makes room. A world that is gone is asked for nothing.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::call::{Call, CallId};

/// How much all of it may weigh, in bytes.
const CAPACITY: u64 = 32 << 20;
/// What a text weighs beside its bytes, about.
const BINDING: u64 = 128;
/// About how many texts there is room for.
const TEXTS: usize = 16 * 1024;

static SHELF: LazyLock<Cache<Place, Bytes, Weight>> = LazyLock::new(|| Cache::with_weighter(TEXTS, CAPACITY, Weight));

/// A world's own part of the shelf.
pub struct Shelf {
    world: u64,
}

/// What is written of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// All of it.
    Whole,
    /// All but what was said.
    Brief,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    world: u64,
    call: CallId,
    form: Form,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Place, Bytes> for Weight {
    fn weight(&self, _: &Place, text: &Bytes) -> u64 {
        text.len() as u64 + BINDING
    }
}

impl Shelf {
    /// A part that no other world has.
    pub fn new() -> Shelf {
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        Shelf { world: WORLDS.fetch_add(1, Ordering::Relaxed) }
    }

    /// What has been written of a call in that form, else what `write` writes. Kept only if the call is over.
    pub fn written(&self, call: &Call, form: Form, write: impl FnOnce() -> Vec<u8>) -> Bytes {
        if !call.status.is_final() {
            return write().into();
        }
        let place = Place { world: self.world, call: call.id, form };
        if let Some(text) = SHELF.get(&place) {
            return text;
        }
        // Without the room that it was written in.
        let text = Bytes::from(write().into_boxed_slice());
        SHELF.insert(place, text.clone());
        text
    }
}

impl Default for Shelf {
    fn default() -> Shelf {
        Shelf::new()
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("world", &self.world).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::World;

    #[test]
    fn only_what_is_over_is_kept_and_only_for_its_own_world() {
        let mut world = World::for_tests(42);
        let slot = world.call_somebody("completed");
        let shelf = Shelf::new();
        let written = |world: &World, form, text: &str| shelf.written(world.call(slot), form, || text.into());
        assert_eq!(written(&world, Form::Whole, "rings"), "rings");
        assert_eq!(written(&world, Form::Whole, "talks"), "talks");
        world.let_end(slot);
        assert_eq!(written(&world, Form::Whole, "over"), "over");
        assert_eq!(written(&world, Form::Whole, "again"), "over");
        assert_eq!(written(&world, Form::Brief, "in short"), "in short");
        assert_eq!(Shelf::new().written(world.call(slot), Form::Whole, || "elsewhere".into()), "elsewhere");
    }
}
