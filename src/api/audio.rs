//! `GET /calls/:id/audio`: the recording of a call that has ended.

use crate::dialect::refusal::Refusal;
use crate::domain::recording::Format;
use crate::domain::world::World;
use crate::time::Timestamp;
use crate::wire::conditional::Entity;
use crate::wire::reply::Reply;
use crate::wire::request::Request;

/// Answers with the recording or the parts of it that are asked for, made as they are sent.
pub fn audio(world: &World, _: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    let recording = world.recording(request.id())?;
    let entity = Entity {
        content_type: match recording.format() {
            Format::Wav => "audio/wav",
            Format::Mp3 => "audio/mp3",
        },
        etag: format!("\"{:016x}\"", recording.fingerprint()),
        length: recording.len(),
        read: |range| recording.clone().read(range),
    };
    Ok(entity.reply(request)?)
}
