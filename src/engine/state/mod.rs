//! The state of a workspace as one JSON document, out and in.
//!
//! It holds everything that the workspace needs to go on just so on another server, but for what it is made of: the fixtures, of which it
//! has the digest. Nothing in it is to be derived anew from the seed, as another version may do that otherwise.

mod journal;
mod written;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::journal::JournalRecord;
pub use self::written::Written;
use super::journal::Kept;
use super::world_template::WorldTemplate;
use crate::clock::Reading;
use crate::config::ClockMode;
use akol_mock_world::base::id_key::IdKey;
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::base::rng::Seed;
use akol_mock_world::base::speed::Speed;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::error::{Error, FieldError};
use akol_mock_world::snapshot::{Count, WorldRecord, within, wrong};
use akol_mock_world::world::World;

/// The version of the document that is written, and the only one that is understood.
const VERSION: u64 = 1;

/// The document as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "some are looked at before the rest is read, or are for people; they must be there all the same"
)]
pub struct State {
    /// Of the document.
    version: u64,
    /// The version of the emulator that wrote it, for people to read.
    emulator: String,
    /// The digest of the fixtures.
    fixtures: String,
    /// In a text, as not every reader of JSON has room for 64 bits.
    seed: String,
    /// What moves the ids of the workspace, in a text like the seed; left out where nothing does.
    #[serde(default)]
    id_key: Option<String>,
    clock: ClockRecord,
    /// How many request ids have been given.
    requests: Count,
    world: WorldRecord,
    journal: JournalRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRecord {
    mode: ClockMode,
    now: Timestamp,
    speed: Speed,
}

/// What is looked at before all else: a document of another version may be different in everything else.
#[derive(Deserialize)]
struct Outline<'a> {
    /// Of the envelope that documents are shown in.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    fixtures: Option<&'a RawValue>,
}

/// Why a text is not the state of a workspace of this server.
#[derive(Debug)]
pub enum NotAState {
    /// It is no JSON, or none of an object.
    Malformed(String),
    /// Something in it is not as it must be.
    Invalid(Error),
}

impl fmt::Display for NotAState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAState::Malformed(why) => f.write_str(why),
            NotAState::Invalid(error) => write!(f, "{error}"),
        }
    }
}

impl From<FieldError> for NotAState {
    fn from(fault: FieldError) -> NotAState {
        NotAState::Invalid(Error::Invalid(vec![fault]))
    }
}

/// A state that a workspace can go on with.
#[derive(Debug)]
pub struct Restored {
    pub(super) world: World,
    pub(super) clock: Reading,
    pub(super) requests: u64,
    pub(super) journal: Kept,
}

impl State {
    /// Reads a document, bare or in the envelope that it is shown in, for a workspace that `world_template` makes.
    pub fn read(text: &str, world_template: &WorldTemplate) -> Result<Restored, NotAState> {
        let state = State::parse(text, &world_template.fixtures().digest)?;
        let seed = whole_number("seed", &state.seed)?;
        let id_key = state.id_key.as_deref().map(|key| whole_number("idKey", key)).transpose()?;
        let id_key = id_key.map_or(IdKey::NONE, IdKey::at);
        let ClockRecord { mode, now, speed } = state.clock;
        if now < state.world.now {
            return Err(
                wrong("clock.now", format!("is {now}, must not be before world.now, {}", state.world.now)).into()
            );
        }
        let hooks = world_template.hooks(id_key);
        let world =
            World::restore(Arc::clone(world_template.fixtures()), (Seed::new(seed), id_key), hooks, state.world);
        let journal = state.journal.restore().map_err(|fault| within("journal", fault))?;
        Ok(Restored {
            world: world.map_err(in_world)?,
            clock: Reading { mode, now, speed },
            requests: state.requests.get(),
            journal,
        })
    }

    fn parse(text: &str, fixtures: &str) -> Result<State, NotAState> {
        let outline: Outline<'_> = outline(text)?;
        let (text, outline) = match (outline.version, outline.data) {
            (None, Some(data)) => (data.get(), self::outline(data.get())?),
            _ => (text, outline),
        };
        let version = outline.version.map_or("missing", RawValue::get);
        if version != VERSION.to_string() {
            let message =
                format!("is {}, must be {VERSION}: no other version of the document is understood", shorten(version));
            return Err(wrong("version", message).into());
        }
        let given = outline.fixtures.map_or("missing", RawValue::get);
        if serde_json::from_str::<String>(given).ok().as_deref() != Some(fixtures) {
            let message = format!(
                "is {}, must be \"{fixtures}\": the state is that of a world made of other fixtures; start this server with the same \
                 --fixtures, and the version of akol-mock that emulator names if they are built in",
                shorten(given)
            );
            return Err(wrong("fixtures", message).into());
        }
        let deserializer = &mut serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let message = error.inner().to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            wrong(error.path().to_string(), format!("is not as it must be: {}", shorten(message))).into()
        })
    }
}

/// Reads the number that is the text of a field.
fn whole_number(field: &'static str, text: &str) -> Result<u64, FieldError> {
    let number = text.parse().ok().filter(|number: &u64| number.to_string() == text);
    number.ok_or_else(|| wrong(field, format!("is {}, must be a text of a whole number below 2^64", Quoted(text))))
}

/// Reads what stands at the top of a document, and that all of it is JSON.
fn outline(text: &str) -> Result<Outline<'_>, NotAState> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => wrong("body", "must be an object: the state of a workspace").into(),
        _ => NotAState::Malformed(format!("The request body is malformed JSON: {error}")),
    })
}

fn in_world(error: Error) -> NotAState {
    match error {
        Error::Invalid(faults) => {
            NotAState::Invalid(Error::Invalid(faults.into_iter().map(|fault| within("world", fault)).collect()))
        }
        other => NotAState::Invalid(other),
    }
}

/// So much of a text that somebody knows what is meant.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
