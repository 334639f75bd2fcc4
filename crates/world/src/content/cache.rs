//! The cache: what has been written and recorded of calls that are over, so that it is made once. Such a call never changes again.
//!
//! All worlds of the process have their places in one cache, so that there is one bound to what it holds, however many worlds there are.
//! What has not been asked for lately makes room. A world that is gone is asked for nothing.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::calls::call::{Call, CallId};
use crate::content::recording::{Format, Recording};

/// How much all texts may weigh, in bytes.
const TEXTS_CAPACITY: u64 = 32 << 20;
/// What each thing weighs beside its own bytes, about.
const BINDING: u64 = 128;
/// About how many texts there is room for.
const TEXTS: usize = 16 * 1024;

static WRITTEN: LazyLock<Cache<Place, Bytes, Weight>> =
    LazyLock::new(|| Cache::with_weighter(TEXTS, TEXTS_CAPACITY, Weight));

/// How much all recordings may weigh, in bytes. They are lists of clips and no sound; that of a minute takes some hundred bytes.
const RECORDINGS_CAPACITY: u64 = 4 << 20;
/// About how many recordings there is room for.
const RECORDINGS: usize = 4 * 1024;

static RECORDED: LazyLock<Cache<Track, Recording, Weight>> =
    LazyLock::new(|| Cache::with_weighter(RECORDINGS, RECORDINGS_CAPACITY, Weight));

/// A world's own part of the cache.
pub struct CallCache {
    world: u64,
}

/// What is written of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// All of it, as an answer.
    Whole,
    /// All of it, as an item of a list.
    Item,
    /// All but what was said, as an item of a list.
    Brief,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    world: u64,
    call: CallId,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Track {
    world: u64,
    call: CallId,
    format: Format,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Track, Recording> for Weight {
    fn weight(&self, _: &Track, recording: &Recording) -> u64 {
        recording.weight() + BINDING
    }
}

impl Weighter<Place, Bytes> for Weight {
    fn weight(&self, _: &Place, text: &Bytes) -> u64 {
        text.len() as u64 + BINDING
    }
}

impl CallCache {
    /// A part that no other world has.
    pub fn new() -> CallCache {
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        CallCache { world: WORLDS.fetch_add(1, Ordering::Relaxed) }
    }

    /// What has been written of a call in that form, else what `write` writes. Kept only if the call is over.
    pub fn written(&self, call: &Call, form: Form, write: impl FnOnce() -> Vec<u8>) -> Bytes {
        // Whoever keeps it keeps none of the room that it was written in.
        if !call.status.is_final() {
            return Bytes::from(write().into_boxed_slice());
        }
        self.at_hand(call.id, form).unwrap_or_else(|| {
            let text = Bytes::from(write().into_boxed_slice());
            WRITTEN.insert(self.place(call.id, form), text.clone());
            text
        })
    }

    /// What has been written of the call with that id, if it still is at hand. Then the call is over, and need not be looked at.
    pub fn at_hand(&self, call: CallId, form: Form) -> Option<Bytes> {
        WRITTEN.get(&self.place(call, form))
    }

    fn place(&self, call: CallId, form: Form) -> Place {
        Place { world: self.world, call, form }
    }

    /// The recording of a call that is over, in that format: players ask for it in many parts.
    pub fn recorded(&self, call: &Call, format: Format, record: impl FnOnce() -> Recording) -> Recording {
        let track = Track { world: self.world, call: call.id, format };
        RECORDED.get(&track).unwrap_or_else(|| {
            let recording = record();
            RECORDED.insert(track, recording.clone());
            recording
        })
    }
}

impl Default for CallCache {
    fn default() -> CallCache {
        CallCache::new()
    }
}

impl fmt::Debug for CallCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallCache").field("world", &self.world).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    #[test]
    fn only_what_is_over_is_kept_and_only_for_its_own_world() {
        let mut world = World::for_tests(42);
        let slot = world.call_somebody("completed");
        let call_cache = CallCache::new();
        let written = |world: &World, form, text: &str| call_cache.written(world.call(slot), form, || text.into());
        assert_eq!(written(&world, Form::Whole, "rings"), "rings");
        assert_eq!(written(&world, Form::Whole, "talks"), "talks");
        world.let_end(slot);
        assert_eq!(written(&world, Form::Whole, "over"), "over");
        assert_eq!(written(&world, Form::Whole, "again"), "over");
        assert_eq!(written(&world, Form::Brief, "in short"), "in short");
        let id = world.call(slot).id;
        assert_eq!(call_cache.at_hand(id, Form::Whole).as_deref(), Some(&b"over"[..]));
        assert_eq!(CallCache::new().at_hand(id, Form::Whole), None);
        assert_eq!(CallCache::new().written(world.call(slot), Form::Whole, || "elsewhere".into()), "elsewhere");
    }

    #[test]
    fn what_is_kept_weighs_what_it_takes() {
        let place = CallCache::new().place("call_xxx".parse().unwrap(), Form::Whole);
        assert_eq!(Weight.weight(&place, &Bytes::from_static(b"12345")), 5 + BINDING);
    }
}
