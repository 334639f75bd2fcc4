//! A state as the bytes of its document, written while they are sent: whole, they might be hundreds of megabytes for each client that asks.

use serde::Serialize;

use super::State;
use super::journal::JournalRecord;
use crate::domain::state::WorldRecord;
use crate::domain::world::World;
use crate::engine::journal::Kept;

/// How long a piece is at least, unless it is the last, in bytes.
const PIECE: usize = 64 << 10;

/// Something that is written piece by piece.
type Pieces = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// The document of a state, in pieces of some size.
pub struct Written {
    pieces: Pieces,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Written")
    }
}

impl Iterator for Written {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut piece = self.pieces.next()?;
        while piece.len() < PIECE
            && let Some(next) = self.pieces.next()
        {
            piece.extend_from_slice(&next);
        }
        Some(piece)
    }
}

impl State {
    /// The document of this state, whose calls are those of `world` and whose journal is `journal`. What is long is copied as it is kept, and
    /// becomes text only when its turn comes.
    pub(super) fn written(self, world: &World, journal: Kept) -> Written {
        let State { version, emulator, fixtures, seed, id_key, clock, requests, world: record, journal: _ } = self;
        let mut state = Object::default();
        state.member("version", version);
        state.member("emulator", emulator);
        state.member("fixtures", fixtures);
        state.member("seed", seed);
        if let Some(id_key) = id_key {
            state.member("idKey", id_key);
        }
        state.member("clock", clock);
        state.member("requests", requests);
        state.pieces("world", world_in_pieces(record, world));
        state.pieces("journal", journal_in_pieces(journal));
        Written { pieces: state.into_pieces() }
    }
}

fn world_in_pieces(record: WorldRecord, world: &World) -> Pieces {
    let WorldRecord {
        now,
        settings,
        campaigns,
        calls: _,
        calls_with,
        agenda,
        minutes,
        rate_limit_windows,
        idempotency,
        webhooks,
        faults,
    } = record;
    let mut object = Object::default();
    object.member("now", now);
    object.member("settings", settings);
    object.member("campaigns", campaigns);
    object.list("calls", world.call_records());
    object.member("callsWith", calls_with);
    object.member("agenda", agenda);
    object.member("minutes", minutes);
    object.member("rateLimitWindows", rate_limit_windows);
    object.list("idempotency", idempotency.into_iter());
    object.member("webhooks", webhooks);
    object.member("faults", faults);
    object.into_pieces()
}

fn journal_in_pieces(kept: Kept) -> Pieces {
    let JournalRecord { next_number, forgotten, .. } = JournalRecord::outline(&kept);
    let next = kept.next_number;
    let mut object = Object::default();
    object.member("nextNumber", next_number);
    object.member("forgotten", forgotten);
    object.list("moments", kept.moments.into_iter().map(JournalRecord::moment));
    object.list("requests", kept.exchanges.into_iter().map(move |exchange| JournalRecord::exchange(&exchange, next)));
    object.into_pieces()
}

/// An object that is written member by member.
#[derive(Default)]
struct Object {
    members: Vec<Pieces>,
}

impl Object {
    /// A member that is written at once when its turn comes.
    fn member(&mut self, name: &'static str, value: impl Serialize + Send + 'static) {
        self.pieces(name, Box::new(std::iter::once_with(move || json(&value))));
    }

    /// A member that is a list, written item by item.
    fn list<T: Serialize>(&mut self, name: &'static str, items: impl Iterator<Item = T> + Send + 'static) {
        let items = items.enumerate().map(|(position, item)| {
            let mut text = if position == 0 { Vec::new() } else { vec![b','] };
            write_json(&item, &mut text);
            text
        });
        self.pieces(name, Box::new(between(b"[", items, b"]")));
    }

    /// A member that comes in pieces.
    fn pieces(&mut self, name: &'static str, value: Pieces) {
        let comma = if self.members.is_empty() { "" } else { "," };
        let name = format!("{comma}\"{name}\":").into_bytes();
        self.members.push(Box::new(std::iter::once(name).chain(value)));
    }

    fn into_pieces(self) -> Pieces {
        Box::new(between(b"{", self.members.into_iter().flatten(), b"}"))
    }
}

fn between(
    opening: &'static [u8],
    pieces: impl Iterator<Item = Vec<u8>>,
    closing: &'static [u8],
) -> impl Iterator<Item = Vec<u8>> {
    std::iter::once(opening.to_vec()).chain(pieces).chain(std::iter::once(closing.to_vec()))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    write_json(value, &mut text);
    text
}

fn write_json(value: &impl Serialize, text: &mut Vec<u8>) {
    // Records of strings, numbers, lists, and maps by text always serialize.
    let _ = serde_json::to_writer(text, value);
}
