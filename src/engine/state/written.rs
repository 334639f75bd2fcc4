//! A state as the bytes of its document, written while they are sent: whole, they might be hundreds of megabytes for each client that asks.

use akol_mock_world::snapshot::{Count, OutboxRecord, WorldRecord};
use akol_mock_world::world::World;
use serde::Serialize;

use super::journal::{ExchangeRecord, NumberedMoment};
use super::{ClockRecord, VERSION};
use crate::clock::Reading;
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

impl Written {
    /// The document of a workspace, of all that it holds at one instant. What is long is copied as it is kept, and becomes text only when its
    /// turn comes.
    pub(in crate::engine) fn of(world: &World, clock: Reading, requests: u64, journal: Kept) -> Written {
        let Reading { mode, now, speed } = clock;
        let mut state = Object::default();
        state.member("version", VERSION);
        state.member("emulator", env!("CARGO_PKG_VERSION"));
        state.member("fixtures", world.fixtures().digest.clone());
        state.member("seed", world.seed().root().to_string());
        if !world.id_key().is_none() {
            state.member("idKey", world.id_key().number().to_string());
        }
        state.member("clock", ClockRecord { mode, now, speed });
        state.member("requests", Count::of(requests));
        state.pieces("world", world_in_pieces(world));
        state.pieces("journal", journal_in_pieces(journal));
        Written { pieces: state.into_pieces() }
    }
}

fn world_in_pieces(world: &World) -> Pieces {
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
    } = world.record_without_calls();
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
    object.pieces("webhooks", webhooks_in_pieces(webhooks));
    object.member("faults", faults);
    object.into_pieces()
}

fn webhooks_in_pieces(record: OutboxRecord) -> Pieces {
    let OutboxRecord { settings, subscribed, subscriptions, mischief, delivered, deliveries, lanes, repeats } = record;
    let mut object = Object::default();
    object.member("settings", settings);
    object.member("subscribed", subscribed);
    object.list("subscriptions", subscriptions.into_iter());
    object.member("mischief", mischief);
    object.member("delivered", delivered);
    object.list("deliveries", deliveries.into_iter());
    object.list("lanes", lanes.into_iter());
    object.list("repeats", repeats.into_iter());
    object.into_pieces()
}

fn journal_in_pieces(journal: Kept) -> Pieces {
    let Kept { next_number, forgotten, moments, exchanges } = journal;
    let mut object = Object::default();
    object.member("nextNumber", Count::of(next_number));
    object.member("forgotten", Count::of(forgotten));
    object.list("moments", moments.into_iter().map(NumberedMoment::of));
    object.list("requests", exchanges.into_iter().map(move |exchange| ExchangeRecord::of(&exchange, next_number)));
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
